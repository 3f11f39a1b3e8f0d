//! Nothing is allocated per wake, sleep, yield or await: every malloc of the process is counted, the library's too.

use std::cell::Cell;
use std::future::Future;
use std::os::raw::c_void;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

const MS: std::time::Duration = std::time::Duration::from_millis(1);
use rondo::{sleep, spawn, yield_now, Result};

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

extern "C" {
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(ptr: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_memalign(align: usize, size: usize) -> *mut c_void;
}

// The program's own definitions win over those of the C library.
#[no_mangle]
unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    __libc_malloc(size)
}
#[no_mangle]
unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    __libc_calloc(count, size)
}
#[no_mangle]
unsafe extern "C" fn realloc(ptr: *mut c_void, size: usize) -> *mut c_void {
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    __libc_realloc(ptr, size)
}
#[no_mangle]
unsafe extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut c_void {
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    __libc_memalign(align, size)
}

fn count() -> usize {
    ALLOCATIONS.load(Ordering::SeqCst)
}

// Waits to be woken, keeping one clone of the waker.
struct Park<'a> {
    waker: &'a Cell<Option<Waker>>,
    parked: bool,
}

impl Future for Park<'_> {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.parked {
            return Poll::Ready(());
        }
        self.parked = true;
        let waker = match self.waker.take() {
            Some(kept) if kept.will_wake(cx.waker()) => kept,
            _ => cx.waker().clone(),
        };
        self.waker.set(Some(waker));
        Poll::Pending
    }
}

// Wakes its task within the poll, as the yields of other crates do.
struct WakeMyself(bool);

impl Future for WakeMyself {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

async fn park_and_wake(rounds: usize) -> Result<()> {
    let waker: &'static Cell<Option<Waker>> = Box::leak(Box::default());
    let parked = spawn(async move {
        for _ in 0..rounds {
            Park { waker, parked: false }.await;
        }
    });
    while !parked.is_done() {
        let taken = waker.take();
        if let Some(taken) = &taken {
            taken.wake_by_ref();
            taken.wake_by_ref();
        }
        waker.set(taken);
        yield_now().await?;
    }
    parked.await
}

// A thousand rounds allocate what one round does.
macro_rules! costs_nothing {
    ($what:expr, $rounds:ident => $run:expr) => {{
        let mut costs = [0; 3];
        for (cost, $rounds) in costs.iter_mut().zip([1000, 1, 1000]) {
            let before = count();
            $run;
            *cost = count() - before;
        }
        // The test harness has a thread of its own.
        assert!(costs[2] <= costs[1] + 20, "{}: {} allocations, and {} for one", $what, costs[2], costs[1]);
    }};
}

// One test: the others' allocations would count too.
#[test]
fn nothing_is_allocated_per_wake_sleep_yield_or_await() {
    let before = count();
    let block = vec![1u8; before % 2 + 100];
    assert!(count() > before, "allocations are not counted here");
    drop(block);

    rondo::run(async {
        costs_nothing!("yield_now", rounds => for _ in 0..rounds {
            yield_now().await?;
        });
        costs_nothing!("sleep", rounds => for _ in 0..rounds {
            sleep(MS).await?;
        });
        costs_nothing!("wake_by_ref inside the poll", rounds => for _ in 0..rounds {
            WakeMyself(false).await;
        });
        let (promise, future) = rondo::promise::<i32>()?;
        promise.set_result(7)?;
        costs_nothing!("await of what is done", rounds => for _ in 0..rounds {
            future.clone().await?;
        });
        costs_nothing!("wake", rounds => park_and_wake(rounds).await?);
        Ok(())
    })
    .unwrap();
    wakes_from_another_thread();
}

fn wakes_from_another_thread() {
    const ROUNDS: usize = 1000;
    let waker: std::sync::Arc<std::sync::Mutex<Option<Waker>>> = Default::default();
    let woken = std::sync::Arc::new(AtomicUsize::new(0));
    let (for_thread, counter) = (waker.clone(), woken.clone());
    let mut allocated = 0;
    rondo::run(async {
        struct Counted<'a>(&'a AtomicUsize, usize, &'a std::sync::Mutex<Option<Waker>>);
        impl Future for Counted<'_> {
            type Output = ();
            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
                let mut kept = self.2.lock().unwrap();
                if !kept.as_ref().map_or(false, |kept| kept.will_wake(cx.waker())) {
                    *kept = Some(cx.waker().clone());
                }
                if self.0.load(Ordering::SeqCst) >= self.1 {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            }
        }
        let thread = std::thread::spawn(move || {
            for _ in 0..ROUNDS {
                counter.fetch_add(1, Ordering::SeqCst);
                if let Some(waker) = &*for_thread.lock().unwrap() {
                    waker.wake_by_ref();
                }
            }
        });
        Counted(&woken, 10, &waker).await; // warm
        let before = count();
        Counted(&woken, ROUNDS, &waker).await;
        allocated = count() - before;
        thread.join().unwrap();
    })
    .unwrap();
    assert!(allocated <= 8, "{} allocations for {} wakes", allocated, ROUNDS);
}
