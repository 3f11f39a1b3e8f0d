//! Futures over other futures.

use std::fmt;
use std::future::Future as StdFuture;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::error::Result;
use crate::future::Future;
use crate::raw::{create, FutureRef};
use crate::sleep::nanoseconds;
use crate::step::{Outcome, Wait};
use crate::sys;
use crate::task::{await_future, Task};

/// Handles that can be awaited together: a `Vec` or an array of tasks, or a tuple of up to six.
pub trait Tasks {
    /// The results, in the same order.
    type Values;
    /// How each ended, in the same order.
    type Results;

    #[doc(hidden)]
    fn raw(&self) -> Vec<*mut sys::rondo_future>;
    #[doc(hidden)]
    fn results(self) -> Self::Results;
    #[doc(hidden)]
    fn values(self) -> Result<Self::Values>;
}

impl<T: 'static> Tasks for Vec<Task<T>> {
    type Values = Vec<T>;
    type Results = Vec<Result<T>>;

    fn raw(&self) -> Vec<*mut sys::rondo_future> {
        self.iter().map(Task::as_raw).collect()
    }
    fn results(self) -> Vec<Result<T>> {
        self.into_iter().map(Task::end).collect()
    }
    fn values(self) -> Result<Vec<T>> {
        self.into_iter().map(Task::end).collect()
    }
}

impl<T: 'static, const N: usize> Tasks for [Task<T>; N] {
    type Values = [T; N];
    type Results = [Result<T>; N];

    fn raw(&self) -> Vec<*mut sys::rondo_future> {
        self.iter().map(Task::as_raw).collect()
    }
    fn results(self) -> [Result<T>; N] {
        self.map(Task::end)
    }
    fn values(self) -> Result<[T; N]> {
        let values = Vec::from(self).values()?;
        Ok(values.try_into().unwrap_or_else(|_| unreachable!("there are N")))
    }
}

macro_rules! tuples {
    ($($($name:ident)+;)*) => {$(
        impl<$($name: 'static),+> Tasks for ($(Task<$name>,)+) {
            type Values = ($($name,)+);
            type Results = ($(Result<$name>,)+);

            #[allow(non_snake_case)]
            fn raw(&self) -> Vec<*mut sys::rondo_future> {
                let ($($name,)+) = self;
                vec![$($name.as_raw()),+]
            }
            #[allow(non_snake_case)]
            fn results(self) -> Self::Results {
                let ($($name,)+) = self;
                ($($name.end(),)+)
            }
            #[allow(non_snake_case)]
            fn values(self) -> Result<Self::Values> {
                let ($($name,)+) = self;
                Ok(($($name.end()?,)+))
            }
        }
    )*};
}
tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; }

/// Awaits several tasks together and gives their results in the order of the tasks.
///
/// The first that fails fails it at once; the others are dropped then, that is, cancelled. If the awaiting task is
/// cancelled, so are all. asyncio: `gather`.
///
/// ```
/// # rondo::run(async {
/// let squares = rondo::gather((0..3).map(|i: i32| rondo::spawn(async move { i * i })).collect::<Vec<_>>());
/// assert_eq!(squares.await?, [0, 1, 4]);
///
/// let pair = rondo::gather((rondo::spawn(async { 1u8 }), rondo::spawn(async { "one" })));
/// assert_eq!(pair.await?, (1, "one"));
/// # Ok(()) }).unwrap();
/// ```
pub fn gather<T: Tasks>(tasks: T) -> Gather<T> {
    Gather(Together::new(tasks, 0))
}

/// The same, but failures and cancellations count as results: it waits for all. asyncio:
/// `gather(..., return_exceptions=True)`.
pub fn gather_results<T: Tasks>(tasks: T) -> GatherResults<T> {
    GatherResults(Together::new(tasks, sys::RONDO_GATHER_RETURN_ERRORS))
}

/// What [`gather`] returns.
#[must_use = "dropping it cancels the tasks"]
#[derive(Debug)]
pub struct Gather<T>(Together<T>);

/// What [`gather_results`] returns.
#[must_use = "dropping it cancels the tasks"]
#[derive(Debug)]
pub struct GatherResults<T>(Together<T>);

impl<T> Unpin for Gather<T> {}
impl<T> Unpin for GatherResults<T> {}

impl<T: Tasks> StdFuture for Gather<T> {
    type Output = Result<T::Values>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx).map(|tasks| tasks?.values())
    }
}

impl<T: Tasks> StdFuture for GatherResults<T> {
    type Output = Result<T::Results>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx).map(|tasks| Ok(tasks?.results()))
    }
}

struct Together<T> {
    tasks: Option<T>,
    all: Result<FutureRef>,
    wait: Wait,
}

impl<T: Tasks> Together<T> {
    fn new(tasks: T, flags: u32) -> Together<T> {
        let raw = tasks.raw();
        let all = create(|out| unsafe { sys::rondo_gather(ptr::null_mut(), raw.as_ptr(), raw.len(), flags, out) });
        Together { tasks: Some(tasks), all: all.map(|all| unsafe { FutureRef::adopt(all) }), wait: Wait::None }
    }

    // Ready with the tasks when they have ended, or with the error that ended the wait for them; they are dropped then.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let ended = match &self.all {
            Err(error) => Err(error.clone()),
            Ok(all) => match await_future(all, &mut self.wait, cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(ended) => ended.and_then(|()| all.view().map(|_| ())),
            },
        };
        let tasks = self.tasks.take();
        Poll::Ready(ended.map(|()| tasks.expect("it is awaited once")))
    }
}

impl<T> fmt::Debug for Together<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Together").field("waiting", &self.wait).finish()
    }
}

// ---- wait

/// When a [`wait`] is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// When all are done.
    All,
    /// When one is done.
    First,
    /// When one has failed (being cancelled does not count), or all are done.
    FirstError,
}

/// Waits until the tasks are done, or the limit has passed, which is no error, and answers which are: their places among
/// those given. It cancels none of them and takes no result. asyncio: `wait`.
///
/// ```
/// # use std::time::Duration;
/// # rondo::run(async {
/// use rondo::{sleep, spawn, WaitFor};
/// let tasks: Vec<_> = [3600, 0].iter().map(|&s| spawn(sleep(Duration::from_secs(s)))).collect();
/// assert_eq!(rondo::wait(&tasks, WaitFor::First, None).await?, [1]);
/// # Ok(()) }).unwrap(); // the sleeper is dropped, and cancelled
/// ```
pub async fn wait<T: 'static>(tasks: &[Task<T>], until: WaitFor, limit: Option<Duration>) -> Result<Vec<usize>> {
    if !tasks.is_empty() {
        let raw: Vec<_> = tasks.iter().map(Task::as_raw).collect();
        let condition = match until {
            WaitFor::All => sys::RONDO_ALL_COMPLETED,
            WaitFor::First => sys::RONDO_FIRST_COMPLETED,
            WaitFor::FirstError => sys::RONDO_FIRST_EXCEPTION,
        };
        let limit = limit.map_or(sys::RONDO_FOREVER, nanoseconds);
        let over = create(|out| unsafe {
            sys::rondo_wait(ptr::null_mut(), raw.as_ptr(), raw.len(), condition, limit, out)
        })?;
        drop(raw);
        unsafe { Future::<()>::from_raw(over) }.await?;
    }
    Ok((0..tasks.len()).filter(|&i| tasks[i].is_done()).collect())
}

// ---- as completed

/// Gives the results in the order in which they come. Dropping it cancels what is left. asyncio: `as_completed`.
///
/// ```
/// # use std::time::Duration;
/// # rondo::run(async {
/// let delays = [2u64, 1];
/// let sleepers = delays.iter().map(|&ms| rondo::spawn(async move {
///     rondo::sleep(Duration::from_millis(ms)).await?;
///     Ok(ms)
/// }));
/// let mut completed = rondo::as_completed(sleepers.collect())?;
/// while let Some((place, result)) = completed.next().await? {
///     assert_eq!(result?, delays[place]);
/// }
/// # Ok(()) }).unwrap();
/// ```
pub fn as_completed<T: 'static>(tasks: Vec<Task<T>>) -> Result<AsCompleted<T>> {
    let raw = tasks.raw();
    if raw.is_empty() {
        return Ok(AsCompleted { tasks: Vec::new(), iteration: None });
    }
    let iteration = create(|out| unsafe {
        sys::rondo_as_completed(ptr::null_mut(), raw.as_ptr(), raw.len(), sys::RONDO_FOREVER, out)
    })?;
    let tasks = tasks.into_iter().map(Some).collect();
    Ok(AsCompleted { tasks, iteration: Some(unsafe { FutureRef::adopt(iteration) }) })
}

/// What [`as_completed`] returns.
#[derive(Debug)]
pub struct AsCompleted<T> {
    tasks: Vec<Option<Task<T>>>,
    iteration: Option<FutureRef>,
}

impl<T: 'static> AsCompleted<T> {
    /// The next that ends: its place among those given, and how it ended. `None` when there are no more. The error: the
    /// awaiting task was cancelled; those that are left run on.
    pub async fn next(&mut self) -> Result<Option<(usize, Result<T>)>> {
        let iteration = match &self.iteration {
            Some(iteration) => iteration,
            None => return Ok(None),
        };
        let ticket = create(|out| unsafe { sys::rondo_as_completed_next(iteration.get(), out) })?;
        if ticket.is_null() {
            return Ok(None);
        }
        let ticket = unsafe { FutureRef::adopt(ticket) };
        Future::<()>::adopt(ticket.clone()).await?;
        let mut place = 0;
        unsafe { sys::rondo_as_completed_child(ticket.get(), &mut place) };
        Ok(self.tasks[place].take().map(|task| (place, task.end())))
    }
}

/// Keeps a task from being cancelled by who awaits it: cancelling or dropping what this returns leaves the task running.
/// asyncio: `shield`.
///
/// ```
/// # rondo::run(async {
/// let save = rondo::spawn(async {
///     rondo::yield_now().await?;
///     Ok("saved")
/// });
/// assert_eq!(rondo::shield(save)?.await?, "saved");
/// # Ok(()) }).unwrap();
/// ```
pub fn shield<T: 'static>(task: Task<T>) -> Result<Future<T>> {
    let outer = create(|out| unsafe { sys::rondo_shield(task.as_raw(), out) })?;
    task.detach();
    Ok(unsafe { Future::from_raw(outer) })
}

// ---- inside one task

/// Awaits two futures at once, inside the task that awaits this: they may borrow from it. If the task is cancelled, both
/// hear of it.
///
/// ```
/// # rondo::run(async {
/// let text = String::from("borrowed");
/// let (length, first) = rondo::join(async { text.len() }, async { text.chars().next() }).await;
/// assert_eq!((length, first), (8, Some('b')));
/// # Ok(()) }).unwrap();
/// ```
pub fn join<A: StdFuture, B: StdFuture>(a: A, b: B) -> Join<A, B> {
    Join { a: Part::Running(a), b: Part::Running(b) }
}

/// Awaits two futures at once until one is ready, and drops the other. If both are, it is the first.
///
/// ```
/// # use std::time::Duration;
/// # rondo::run(async {
/// let patience = rondo::sleep(Duration::from_secs(3600));
/// match rondo::select(async { 42i32 }, patience).await {
///     rondo::Either::Left(answer) => assert_eq!(answer, 42),
///     rondo::Either::Right(_) => unreachable!(),
/// }
/// # Ok(()) }).unwrap();
/// ```
pub fn select<A: StdFuture, B: StdFuture>(a: A, b: B) -> Select<A, B> {
    Select { both: Some((a, b)) }
}

/// Which of two futures was ready first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    /// The first of the two.
    Left(A),
    /// The second of the two.
    Right(B),
}

impl<T> Outcome for Either<T, T> {
    type Value = T;
    fn into_result(self) -> Result<T> {
        Ok(match self {
            Either::Left(value) | Either::Right(value) => value,
        })
    }
}

enum Part<F: StdFuture> {
    Running(F),
    Ready(Option<F::Output>),
}

impl<F: StdFuture> Part<F> {
    // Whether it is ready.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        // The future is pinned, its output is not.
        let this = unsafe { self.get_unchecked_mut() };
        if let Part::Running(future) = this {
            match unsafe { Pin::new_unchecked(future) }.poll(cx) {
                Poll::Pending => return false,
                Poll::Ready(output) => *this = Part::Ready(Some(output)),
            }
        }
        true
    }

    fn take(self: Pin<&mut Self>) -> F::Output {
        match unsafe { self.get_unchecked_mut() } {
            Part::Ready(output) => output.take().expect("it is awaited once"),
            Part::Running(_) => unreachable!("it is ready"),
        }
    }
}

/// What [`join`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Join<A: StdFuture, B: StdFuture> {
    a: Part<A>,
    b: Part<B>,
}

impl<A: StdFuture, B: StdFuture> StdFuture for Join<A, B> {
    type Output = (A::Output, B::Output);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = unsafe { self.get_unchecked_mut() };
        let (mut a, mut b) = unsafe { (Pin::new_unchecked(&mut this.a), Pin::new_unchecked(&mut this.b)) };
        let ready = (a.as_mut().poll(cx), b.as_mut().poll(cx));
        if ready == (true, true) {
            Poll::Ready((a.take(), b.take()))
        } else {
            Poll::Pending
        }
    }
}

impl<A: StdFuture, B: StdFuture> fmt::Debug for Join<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Join")
    }
}

/// What [`select`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Select<A, B> {
    both: Option<(A, B)>,
}

impl<A: StdFuture, B: StdFuture> StdFuture for Select<A, B> {
    type Output = Either<A::Output, B::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = unsafe { self.get_unchecked_mut() };
        let (a, b) = this.both.as_mut().expect("it is awaited once");
        let (a, b) = unsafe { (Pin::new_unchecked(a), Pin::new_unchecked(b)) };
        let ready = match a.poll(cx) {
            Poll::Ready(output) => Either::Left(output),
            Poll::Pending => match b.poll(cx) {
                Poll::Ready(output) => Either::Right(output),
                Poll::Pending => return Poll::Pending,
            },
        };
        this.both = None; // in place
        Poll::Ready(ready)
    }
}

impl<A, B> fmt::Debug for Select<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Select")
    }
}
