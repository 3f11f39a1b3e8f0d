//! Counted handles of the library, as owners of one reference.

use std::ptr::NonNull;

use crate::error::{Error, Result};
use crate::sys;

macro_rules! counted {
    ($($(#[$about:meta])* $name:ident: $raw:ident, $retain:ident, $release:ident;)*) => {$(
        $(#[$about])*
        pub(crate) struct $name(NonNull<sys::$raw>);

        #[allow(dead_code)]
        impl $name {
            // Takes over a reference; not NULL.
            pub(crate) unsafe fn adopt(raw: *mut sys::$raw) -> $name {
                debug_assert!(!raw.is_null());
                $name(NonNull::new_unchecked(raw))
            }

            pub(crate) unsafe fn share(raw: *mut sys::$raw) -> $name {
                $name::adopt(sys::$retain(raw))
            }

            pub(crate) fn get(&self) -> *mut sys::$raw {
                self.0.as_ptr()
            }

            pub(crate) fn detach(self) -> *mut sys::$raw {
                std::mem::ManuallyDrop::new(self).0.as_ptr()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($raw))
            }
        }

        impl Clone for $name {
            fn clone(&self) -> $name {
                unsafe { $name::share(self.get()) }
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                unsafe { sys::$release(self.get()) }
            }
        }
    )*};
}

counted! {
    FutureRef: rondo_future, rondo_future_retain, rondo_future_release;
    LoopRef: rondo_loop, rondo_loop_retain, rondo_loop_release;
    HandleRef: rondo_handle, rondo_handle_retain, rondo_handle_release;
    TimeoutRef: rondo_timeout, rondo_timeout_retain, rondo_timeout_release;
    GroupRef: rondo_task_group, rondo_task_group_retain, rondo_task_group_release;
    LockRef: rondo_lock, rondo_lock_retain, rondo_lock_release;
    EventRef: rondo_event, rondo_event_retain, rondo_event_release;
    ConditionRef: rondo_condition, rondo_condition_retain, rondo_condition_release;
    SemaphoreRef: rondo_semaphore, rondo_semaphore_retain, rondo_semaphore_release;
    BarrierRef: rondo_barrier, rondo_barrier_retain, rondo_barrier_release;
    QueueRef: rondo_queue, rondo_queue_retain, rondo_queue_release;
    ChannelRef: rondo_channel, rondo_channel_retain, rondo_channel_release;
    SubmissionRef: rondo_submission, rondo_submission_retain, rondo_submission_release;
    CtxvarRef: rondo_ctxvar, rondo_ctxvar_retain, rondo_ctxvar_release;
    ContextRef: rondo_context, rondo_context_retain, rondo_context_release;
}

// Calls a function that creates something through its last argument.
pub(crate) fn create<T>(make: impl FnOnce(*mut *mut T) -> i32) -> Result<*mut T> {
    let mut made = std::ptr::null_mut();
    match make(&mut made) {
        status if status < 0 => Err(Error::of_status(status)),
        _ => Ok(made),
    }
}

// A struct that begins with its size and is otherwise zero.
macro_rules! init {
    ($type:ident) => {{
        let mut zeroed: crate::sys::$type = unsafe { std::mem::zeroed() };
        zeroed.size = std::mem::size_of_val(&zeroed) as u32;
        zeroed
    }};
}
pub(crate) use init;

impl FutureRef {
    pub(crate) fn is_done(&self) -> bool {
        unsafe { sys::rondo_future_done(self.get()) != 0 }
    }

    // The value, or how else it ended.
    pub(crate) fn take(&self) -> Result<sys::rondo_value> {
        self.end(sys::rondo_future_take)
    }

    // The value, borrowed from the future.
    pub(crate) fn view(&self) -> Result<sys::rondo_value> {
        self.end(sys::rondo_future_result)
    }

    fn end(
        &self,
        ask: unsafe extern "C" fn(
            *mut sys::rondo_future,
            *mut sys::rondo_value,
            *mut *mut sys::rondo_error,
        ) -> sys::rondo_status,
    ) -> Result<sys::rondo_value> {
        let mut value = crate::value::none();
        let mut error = std::ptr::null_mut();
        unsafe {
            match ask(self.get(), &mut value, &mut error) {
                status if status < 0 => Err(Error::of_call(status, error)),
                _ => Ok(value),
            }
        }
    }
}
