//! Several awaits at once inside one task: joins, selects, futures of other crates.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

use crate::common::{poll_fn, run, Log, Picky, Signal, HOUR, MS};
use rondo::{join, select, sleep, spawn, timeout, with_group, yield_now, Either, Error, Event, Lock, Queue, Result};

fn now() -> std::time::Duration {
    rondo::Loop::current().unwrap().time()
}

// Sleeps and says how that ended.
async fn nap(log: &Log, name: &str, duration: std::time::Duration) -> Result<()> {
    let slept = sleep(duration).await;
    log.add(format!("{} {}", name, if slept.is_ok() { "slept" } else { "cancelled" }));
    slept
}

#[test]
fn joined_sleeps_pass_together() {
    let log = Log::default();
    run(async {
        let (a, b) = join(nap(&log, "a", MS * 20), nap(&log, "b", MS * 10)).await;
        a.and(b)?;
        assert_eq!(now(), MS * 20);
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["b slept", "a slept"]);
}

#[test]
fn joins_of_all_kinds_of_leaves() {
    run(async {
        let signal = Signal::default();
        let (promise, future) = rondo::promise::<i32>()?;
        let setter = signal.clone();
        let task = spawn(async move {
            sleep(MS).await?;
            setter.set();
            promise.set_result(3)?;
            Ok(4i32)
        });
        let ((sum, ()), slept) = join(join(async { Ok::<_, Error>(future.await? + task.await?) }, signal), async {
            yield_now().await?;
            sleep(MS * 2).await
        })
        .await;
        slept?;
        assert_eq!((sum?, now()), (7, MS * 2));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancelled_task_hears_of_it_in_every_branch() {
    let log = Log::default();
    run(async {
        let task = spawn({
            let log = log.clone();
            async move {
                let (a, b) = join(nap(&log, "a", HOUR), nap(&log, "b", HOUR)).await;
                sleep(MS).await?; // the request is used up
                log.add("clean");
                a.and(b)
            }
        });
        yield_now().await?;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["a cancelled", "b cancelled", "clean"]);
}

#[test]
fn what_branches_await_is_cancelled_and_awaited() {
    let log = Log::default();
    run(async {
        let child = |name: &'static str| {
            let log = log.clone();
            spawn(async move {
                let ended = sleep(HOUR).await;
                sleep(MS).await?;
                log.add(name);
                ended
            })
        };
        let (a, b) = (child("a"), child("b"));
        let task = spawn({
            let log = log.clone();
            async move {
                let (a, b) = join(a, b).await;
                log.add("both ended");
                a.and(b)
            }
        });
        sleep(MS).await?;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["a", "b", "both ended"]);
}

#[test]
fn the_loser_of_a_select_is_dropped() {
    let log = Log::default();
    run(async {
        let loser = {
            let guard = log.guard("loser");
            async move {
                sleep(HOUR).await?;
                drop(guard);
                Ok::<_, Error>(())
            }
        };
        let winner = async {
            sleep(MS).await?;
            Ok::<_, Error>("winner")
        };
        match select(loser, winner).await {
            Either::Right(winner) => assert_eq!(winner?, "winner"),
            Either::Left(ended) => ended?,
        }
        log.add("select over");
        sleep(MS).await?;
        assert_eq!(now(), MS * 2);
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["loser dropped", "select over"]);
}

#[test]
fn a_future_of_another_crate_is_dropped_where_it_stands() {
    let log = Log::default();
    run(async {
        let task = spawn({
            let guard = log.guard("guard");
            async move {
                Signal::default().await;
                drop(guard);
            }
        });
        yield_now().await?;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        log.add("cancelled");
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["guard dropped", "cancelled"]);
}

#[test]
fn a_request_beside_a_wake_up_strikes_at_the_next_await() {
    run(async {
        let signal = Signal::default();
        let task = spawn({
            let signal = signal.clone();
            async move {
                signal.await;
                sleep(HOUR).await
            }
        });
        yield_now().await?;
        signal.set();
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(now(), std::time::Duration::ZERO);
        Ok(())
    })
    .unwrap();
}

#[test]
fn parts_that_are_polled_alone_hear_of_a_cancel_request_too() {
    let log = Log::default();
    run(async {
        let task = spawn({
            let log = log.clone();
            async move {
                Picky::new(vec![nap(&log, "a", HOUR), nap(&log, "b", HOUR)]).await;
                Ok("ended")
            }
        });
        sleep(MS).await?;
        task.cancel();
        assert_eq!(task.await?, "ended");
        assert_eq!(now(), MS);
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["a cancelled", "b cancelled"]);
}

#[test]
fn parts_that_are_polled_alone_wake_each_for_itself() {
    let log = Log::default();
    run(async {
        Picky::new(vec![nap(&log, "a", MS * 2), nap(&log, "b", MS)]).await;
        join(nap(&log, "c", MS), Picky::new(vec![nap(&log, "d", MS * 2)])).await.0
    })
    .unwrap();
    assert_eq!(log.take(), ["b slept", "a slept", "c slept", "d slept"]);
}

// ---- timeouts

#[test]
fn a_timeout_ends_its_own_branch_and_no_other() {
    let log = Log::default();
    run(async {
        let (a, b) = join(timeout(MS * 5, nap(&log, "a", HOUR)), nap(&log, "b", MS * 10)).await;
        assert!(a.unwrap_err().is_timeout());
        b?;
        assert_eq!(now(), MS * 10);
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["a cancelled", "b slept"]);
}

#[test]
fn timeouts_that_expire_together_are_told_apart() {
    let log = Log::default();
    run(async {
        let (a, b) = join(timeout(MS, nap(&log, "a", HOUR)), timeout(MS, nap(&log, "b", HOUR))).await;
        assert!(a.unwrap_err().is_timeout() && b.unwrap_err().is_timeout());
        let nested = timeout(MS, async {
            let inner = timeout(MS, nap(&log, "inner", HOUR)).await;
            log.add(if inner.as_ref().unwrap_err().is_cancelled() { "outer's" } else { "inner's" });
            inner
        });
        assert!(nested.await.unwrap_err().is_timeout());
        sleep(MS).await
    })
    .unwrap();
    assert_eq!(log.take(), ["a cancelled", "b cancelled", "inner cancelled", "outer's"]);
}

#[test]
fn a_cancel_from_outside_is_no_timeout() {
    run(async {
        let task = spawn(async {
            let (a, b) = join(timeout(HOUR, sleep(HOUR)), timeout(HOUR, sleep(HOUR))).await;
            assert!(a.unwrap_err().is_cancelled() && b.as_ref().unwrap_err().is_cancelled());
            b
        });
        yield_now().await?;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancel_from_outside_beside_a_timeout_strikes_all() {
    let log = Log::default();
    run(async {
        let task = spawn({
            let log = log.clone();
            async move {
                let (a, b) = join(timeout(MS, nap(&log, "a", HOUR)), nap(&log, "b", HOUR)).await;
                assert!(a.unwrap_err().is_cancelled());
                b
            }
        });
        sleep(MS).await?; // the timeout has struck in this turn as well
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["a cancelled", "b cancelled"]);
}

#[test]
fn a_timeout_drops_what_it_cannot_tell() {
    let log = Log::default();
    run(async {
        let deaf = {
            let guard = log.guard("guard");
            async move {
                Signal::default().await;
                drop(guard);
            }
        };
        let (a, b) = join(timeout(MS, deaf), nap(&log, "b", MS * 2)).await;
        assert!(a.unwrap_err().is_timeout());
        b?;
        assert!(timeout(MS, std::future::pending::<()>()).await.unwrap_err().is_timeout());
        let (c, d) = join(timeout(MS, std::future::pending::<()>()), nap(&log, "d", MS * 2)).await;
        assert!(c.unwrap_err().is_timeout());
        d
    })
    .unwrap();
    assert_eq!(log.take(), ["guard dropped", "b slept", "d slept"]);
}

#[test]
fn a_timeout_that_is_dropped_expires_no_more() {
    run(async {
        for _ in 0..3 {
            // Both are over in the same turn, in either order.
            let fast = sleep(MS);
            if let Either::Left(ended) = select(timeout(MS, Signal::default()), fast).await {
                assert!(ended.unwrap_err().is_timeout());
            }
            assert!(!rondo::is_cancelling());
            yield_now().await?;
            let mut fast = Box::pin(sleep(MS));
            let slow = Box::pin(timeout(MS, Signal::default()));
            select(&mut fast, slow).await;
            assert!(!rondo::is_cancelling());
            sleep(MS * 2).await?;
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_timeout_gives_time_to_clean_up() {
    let log = Log::default();
    run(async {
        let error = timeout(MS, async {
            let ended = nap(&log, "a", HOUR).await;
            sleep(MS * 5).await?;
            log.add("clean");
            ended
        });
        assert!(error.await.unwrap_err().is_timeout());
        assert_eq!(now(), MS * 6);
        let refused = timeout(MS, async {
            drop(sleep(HOUR).await);
            Ok(7)
        });
        assert_eq!(refused.await?, 7);
        assert!(!rondo::is_cancelling());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["a cancelled", "clean"]);
}

#[test]
fn timeouts_in_parts_that_are_polled_alone() {
    let log = Log::default();
    run(async {
        let part = |name: &'static str, limit| {
            let log = log.clone();
            async move {
                let ended = timeout(limit, nap(&log, name, HOUR)).await;
                assert!(ended.unwrap_err().is_timeout());
            }
        };
        let deaf = |limit| async move { assert!(timeout(limit, Signal::default()).await.unwrap_err().is_timeout()) };
        Picky::new(vec![part("a", MS * 2), part("b", MS)]).await;
        Picky::new(vec![deaf(MS), deaf(MS * 2)]).await;
        assert_eq!(now(), MS * 4);
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["b cancelled", "a cancelled"]);
}

#[test]
fn the_deadline_is_known_inside() {
    run(async {
        let outer = timeout(MS * 10, async { timeout(MS * 20, async { rondo::current_deadline() }).await });
        assert_eq!(outer.await?, Some(MS * 10));
        assert_eq!(rondo::current_deadline(), None);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_deadline_may_be_moved() {
    run(async {
        let patient = rondo::timeout_with(MS * 10, |deadline| async move {
            sleep(MS * 5).await?;
            deadline.reschedule(MS * 20)?;
            assert_eq!(deadline.when(), Some(MS * 25));
            sleep(MS * 15).await
        });
        patient.await
    })
    .unwrap();
}

#[test]
fn leaves_of_another_loop_are_refused() {
    let (promise, future) = run(async { rondo::promise::<i32>() }).unwrap();
    let error = run(async move { join(future, yield_now()).await.0 }).unwrap_err();
    assert_eq!(error.code(), rondo::sys::RONDO_EOTHERLOOP);
    drop(promise);
}

#[test]
fn a_request_whose_leaf_was_dropped_strikes_at_the_next_await() {
    run(async {
        let task = spawn(async {
            let mut leaf = Some(sleep(HOUR));
            let mut polled = false;
            poll_fn(|cx| {
                if std::mem::replace(&mut polled, true) {
                    leaf = None;
                }
                leaf.as_mut().map_or(Poll::Ready(()), |leaf| Pin::new(leaf).poll(cx).map(drop))
            })
            .await;
            sleep(HOUR).await
        });
        yield_now().await?;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
}

// ---- groups

#[test]
fn a_failed_member_ends_its_group_and_no_other_branch() {
    let log = Log::default();
    run(async {
        let group = with_group(|group| {
            let (log, inner) = (log.clone(), log.clone());
            async move {
                group.spawn(async move { nap(&inner, "member", HOUR).await })?;
                group.spawn(async {
                    sleep(MS).await?;
                    Err::<(), _>(Error::failed("broken"))
                })?;
                nap(&log, "block", HOUR).await
            }
        });
        let (group, other) = join(group, nap(&log, "other", MS * 2)).await;
        let error = group.unwrap_err();
        assert_eq!(error.children().len(), 1);
        assert_eq!(error.unwrap_group().message(), "broken");
        assert!(!rondo::is_cancelling());
        other
    })
    .unwrap();
    assert_eq!(log.take(), ["member cancelled", "block cancelled", "other slept"]);
}

#[test]
fn a_group_waits_for_its_members() {
    let log = Log::default();
    run(async {
        let answer = with_group(|group| {
            let log = log.clone();
            async move {
                let inner = group.clone();
                group.spawn(async move {
                    sleep(MS).await?;
                    inner.spawn(async move { nap(&log, "grandchild", MS).await })?;
                    Ok(())
                })?;
                Ok(7)
            }
        });
        assert_eq!(answer.await?, 7);
        assert_eq!(now(), MS * 2);
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["grandchild slept"]);
}

#[test]
fn a_group_that_is_cancelled_from_outside_cancels_its_members() {
    let log = Log::default();
    run(async {
        let task = spawn({
            let log = log.clone();
            async move {
                with_group(|group| async move {
                    group.spawn(async move {
                        let ended = nap(&log, "member", HOUR).await;
                        sleep(MS).await?;
                        log.add("clean");
                        ended
                    })?;
                    Ok(())
                })
                .await
            }
        });
        sleep(MS).await?;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["member cancelled", "clean"]);
}

#[test]
fn a_group_may_end_itself_early() {
    run(async {
        with_group(|group| async move {
            group.spawn(sleep(HOUR))?;
            yield_now().await?;
            group.cancel()?;
            sleep(HOUR).await
        })
        .await?;
        let no_value = with_group(|group| async move {
            group.cancel()?;
            sleep(HOUR).await?;
            Ok(7)
        });
        assert_eq!(no_value.await.unwrap_err().code(), rondo::sys::RONDO_ENOVALUE);
        sleep(MS).await
    })
    .unwrap();
}

#[test]
fn a_dropped_group_cancels_its_members_and_its_task_awaits_them() {
    let log = Log::default();
    run(async {
        let task = spawn({
            let log = log.clone();
            async move {
                let member = log.clone();
                let group = with_group(|group| async move {
                    group.spawn(async move {
                        let ended = nap(&member, "member", HOUR).await;
                        sleep(MS * 5).await?;
                        member.add("clean");
                        ended
                    })?;
                    Signal::default().await;
                    Ok(())
                });
                select(group, sleep(MS)).await;
                log.add("task goes on");
                sleep(MS).await?;
                Ok("task's result")
            }
        });
        assert_eq!(task.await?, "task's result");
        assert_eq!(now(), MS * 6);
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["task goes on", "member cancelled", "clean"]);
}

#[test]
fn a_task_that_panics_in_a_group_takes_its_members_along() {
    let log = Log::default();
    run(async {
        let task = spawn({
            let log = log.clone();
            async move {
                with_group(|group| async move {
                    group.spawn(async move {
                        let ended = nap(&log, "member", HOUR).await;
                        sleep(MS).await?;
                        log.add("clean");
                        ended
                    })?;
                    yield_now().await?;
                    if group.len() == 1 {
                        panic!("in the block");
                    }
                    Ok(())
                })
                .await
            }
        });
        assert!(task.await.unwrap_err().is_panic());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["member cancelled", "clean"]);
}

// ---- operations

#[test]
fn a_select_loses_no_item() {
    run(async {
        let queue = Queue::new(1)?;
        for round in 0..3i32 {
            let putter = {
                let queue = queue.clone();
                spawn(async move {
                    sleep(MS).await?;
                    queue.put(round).await
                })
            };
            // The item comes in the turn in which the sleep ends.
            let got = match select(sleep(MS), queue.get()).await {
                Either::Right(item) => item?,
                Either::Left(slept) => {
                    slept?;
                    queue.get().await?
                }
            };
            assert_eq!(got, round);
            putter.await?;
            queue.task_done()?;
        }
        queue.join().await
    })
    .unwrap();
}

#[test]
fn a_lock_that_nobody_takes_is_given_back() {
    run(async {
        let lock = Lock::new()?;
        for others in 0..3u32 {
            let guard = lock.acquire().await?;
            let waiters: Vec<_> = (0..others)
                .map(|_| {
                    let lock = lock.clone();
                    spawn(async move { lock.acquire().await.map(drop) })
                })
                .collect();
            let loser = spawn({
                let lock = lock.clone();
                async move { Ok(matches!(select(sleep(MS), lock.acquire()).await, Either::Right(Ok(_)))) }
            });
            sleep(MS).await?;
            drop(guard); // in the turn in which the loser loses
            loser.await?;
            for waiter in waiters {
                waiter.await?;
            }
            sleep(MS).await?;
            assert!(!lock.is_locked());
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn operations_are_cancelled_beside_others() {
    run(async {
        let (lock, event) = (Lock::new()?, Event::new()?);
        let guard = lock.acquire().await?;
        let task = spawn({
            let (lock, event) = (lock.clone(), event.clone());
            async move {
                let (a, b) = join(lock.acquire(), event.wait()).await;
                assert!(a.unwrap_err().is_cancelled());
                b
            }
        });
        sleep(MS).await?;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        drop(guard);
        assert!(!lock.is_locked());
        drop(timeout(MS, lock.acquire()).await?);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_leaf_may_move_to_another_task() {
    run(async {
        let mut moved: Pin<Box<dyn Future<Output = Result<()>>>> = Box::pin(sleep(MS * 2));
        assert!(matches!(select(&mut moved, sleep(MS)).await, Either::Right(Ok(()))));
        spawn(moved).await?;
        let event = Event::new()?;
        let mut waiting: Pin<Box<dyn Future<Output = Result<()>>>> = Box::pin({
            let event = event.clone();
            async move { event.wait().await }
        });
        select(&mut waiting, yield_now()).await;
        let waiter = spawn(waiting);
        yield_now().await?;
        event.set();
        waiter.await
    })
    .unwrap();
}
