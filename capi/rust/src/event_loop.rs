//! The loop, seen from its own thread and from others.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::os::raw::{c_char, c_void};
use std::ptr;
use std::time::Duration;

use crate::error::{check, Error, Result};
use crate::raw::{create, init, HandleRef, LoopRef, SubmissionRef};
use crate::sleep::nanoseconds;
use crate::step::{give_boxed_coroutine, Outcome};
use crate::sys;
use crate::task::{Builder, Task};
use crate::value::{self, quietly};

/// A loop, for code in its thread. A counted handle; it does not keep the loop open.
#[derive(Clone)]
pub struct Loop(LoopRef);

impl Loop {
    pub(crate) unsafe fn share(raw: *mut sys::rondo_loop) -> Loop {
        Loop(LoopRef::share(raw))
    }

    /// The loop that runs in this thread.
    pub fn current() -> Option<Loop> {
        let raw = unsafe { sys::rondo_loop_running() };
        if raw.is_null() {
            None
        } else {
            Some(unsafe { Loop::share(raw) })
        }
    }

    /// The loop as C knows it, borrowed.
    pub fn as_raw(&self) -> *mut sys::rondo_loop {
        self.0.get()
    }

    /// A handle for other threads.
    pub fn handle(&self) -> LoopHandle {
        LoopHandle(self.0.clone())
    }

    /// Makes a task on this loop, also while it does not run.
    pub fn spawn<F>(&self, future: F) -> Result<Task<<F::Output as Outcome>::Value>>
    where
        F: Future + 'static,
        F::Output: Outcome,
    {
        Builder::new().spawn_on(self.as_raw(), ptr::null_mut(), future)
    }

    /// The loop's clock, from an unspecified start.
    pub fn time(&self) -> Duration {
        Duration::from_nanos(unsafe { sys::rondo_loop_time(self.as_raw()) }.max(0) as u64)
    }

    /// Calls a function in the next turn, behind what is ready. If it panics, the exception handler hears of it.
    pub fn call_soon(&self, function: impl FnOnce() + 'static) -> Result<Handle> {
        let mut handle = ptr::null_mut();
        schedule(function, |call, user, options| unsafe {
            sys::rondo_loop_call_soon(self.as_raw(), call, user, options, &mut handle)
        })?;
        Ok(Handle(unsafe { HandleRef::adopt(handle) }))
    }

    /// Calls a function after a delay.
    pub fn call_later(&self, delay: Duration, function: impl FnOnce() + 'static) -> Result<Handle> {
        let mut handle = ptr::null_mut();
        schedule(function, |call, user, options| unsafe {
            sys::rondo_loop_call_later(self.as_raw(), nanoseconds(delay), call, user, options, &mut handle)
        })?;
        Ok(Handle(unsafe { HandleRef::adopt(handle) }))
    }

    /// Calls a function when the clock, [`time`](Loop::time), has come to this time.
    pub fn call_at(&self, time: Duration, function: impl FnOnce() + 'static) -> Result<Handle> {
        let mut handle = ptr::null_mut();
        schedule(function, |call, user, options| unsafe {
            sys::rondo_loop_call_at(self.as_raw(), nanoseconds(time), call, user, options, &mut handle)
        })?;
        Ok(Handle(unsafe { HandleRef::adopt(handle) }))
    }

    /// The current turn ends, then the run does: with an error, if its main task had not ended.
    pub fn stop(&self) -> Result<()> {
        check(unsafe { sys::rondo_loop_stop(self.as_raw()) }).map(|_| ())
    }

    /// Debug mode on or off.
    pub fn set_debug(&self, on: bool) -> Result<()> {
        check(unsafe { sys::rondo_loop_set_debug(self.as_raw(), on.into()) }).map(|_| ())
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        unsafe { sys::rondo_loop_is_closed(self.as_raw()) == 1 }
    }

    /// The unfinished tasks as a tree: who awaits whom, in whatever language.
    pub fn dump(&self) -> String {
        unsafe extern "C" fn write(text: *mut c_void, piece: *const c_char, len: usize) {
            let piece = std::slice::from_raw_parts(piece as *const u8, len);
            (*(text as *mut String)).push_str(&String::from_utf8_lossy(piece));
        }
        let mut text = String::new();
        unsafe { sys::rondo_loop_dump(self.as_raw(), Some(write), &mut text as *mut String as *mut c_void) };
        text
    }
}

impl fmt::Debug for Loop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loop").field("closed", &self.is_closed()).finish()
    }
}

/// A scheduled call. Dropping the handle does not cancel it.
#[derive(Clone)]
pub struct Handle(HandleRef);

impl Handle {
    /// The function will not be called, and is dropped now; unless it has run.
    pub fn cancel(&self) {
        unsafe { sys::rondo_handle_cancel(self.0.get()) };
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        unsafe { sys::rondo_handle_cancelled(self.0.get()) == 1 }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("cancelled", &self.is_cancelled()).finish()
    }
}

// Hands a function to one of the library's that schedule.
fn schedule<F: FnOnce()>(
    function: F,
    with: impl FnOnce(Option<sys::rondo_callback_fn>, *mut c_void, &sys::rondo_call_options) -> i32,
) -> Result<()> {
    unsafe extern "C" fn call<F: FnOnce()>(user: *mut c_void, call: *mut sys::rondo_call) {
        let function = (*(user as *mut Option<F>)).take();
        let called = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            if let Some(function) = function {
                function();
            }
        }));
        if let Err(panic) = called {
            (*call).error = Error::of_panic(panic).detach();
        }
    }
    unsafe extern "C" fn discard<F>(user: *mut c_void) {
        quietly(|| drop(Box::from_raw(user as *mut Option<F>)));
    }
    let mut options = init!(rondo_call_options);
    options.drop = Some(discard::<F>);
    let user = Box::into_raw(Box::new(Some(function))) as *mut c_void;
    match with(Some(call::<F>), user, &options) {
        status if status < 0 => {
            unsafe { discard::<F>(user) };
            Err(Error::of_status(status))
        }
        _ => Ok(()),
    }
}

/// A loop, for other threads. A counted handle; it does not keep the loop open.
///
/// ```
/// # fn main() -> rondo::Result<()> {
/// # use std::time::Duration;
/// rondo::run(async {
///     let handle = rondo::Loop::current().expect("we are on it").handle();
///     let (promise, done) = rondo::promise()?;
///     let promise = promise.into_remote();
///     std::thread::spawn(move || {
///         // Have something run on the loop, and wait for it.
///         let answer = handle.submit(|| async {
///             rondo::sleep(Duration::from_millis(1)).await?;
///             Ok(40 + 2)
///         });
///         promise.set_result(answer.unwrap().wait().unwrap())
///     });
///     assert_eq!(done.await?, 42);
///     Ok(())
/// })
/// # }
/// ```
#[derive(Clone)]
pub struct LoopHandle(LoopRef);

// Only functions for any thread are called on it.
unsafe impl Send for LoopHandle {}
unsafe impl Sync for LoopHandle {}

impl LoopHandle {
    /// Calls a function on the loop, behind what is ready, and wakes the loop. One thread's calls keep their order. The
    /// error: the loop is closed.
    ///
    /// ```compile_fail
    /// # fn with(handle: rondo::LoopHandle) {
    /// let not_send = std::rc::Rc::new(1);
    /// handle.call_soon_threadsafe(move || println!("{}", not_send));
    /// # }
    /// ```
    pub fn call_soon_threadsafe(&self, function: impl FnOnce() + Send + 'static) -> Result<()> {
        schedule(function, |call, user, options| unsafe {
            sys::rondo_loop_call_soon_threadsafe(self.0.get(), call, user, options, ptr::null_mut())
        })
    }

    /// Has the loop make a future and run it as a task. What makes the future crosses threads, and so does its result;
    /// the future itself does not, and may use all of this crate.
    ///
    /// ```compile_fail
    /// # fn with(handle: rondo::LoopHandle) {
    /// let not_send = std::rc::Rc::new(1);
    /// handle.submit(move || async move { *not_send }).unwrap().detach();
    /// # }
    /// ```
    ///
    /// ```compile_fail
    /// # fn with(handle: rondo::LoopHandle) {
    /// handle.submit(|| async { std::rc::Rc::new(1) }).unwrap().detach(); // a result that is not Send
    /// # }
    /// ```
    pub fn submit<M, F>(&self, make: M) -> Result<Submission<<F::Output as Outcome>::Value>>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Outcome,
        <F::Output as Outcome>::Value: Send,
    {
        let raw = create(|out| {
            give_boxed_coroutine(async move { make().await }, |vtable, frame| unsafe {
                sys::rondo_submit_coro(self.0.get(), vtable, frame, out)
            })
        })?;
        let submission = unsafe { SubmissionRef::adopt(raw) };
        Ok(Submission { submission, detached: false, result: PhantomData })
    }

    /// Whether the loop is closed.
    pub fn is_closed(&self) -> bool {
        unsafe { sys::rondo_loop_is_closed(self.0.get()) == 1 }
    }
}

impl fmt::Debug for LoopHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopHandle").field("closed", &self.is_closed()).finish()
    }
}

/// A task that was submitted, seen from the thread that did. Dropping it cancels the task.
#[must_use = "dropping a submission cancels it: wait for it, keep it, or detach it"]
pub struct Submission<T> {
    submission: SubmissionRef,
    detached: bool,
    result: PhantomData<fn() -> T>,
}

// Only functions for any thread are called on it, and the result is Send.
unsafe impl<T: Send> Send for Submission<T> {}
unsafe impl<T: Send> Sync for Submission<T> {}

impl<T: Send + 'static> Submission<T> {
    /// Blocks this thread until the task has ended. On the loop's own thread that is an error.
    pub fn wait(mut self) -> Result<T> {
        let ended = self.end(sys::RONDO_FOREVER);
        self.detached = true;
        ended
    }

    /// The same for at most the duration given. A timeout does not cancel the task, and gives the submission back.
    pub fn wait_timeout(mut self, limit: Duration) -> std::result::Result<Result<T>, Submission<T>> {
        match self.end(nanoseconds(limit)) {
            Err(error) if error.is_timeout() && !self.is_done() => Err(self),
            ended => {
                self.detached = true;
                Ok(ended)
            }
        }
    }

    fn end(&mut self, limit: i64) -> Result<T> {
        let (mut value, mut error) = (value::none(), ptr::null_mut());
        unsafe {
            match sys::rondo_submission_wait(self.submission.get(), limit, &mut value, &mut error) {
                status if status < 0 => Err(Error::of_call(status, error)),
                _ => value::decode(value),
            }
        }
    }

    /// Whether it has ended.
    pub fn is_done(&self) -> bool {
        unsafe { sys::rondo_submission_done(self.submission.get()) == 1 }
    }

    /// Asks the loop to cancel it. The error: the loop is closed.
    pub fn cancel(&self) -> Result<()> {
        check(unsafe { sys::rondo_submission_cancel(self.submission.get()) }).map(|_| ())
    }

    /// Lets it run without the handle.
    pub fn detach(mut self) {
        self.detached = true;
    }
}

impl<T> Drop for Submission<T> {
    fn drop(&mut self) {
        unsafe {
            if !self.detached && sys::rondo_submission_done(self.submission.get()) != 1 {
                sys::rondo_submission_cancel(self.submission.get());
            }
        }
    }
}

impl<T> fmt::Debug for Submission<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Submission")
    }
}
