//! Tasks: Rust futures that run on the loop by themselves.

use std::ffi::CString;
use std::future::Future as StdFuture;
use std::marker::PhantomData;
use std::os::raw::c_void;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll};

use crate::error::{text_for_c, text_of_c, Error, Result};
use crate::raw::{create, init, FutureRef};
use crate::step::{fits, give_coroutine, Outcome, Target, Wait};
use crate::sys;
use crate::value;

/// The handle of something that runs: a task made by [`spawn`], a job in a thread, a future of another language.
///
/// Awaiting it gives its result, or the error it failed with. If the awaiting task is cancelled meanwhile, so is what it
/// awaits (asyncio's rule; [`shield`](crate::shield) prevents it).
///
/// **Dropping the handle cancels the task.** It is a request, as [`cancel`](Task::cancel) is: the task gets an error at
/// the await it stands in, may clean up, asynchronously too, and the loop keeps it until it has ended.
/// [`detach`](Task::detach) lets it run on instead.
///
/// ```
/// # fn main() -> rondo::Result<()> {
/// rondo::run(async {
///     let task = rondo::spawn(async { 6 * 7i32 });
///     assert_eq!(task.await?, 42);
///     Ok(())
/// })
/// # }
/// ```
///
/// The handle stays in its loop's thread:
///
/// ```compile_fail
/// # rondo::run(async {
/// let task = rondo::spawn(async { 6 * 7i32 });
/// std::thread::spawn(move || task.cancel());
/// # }).unwrap();
/// ```
#[must_use = "dropping a task cancels it: await it, keep it, or detach it"]
pub struct Task<T> {
    future: FutureRef,
    wait: Wait,
    detached: bool,
    result: PhantomData<*mut T>,
}

impl<T> Unpin for Task<T> {}

impl<T: 'static> Task<T> {
    pub(crate) fn adopt(future: FutureRef) -> Task<T> {
        Task { future, wait: Wait::None, detached: false, result: PhantomData }
    }

    /// Takes over one reference to a task or future of any language, which is from then on cancelled when this is
    /// dropped.
    ///
    /// # Safety
    /// `raw` is a live future of a loop of this thread, and one reference to it is the caller's to give away.
    pub unsafe fn from_raw(raw: *mut sys::rondo_future) -> Task<T> {
        Task::adopt(FutureRef::adopt(raw))
    }

    /// The future as C knows it, with one reference for whoever gets it: every language can await it. The task is
    /// detached.
    pub fn into_raw(mut self) -> *mut sys::rondo_future {
        self.detached = true;
        self.future.clone().detach()
    }

    /// The future as C knows it, borrowed.
    pub fn as_raw(&self) -> *mut sys::rondo_future {
        self.future.get()
    }

    /// Lets it run without the handle. An error that nobody awaits goes to the exception handler of the loop.
    pub fn detach(mut self) {
        self.detached = true;
    }

    /// A handle that only looks: several may await the same task, and dropping it does not cancel. Results that are not
    /// plain (see [`Value`](crate::Value)) go to the first who asks.
    pub fn to_future(&self) -> crate::Future<T> {
        crate::Future::adopt(self.future.clone())
    }

    /// Requests cancellation: the task gets an error of kind [`Cancelled`](crate::ErrorKind::Cancelled) from the await
    /// it stands in, in a later turn, and may refuse. False: it is done already.
    pub fn cancel(&self) -> bool {
        unsafe { sys::rondo_future_cancel(self.future.get(), ptr::null()) == 1 }
    }

    /// The same with a message, which becomes that of the error.
    pub fn cancel_with_message(&self, message: &str) -> bool {
        unsafe { sys::rondo_future_cancel(self.future.get(), text_for_c(message).as_ptr()) == 1 }
    }

    // How it ended.
    pub(crate) fn end(self) -> Result<T> {
        take(&self.future)
    }

    /// Whether it has ended, in whatever way.
    pub fn is_done(&self) -> bool {
        self.future.is_done()
    }

    /// Whether it ended cancelled.
    pub fn is_cancelled(&self) -> bool {
        unsafe { sys::rondo_future_cancelled(self.future.get()) == 1 }
    }

    /// The cancel requests that were made and not undone by [`uncancel`](Task::uncancel); 0 for what is no task.
    pub fn cancelling(&self) -> u32 {
        unsafe { sys::rondo_task_cancelling(self.future.get()).max(0) as u32 }
    }

    /// Undoes one cancel request and answers what is left.
    pub fn uncancel(&self) -> u32 {
        unsafe { sys::rondo_task_uncancel(self.future.get()).max(0) as u32 }
    }

    /// The name of the task; empty for what is no task.
    pub fn name(&self) -> String {
        unsafe { text_of_c(sys::rondo_task_get_name(self.future.get())).into_owned() }
    }
}

impl<T: 'static> StdFuture for Task<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let this = &mut *self;
        let ended = await_future(&this.future, &mut this.wait, cx);
        ended.map(|ended| ended.and_then(|()| take(&this.future)))
    }
}

// Ready once the future is done, or with the error that ended the wait for it.
pub(crate) fn await_future(future: &FutureRef, wait: &mut Wait, cx: &mut Context<'_>) -> Poll<Result<()>> {
    if !wait.is_waiting() && future.is_done() {
        return Poll::Ready(Ok(()));
    }
    wait.poll(cx, || Target::Future(future.clone())).map(|woken| woken.map(|_| ()))
}

fn take<T: 'static>(future: &FutureRef) -> Result<T> {
    unsafe { value::decode(future.take()?) }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if !self.detached && !self.future.is_done() {
            unsafe { sys::rondo_future_cancel(self.future.get(), ptr::null()) };
        }
    }
}

impl<T> std::fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = unsafe { text_of_c(sys::rondo_task_get_name(self.future.get())) };
        f.debug_struct("Task").field("name", &name).field("done", &self.future.is_done()).finish()
    }
}

/// Runs a future as a task of the loop that runs in this thread. Its first step comes in the next turn.
///
/// The future need not be `Send`: it stays in this thread. What it may return, see [`Outcome`].
///
/// # Panics
/// If no loop is running in this thread: [`Builder::spawn`] answers with an error instead.
///
/// ```
/// # rondo::run(async {
/// let one = rondo::spawn(async { 1i32 });
/// let two = rondo::spawn(async {
///     rondo::yield_now().await?;
///     Ok(2)
/// });
/// assert_eq!(one.await? + two.await?, 3);
/// # Ok(()) }).unwrap();
/// ```
#[track_caller]
pub fn spawn<F>(future: F) -> Task<<F::Output as Outcome>::Value>
where
    F: StdFuture + 'static,
    F::Output: Outcome,
{
    match Builder::new().spawn(future) {
        Ok(task) => task,
        Err(error) => panic!("rondo::spawn: {}", error),
    }
}

/// How a task shall be.
///
/// ```
/// # rondo::run(async {
/// let task = rondo::Builder::new().name("worker").eager(true).spawn(async { 7i32 })?;
/// assert!(task.is_done());
/// assert_eq!((task.name().as_str(), task.await?), ("worker", 7));
/// # Ok(()) }).unwrap();
/// ```
#[derive(Debug, Default)]
#[must_use = "spawn makes the task"]
pub struct Builder {
    name: Option<CString>,
    flags: u32,
}

impl Builder {
    /// A task like those that [`spawn`] makes.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Its name; without it, `Task-` and a number.
    pub fn name(mut self, name: &str) -> Builder {
        self.name = Some(text_for_c(name));
        self
    }

    /// Whether it takes its first step inside `spawn`. One that never waits is done then.
    pub fn eager(self, eager: bool) -> Builder {
        self.flag(sys::RONDO_TASK_EAGER, eager)
    }

    /// Whether a cancel request that finds the awaited value there already strikes only at the next await, and the
    /// value is delivered. asyncio drops the value.
    pub fn result_wins(self, wins: bool) -> Builder {
        self.flag(sys::RONDO_TASK_RESULT_WINS, wins)
    }

    /// Whether a cancel request that was passed on to an awaited task counts for this one too, should that one swallow
    /// it. asyncio forgets the request.
    pub fn cancel_sticks(self, sticks: bool) -> Builder {
        self.flag(sys::RONDO_TASK_CANCEL_STICKS, sticks)
    }

    fn flag(mut self, flag: u32, on: bool) -> Builder {
        self.flags = if on { self.flags | flag } else { self.flags & !flag };
        self
    }

    /// Makes the task, on the loop that runs in this thread.
    pub fn spawn<F>(&self, future: F) -> Result<Task<<F::Output as Outcome>::Value>>
    where
        F: StdFuture + 'static,
        F::Output: Outcome,
    {
        self.spawn_on(ptr::null_mut(), ptr::null_mut(), future)
    }

    pub(crate) fn spawn_on<F>(
        &self,
        event_loop: *mut sys::rondo_loop,
        group: *mut sys::rondo_task_group,
        future: F,
    ) -> Result<Task<<F::Output as Outcome>::Value>>
    where
        F: StdFuture + 'static,
        F::Output: Outcome,
    {
        if fits::<F>() {
            self.make(event_loop, group, future)
        } else {
            self.make(event_loop, group, Box::pin(future))
        }
    }

    fn make<F>(
        &self,
        event_loop: *mut sys::rondo_loop,
        group: *mut sys::rondo_task_group,
        future: F,
    ) -> Result<Task<<F::Output as Outcome>::Value>>
    where
        F: StdFuture + 'static,
        F::Output: Outcome,
    {
        let mut options = init!(rondo_task_options);
        options.flags = self.flags;
        options.name = self.name.as_ref().map_or(ptr::null(), |name| name.as_ptr());
        options.group = group;
        let task = create(|out| {
            give_coroutine(future, |vtable, frame: *const c_void| unsafe {
                sys::rondo_task_create(event_loop, vtable, frame, &options, out)
            })
        })?;
        Ok(Task::adopt(unsafe { FutureRef::adopt(task) }))
    }
}

/// Whether a cancel request has been made to the task that runs now and was not undone.
pub fn is_cancelling() -> bool {
    with_current_task(|task| unsafe { sys::rondo_task_cancelling(task) > 0 }).unwrap_or(false)
}

/// Undoes one cancel request to the task that runs now, which has swallowed it; answers how many are left.
pub fn uncancel() -> Result<u32> {
    let left = with_current_task(|task| unsafe { sys::rondo_task_uncancel(task) });
    left.map(|left| left.max(0) as u32).ok_or_else(|| Error::of_status(sys::RONDO_ENOTASK))
}

fn with_current_task<R>(f: impl FnOnce(*mut sys::rondo_task) -> R) -> Option<R> {
    let task = unsafe { sys::rondo_loop_current_task(ptr::null_mut()) };
    if task.is_null() {
        None
    } else {
        Some(f(task))
    }
}
