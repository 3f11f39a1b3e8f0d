//! A task that awaits an operation of the library and ends as it does: for operations that a Rust task awaits beside
//! other things. (A task can await only one future; operations have no callbacks.)

use std::mem;
use std::os::raw::c_void;
use std::ptr;

use crate::error::Result;
use crate::raw::{create, init, FutureRef};
use crate::sys::{self, rondo_coro_vtable, rondo_step};

struct Relay {
    operation: Option<FutureRef>,
}

static VTABLE: rondo_coro_vtable = rondo_coro_vtable {
    size: mem::size_of::<rondo_coro_vtable>() as u32,
    flags: 0,
    frame_size: mem::size_of::<Relay>(),
    frame_align: 0,
    start: None,
    step: Some(step),
    destroy: Some(destroy),
    describe: None,
};

unsafe extern "C" fn step(frame: *mut c_void, io: *mut rondo_step) {
    let (relay, io) = (&mut *(frame as *mut Relay), &mut *io);
    if io.status < 0 {
        io.verdict = sys::RONDO_STEP_RAISE; // as cancelled, if the error says so
        io.out_error = sys::rondo_error_retain(io.error);
    } else if let Some(operation) = relay.operation.take() {
        io.verdict = sys::RONDO_STEP_AWAIT;
        io.target = operation.detach();
    } else {
        io.verdict = sys::RONDO_STEP_RETURN;
        sys::rondo_step_take(io, ptr::addr_of_mut!((*io).out));
    }
}

unsafe extern "C" fn destroy(frame: *mut c_void) {
    ptr::drop_in_place(frame as *mut Relay);
}

pub(crate) fn await_operation(operation: FutureRef) -> Result<FutureRef> {
    let relay = mem::ManuallyDrop::new(Relay { operation: Some(operation) });
    let mut options = init!(rondo_task_options);
    options.flags = sys::RONDO_TASK_EAGER; // an operation is awaited at once
    let init = &relay as *const _ as *const c_void;
    let made = create(|out| unsafe { sys::rondo_task_create(ptr::null_mut(), &VTABLE, init, &options, out) });
    match made {
        Ok(task) => unsafe {
            sys::rondo_task_waive(task);
            Ok(FutureRef::adopt(task))
        },
        Err(error) => {
            drop(mem::ManuallyDrop::into_inner(relay));
            Err(error)
        }
    }
}
