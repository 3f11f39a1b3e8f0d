//! What the tests share.
#![allow(dead_code)]

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rondo::{Outcome, Result, Runner};

pub const MS: Duration = Duration::from_millis(1);
pub const HOUR: Duration = Duration::from_secs(3600);

// Runs on a virtual clock: time costs nothing. Nobody may leave an error to be reported.
pub fn run<F>(main: F) -> Result<<F::Output as Outcome>::Value>
where
    F: Future,
    F::Output: Outcome,
{
    let reports = Rc::new(RefCell::new(Vec::new()));
    let heard = reports.clone();
    let runner = Runner::builder()
        .virtual_clock(true)
        .exception_handler(move |report| heard.borrow_mut().push(format!("{:?}", report)))
        .build()?;
    let result = runner.run(main);
    runner.close(None)?;
    assert!(reports.borrow().is_empty(), "{:?}", reports);
    result
}

#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub fn add(&self, text: impl Into<String>) {
        self.0.borrow_mut().push(text.into());
    }
    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }
    // Says when it is dropped.
    pub fn guard(&self, name: &'static str) -> Guard {
        Guard(self.clone(), name)
    }
}

pub struct Guard(Log, &'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.add(format!("{} dropped", self.1));
    }
}

// A future of another crate, so to speak: it knows nothing but wakers.
#[derive(Clone, Default)]
pub struct Signal {
    set: Rc<Cell<bool>>,
    wakers: Rc<RefCell<Vec<Waker>>>,
}

impl Signal {
    pub fn set(&self) {
        self.set.set(true);
        self.wakers.take().into_iter().for_each(Waker::wake);
    }
}

impl Future for Signal {
    type Output = ();
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.set.get() {
            return Poll::Ready(());
        }
        self.wakers.borrow_mut().push(cx.waker().clone());
        Poll::Pending
    }
}

// Polls its parts only when their own wakers were woken, as the sets of futures of other crates do.
pub struct Picky<F> {
    parts: Vec<(Option<Pin<Box<F>>>, std::sync::Arc<Flag>)>,
}

pub struct Flag {
    woken: std::sync::atomic::AtomicBool,
    parent: std::sync::Mutex<Option<Waker>>,
}

impl std::task::Wake for Flag {
    fn wake(self: std::sync::Arc<Self>) {
        self.woken.store(true, std::sync::atomic::Ordering::SeqCst);
        if let Some(parent) = self.parent.lock().unwrap().take() {
            parent.wake();
        }
    }
}

impl<F: Future> Picky<F> {
    pub fn new(parts: Vec<F>) -> Picky<F> {
        let flag = || Flag { woken: true.into(), parent: None.into() };
        Picky { parts: parts.into_iter().map(|part| (Some(Box::pin(part)), flag().into())).collect() }
    }
}

impl<F: Future> Future for Picky<F> {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut left = false;
        for (part, flag) in &mut self.parts {
            *flag.parent.lock().unwrap() = Some(cx.waker().clone());
            while flag.woken.swap(false, std::sync::atomic::Ordering::SeqCst) {
                let waker = Waker::from(flag.clone());
                let ready = part
                    .as_mut()
                    .map_or(false, |future| future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
                if ready {
                    *part = None;
                }
            }
            left |= part.is_some();
        }
        if left {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }
}

// std::future::poll_fn, which Rust 1.63 does not have yet.
pub fn poll_fn<T, F: FnMut(&mut Context<'_>) -> Poll<T> + Unpin>(function: F) -> PollFn<F> {
    PollFn(function)
}

pub struct PollFn<F>(F);

impl<T, F: FnMut(&mut Context<'_>) -> Poll<T> + Unpin> Future for PollFn<F> {
    type Output = T;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        (self.0)(cx)
    }
}
