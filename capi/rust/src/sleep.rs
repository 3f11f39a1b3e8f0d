//! Time, and giving way.

use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::error::Result;
use crate::step::{Target, Wait};
use crate::sys;

/// Waits for a duration, by the clock of the loop; never less. A duration of zero gives way to the others for one turn.
///
/// The error is a cancellation: pass it on (`?`), after cleaning up if there is something to clean up.
///
/// ```
/// # use std::time::Duration;
/// # rondo::run(async {
/// rondo::sleep(Duration::from_millis(10)).await?;
/// # Ok(()) }).unwrap();
/// ```
#[must_use = "a future does nothing unless it is awaited"]
pub fn sleep(duration: Duration) -> Sleep {
    Sleep { until: Until::For(nanoseconds(duration)), wait: Wait::None }
}

/// Waits until the clock of the loop, [`Loop::time`](crate::Loop::time), has come to this time.
#[must_use = "a future does nothing unless it is awaited"]
pub fn sleep_until(time: Duration) -> Sleep {
    Sleep { until: Until::At(nanoseconds(time)), wait: Wait::None }
}

/// Gives way to the others for one turn of the loop.
#[must_use = "a future does nothing unless it is awaited"]
pub fn yield_now() -> Sleep {
    sleep(Duration::ZERO)
}

pub(crate) fn nanoseconds(duration: Duration) -> i64 {
    duration.as_nanos().try_into().unwrap_or(i64::MAX)
}

/// What [`sleep`], [`sleep_until`] and [`yield_now`] return.
#[derive(Debug)]
pub struct Sleep {
    until: Until,
    wait: Wait,
}

#[derive(Clone, Copy, Debug)]
enum Until {
    For(i64),
    At(i64),
    Over,
}

impl Until {
    fn left(self) -> i64 {
        match self {
            Until::For(delay) => delay,
            Until::At(time) => time.saturating_sub(unsafe { sys::rondo_loop_time(ptr::null_mut()) }).max(0),
            Until::Over => 0,
        }
    }
}

impl Future for Sleep {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        loop {
            if matches!(this.until, Until::Over) {
                return Poll::Ready(Ok(()));
            }
            let until = this.until;
            let woken = match this.wait.poll(cx, || Target::sleep(until.left())) {
                Poll::Ready(woken) => woken,
                Poll::Pending => return Poll::Pending,
            };
            // A loop's timers count from the beginning of a turn: for a point in time that may be too early.
            let early = woken.is_ok() && matches!(until, Until::At(_)) && until.left() > 0;
            if !early {
                this.until = Until::Over;
                return Poll::Ready(woken.map(|_| ()));
            }
        }
    }
}
