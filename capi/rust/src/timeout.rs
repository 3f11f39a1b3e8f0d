//! Deadlines.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::error::{check, Error, Result};
use crate::raw::{create, TimeoutRef};
use crate::scope::{Kind, Scope};
use crate::sleep::nanoseconds;
use crate::step::{Header, Outcome};
use crate::sys;

/// Runs a future for at most the duration given.
///
/// When the time is over, what the future waits for is cancelled, however deep, and it gets to clean up; then the
/// outcome is an error of kind [`TimedOut`](crate::ErrorKind::TimedOut), whose cause is the cancellation. A future that
/// ignores it and succeeds has succeeded. One that waits for a future of another crate is dropped. Only this future is
/// concerned, not what the task awaits beside it. asyncio: `timeout`, `wait_for`.
///
/// ```
/// # use std::time::Duration;
/// # rondo::run(async {
/// let slow = rondo::sleep(Duration::from_secs(3600));
/// let error = rondo::timeout(Duration::from_millis(1), slow).await.unwrap_err();
/// assert!(error.is_timeout());
/// # Ok(()) }).unwrap();
/// ```
pub fn timeout<F>(limit: Duration, future: F) -> Timeout<F>
where
    F: Future,
    F::Output: Outcome,
{
    timeout_with(limit, |_| future)
}

/// The same with a time of the loop's clock, [`Loop::time`](crate::Loop::time), as the deadline.
pub fn timeout_at<F>(deadline: Duration, future: F) -> Timeout<F>
where
    F: Future,
    F::Output: Outcome,
{
    let mut timeout = timeout(Duration::MAX, future);
    timeout.limit = Limit::At(nanoseconds(deadline));
    timeout
}

/// The same for a future that moves its deadline while it runs.
///
/// ```
/// # use std::time::Duration;
/// # rondo::run(async {
/// let second = Duration::from_secs(1);
/// let parts = rondo::timeout_with(second, |deadline| async move {
///     for _ in 0..3 {
///         rondo::sleep(second / 100).await?;
///         deadline.reschedule(second)?; // as long as something comes, there is time
///     }
///     Ok(())
/// });
/// parts.await?;
/// # Ok(()) }).unwrap();
/// ```
pub fn timeout_with<F>(limit: Duration, body: impl FnOnce(Deadline) -> F) -> Timeout<F>
where
    F: Future,
    F::Output: Outcome,
{
    let deadline = Deadline(Rc::default());
    let future = body(deadline.clone());
    Timeout { limit: Limit::After(nanoseconds(limit)), deadline, inside: None, future: Some(future) }
}

/// The deadline of a [`Timeout`], for what runs inside. A counted handle.
#[derive(Clone, Debug, Default)]
pub struct Deadline(Rc<RefCell<Option<TimeoutRef>>>);

impl Deadline {
    fn with<R>(&self, f: impl FnOnce(*mut sys::rondo_timeout) -> R) -> Result<R> {
        let timeout = self.0.borrow();
        let timeout = timeout.as_ref().ok_or_else(|| Error::new(sys::RONDO_ESTATE, "the timeout was not entered"))?;
        Ok(f(timeout.get()))
    }

    /// Moves it: so much time is left from now on. The error: it has passed, or the timeout is over.
    pub fn reschedule(&self, left: Duration) -> Result<()> {
        let now = Duration::from_nanos(unsafe { sys::rondo_loop_time(ptr::null_mut()) }.max(0) as u64);
        self.reschedule_at(now.saturating_add(left))
    }

    /// The same with a time of the loop's clock.
    pub fn reschedule_at(&self, time: Duration) -> Result<()> {
        let moved = self.with(|timeout| unsafe { sys::rondo_timeout_reschedule(timeout, nanoseconds(time)) })?;
        check(moved).map(|_| ())
    }

    /// When it is, by the loop's clock; `None`: never, or the timeout was not entered.
    pub fn when(&self) -> Option<Duration> {
        match self.with(|timeout| unsafe { sys::rondo_timeout_when(timeout) }) {
            Ok(when) if when != sys::RONDO_FOREVER => Some(Duration::from_nanos(when.max(0) as u64)),
            _ => None,
        }
    }

    /// Whether it has passed and struck.
    pub fn is_expired(&self) -> bool {
        self.with(|timeout| unsafe { sys::rondo_timeout_expired(timeout) == 1 }).unwrap_or(false)
    }
}

/// The earliest deadline of the timeouts the running task is in, by the clock of the loop: to be passed on to whoever
/// works for it.
pub fn current_deadline() -> Option<Duration> {
    match unsafe { sys::rondo_current_deadline() } {
        sys::RONDO_FOREVER => None,
        deadline => Some(Duration::from_nanos(deadline.max(0) as u64)),
    }
}

/// What [`timeout`] and [`timeout_at`] return.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Timeout<F> {
    limit: Limit,
    deadline: Deadline,
    inside: Option<Inside>,
    future: Option<F>,
}

#[derive(Clone, Copy)]
enum Limit {
    After(i64),
    At(i64),
}

// From the first poll to the end.
struct Inside {
    scope: Rc<Scope>,
    timeout: TimeoutRef,
    task: *mut sys::rondo_task,
}

impl Inside {
    fn enter(limit: Limit) -> Result<Inside> {
        Header::with_current(|task| {
            let task = task.ok_or_else(|| Error::new(sys::RONDO_ENOTASK, "a timeout is for a task of the loop"))?;
            let timeout = create(|out| unsafe {
                match limit {
                    Limit::After(delay) => sys::rondo_timeout_begin(delay, out),
                    Limit::At(deadline) => sys::rondo_timeout_begin_at(deadline, out),
                }
            })?;
            let timeout = unsafe { TimeoutRef::adopt(timeout) };
            let scope = task.scopes.enter(Kind::Timeout(timeout.clone()));
            Ok(Inside { scope, timeout, task: task.task() })
        })
    }

    // How it ends for the outside.
    fn leave<T>(self, result: Result<T>) -> Result<T> {
        let body = result.as_ref().err().map_or(sys::RONDO_OK, Error::code);
        let status = unsafe { sys::rondo_timeout_exit(self.timeout.get(), body) };
        match result {
            Err(error) if error.is_cancelled() => {
                let timed_out = status == sys::RONDO_ETIMEDOUT || self.scope.is_to_blame();
                Err(if timed_out { Error::timed_out(&error) } else { error })
            }
            other => other,
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        Header::with_current(|task| {
            if let Some(task) = task.filter(|task| task.task() == self.task) {
                task.scopes.leave(&self.scope);
            }
        });
        // If it was left before: nothing.
        unsafe { sys::rondo_timeout_exit(self.timeout.get(), sys::RONDO_ECANCELED) };
    }
}

impl<F> Future for Timeout<F>
where
    F: Future,
    F::Output: Outcome,
{
    type Output = Result<<F::Output as Outcome>::Value>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // `future` is pinned, the rest is not.
        let this = unsafe { self.get_unchecked_mut() };
        let future = match &mut this.future {
            Some(future) => unsafe { Pin::new_unchecked(future) },
            None => return Poll::Ready(Err(Error::new(sys::RONDO_ESTATE, "a timeout was awaited again"))),
        };
        if this.inside.is_none() {
            match Inside::enter(this.limit) {
                Ok(inside) => {
                    *this.deadline.0.borrow_mut() = Some(inside.timeout.clone());
                    this.inside = Some(inside);
                }
                Err(error) => {
                    this.future = None;
                    return Poll::Ready(Err(error));
                }
            }
        }
        let scope = &this.inside.as_ref().expect("it was entered just now").scope;
        let result = match scope.poll(future, cx) {
            Poll::Ready(outcome) => outcome.into_result(),
            Poll::Pending => match scope.take_unheard() {
                None => return Poll::Pending,
                Some(error) => Err(error), // nobody inside could be told
            },
        };
        let inside = this.inside.take().expect("as above");
        this.future = None;
        Poll::Ready(inside.leave(result))
    }
}

// The scope ends before what is in it: a cancel request of its own is nothing to anybody then.
impl<F> Drop for Timeout<F> {
    fn drop(&mut self) {
        self.inside = None;
    }
}

impl<F> fmt::Debug for Timeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout").field("entered", &self.inside.is_some()).finish()
    }
}
