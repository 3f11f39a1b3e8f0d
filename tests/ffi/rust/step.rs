//! The ABI from Rust, with nothing but `extern "C"`: a step coroutine sleeps, awaits a task, and returns a value.
use std::ffi::c_void;
use std::mem::size_of;
use std::ptr::{null, null_mut};

#[repr(C)]
struct Value {
    kind: u32,
    flags: u32,
    bits: u64,
    len: usize,
    drop: Option<extern "C" fn(*mut c_void, usize)>,
}

#[repr(C)]
struct Step {
    size: u32,
    verdict: u32,
    this: *mut c_void,
    event_loop: *mut c_void,
    status: i32,
    flags: u32,
    error: *const c_void,
    sent: *mut Value,
    target: *mut c_void,
    delay_ns: i64,
    out: Value,
    out_error: *mut c_void,
}

#[repr(C)]
struct Vtable {
    size: u32,
    flags: u32,
    frame_size: usize,
    frame_align: usize,
    start: Option<extern "C" fn(*mut c_void, *const c_void)>,
    step: extern "C" fn(*mut c_void, *mut Step),
    destroy: Option<extern "C" fn(*mut c_void)>,
}

const RETURN: u32 = 1;
const AWAIT: u32 = 3;
const SLEEP: u32 = 4;
const I64: u32 = 2;

#[link(name = "rondo")]
extern "C" {
    fn rondo_run_coro(vtable: *const Vtable, init: *const c_void, out: *mut Value, err: *mut *mut c_void) -> i32;
    fn rondo_task_create(
        event_loop: *mut c_void,
        vtable: *const Vtable,
        init: *const c_void,
        options: *const c_void,
        out: *mut *mut c_void,
    ) -> i32;
}

const fn coroutine(step: extern "C" fn(*mut c_void, *mut Step)) -> Vtable {
    let size = size_of::<Vtable>() as u32;
    Vtable { size, flags: 0, frame_size: size_of::<u32>(), frame_align: 0, start: None, step, destroy: None }
}

static CHILD: Vtable = coroutine(child);
static MAIN: Vtable = coroutine(parent);

fn turn(frame: *mut c_void) -> u32 {
    let count = unsafe { &mut *(frame as *mut u32) };
    *count += 1;
    *count
}

extern "C" fn child(frame: *mut c_void, io: *mut Step) {
    let io = unsafe { &mut *io };
    if turn(frame) == 1 {
        io.verdict = SLEEP;
        io.delay_ns = 1_000_000;
    } else {
        io.verdict = RETURN;
        io.out.kind = I64;
        io.out.bits = 42;
    }
}

extern "C" fn parent(frame: *mut c_void, io: *mut Step) {
    let io = unsafe { &mut *io };
    if turn(frame) == 1 {
        let status = unsafe { rondo_task_create(io.event_loop, &CHILD, null(), null(), &mut io.target) };
        assert_eq!(status, 0);
        io.verdict = AWAIT;
    } else {
        let sent = unsafe { &*io.sent };
        assert_eq!((io.status, sent.kind), (0, I64));
        io.verdict = RETURN;
        io.out.kind = I64;
        io.out.bits = sent.bits + 1;
    }
}

fn main() {
    let mut out = Value { kind: 0, flags: 0, bits: 0, len: 0, drop: None };
    let status = unsafe { rondo_run_coro(&MAIN, null(), &mut out, null_mut()) };
    assert_eq!((status, out.kind, out.bits), (0, I64, 43));
    println!("43 from Rust");
}
