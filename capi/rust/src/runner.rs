//! Runners: a loop, kept from run to run.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::os::raw::c_void;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::error::{text_of_c, Error, Result};
use crate::event_loop::Loop;
use crate::raw::{create, init};
use crate::sleep::nanoseconds;
use crate::step::{give_coroutine, Outcome};
use crate::sys;
use crate::value::quietly;

/// Runs a future as the main task of a loop of its own. When it has ended, what is left over is cancelled and awaited,
/// and the loop closed.
///
/// The future may borrow from the caller and need not be `Send`. If it panics, so does this, after the loop was closed.
///
/// ```
/// use std::time::Duration;
///
/// fn main() -> rondo::Result<()> {
///     let name = String::from("Rust");
///     rondo::run(async {
///         rondo::sleep(Duration::from_millis(10)).await?;
///         println!("hello from {}", name);
///         Ok(())
///     })
/// }
/// ```
pub fn run<F>(main: F) -> Result<<F::Output as Outcome>::Value>
where
    F: Future,
    F::Output: Outcome,
{
    let runner = Runner::new()?;
    let result = runner.run(main);
    let closed = runner.close(None);
    result.and_then(|value| closed.map(|()| value))
}

/// A loop that runs main tasks one after another and keeps, between them, its loop and its context.
///
/// ```
/// # fn main() -> rondo::Result<()> {
/// let runner = rondo::Runner::new()?;
/// for round in 0..2i32 {
///     assert_eq!(runner.run(async move { round * 2 })?, round * 2);
/// }
/// runner.close(None)
/// # }
/// ```
///
/// A runner, and all that runs on it, stays in its thread; [`LoopHandle`](crate::LoopHandle) is for the others.
///
/// ```compile_fail
/// let runner = rondo::Runner::new().unwrap();
/// std::thread::spawn(move || runner.run(async {}));
/// ```
pub struct Runner {
    raw: NonNull<sys::rondo_runner>,
    handler: Option<NonNull<Handler>>,
}

type Handler = Box<dyn Fn(&Report<'_>)>;

impl Runner {
    /// A runner with the usual options. Its loop is made when it first runs.
    pub fn new() -> Result<Runner> {
        Runner::builder().build()
    }

    /// A runner with options.
    pub fn builder() -> RunnerBuilder {
        RunnerBuilder { loop_flags: 0, runner_flags: 0, shuffle_seed: 0, slow_callback: 0, handler: None }
    }

    /// Runs a future as the main task until it ends. It may borrow from the caller.
    ///
    /// The first SIGINT meanwhile cancels the main task, and the run then fails with an error of kind
    /// [`Interrupted`](crate::ErrorKind::Interrupted) (in the process' main thread, if the signal has its default
    /// action).
    ///
    /// # Panics
    /// If the future does, and with the same payload.
    pub fn run<F>(&self, main: F) -> Result<<F::Output as Outcome>::Value>
    where
        F: Future,
        F::Output: Outcome,
    {
        let mut stage = Stage { future: Some(main), ending: None };
        let link = Rc::new(Cell::new(&mut stage as *mut Stage<F>));
        let mut error = ptr::null_mut();
        let status = give_coroutine(Main { stage: link.clone() }, |vtable, frame| unsafe {
            sys::rondo_runner_run_coro(self.raw.as_ptr(), vtable, frame, ptr::null(), ptr::null_mut(), &mut error)
        });
        link.set(ptr::null_mut()); // should it still be alive: the loop was stopped
        let result = if status < 0 { Err(unsafe { Error::of_call(status, error) }) } else { Ok(()) };
        match (result, stage.ending.take()) {
            (_, Some(Ending::Panicked(payload))) => resume_unwind(payload),
            (Ok(()), Some(Ending::Returned(value))) => Ok(value),
            (Ok(()), None) => Err(Error::of_status(sys::RONDO_ESTATE)),
            (Err(error), _) => Err(error),
        }
    }

    /// The loop, made now if it was not yet.
    pub fn get_loop(&self) -> Result<Loop> {
        let raw = create(|out| unsafe { sys::rondo_runner_get_loop(self.raw.as_ptr(), out) })?;
        Ok(unsafe { Loop::share(raw) })
    }

    /// Cancels and awaits all that is left, for at most the duration given, and closes the loop. What still runs then
    /// is destroyed, and named in the error. Dropping the runner does the same without a limit.
    pub fn close(self, limit: Option<Duration>) -> Result<()> {
        let limit = limit.map_or(sys::RONDO_FOREVER, nanoseconds);
        let mut error = ptr::null_mut();
        match unsafe { sys::rondo_runner_close(self.raw.as_ptr(), limit, &mut error) } {
            status if status < 0 => Err(unsafe { Error::of_call(status, error) }),
            _ => Ok(()),
        }
    }

    /// The runner as C knows it, borrowed.
    pub fn as_raw(&self) -> *mut sys::rondo_runner {
        self.raw.as_ptr()
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        unsafe {
            sys::rondo_runner_release(self.raw.as_ptr());
            if let Some(handler) = self.handler {
                drop(Box::from_raw(handler.as_ptr()));
            }
        }
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Runner")
    }
}

// ---- the main task, whose future stays with the caller of run

struct Stage<F: Future>
where
    F::Output: Outcome,
{
    future: Option<F>,
    ending: Option<Ending<<F::Output as Outcome>::Value>>,
}

enum Ending<T> {
    Returned(T),
    Panicked(Box<dyn Any + Send>),
}

struct Main<F: Future>
where
    F::Output: Outcome,
{
    stage: Rc<Cell<*mut Stage<F>>>, // NULL: the run is over
}

impl<F: Future> Future for Main<F>
where
    F::Output: Outcome,
{
    type Output = Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let stage = self.stage.get();
        let future = match unsafe { stage.as_mut() } {
            Some(Stage { future: Some(future), .. }) => unsafe { Pin::new_unchecked(future) },
            _ => return Poll::Ready(Err(Error::cancelled())),
        };
        let (ending, result) = match catch_unwind(AssertUnwindSafe(|| future.poll(cx).map(F::Output::into_result))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Ok(value))) => (Some(Ending::Returned(value)), Ok(())),
            Ok(Poll::Ready(Err(error))) => (None, Err(error)),
            Err(payload) => (Some(Ending::Panicked(payload)), Err(Error::failed("the main task panicked"))),
        };
        unsafe {
            (*stage).ending = ending;
            (*stage).future = None;
        }
        Poll::Ready(result)
    }
}

// A main task that is ended from outside drops its future here, while the loop is still there.
impl<F: Future> Drop for Main<F>
where
    F::Output: Outcome,
{
    fn drop(&mut self) {
        if let Some(stage) = unsafe { self.stage.get().as_mut() } {
            stage.future = None;
        }
    }
}

// ---- options

/// The options of a [`Runner`].
///
/// ```
/// # use std::time::Duration;
/// # fn main() -> rondo::Result<()> {
/// let runner = rondo::Runner::builder().virtual_clock(true).build()?;
/// runner.run(async {
///     rondo::sleep(Duration::from_secs(3600)).await // takes no time
/// })
/// # }
/// ```
#[must_use = "build makes the runner"]
pub struct RunnerBuilder {
    loop_flags: u32,
    runner_flags: u32,
    shuffle_seed: u64,
    slow_callback: i64,
    handler: Option<Handler>,
}

impl RunnerBuilder {
    /// Debug mode on or off, whatever the environment (`RONDO_DEBUG`) says.
    pub fn debug(mut self, on: bool) -> RunnerBuilder {
        self.runner_flags &= !(sys::RONDO_RUNNER_DEBUG | sys::RONDO_RUNNER_NO_DEBUG);
        self.runner_flags |= if on { sys::RONDO_RUNNER_DEBUG } else { sys::RONDO_RUNNER_NO_DEBUG };
        self
    }

    /// Whether SIGINT cancels the main task; it does unless told otherwise.
    pub fn sigint(mut self, on: bool) -> RunnerBuilder {
        self.runner_flags &= !sys::RONDO_RUNNER_NO_SIGINT;
        self.runner_flags |= if on { 0 } else { sys::RONDO_RUNNER_NO_SIGINT };
        self
    }

    /// Whether time stands still while anyone can run, and jumps when everyone sleeps: for tests.
    pub fn virtual_clock(self, on: bool) -> RunnerBuilder {
        self.loop_flag(sys::RONDO_LOOP_VIRTUAL_CLOCK, on)
    }

    /// Whether an error that nobody awaits is reported in the turn after it happened, not when its task is released.
    pub fn report_early(self, on: bool) -> RunnerBuilder {
        self.loop_flag(sys::RONDO_LOOP_REPORT_EARLY, on)
    }

    fn loop_flag(mut self, flag: u32, on: bool) -> RunnerBuilder {
        self.loop_flags = if on { self.loop_flags | flag } else { self.loop_flags & !flag };
        self
    }

    /// Every turn runs in a random order that depends on this seed alone: for tests. 0: the usual order.
    pub fn shuffle_seed(mut self, seed: u64) -> RunnerBuilder {
        self.shuffle_seed = seed;
        self
    }

    /// How long an entry may run before debug mode reports it.
    pub fn slow_callback(mut self, duration: Duration) -> RunnerBuilder {
        self.slow_callback = nanoseconds(duration);
        self
    }

    /// Who hears of what nobody awaits: errors of tasks that were dropped or detached, panics of callbacks. Without a
    /// handler these are silent; with `RONDO_DEBUG` in the environment they go to stderr.
    pub fn exception_handler(mut self, handler: impl Fn(&Report<'_>) + 'static) -> RunnerBuilder {
        self.handler = Some(Box::new(handler));
        self
    }

    /// Makes the runner.
    pub fn build(self) -> Result<Runner> {
        let handler = self.handler.map(|handler| unsafe { NonNull::new_unchecked(Box::into_raw(Box::new(handler))) });
        let mut loop_options = init!(rondo_loop_options);
        loop_options.flags = self.loop_flags;
        loop_options.shuffle_seed = self.shuffle_seed;
        loop_options.slow_callback_ns = self.slow_callback;
        if let Some(handler) = handler {
            loop_options.handler = Some(report);
            loop_options.handler_user = handler.as_ptr() as *mut c_void;
        }
        let mut options = init!(rondo_runner_options);
        options.flags = self.runner_flags;
        options.event_loop = &loop_options;
        match create(|out| unsafe { sys::rondo_runner_create(&options, out) }) {
            Ok(raw) => Ok(Runner { raw: unsafe { NonNull::new_unchecked(raw) }, handler }),
            Err(error) => {
                if let Some(handler) = handler {
                    drop(unsafe { Box::from_raw(handler.as_ptr()) });
                }
                Err(error)
            }
        }
    }
}

impl fmt::Debug for RunnerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunnerBuilder")
    }
}

unsafe extern "C" fn report(user: *mut c_void, _: *mut sys::rondo_loop, report: *const sys::rondo_report) {
    quietly(|| (*(user as *const Handler))(&Report(&*report)));
}

/// What an exception handler is told.
pub struct Report<'a>(&'a sys::rondo_report);

impl Report<'_> {
    /// What has happened.
    pub fn message(&self) -> String {
        unsafe { text_of_c(self.0.message).into_owned() }
    }

    /// The error, if there is one.
    pub fn error(&self) -> Option<Error> {
        if self.0.error.is_null() {
            None
        } else {
            Some(unsafe { Error::share(self.0.error) })
        }
    }

    /// The name of the task it is about, if it is about one.
    pub fn task_name(&self) -> Option<String> {
        if self.0.task.is_null() {
            None
        } else {
            Some(unsafe { text_of_c(sys::rondo_task_get_name(self.0.task)).into_owned() })
        }
    }

    /// Whether nothing has failed: debug mode has seen something that should not be.
    pub fn is_warning(&self) -> bool {
        self.0.flags & sys::RONDO_REPORT_WARNING != 0
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("message", &self.message())
            .field("task", &self.task_name())
            .field("error", &self.error())
            .finish()
    }
}
