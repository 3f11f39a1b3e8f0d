//! Blocking work beside the loop.

use std::fmt;
use std::os::raw::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;

use crate::error::{Error, Result};
use crate::raw::{create, init, FutureRef};
use crate::step::Outcome;
use crate::sys;
use crate::task::Task;
use crate::value::{self, quietly};

/// Runs a function that blocks in a thread of the loop's pool, and gives its result.
///
/// It starts at once. Cancelling the task, or dropping it, takes a function back that has not begun; one that has runs
/// on, unawaited. A panic ends the task as it does any other. asyncio: `to_thread`.
///
/// ```
/// # rondo::run(async {
/// let answer = rondo::to_thread(|| (1..=10u64).product::<u64>());
/// assert_eq!(answer.await?, 3628800);
/// # Ok(()) }).unwrap();
/// ```
///
/// A function that fails with an error of another crate or of std returns it as ours; `?` makes it one:
///
/// ```
/// # rondo::run(async {
/// let text = rondo::to_thread(|| Ok(std::fs::read_to_string("Cargo.toml")?)).await?;
/// # drop(text);
/// # Ok(()) }).unwrap();
/// ```
///
/// What crosses threads must be able to:
///
/// ```compile_fail
/// # rondo::run(async {
/// let local = std::rc::Rc::new(1);
/// rondo::to_thread(move || *local).await?;
/// # Ok(()) }).unwrap();
/// ```
///
/// # Panics
/// If no loop is running in this thread, or its pool has ended: [`try_to_thread`] answers with an error instead.
#[track_caller]
pub fn to_thread<F, R>(function: F) -> Task<R::Value>
where
    F: FnOnce() -> R + Send + 'static,
    R: Outcome,
    R::Value: Send + 'static,
{
    match try_to_thread(|_| function()) {
        Ok(task) => task,
        Err(error) => panic!("rondo::to_thread: {}", error),
    }
}

/// The same for a function that wants to know whether anybody still awaits it.
pub fn try_to_thread<F, R>(function: F) -> Result<Task<R::Value>>
where
    F: FnOnce(&Job) -> R + Send + 'static,
    R: Outcome,
    R::Value: Send + 'static,
{
    let mut options = init!(rondo_job_options);
    options.drop = Some(discard::<F>);
    let arg = Box::into_raw(Box::new(Some(function))) as *mut c_void;
    let made = create(|out| unsafe { sys::rondo_to_thread(ptr::null_mut(), Some(run::<F, R>), arg, &options, out) });
    match made {
        Ok(future) => Ok(Task::adopt(unsafe { FutureRef::adopt(future) })),
        Err(error) => {
            unsafe { discard::<F>(arg) };
            Err(error)
        }
    }
}

/// A function that runs in a thread, seen from inside.
pub struct Job(*mut sys::rondo_job);

impl Job {
    /// Whether nobody awaits it any more.
    pub fn is_cancelled(&self) -> bool {
        unsafe { sys::rondo_job_cancelled(self.0) == 1 }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("cancelled", &self.is_cancelled()).finish()
    }
}

unsafe extern "C" fn run<F, R>(arg: *mut c_void, job: *mut sys::rondo_job, result: *mut sys::rondo_value) -> i32
where
    F: FnOnce(&Job) -> R,
    R: Outcome,
    R::Value: 'static,
{
    let function = (*(arg as *mut Option<F>)).take().expect("a job runs once");
    let ended = catch_unwind(AssertUnwindSafe(|| function(&Job(job)).into_result().map(value::encode)));
    match ended.unwrap_or_else(|panic| Err(Error::of_panic(panic))) {
        Ok(value) => {
            *result = value;
            sys::RONDO_OK
        }
        Err(error) => sys::rondo_job_raise(job, error.detach()),
    }
}

unsafe extern "C" fn discard<F>(arg: *mut c_void) {
    quietly(|| drop(Box::from_raw(arg as *mut Option<F>)));
}
