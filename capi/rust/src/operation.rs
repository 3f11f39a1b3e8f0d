//! Operations of the library (acquiring a lock, getting an item, ...) as futures.

use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll};

use crate::error::{Error, Result};
use crate::raw::FutureRef;
use crate::step::{Header, Target, Undo, Wait};
use crate::sys;
use crate::value::Owned;

// How an operation came to its end.
pub(crate) enum Ended {
    // There was nothing to wait for.
    AtOnce,
    Waited(Result<Owned>),
}

// Awaits what one of the _async functions begins. The error: it has not begun. `undo` is for an outcome that nobody
// collects, because the future was dropped too late.
pub(crate) fn operate<B, U>(begin: B, undo: U) -> Operate<B, U>
where
    B: FnOnce(*mut *mut sys::rondo_future) -> i32,
    U: FnOnce(Result<Owned>) + 'static,
{
    Operate { start: Some((begin, undo)), wait: Wait::None }
}

pub(crate) struct Operate<B, U> {
    start: Option<(B, U)>,
    wait: Wait,
}

impl<B, U> Unpin for Operate<B, U> {}

impl<B, U> Operate<B, U>
where
    B: FnOnce(*mut *mut sys::rondo_future) -> i32,
    U: FnOnce(Result<Owned>) + 'static,
{
    // Some: it has to be awaited.
    fn begin(&mut self) -> Result<Option<(FutureRef, Undo)>> {
        if let Some(cancelled) = Header::with_current(|task| task.and_then(Header::take_unheard)) {
            return Err(cancelled);
        }
        let (begin, undo) = self.start.take().expect("it is begun once");
        let mut operation = ptr::null_mut();
        match begin(&mut operation) {
            0 => Ok(Some((unsafe { FutureRef::adopt(operation) }, Box::new(undo)))),
            status if status < 0 => Err(Error::of_status(status)),
            _ => Ok(None),
        }
    }
}

impl<B, U> Future for Operate<B, U>
where
    B: FnOnce(*mut *mut sys::rondo_future) -> i32,
    U: FnOnce(Result<Owned>) + 'static,
{
    type Output = Result<Ended>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Ended>> {
        let mut begun = None;
        if !self.wait.is_waiting() {
            match self.begin() {
                Err(error) => return Poll::Ready(Err(error)),
                Ok(None) => return Poll::Ready(Ok(Ended::AtOnce)),
                waiting => begun = waiting.ok().flatten(),
            }
        }
        let target = || {
            let (operation, undo) = begun.expect("an operation is awaited by one task");
            Target::Operation(operation, undo)
        };
        self.wait.poll(cx, target).map(|woken| match woken? {
            Some(delivery) => Ok(Ended::Waited(delivery.collect())),
            None => Ok(Ended::AtOnce),
        })
    }
}

impl Ended {
    // For operations that have no result.
    pub(crate) fn done(self) -> Result<()> {
        match self {
            Ended::AtOnce => Ok(()),
            Ended::Waited(outcome) => outcome.map(|_| ()),
        }
    }
}
