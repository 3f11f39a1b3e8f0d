//! asyncio's `Runner` for Rust: futures as tasks of a native loop, beside coroutines of C, C++, Go and Python.
//!
//! ```
//! use std::time::Duration;
//!
//! async fn later(value: i32, delay: u64) -> rondo::Result<i32> {
//!     rondo::sleep(Duration::from_millis(delay)).await?;
//!     Ok(value)
//! }
//!
//! fn main() -> rondo::Result<()> {
//!     rondo::run(async {
//!         let (a, b) = (rondo::spawn(later(40, 20)), rondo::spawn(later(2, 10)));
//!         println!("hello from Rust: {}", a.await? + b.await?);
//!         Ok(())
//!     })
//! }
//! ```
//!
//! # Tasks and futures
//!
//! [`run`] drives one future to its end, [`spawn`] runs another beside it. Any [`std::future::Future`] will do, also
//! those of other crates that need no runtime of their own (channels, `select!`, streams): the loop is an executor like
//! any other. A task may return a plain value or a [`Result`]; the error fails the task, as an exception does in Python.
//!
//! Every task is a `rondo_future` below, and so is what other languages give out: [`Future::from_raw`] awaits theirs,
//! [`Task::into_raw`] and [`promise`] give them ours. See [`Value`] for how results look on the other side.
//!
//! # Cancellation
//!
//! A task can be ended from outside in two ways.
//!
//! *By a request*: [`Task::cancel`], dropping its handle, an expired [`timeout`](timeout()), a failed task group,
//! SIGINT. The request strikes the await the task stands in, which returns an error of kind [`ErrorKind::Cancelled`];
//! what was awaited is cancelled too. The task cleans up, with awaits if it needs them, and passes the error on (`?`). A
//! task that swallows the error and goes on has refused. A task that stands in several awaits of this crate at once
//! (`join`, `select`) gets the error from each of them. One that stands in none, because it waits for a future of another crate,
//! is dropped where it stands. One that has not begun never begins.
//!
//! *By a drop*: a future that is dropped half way, by `select` for example, is gone at once, and with it what it owned:
//! its [`Task`] handles cancel their tasks.
//!
//! Either way the destructors of its locals have run when the task counts as ended.
//!
//! # Panics
//!
//! A panic ends its task with an error of kind [`ErrorKind::Panic`]: who awaits the task sees it and may
//! [resume](Error::resume_panic) it. A panic of the main future goes through [`run`] to its caller. None unwinds into
//! another language.
//!
//! # Threads
//!
//! A loop and its tasks stay in one thread, and nothing they hold need be `Send`. From elsewhere come [`LoopHandle`],
//! [`RemotePromise`] and every [`Waker`](std::task::Waker), which are `Send` and `Sync`.

#![deny(missing_docs)]
#![warn(rust_2018_idioms, missing_debug_implementations)]

pub mod sys;

mod context;
mod error;
mod event_loop;
mod future;
mod gather;
mod group;
mod operation;
mod queue;
mod raw;
mod register;
mod relay;
mod runner;
mod scope;
mod sleep;
mod step;
mod sync;
mod task;
mod thread;
mod timeout;
mod value;
mod waker;

pub use context::{ContextVar, Token};
pub use error::{Error, ErrorKind, Result};
pub use event_loop::{Handle, Loop, LoopHandle, Submission};
pub use future::{promise, Future, Promise, RemotePromise};
pub use gather::{as_completed, gather, gather_results, join, select, shield, wait};
pub use gather::{AsCompleted, Either, Gather, GatherResults, Join, Select, Tasks, WaitFor};
pub use group::{with_group, Group, WithGroup};
pub use queue::{Channel, Queue};
pub use runner::{run, Report, Runner, RunnerBuilder};
pub use sleep::{sleep, sleep_until, yield_now, Sleep};
pub use step::Outcome;
pub use sync::{Barrier, Condition, Event, Lock, LockGuard, Permit, Semaphore};
pub use task::{is_cancelling, spawn, uncancel, Builder, Task};
pub use thread::{to_thread, try_to_thread, Job};
pub use timeout::{current_deadline, timeout, timeout_at, timeout_with, Deadline, Timeout};
pub use value::{Opaque, Value};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
