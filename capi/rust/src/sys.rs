//! The C ABI as it is: every function, struct and constant of `rondo/rondo.h`, which is the manual.
//!
//! Names are C's, but for fields and parameters that are keywords in Rust: `self` is `this`, `loop` is `event_loop`,
//! `as` is `data`, `fn` is `function`. Written by generate.py; tests/suite/abi.rs compares all of it with the header.
#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs, missing_debug_implementations, non_camel_case_types)]

use std::os::raw::{c_char, c_void};

macro_rules! constants {
    ($($name:ident: $type:ty = $value:expr;)*) => {
        $(pub const $name: $type = $value;)*

        #[doc(hidden)]
        pub fn constants() -> Vec<(&'static str, i64)> {
            vec![$((stringify!($name), $name as i64)),*]
        }
    };
}

macro_rules! structs {
    ($(pub struct $name:ident { $(pub $field:ident: $type:ty,)* })*) => {
        $(
            #[repr(C)]
            #[derive(Clone, Copy)]
            pub struct $name {
                $(pub $field: $type,)*
            }
        )*

        // Name, size, and each field with its offset and size.
        #[doc(hidden)]
        #[allow(clippy::type_complexity)]
        pub fn structs() -> Vec<(&'static str, usize, Vec<(&'static str, usize, usize)>)> {
            vec![$({
                let zeroed = std::mem::MaybeUninit::<$name>::zeroed();
                let base = zeroed.as_ptr();
                let offset = |field: *const u8| field as usize - base as usize;
                let fields = vec![$((
                    stringify!($field),
                    offset(unsafe { std::ptr::addr_of!((*base).$field) } as *const u8),
                    std::mem::size_of::<$type>(),
                )),*];
                (stringify!($name), std::mem::size_of::<$name>(), fields)
            }),*]
        }
    };
}

macro_rules! opaque {
    ($($name:ident)*) => {$(
        #[repr(C)]
        pub struct $name {
            _private: [u8; 0],
            _not_send: std::marker::PhantomData<(*mut u8, std::marker::PhantomPinned)>,
        }
    )*};
}

pub type rondo_status = i32;
pub type rondo_task = rondo_future;
pub type rondo_drop_fn = unsafe extern "C" fn(ptr: *mut c_void, len: usize);
pub type rondo_write_fn = unsafe extern "C" fn(user: *mut c_void, text: *const c_char, len: usize);
pub type rondo_fiber_fn = unsafe extern "C" fn(arg: *mut c_void, result: *mut rondo_value) -> rondo_status;
pub type rondo_callback_fn = unsafe extern "C" fn(user: *mut c_void, call: *mut rondo_call);
pub type rondo_exception_handler_fn = unsafe extern "C" fn(user: *mut c_void, event_loop: *mut rondo_loop, report: *const rondo_report);
pub type rondo_before_fn = unsafe extern "C" fn(user: *mut c_void, a: *const rondo_value, b: *const rondo_value) -> i32;
pub type rondo_job_fn = unsafe extern "C" fn(arg: *mut c_void, job: *mut rondo_job, result: *mut rondo_value) -> rondo_status;

#[repr(C)]
#[derive(Clone, Copy)]
pub union rondo_value_as {
    pub i64: i64,
    pub u64: u64,
    pub f64: f64,
    pub ptr: *mut c_void,
}

opaque! {
    rondo_runner
    rondo_loop
    rondo_future
    rondo_handle
    rondo_waker
    rondo_error
    rondo_context
    rondo_ctxvar
    rondo_token
    rondo_ring
    rondo_timeout
    rondo_task_group
    rondo_generator
    rondo_finalizer
    rondo_lock
    rondo_event
    rondo_condition
    rondo_semaphore
    rondo_barrier
    rondo_queue
    rondo_channel
    rondo_executor
    rondo_job
    rondo_submission
}

constants! {
    RONDO_OK: rondo_status = 0;
    RONDO_EINVAL: rondo_status = -20001;
    RONDO_ENOMEM: rondo_status = -20002;
    RONDO_ECANCELED: rondo_status = -20003;
    RONDO_EFAILED: rondo_status = -20004;
    RONDO_ETIMEDOUT: rondo_status = -20005;
    RONDO_ESTATE: rondo_status = -20006;
    RONDO_ECLOSED: rondo_status = -20007;
    RONDO_ERUNNING: rondo_status = -20008;
    RONDO_EREENTRANT: rondo_status = -20009;
    RONDO_ETHREAD: rondo_status = -20010;
    RONDO_EKIND: rondo_status = -20011;
    RONDO_E2BIG: rondo_status = -20012;
    RONDO_EFAULT: rondo_status = -20013;
    RONDO_EOTHERLOOP: rondo_status = -20014;
    RONDO_ESELF: rondo_status = -20015;
    RONDO_ENOLOOP: rondo_status = -20016;
    RONDO_ENOFIBER: rondo_status = -20017;
    RONDO_ESTOPPED: rondo_status = -20018;
    RONDO_EINTERRUPT: rondo_status = -20019;
    RONDO_EEXIT: rondo_status = -20020;
    RONDO_EGROUP: rondo_status = -20021;
    RONDO_ETAKEN: rondo_status = -20022;
    RONDO_EENTERED: rondo_status = -20023;
    RONDO_ETOKEN: rondo_status = -20024;
    RONDO_ENOVALUE: rondo_status = -20025;
    RONDO_ENOTSUP: rondo_status = -20026;
    RONDO_EDEADLINE: rondo_status = -20027;
    RONDO_ESTACK: rondo_status = -20028;
    RONDO_ENOTASK: rondo_status = -20029;
    RONDO_ECLOSING: rondo_status = -20030;
    RONDO_EEXHAUSTED: rondo_status = -20031;
    RONDO_EBROKEN: rondo_status = -20032;
    RONDO_EFULL: rondo_status = -20033;
    RONDO_EEMPTY: rondo_status = -20034;
    RONDO_ESHUTDOWN: rondo_status = -20035;
    RONDO_EDEADLOCK: rondo_status = -20036;
    RONDO_EFORKED: rondo_status = -20037;
    RONDO_FOREVER: i64 = 9223372036854775807;
    RONDO_VERSION_MAJOR: i32 = 0;
    RONDO_VERSION_MINOR: i32 = 1;
    RONDO_VERSION_PATCH: i32 = 0;
    RONDO_NONE: u32 = 0;
    RONDO_BOOL: u32 = 1;
    RONDO_I64: u32 = 2;
    RONDO_U64: u32 = 3;
    RONDO_F64: u32 = 4;
    RONDO_PTR: u32 = 5;
    RONDO_BYTES: u32 = 6;
    RONDO_STR: u32 = 7;
    RONDO_OBJECT: u32 = 8;
    RONDO_STEP_FAULT: u32 = 0;
    RONDO_STEP_RETURN: u32 = 1;
    RONDO_STEP_RAISE: u32 = 2;
    RONDO_STEP_AWAIT: u32 = 3;
    RONDO_STEP_SLEEP: u32 = 4;
    RONDO_STEP_YIELD: u32 = 5;
    RONDO_STEP_PARK: u32 = 6;
    RONDO_STEP_CANCELLED: u32 = 7;
    RONDO_STEP_PRODUCE: u32 = 8;
    RONDO_TASK_EAGER: u32 = 1;
    RONDO_TASK_RESULT_WINS: u32 = 2;
    RONDO_TASK_CANCEL_STICKS: u32 = 4;
    RONDO_CANCEL_NOW: u32 = 0;
    RONDO_CANCEL_LATER: u32 = 1;
    RONDO_CANCEL_REFUSED: u32 = 2;
    RONDO_GATHER_RETURN_ERRORS: u32 = 1;
    RONDO_GATHER_CANCEL_ON_ERROR: u32 = 2;
    RONDO_GATHER_REPORT_LATE: u32 = 4;
    RONDO_ALL_COMPLETED: u32 = 0;
    RONDO_FIRST_COMPLETED: u32 = 1;
    RONDO_FIRST_EXCEPTION: u32 = 2;
    RONDO_TIMEOUT_CREATED: u32 = 0;
    RONDO_TIMEOUT_ACTIVE: u32 = 1;
    RONDO_TIMEOUT_EXPIRING: u32 = 2;
    RONDO_TIMEOUT_EXPIRED: u32 = 3;
    RONDO_TIMEOUT_FINISHED: u32 = 4;
    RONDO_GROUP_CREATED: u32 = 0;
    RONDO_GROUP_OPEN: u32 = 1;
    RONDO_GROUP_ABORTING: u32 = 2;
    RONDO_GROUP_FINISHED: u32 = 3;
    RONDO_TASK_DONE: u32 = 0;
    RONDO_TASK_READY: u32 = 1;
    RONDO_TASK_RUNNING: u32 = 2;
    RONDO_TASK_WAITING: u32 = 3;
    RONDO_TASK_SLEEPING: u32 = 4;
    RONDO_TASK_PARKED: u32 = 5;
    RONDO_REPORT_WARNING: u32 = 1;
    RONDO_QUEUE_FIFO: u32 = 0;
    RONDO_QUEUE_LIFO: u32 = 1;
    RONDO_QUEUE_PRIORITY: u32 = 2;
    RONDO_QUEUE_FAIR: u32 = 1;
    RONDO_QUEUE_COUNTS_ONLY: u32 = 2;
    RONDO_BARRIER_FILLING: u32 = 0;
    RONDO_BARRIER_DRAINING: u32 = 1;
    RONDO_BARRIER_RESETTING: u32 = 2;
    RONDO_BARRIER_BROKEN: u32 = 3;
    RONDO_RING_SEND: u32 = 0;
    RONDO_RING_THROW: u32 = 1;
    RONDO_RING_CALL: u32 = 2;
    RONDO_RING_SEND_NATIVE: u32 = 3;
    RONDO_RING_THROW_NATIVE: u32 = 4;
    RONDO_RING_SKIP: u32 = 5;
    RONDO_RING_PAUSE: u32 = 6;
    RONDO_LOOP_VIRTUAL_CLOCK: u32 = 1;
    RONDO_LOOP_DEBUG: u32 = 2;
    RONDO_LOOP_REPORT_EARLY: u32 = 4;
    RONDO_RUNNER_DEBUG: u32 = 1;
    RONDO_RUNNER_NO_DEBUG: u32 = 2;
    RONDO_RUNNER_NO_SIGINT: u32 = 4;
}

structs! {
    pub struct rondo_value {
        pub kind: u32,
        pub flags: u32,
        pub data: rondo_value_as,
        pub len: usize,
        pub drop: Option<rondo_drop_fn>,
    }
    pub struct rondo_step {
        pub size: u32,
        pub verdict: u32,
        pub this: *mut rondo_task,
        pub event_loop: *mut rondo_loop,
        pub status: rondo_status,
        pub flags: u32,
        pub error: *const rondo_error,
        pub sent: *mut rondo_value,
        pub target: *mut rondo_future,
        pub delay_ns: i64,
        pub out: rondo_value,
        pub out_error: *mut rondo_error,
    }
    pub struct rondo_coro_vtable {
        pub size: u32,
        pub flags: u32,
        pub frame_size: usize,
        pub frame_align: usize,
        pub start: Option<unsafe extern "C" fn(frame: *mut c_void, init: *const c_void)>,
        pub step: Option<unsafe extern "C" fn(frame: *mut c_void, io: *mut rondo_step)>,
        pub destroy: Option<unsafe extern "C" fn(frame: *mut c_void)>,
        pub describe: Option<unsafe extern "C" fn(frame: *mut c_void, text: *mut c_char, capacity: usize) -> usize>,
    }
    pub struct rondo_task_options {
        pub size: u32,
        pub flags: u32,
        pub name: *const c_char,
        pub context: *mut rondo_context,
        pub stack_size: usize,
        pub group: *mut rondo_task_group,
    }
    pub struct rondo_call {
        pub size: u32,
        pub status: rondo_status,
        pub event_loop: *mut rondo_loop,
        pub future: *mut rondo_future,
        pub error: *mut rondo_error,
    }
    pub struct rondo_call_options {
        pub size: u32,
        pub flags: u32,
        pub drop: Option<unsafe extern "C" fn(user: *mut c_void)>,
        pub context: *mut rondo_context,
    }
    pub struct rondo_cancel_request {
        pub size: u32,
        pub answer: u32,
        pub future: *mut rondo_future,
        pub reason: *const rondo_error,
    }
    pub struct rondo_future_options {
        pub size: u32,
        pub flags: u32,
        pub cancel: Option<unsafe extern "C" fn(user: *mut c_void, io: *mut rondo_cancel_request)>,
        pub drop: Option<unsafe extern "C" fn(user: *mut c_void)>,
        pub user: *mut c_void,
    }
    pub struct rondo_error_options {
        pub size: u32,
        pub code: rondo_status,
        pub message: *const c_char,
        pub domain: *const c_char,
        pub cause: *mut rondo_error,
        pub context: *mut rondo_error,
        pub children: *const *mut rondo_error,
        pub child_count: usize,
        pub payload: *mut rondo_value,
    }
    pub struct rondo_report {
        pub size: u32,
        pub flags: u32,
        pub message: *const c_char,
        pub error: *const rondo_error,
        pub future: *mut rondo_future,
        pub task: *mut rondo_task,
        pub handle: *mut rondo_handle,
        pub generator: *mut rondo_generator,
        pub duration_ns: i64,
        pub origin: *const c_char,
    }
    pub struct rondo_queue_options {
        pub size: u32,
        pub flags: u32,
        pub capacity: u64,
        pub order: u32,
        pub reserved: u32,
        pub before: Option<rondo_before_fn>,
        pub user: *mut c_void,
    }
    pub struct rondo_job_options {
        pub size: u32,
        pub flags: u32,
        pub executor: *mut rondo_executor,
        pub drop: Option<unsafe extern "C" fn(arg: *mut c_void)>,
        pub context: *mut rondo_context,
    }
    pub struct rondo_executor_options {
        pub size: u32,
        pub threads: u32,
        pub name: *const c_char,
        pub submit: Option<unsafe extern "C" fn(user: *mut c_void, run: Option<unsafe extern "C" fn(work: *mut c_void)>, work: *mut c_void)>,
        pub drop: Option<unsafe extern "C" fn(user: *mut c_void)>,
        pub user: *mut c_void,
        pub shutdown: Option<unsafe extern "C" fn(user: *mut c_void, ended: Option<unsafe extern "C" fn(arg: *mut c_void)>, arg: *mut c_void)>,
    }
    pub struct rondo_host {
        pub size: u32,
        pub flags: u32,
        pub block_enter: Option<unsafe extern "C" fn() -> *mut c_void>,
        pub block_leave: Option<unsafe extern "C" fn(token: *mut c_void)>,
        pub lock: Option<unsafe extern "C" fn() -> i32>,
        pub unlock: Option<unsafe extern "C" fn(state: i32)>,
        pub retain: Option<unsafe extern "C" fn(object: *mut c_void)>,
        pub release: Option<unsafe extern "C" fn(object: *mut c_void)>,
    }
    pub struct rondo_ring_view {
        pub size: u32,
        pub capacity: u32,
        pub object: *mut *mut c_void,
        pub sent: *mut *mut c_void,
        pub native: *mut u64,
        pub status: *mut u32,
        pub answer: *mut u64,
        pub value: *mut u64,
        pub current: *mut u32,
    }
    pub struct rondo_ring_options {
        pub size: u32,
        pub capacity: u32,
        pub host: *const rondo_host,
        pub none: *mut c_void,
        pub drain: Option<unsafe extern "C" fn(user: *mut c_void, count: u32)>,
        pub user: *mut c_void,
        pub describe: Option<unsafe extern "C" fn(user: *mut c_void, object: *mut c_void, text: *mut c_char, capacity: usize) -> usize>,
    }
    pub struct rondo_cpython_layout {
        pub size: u32,
        pub flags: u32,
        pub yes: *mut c_void,
        pub no: *mut c_void,
        pub future: *mut c_void,
        pub done_handle: *mut c_void,
        pub delay: *mut c_void,
        pub future_address: u32,
        pub future_raised: u32,
        pub future_blocking: u32,
        pub task_coro: u32,
        pub task_context: u32,
        pub task_send: u32,
        pub task_kept: u32,
        pub handle_callback: u32,
        pub handle_args: u32,
        pub handle_context: u32,
        pub done_handle_future: u32,
        pub reserved: u32,
    }
    pub struct rondo_cpython_object {
        pub prototype: *mut c_void,
        pub shared: *const u32,
        pub given: *const u32,
        pub shared_count: u32,
        pub context: u32,
    }
    pub struct rondo_cpython_call {
        pub size: u32,
        pub flags: u32,
        pub name: *const c_char,
        pub target: *mut c_void,
        pub kinds: *const c_char,
        pub otherwise: *mut c_void,
        pub refused: *mut c_void,
        pub owner: *mut c_void,
        pub made: *const rondo_cpython_object,
    }
    pub struct rondo_loop_options {
        pub size: u32,
        pub flags: u32,
        pub host: *const rondo_host,
        pub handler: Option<rondo_exception_handler_fn>,
        pub handler_user: *mut c_void,
        pub poll_interval: u32,
        pub reserved: u32,
        pub shuffle_seed: u64,
        pub slow_callback_ns: i64,
    }
    pub struct rondo_runner_options {
        pub size: u32,
        pub flags: u32,
        pub event_loop: *const rondo_loop_options,
        pub loop_factory: Option<unsafe extern "C" fn(user: *mut c_void, out: *mut *mut rondo_loop)>,
        pub loop_factory_user: *mut c_void,
        pub context: *mut rondo_context,
    }
    pub struct rondo_loop_stats {
        pub size: u32,
        pub open: u32,
        pub turns: u64,
        pub entries: u64,
        pub polls: u64,
        pub sleeps: u64,
        pub tasks: u64,
        pub futures: u64,
        pub deadlines: u64,
        pub ready: u64,
    }
}

extern "C" {
    pub fn rondo_version_number() -> i32;
    pub fn rondo_version() -> *const c_char;
    pub fn rondo_strerror(status: rondo_status) -> *const c_char;
    pub fn rondo_status_name(status: rondo_status) -> *const c_char;
    pub fn rondo_value_copy(kind: u32, ptr: *const c_void, len: usize, out: *mut rondo_value) -> rondo_status;
    pub fn rondo_value_drop(value: *mut rondo_value);
    pub fn rondo_alloc(size: usize) -> *mut c_void;
    pub fn rondo_free(ptr: *mut c_void, size: usize);
    pub fn rondo_error_create(options: *const rondo_error_options, out: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_error_new(code: rondo_status, message: *const c_char) -> *mut rondo_error;
    pub fn rondo_error_retain(error: *const rondo_error) -> *mut rondo_error;
    pub fn rondo_error_release(error: *mut rondo_error);
    pub fn rondo_error_code(error: *const rondo_error) -> rondo_status;
    pub fn rondo_error_message(error: *const rondo_error) -> *const c_char;
    pub fn rondo_error_domain(error: *const rondo_error) -> *const c_char;
    pub fn rondo_error_cause(error: *const rondo_error) -> *const rondo_error;
    pub fn rondo_error_context(error: *const rondo_error) -> *const rondo_error;
    pub fn rondo_error_child_count(error: *const rondo_error) -> usize;
    pub fn rondo_error_child(error: *const rondo_error, index: usize) -> *const rondo_error;
    pub fn rondo_error_payload(error: *const rondo_error) -> *const rondo_value;
    pub fn rondo_error_unwrap(error: *const rondo_error) -> *const rondo_error;
    pub fn rondo_run(function: Option<rondo_fiber_fn>, arg: *mut c_void, result: *mut rondo_value, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_run_coro(vtable: *const rondo_coro_vtable, init: *const c_void, result: *mut rondo_value, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_runner_create(options: *const rondo_runner_options, out: *mut *mut rondo_runner) -> rondo_status;
    pub fn rondo_runner_get_loop(runner: *mut rondo_runner, out: *mut *mut rondo_loop) -> rondo_status;
    pub fn rondo_runner_get_context(runner: *mut rondo_runner, out: *mut *mut rondo_context) -> rondo_status;
    pub fn rondo_runner_run(runner: *mut rondo_runner, function: Option<rondo_fiber_fn>, arg: *mut c_void, options: *const rondo_task_options, result: *mut rondo_value, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_runner_run_coro(runner: *mut rondo_runner, vtable: *const rondo_coro_vtable, init: *const c_void, options: *const rondo_task_options, result: *mut rondo_value, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_runner_interrupt(runner: *mut rondo_runner) -> rondo_status;
    pub fn rondo_runner_close(runner: *mut rondo_runner, deadline_ns: i64, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_runner_release(runner: *mut rondo_runner);
    pub fn rondo_loop_create(options: *const rondo_loop_options, out: *mut *mut rondo_loop) -> rondo_status;
    pub fn rondo_loop_retain(event_loop: *mut rondo_loop) -> *mut rondo_loop;
    pub fn rondo_loop_release(event_loop: *mut rondo_loop);
    pub fn rondo_loop_close(event_loop: *mut rondo_loop) -> rondo_status;
    pub fn rondo_loop_run_forever(event_loop: *mut rondo_loop, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_loop_run_until_complete(event_loop: *mut rondo_loop, future: *mut rondo_future, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_loop_run_once(event_loop: *mut rondo_loop, max_wait_ns: i64) -> rondo_status;
    pub fn rondo_loop_run_guest(event_loop: *mut rondo_loop, fd: *mut i32, wait_ns: *mut i64, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_loop_stop(event_loop: *mut rondo_loop) -> rondo_status;
    pub fn rondo_loop_is_running(event_loop: *const rondo_loop) -> rondo_status;
    pub fn rondo_loop_is_closed(event_loop: *const rondo_loop) -> rondo_status;
    pub fn rondo_loop_time(event_loop: *mut rondo_loop) -> i64;
    pub fn rondo_loop_pause_clock(event_loop: *mut rondo_loop) -> rondo_status;
    pub fn rondo_loop_resume_clock(event_loop: *mut rondo_loop) -> rondo_status;
    pub fn rondo_loop_running() -> *mut rondo_loop;
    pub fn rondo_loop_set_debug(event_loop: *mut rondo_loop, on: i32) -> rondo_status;
    pub fn rondo_loop_get_debug(event_loop: *mut rondo_loop) -> rondo_status;
    pub fn rondo_loop_set_exception_handler(event_loop: *mut rondo_loop, handler: Option<rondo_exception_handler_fn>, user: *mut c_void) -> rondo_status;
    pub fn rondo_loop_call_exception_handler(event_loop: *mut rondo_loop, report: *const rondo_report) -> rondo_status;
    pub fn rondo_loop_all_tasks(event_loop: *mut rondo_loop, out: *mut *mut rondo_task, capacity: usize, count: *mut usize) -> rondo_status;
    pub fn rondo_loop_current_task(event_loop: *mut rondo_loop) -> *mut rondo_task;
    pub fn rondo_loop_get_stats(event_loop: *mut rondo_loop, out: *mut rondo_loop_stats) -> rondo_status;
    pub fn rondo_loop_call_soon(event_loop: *mut rondo_loop, function: Option<rondo_callback_fn>, user: *mut c_void, options: *const rondo_call_options, out: *mut *mut rondo_handle) -> rondo_status;
    pub fn rondo_loop_call_later(event_loop: *mut rondo_loop, delay_ns: i64, function: Option<rondo_callback_fn>, user: *mut c_void, options: *const rondo_call_options, out: *mut *mut rondo_handle) -> rondo_status;
    pub fn rondo_loop_call_at(event_loop: *mut rondo_loop, when_ns: i64, function: Option<rondo_callback_fn>, user: *mut c_void, options: *const rondo_call_options, out: *mut *mut rondo_handle) -> rondo_status;
    pub fn rondo_loop_call_soon_threadsafe(event_loop: *mut rondo_loop, function: Option<rondo_callback_fn>, user: *mut c_void, options: *const rondo_call_options, out: *mut *mut rondo_handle) -> rondo_status;
    pub fn rondo_handle_cancel(handle: *mut rondo_handle) -> rondo_status;
    pub fn rondo_handle_cancelled(handle: *const rondo_handle) -> rondo_status;
    pub fn rondo_handle_when(handle: *const rondo_handle) -> i64;
    pub fn rondo_handle_retain(handle: *mut rondo_handle) -> *mut rondo_handle;
    pub fn rondo_handle_release(handle: *mut rondo_handle);
    pub fn rondo_future_create(event_loop: *mut rondo_loop, options: *const rondo_future_options, out: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_future_retain(future: *mut rondo_future) -> *mut rondo_future;
    pub fn rondo_future_new(event_loop: *mut rondo_loop) -> *mut rondo_future;
    pub fn rondo_future_release(future: *mut rondo_future);
    pub fn rondo_future_let_go(future: *mut rondo_future) -> rondo_status;
    pub fn rondo_future_loop(future: *mut rondo_future) -> *mut rondo_loop;
    pub fn rondo_future_set_result(future: *mut rondo_future, value: *mut rondo_value) -> rondo_status;
    pub fn rondo_future_set_error(future: *mut rondo_future, error: *mut rondo_error) -> rondo_status;
    pub fn rondo_future_set_result_threadsafe(future: *mut rondo_future, value: *mut rondo_value) -> rondo_status;
    pub fn rondo_future_set_error_threadsafe(future: *mut rondo_future, error: *mut rondo_error) -> rondo_status;
    pub fn rondo_future_cancel(future: *mut rondo_future, message: *const c_char) -> rondo_status;
    pub fn rondo_future_cancel_with(future: *mut rondo_future, reason: *mut rondo_error) -> rondo_status;
    pub fn rondo_future_cancel_threadsafe(future: *mut rondo_future, message: *const c_char) -> rondo_status;
    pub fn rondo_future_done(future: *const rondo_future) -> rondo_status;
    pub fn rondo_future_cancelled(future: *const rondo_future) -> rondo_status;
    pub fn rondo_future_result(future: *mut rondo_future, view: *mut rondo_value, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_future_take(future: *mut rondo_future, out: *mut rondo_value, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_future_error(future: *mut rondo_future, out: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_future_silence(future: *mut rondo_future) -> rondo_status;
    pub fn rondo_future_add_done_callback(future: *mut rondo_future, function: Option<rondo_callback_fn>, user: *mut c_void, options: *const rondo_call_options) -> rondo_status;
    pub fn rondo_future_remove_done_callback(future: *mut rondo_future, function: Option<rondo_callback_fn>, user: *mut c_void) -> rondo_status;
    pub fn rondo_future_set_object(future: *mut rondo_future, object: *mut c_void) -> rondo_status;
    pub fn rondo_future_result_object(future: *mut rondo_future) -> *mut c_void;
    pub fn rondo_future_result_object_or(future: *mut rondo_future, otherwise: *mut c_void) -> *mut c_void;
    pub fn rondo_task_create(event_loop: *mut rondo_loop, vtable: *const rondo_coro_vtable, init: *const c_void, options: *const rondo_task_options, out: *mut *mut rondo_task) -> rondo_status;
    pub fn rondo_future_is_task(future: *const rondo_future) -> rondo_status;
    pub fn rondo_task_cancelling(task: *const rondo_task) -> rondo_status;
    pub fn rondo_task_uncancel(task: *mut rondo_task) -> rondo_status;
    pub fn rondo_task_get_name(task: *mut rondo_task) -> *const c_char;
    pub fn rondo_task_set_name(task: *mut rondo_task, name: *const c_char) -> rondo_status;
    pub fn rondo_task_waive(task: *mut rondo_task) -> rondo_status;
    pub fn rondo_task_get_context(task: *mut rondo_task, out: *mut *mut rondo_context) -> rondo_status;
    pub fn rondo_task_frame(task: *mut rondo_task) -> *mut c_void;
    pub fn rondo_step_take(io: *mut rondo_step, out: *mut rondo_value) -> rondo_status;
    pub fn rondo_fiber_create(event_loop: *mut rondo_loop, function: Option<rondo_fiber_fn>, arg: *mut c_void, options: *const rondo_task_options, out: *mut *mut rondo_task) -> rondo_status;
    pub fn rondo_await(future: *mut rondo_future, view: *mut rondo_value) -> rondo_status;
    pub fn rondo_await_release(future: *mut rondo_future, out: *mut rondo_value) -> rondo_status;
    pub fn rondo_sleep(delay_ns: i64) -> rondo_status;
    pub fn rondo_yield() -> rondo_status;
    pub fn rondo_raise(error: *mut rondo_error) -> rondo_status;
    pub fn rondo_fail(code: rondo_status, message: *const c_char) -> rondo_status;
    pub fn rondo_fiber_error() -> *const rondo_error;
    pub fn rondo_gather(event_loop: *mut rondo_loop, children: *const *mut rondo_future, count: usize, flags: u32, out: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_gather_count(gather: *const rondo_future) -> usize;
    pub fn rondo_gather_child(gather: *const rondo_future, index: usize) -> *mut rondo_future;
    pub fn rondo_gather_objects(gather: *mut rondo_future, out: *mut *mut c_void, capacity: usize) -> rondo_status;
    pub fn rondo_wait(event_loop: *mut rondo_loop, futures: *const *mut rondo_future, count: usize, condition: u32, timeout_ns: i64, out: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_shield(inner: *mut rondo_future, out: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_as_completed(event_loop: *mut rondo_loop, futures: *const *mut rondo_future, count: usize, timeout_ns: i64, out: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_as_completed_next(iteration: *mut rondo_future, out: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_as_completed_child(ticket: *mut rondo_future, index: *mut usize) -> *mut rondo_future;
    pub fn rondo_as_completed_poll(iteration: *mut rondo_future) -> i64;
    pub fn rondo_wait_for(future: *mut rondo_future, timeout_ns: i64, view: *mut rondo_value) -> rondo_status;
    pub fn rondo_next_completed(iteration: *mut rondo_future, done: *mut *mut rondo_future, index: *mut usize) -> rondo_status;
    pub fn rondo_timeout_create(event_loop: *mut rondo_loop, when_ns: i64, out: *mut *mut rondo_timeout) -> rondo_status;
    pub fn rondo_timeout_retain(timeout: *mut rondo_timeout) -> *mut rondo_timeout;
    pub fn rondo_timeout_release(timeout: *mut rondo_timeout);
    pub fn rondo_timeout_enter(timeout: *mut rondo_timeout) -> rondo_status;
    pub fn rondo_timeout_exit(timeout: *mut rondo_timeout, body: rondo_status) -> rondo_status;
    pub fn rondo_timeout_reschedule(timeout: *mut rondo_timeout, when_ns: i64) -> rondo_status;
    pub fn rondo_timeout_when(timeout: *const rondo_timeout) -> i64;
    pub fn rondo_timeout_state(timeout: *const rondo_timeout) -> rondo_status;
    pub fn rondo_timeout_expired(timeout: *const rondo_timeout) -> rondo_status;
    pub fn rondo_timeout_begin(delay_ns: i64, out: *mut *mut rondo_timeout) -> rondo_status;
    pub fn rondo_timeout_begin_at(when_ns: i64, out: *mut *mut rondo_timeout) -> rondo_status;
    pub fn rondo_timeout_end(timeout: *mut rondo_timeout, body: rondo_status) -> rondo_status;
    pub fn rondo_timeout_leave(timeout: *mut rondo_timeout, body: rondo_status, state: *mut i32) -> rondo_status;
    pub fn rondo_timeout_start(when_ns: i64) -> *mut rondo_timeout;
    pub fn rondo_timeout_stop(timeout: *mut rondo_timeout, body: rondo_status) -> rondo_status;
    pub fn rondo_current_deadline() -> i64;
    pub fn rondo_task_group_create(event_loop: *mut rondo_loop, out: *mut *mut rondo_task_group) -> rondo_status;
    pub fn rondo_task_group_retain(group: *mut rondo_task_group) -> *mut rondo_task_group;
    pub fn rondo_task_group_release(group: *mut rondo_task_group);
    pub fn rondo_task_group_enter(group: *mut rondo_task_group) -> rondo_status;
    pub fn rondo_task_group_add(group: *mut rondo_task_group, task: *mut rondo_task) -> rondo_status;
    pub fn rondo_task_group_state(group: *const rondo_task_group) -> rondo_status;
    pub fn rondo_task_group_count(group: *mut rondo_task_group, members: *mut usize, failed: *mut usize) -> rondo_status;
    pub fn rondo_task_group_exit(group: *mut rondo_task_group, raised: *const rondo_error, wait: *mut *mut rondo_future, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_task_group_cancel(group: *mut rondo_task_group) -> rondo_status;
    pub fn rondo_task_group_begin(out: *mut *mut rondo_task_group) -> rondo_status;
    pub fn rondo_task_group_spawn(group: *mut rondo_task_group, function: Option<rondo_fiber_fn>, arg: *mut c_void, task: *mut *mut rondo_task) -> rondo_status;
    pub fn rondo_task_group_end(group: *mut rondo_task_group, body: rondo_status) -> rondo_status;
    pub fn rondo_generator_create(event_loop: *mut rondo_loop, vtable: *const rondo_coro_vtable, init: *const c_void, out: *mut *mut rondo_generator) -> rondo_status;
    pub fn rondo_generator_create_fiber(event_loop: *mut rondo_loop, function: Option<rondo_fiber_fn>, arg: *mut c_void, stack_size: usize, out: *mut *mut rondo_generator) -> rondo_status;
    pub fn rondo_generator_retain(generator: *mut rondo_generator) -> *mut rondo_generator;
    pub fn rondo_generator_release(generator: *mut rondo_generator);
    pub fn rondo_generator_next(generator: *mut rondo_generator, io: *mut rondo_step, out: *mut rondo_value, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_generator_close(generator: *mut rondo_generator, io: *mut rondo_step, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_generator_next_task(generator: *mut rondo_generator, out: *mut *mut rondo_task) -> rondo_status;
    pub fn rondo_generator_close_task(generator: *mut rondo_generator, out: *mut *mut rondo_task) -> rondo_status;
    pub fn rondo_produce(value: *mut rondo_value) -> rondo_status;
    pub fn rondo_finalizer_create(event_loop: *mut rondo_loop, start: Option<unsafe extern "C" fn(user: *mut c_void, event_loop: *mut rondo_loop, task: *mut *mut rondo_task)>, user: *mut c_void, out: *mut *mut rondo_finalizer) -> rondo_status;
    pub fn rondo_finalizer_release(finalizer: *mut rondo_finalizer);
    pub fn rondo_finalizer_start(finalizer: *mut rondo_finalizer) -> rondo_status;
    pub fn rondo_loop_shutdown_generators(event_loop: *mut rondo_loop, out: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_to_thread(event_loop: *mut rondo_loop, function: Option<rondo_job_fn>, arg: *mut c_void, options: *const rondo_job_options, out: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_job_cancelled(job: *mut rondo_job) -> rondo_status;
    pub fn rondo_job_fail(job: *mut rondo_job, code: rondo_status, message: *const c_char) -> rondo_status;
    pub fn rondo_job_raise(job: *mut rondo_job, error: *mut rondo_error) -> rondo_status;
    pub fn rondo_executor_create(options: *const rondo_executor_options, out: *mut *mut rondo_executor) -> rondo_status;
    pub fn rondo_executor_retain(executor: *mut rondo_executor) -> *mut rondo_executor;
    pub fn rondo_executor_release(executor: *mut rondo_executor);
    pub fn rondo_executor_shutdown(executor: *mut rondo_executor) -> rondo_status;
    pub fn rondo_loop_set_default_executor(event_loop: *mut rondo_loop, executor: *mut rondo_executor) -> rondo_status;
    pub fn rondo_loop_shutdown_executor(event_loop: *mut rondo_loop, out: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_submit(event_loop: *mut rondo_loop, function: Option<rondo_fiber_fn>, arg: *mut c_void, out: *mut *mut rondo_submission) -> rondo_status;
    pub fn rondo_submit_coro(event_loop: *mut rondo_loop, vtable: *const rondo_coro_vtable, frame: *mut c_void, out: *mut *mut rondo_submission) -> rondo_status;
    pub fn rondo_submission_retain(submission: *mut rondo_submission) -> *mut rondo_submission;
    pub fn rondo_submission_release(submission: *mut rondo_submission);
    pub fn rondo_submission_wait(submission: *mut rondo_submission, timeout_ns: i64, result: *mut rondo_value, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_submission_done(submission: *mut rondo_submission) -> rondo_status;
    pub fn rondo_submission_cancel(submission: *mut rondo_submission) -> rondo_status;
    pub fn rondo_future_bridge(event_loop: *mut rondo_loop, other: *mut rondo_future, out: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_lock_create(out: *mut *mut rondo_lock) -> rondo_status;
    pub fn rondo_lock_retain(lock: *mut rondo_lock) -> *mut rondo_lock;
    pub fn rondo_lock_release(lock: *mut rondo_lock);
    pub fn rondo_lock_acquire(lock: *mut rondo_lock) -> rondo_status;
    pub fn rondo_lock_acquire_async(lock: *mut rondo_lock, op: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_lock_unlock(lock: *mut rondo_lock) -> rondo_status;
    pub fn rondo_lock_locked(lock: *const rondo_lock) -> rondo_status;
    pub fn rondo_lock_waiting(lock: *const rondo_lock) -> u64;
    pub fn rondo_event_create(out: *mut *mut rondo_event) -> rondo_status;
    pub fn rondo_event_retain(event: *mut rondo_event) -> *mut rondo_event;
    pub fn rondo_event_release(event: *mut rondo_event);
    pub fn rondo_event_wait(event: *mut rondo_event) -> rondo_status;
    pub fn rondo_event_wait_async(event: *mut rondo_event, op: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_event_set(event: *mut rondo_event) -> rondo_status;
    pub fn rondo_event_clear(event: *mut rondo_event) -> rondo_status;
    pub fn rondo_event_is_set(event: *const rondo_event) -> rondo_status;
    pub fn rondo_event_waiting(event: *const rondo_event) -> u64;
    pub fn rondo_condition_create(lock: *mut rondo_lock, out: *mut *mut rondo_condition) -> rondo_status;
    pub fn rondo_condition_retain(condition: *mut rondo_condition) -> *mut rondo_condition;
    pub fn rondo_condition_release(condition: *mut rondo_condition);
    pub fn rondo_condition_lock(condition: *mut rondo_condition) -> *mut rondo_lock;
    pub fn rondo_condition_wait(condition: *mut rondo_condition) -> rondo_status;
    pub fn rondo_condition_wait_async(condition: *mut rondo_condition, op: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_condition_notify(condition: *mut rondo_condition, n: u64) -> rondo_status;
    pub fn rondo_condition_notify_all(condition: *mut rondo_condition) -> rondo_status;
    pub fn rondo_condition_waiting(condition: *const rondo_condition) -> u64;
    pub fn rondo_semaphore_create(value: u64, bound: u64, out: *mut *mut rondo_semaphore) -> rondo_status;
    pub fn rondo_semaphore_retain(semaphore: *mut rondo_semaphore) -> *mut rondo_semaphore;
    pub fn rondo_semaphore_release(semaphore: *mut rondo_semaphore);
    pub fn rondo_semaphore_acquire(semaphore: *mut rondo_semaphore) -> rondo_status;
    pub fn rondo_semaphore_acquire_async(semaphore: *mut rondo_semaphore, op: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_semaphore_give_back(semaphore: *mut rondo_semaphore) -> rondo_status;
    pub fn rondo_semaphore_locked(semaphore: *const rondo_semaphore) -> rondo_status;
    pub fn rondo_semaphore_value(semaphore: *const rondo_semaphore) -> u64;
    pub fn rondo_semaphore_waiting(semaphore: *const rondo_semaphore) -> u64;
    pub fn rondo_barrier_create(parties: u64, out: *mut *mut rondo_barrier) -> rondo_status;
    pub fn rondo_barrier_retain(barrier: *mut rondo_barrier) -> *mut rondo_barrier;
    pub fn rondo_barrier_release(barrier: *mut rondo_barrier);
    pub fn rondo_barrier_wait(barrier: *mut rondo_barrier, index: *mut u64) -> rondo_status;
    pub fn rondo_barrier_wait_async(barrier: *mut rondo_barrier, op: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_barrier_reset_async(barrier: *mut rondo_barrier, op: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_barrier_abort_async(barrier: *mut rondo_barrier, op: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_barrier_parties(barrier: *const rondo_barrier) -> u64;
    pub fn rondo_barrier_waiting(barrier: *const rondo_barrier) -> u64;
    pub fn rondo_barrier_state(barrier: *const rondo_barrier) -> rondo_status;
    pub fn rondo_queue_create(options: *const rondo_queue_options, out: *mut *mut rondo_queue) -> rondo_status;
    pub fn rondo_queue_retain(queue: *mut rondo_queue) -> *mut rondo_queue;
    pub fn rondo_queue_release(queue: *mut rondo_queue);
    pub fn rondo_queue_put(queue: *mut rondo_queue, item: *mut rondo_value) -> rondo_status;
    pub fn rondo_queue_put_async(queue: *mut rondo_queue, item: *mut rondo_value, op: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_queue_put_nowait(queue: *mut rondo_queue, item: *mut rondo_value) -> rondo_status;
    pub fn rondo_queue_get(queue: *mut rondo_queue, out: *mut rondo_value) -> rondo_status;
    pub fn rondo_queue_get_async(queue: *mut rondo_queue, out: *mut rondo_value, op: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_queue_get_nowait(queue: *mut rondo_queue, out: *mut rondo_value) -> rondo_status;
    pub fn rondo_queue_size(queue: *const rondo_queue) -> u64;
    pub fn rondo_queue_unfinished(queue: *const rondo_queue) -> u64;
    pub fn rondo_queue_capacity(queue: *const rondo_queue) -> u64;
    pub fn rondo_queue_putters(queue: *const rondo_queue) -> u64;
    pub fn rondo_queue_getters(queue: *const rondo_queue) -> u64;
    pub fn rondo_queue_task_done(queue: *mut rondo_queue) -> rondo_status;
    pub fn rondo_queue_join(queue: *mut rondo_queue) -> rondo_status;
    pub fn rondo_queue_join_async(queue: *mut rondo_queue, op: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_queue_shutdown(queue: *mut rondo_queue, immediate: i32) -> rondo_status;
    pub fn rondo_queue_is_shutdown(queue: *const rondo_queue) -> rondo_status;
    pub fn rondo_channel_create(capacity: u64, out: *mut *mut rondo_channel) -> rondo_status;
    pub fn rondo_channel_retain(channel: *mut rondo_channel) -> *mut rondo_channel;
    pub fn rondo_channel_release(channel: *mut rondo_channel);
    pub fn rondo_channel_send(channel: *mut rondo_channel, item: *mut rondo_value) -> rondo_status;
    pub fn rondo_channel_send_async(channel: *mut rondo_channel, item: *mut rondo_value, op: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_channel_send_blocking(channel: *mut rondo_channel, item: *mut rondo_value, timeout_ns: i64) -> rondo_status;
    pub fn rondo_channel_send_nowait(channel: *mut rondo_channel, item: *mut rondo_value) -> rondo_status;
    pub fn rondo_channel_receive(channel: *mut rondo_channel, out: *mut rondo_value) -> rondo_status;
    pub fn rondo_channel_receive_async(channel: *mut rondo_channel, out: *mut rondo_value, op: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_channel_receive_blocking(channel: *mut rondo_channel, out: *mut rondo_value, timeout_ns: i64) -> rondo_status;
    pub fn rondo_channel_receive_nowait(channel: *mut rondo_channel, out: *mut rondo_value) -> rondo_status;
    pub fn rondo_channel_size(channel: *mut rondo_channel) -> u64;
    pub fn rondo_channel_capacity(channel: *mut rondo_channel) -> u64;
    pub fn rondo_channel_shutdown(channel: *mut rondo_channel) -> rondo_status;
    pub fn rondo_ctxvar_create(name: *const c_char, fallback: *mut rondo_value, out: *mut *mut rondo_ctxvar) -> rondo_status;
    pub fn rondo_ctxvar_retain(var: *mut rondo_ctxvar) -> *mut rondo_ctxvar;
    pub fn rondo_ctxvar_release(var: *mut rondo_ctxvar);
    pub fn rondo_ctxvar_name(var: *const rondo_ctxvar) -> *const c_char;
    pub fn rondo_context_create(out: *mut *mut rondo_context) -> rondo_status;
    pub fn rondo_context_copy(context: *mut rondo_context, out: *mut *mut rondo_context) -> rondo_status;
    pub fn rondo_context_retain(context: *mut rondo_context) -> *mut rondo_context;
    pub fn rondo_context_release(context: *mut rondo_context);
    pub fn rondo_context_get(context: *mut rondo_context, var: *mut rondo_ctxvar, view: *mut rondo_value) -> rondo_status;
    pub fn rondo_context_set(context: *mut rondo_context, var: *mut rondo_ctxvar, value: *mut rondo_value, token: *mut *mut rondo_token) -> rondo_status;
    pub fn rondo_context_reset(context: *mut rondo_context, token: *mut rondo_token) -> rondo_status;
    pub fn rondo_token_release(token: *mut rondo_token);
    pub fn rondo_context_run(context: *mut rondo_context, function: Option<rondo_callback_fn>, user: *mut c_void) -> rondo_status;
    pub fn rondo_task_waker(task: *mut rondo_task, out: *mut *mut rondo_waker) -> rondo_status;
    pub fn rondo_waker_wake_by_ref(waker: *mut rondo_waker);
    pub fn rondo_waker_wake(waker: *mut rondo_waker);
    pub fn rondo_waker_retain(waker: *mut rondo_waker) -> *mut rondo_waker;
    pub fn rondo_waker_release(waker: *mut rondo_waker);
    pub fn rondo_loop_add_reader(event_loop: *mut rondo_loop, fd: i32, function: Option<rondo_callback_fn>, user: *mut c_void, options: *const rondo_call_options) -> rondo_status;
    pub fn rondo_loop_add_writer(event_loop: *mut rondo_loop, fd: i32, function: Option<rondo_callback_fn>, user: *mut c_void, options: *const rondo_call_options) -> rondo_status;
    pub fn rondo_loop_remove_reader(event_loop: *mut rondo_loop, fd: i32) -> rondo_status;
    pub fn rondo_loop_remove_writer(event_loop: *mut rondo_loop, fd: i32) -> rondo_status;
    pub fn rondo_task_state(task: *const rondo_task) -> rondo_status;
    pub fn rondo_task_awaiting(task: *mut rondo_task, out: *mut *mut rondo_future) -> rondo_status;
    pub fn rondo_future_awaited_by(future: *mut rondo_future, out: *mut *mut rondo_future, capacity: usize, count: *mut usize) -> rondo_status;
    pub fn rondo_loop_dump(event_loop: *mut rondo_loop, write: Option<rondo_write_fn>, user: *mut c_void) -> rondo_status;
    pub fn rondo_loop_dump_fd(event_loop: *mut rondo_loop, fd: i32) -> rondo_status;
    pub fn rondo_loop_set_slow_callback(event_loop: *mut rondo_loop, duration_ns: i64) -> rondo_status;
    pub fn rondo_loop_get_slow_callback(event_loop: *mut rondo_loop) -> i64;
    pub fn rondo_future_origin(future: *const rondo_future, text: *mut c_char, capacity: usize, length: *mut usize) -> rondo_status;
    pub fn rondo_ring_create(event_loop: *mut rondo_loop, options: *const rondo_ring_options, out: *mut *mut rondo_ring) -> rondo_status;
    pub fn rondo_ring_release(ring: *mut rondo_ring);
    pub fn rondo_ring_get_view(ring: *mut rondo_ring, view: *mut rondo_ring_view) -> rondo_status;
    pub fn rondo_ring_task_create(ring: *mut rondo_ring, object: *mut c_void, options: *const rondo_task_options, out: *mut *mut rondo_task) -> rondo_status;
    pub fn rondo_ring_task_new(ring: *mut rondo_ring, object: *mut c_void, options: *const rondo_task_options) -> *mut rondo_task;
    pub fn rondo_ring_task_object(future: *mut rondo_future) -> *mut c_void;
    pub fn rondo_ring_task_begin_eager(ring: *mut rondo_ring, object: *mut c_void, options: *const rondo_task_options, out: *mut *mut rondo_task) -> rondo_status;
    pub fn rondo_ring_task_end_eager(task: *mut rondo_task, answer: u64, value: u64) -> rondo_status;
    pub fn rondo_runner_run_ring(runner: *mut rondo_runner, ring: *mut rondo_ring, object: *mut c_void, options: *const rondo_task_options, main: *mut *mut rondo_task, err: *mut *mut rondo_error) -> rondo_status;
    pub fn rondo_ring_callback() -> Option<rondo_callback_fn>;
    pub fn rondo_cpython_load(find: Option<unsafe extern "C" fn(name: *const c_char) -> *mut c_void>, none: *mut c_void) -> rondo_status;
    pub fn rondo_cpython_lay_out(layout: *const rondo_cpython_layout) -> rondo_status;
    pub fn rondo_cpython_function(what: *const rondo_cpython_call) -> *mut c_void;
    pub fn rondo_cpython_steps(ring: *mut rondo_ring) -> *mut c_void;
    pub fn rondo_cpython_drain(user: *mut c_void, count: u32);
}
