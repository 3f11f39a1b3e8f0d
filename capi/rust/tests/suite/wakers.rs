//! Wakers, from any thread and at any time.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use crate::common::{poll_fn, run, Signal, HOUR, MS};
use rondo::{join, sleep, spawn, yield_now, Either};

// Resolved by another thread.
#[derive(Clone, Default)]
struct Remote(Arc<Mutex<(bool, Option<Waker>)>>);

impl Remote {
    fn set(&self) {
        let waker = {
            let mut state = self.0.lock().unwrap();
            state.0 = true;
            state.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Future for Remote {
    type Output = ();
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().unwrap();
        if state.0 {
            return Poll::Ready(());
        }
        state.1 = Some(cx.waker().clone());
        Poll::Pending
    }
}

#[test]
fn threads_wake_tasks() {
    const TASKS: usize = 50;
    const ROUNDS: usize = 20;
    rondo::run(async {
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                spawn(async {
                    for _ in 0..ROUNDS {
                        let remote = Remote::default();
                        let setter = remote.clone();
                        rondo::to_thread(move || setter.set()).detach();
                        remote.await;
                    }
                    ROUNDS
                })
            })
            .collect();
        let sum: usize = rondo::gather(tasks).await?.iter().sum();
        assert_eq!(sum, TASKS * ROUNDS);
        Ok(())
    })
    .unwrap();
}

// The wake may come between the poll and the park, or before the waker can do anything.
#[test]
fn no_wake_is_lost_while_the_poll_runs() {
    struct WokenDuring(Option<thread::JoinHandle<()>>, Arc<AtomicUsize>);
    impl Future for WokenDuring {
        type Output = ();
        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            if self.1.load(Ordering::SeqCst) > 0 {
                self.0.take().unwrap().join().unwrap();
                return Poll::Ready(());
            }
            let (waker, flag) = (cx.waker().clone(), self.1.clone());
            let waking = thread::spawn(move || {
                flag.store(1, Ordering::SeqCst);
                waker.wake();
            });
            if self.0.replace(waking).is_some() {
                unreachable!("it is polled again only when it was woken");
            }
            Poll::Pending
        }
    }
    rondo::run(async {
        for _ in 0..500 {
            WokenDuring(None, Arc::default()).await;
        }
    })
    .unwrap();
}

// A `&Waker` may go to another thread during the poll, before anybody has cloned it.
#[test]
fn a_borrowed_waker_may_cross_threads() {
    struct Scoped(usize);
    impl Future for Scoped {
        type Output = ();
        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            self.0 += 1;
            let waker = cx.waker();
            match self.0 {
                1 => thread::scope(|scope| {
                    scope.spawn(move || waker.wake_by_ref());
                }),
                2 => thread::scope(|scope| {
                    for _ in 0..4 {
                        scope.spawn(move || waker.clone().wake());
                    }
                }),
                3 => waker.clone().wake(),
                _ => return Poll::Ready(()),
            }
            Poll::Pending
        }
    }
    rondo::run(async {
        for _ in 0..50 {
            spawn(async { Scoped(0).await }).await?;
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_waker_outlives_its_task_and_its_loop() {
    let kept: Arc<Mutex<Vec<Waker>>> = Arc::default();
    struct Leave(Arc<Mutex<Vec<Waker>>>, bool);
    impl Future for Leave {
        type Output = ();
        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            self.0.lock().unwrap().push(cx.waker().clone());
            if std::mem::replace(&mut self.1, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    }
    run(Leave(kept.clone(), false)).unwrap();
    let wakers = kept.lock().unwrap().split_off(0);
    assert_eq!(wakers.len(), 2);
    thread::spawn(move || {
        wakers[0].wake_by_ref();
        wakers.into_iter().for_each(Waker::wake);
    })
    .join()
    .unwrap();
}

#[test]
fn waking_twice_counts_once_and_a_stale_wake_harms_nobody() {
    run(async {
        let signal = Signal::default();
        let setter = signal.clone();
        spawn(async move {
            sleep(MS).await?;
            setter.set();
            setter.set();
            Ok(())
        })
        .detach();
        let ((), slept) = join(signal, sleep(MS * 2)).await;
        slept?;
        // The waker of the first wait is gone: these are plain awaits again.
        sleep(MS).await?;
        assert_eq!(spawn(async { 7u8 }).await?, 7);
        Ok(())
    })
    .unwrap();
}

// A clone that was woken and dropped during the very poll in which a leaf of ours found itself alone.
#[test]
fn a_wake_beside_a_lonely_leaf_is_heard() {
    struct WakeOnce(Arc<AtomicUsize>);
    impl Future for WakeOnce {
        type Output = ();
        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            match self.0.fetch_add(1, Ordering::SeqCst) {
                0 => {
                    let waker = cx.waker().clone();
                    thread::spawn(move || waker.wake()).join().unwrap();
                    Poll::Pending
                }
                1 => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                _ => Poll::Ready(()),
            }
        }
    }
    run(async {
        for first in [true, false] {
            let polls = Arc::new(AtomicUsize::new(0));
            let heard = if first {
                matches!(rondo::select(WakeOnce(polls.clone()), sleep(HOUR)).await, Either::Left(()))
            } else {
                matches!(rondo::select(sleep(HOUR), WakeOnce(polls.clone())).await, Either::Right(()))
            };
            assert!(heard);
            yield_now().await?;
        }
        assert!(rondo::Loop::current().unwrap().time() < HOUR);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_wake_without_a_clone_beside_a_lonely_leaf_is_heard() {
    run(async {
        let mut polls = 0;
        let again = poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            if polls < 3 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        });
        assert!(matches!(rondo::select(sleep(HOUR), again).await, Either::Right(())));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_clone_that_is_kept_beside_a_lonely_leaf_wakes_its_task() {
    run(async {
        let signal = Signal::default();
        let setter = spawn({
            let signal = signal.clone();
            async move { sleep(MS).await.map(|()| signal.set()) }
        });
        assert!(matches!(rondo::select(signal, sleep(HOUR)).await, Either::Left(())));
        assert!(rondo::Loop::current().unwrap().time() < HOUR);
        setter.await
    })
    .unwrap();
}
