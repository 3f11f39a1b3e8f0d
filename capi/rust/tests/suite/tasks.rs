//! Tasks: running, awaiting, cancelling, panicking.

use std::cell::Cell;
use std::rc::Rc;

use crate::common::{run, Log, HOUR, MS};
use rondo::{sleep, spawn, yield_now, Error, ErrorKind, Runner};

#[test]
fn main_borrows_from_its_caller() {
    let text = String::from("borrowed");
    let length = Cell::new(0);
    let answer = run(async {
        yield_now().await?;
        length.set(text.len());
        Ok(&text)
    });
    assert_eq!((answer.unwrap().as_str(), length.get()), ("borrowed", 8));
}

#[test]
fn tasks_run_in_the_order_they_were_made() {
    let log = Log::default();
    run(async {
        let tasks: Vec<_> = (0..3)
            .map(|i| {
                let log = log.clone();
                spawn(async move {
                    log.add(format!("{} begins", i));
                    yield_now().await?;
                    log.add(format!("{} ends", i));
                    Ok(i * i)
                })
            })
            .collect();
        assert!(log.take().is_empty());
        for (i, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await?, i * i);
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["0 begins", "1 begins", "2 begins", "0 ends", "1 ends", "2 ends"]);
}

#[test]
fn sleepers_wake_in_the_order_of_their_deadlines() {
    let log = Log::default();
    run(async {
        let start = rondo::Loop::current().unwrap();
        let before = start.time();
        let tasks: Vec<_> = [30u32, 10, 20]
            .iter()
            .map(|&delay| {
                let log = log.clone();
                spawn(async move {
                    sleep(MS * delay).await?;
                    log.add(delay.to_string());
                    Ok(())
                })
            })
            .collect();
        for task in tasks {
            task.await?;
        }
        assert_eq!(start.time() - before, MS * 30);
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["10", "20", "30"]);
}

#[test]
fn an_error_fails_the_task() {
    let error = run(async {
        let task = spawn(async {
            "no number".parse::<i32>()?;
            Ok(())
        });
        task.await
    })
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert_eq!(error.domain(), "rust");
    assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    assert_eq!(error.to_string(), "invalid digit found in string");
}

#[test]
fn results_of_any_type() {
    struct Mine(Rc<i32>);
    run(async {
        assert_eq!(spawn(async { "text" }).await?, "text");
        assert_eq!(spawn(async { String::from("text") }).await?, "text");
        assert_eq!(spawn(async { vec![1u8, 2] }).await?, [1, 2]);
        assert_eq!(spawn(async { Some(-1i8) }).await?, Some(-1));
        assert_eq!(spawn(async { None::<String> }).await?, None);
        assert_eq!(spawn(async { (1, 2.5) }).await?, (1, 2.5));
        assert_eq!(*spawn(async { Ok(Mine(Rc::new(7))) }).await?.0, 7);
        assert!(spawn(async { true }).await?);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancelled_task_gets_an_error_where_it_stands() {
    let log = Log::default();
    run(async {
        let task = spawn({
            let log = log.clone();
            async move {
                let _guard = log.guard("guard");
                let ended = sleep(HOUR).await;
                log.add(format!("{:?}", ended.as_ref().unwrap_err().kind()));
                sleep(MS).await?; // cleaning up takes its time
                log.add("clean");
                ended
            }
        });
        yield_now().await?;
        assert!(task.cancel_with_message("enough"));
        assert!(!task.is_done());
        let task = task.to_future();
        let error = task.clone().await.unwrap_err();
        assert!(error.is_cancelled() && task.is_cancelled());
        assert_eq!(error.message(), "enough");
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["Cancelled", "clean", "guard dropped"]);
}

#[test]
fn a_task_may_refuse_to_be_cancelled() {
    run(async {
        let task = spawn(async {
            assert!(sleep(HOUR).await.is_err());
            assert!(rondo::is_cancelling());
            assert_eq!(rondo::uncancel()?, 0);
            sleep(MS).await?;
            Ok("still here")
        });
        yield_now().await?;
        assert!(task.cancel());
        assert_eq!(task.await?, "still here");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_task_cancelled_before_its_first_step_never_begins() {
    let log = Log::default();
    run(async {
        let task = spawn({
            let (log, guard) = (log.clone(), log.guard("guard"));
            async move {
                log.add("begun");
                drop(guard);
            }
        });
        task.cancel();
        let error = task.await.unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(error.to_string(), "cancelled");
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["guard dropped"]);
}

#[test]
fn cancelling_reaches_what_is_awaited() {
    let log = Log::default();
    run(async {
        let outer = spawn({
            let log = log.clone();
            async move {
                let inner = spawn({
                    let log = log.clone();
                    async move {
                        let ended = sleep(HOUR).await;
                        log.add("inner");
                        ended
                    }
                });
                let ended = inner.await;
                log.add("outer");
                ended
            }
        });
        sleep(MS).await?;
        outer.cancel();
        assert!(outer.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["inner", "outer"]);
}

#[test]
fn dropping_a_task_cancels_it_and_detaching_does_not() {
    let log = Log::default();
    run(async {
        let sleeper = |name| {
            let log = log.clone();
            spawn(async move {
                let ended = sleep(MS).await;
                log.add(format!("{} {}", name, if ended.is_ok() { "slept" } else { "cancelled" }));
                ended
            })
        };
        let (dropped, detached) = (sleeper("dropped"), sleeper("detached"));
        yield_now().await?;
        drop(dropped);
        detached.detach();
        sleep(MS * 2).await
    })
    .unwrap();
    assert_eq!(log.take(), ["dropped cancelled", "detached slept"]);
}

#[test]
fn what_is_left_over_is_cancelled_at_the_end() {
    let log = Log::default();
    run(async {
        for name in ["one", "two"] {
            let log = log.clone();
            spawn(async move {
                let _guard = log.guard(name);
                sleep(HOUR).await
            })
            .detach();
        }
        yield_now().await
    })
    .unwrap();
    assert_eq!(log.take(), ["one dropped", "two dropped"]);
}

#[test]
fn a_panic_is_the_error_of_its_task() {
    let log = Log::default();
    run(async {
        let task = spawn({
            let (log, number) = (log.clone(), "7".to_string());
            async move {
                let _guard = log.guard("guard");
                yield_now().await?;
                panic!("number {}", number);
                #[allow(unreachable_code)]
                Ok(())
            }
        });
        let error = task.await.unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Panic, "number 7"));
        assert_eq!(*error.into_panic().unwrap().downcast::<String>().unwrap(), "number 7");
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["guard dropped"]);
}

#[test]
fn a_panic_of_main_goes_through_run() {
    let log = Log::default();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(async {
            let log = log.clone();
            spawn(async move {
                let _guard = log.guard("left over");
                sleep(HOUR).await
            })
            .detach();
            yield_now().await?;
            std::panic::panic_any(7i32);
            #[allow(unreachable_code)]
            Ok(())
        })
    }));
    assert_eq!(*panic.unwrap_err().downcast::<i32>().unwrap(), 7);
    assert_eq!(log.take(), ["left over dropped"]);
}

#[test]
fn a_runner_runs_again_and_again() {
    let runner = Runner::builder().virtual_clock(true).build().unwrap();
    let shared = Rc::new(Cell::new(0));
    for round in 1..=3 {
        let counter = shared.clone();
        let answer = runner.run(async move {
            sleep(HOUR).await?;
            counter.set(counter.get() + 1);
            Ok(counter.get())
        });
        assert_eq!(answer.unwrap(), round);
    }
    assert_eq!(runner.get_loop().unwrap().time(), HOUR * 3);
    runner.close(None).unwrap();
}

#[test]
fn a_stopped_loop_leaves_no_borrow_behind() {
    let runner = Runner::new().unwrap();
    let log = Log::default();
    {
        let local = log.guard("local");
        let error = runner.run(async {
            let _borrowed = &local;
            rondo::Loop::current().unwrap().stop()?;
            sleep(HOUR).await
        });
        assert_eq!(error.unwrap_err().code(), rondo::sys::RONDO_ESTOPPED);
    }
    assert_eq!(log.take(), ["local dropped"]);
    runner.close(None).unwrap();
}

#[test]
fn a_run_inside_a_run_is_refused() {
    run(async {
        assert_eq!(rondo::run(async {}).unwrap_err().code(), rondo::sys::RONDO_ERUNNING);
        Ok(())
    })
    .unwrap();
}

#[test]
fn errors_carry_their_cause() {
    let error = Error::other(std::io::Error::new(std::io::ErrorKind::Other, "disk on fire"));
    assert_eq!(error.to_string(), "disk on fire");
    assert!(error.downcast_ref::<std::io::Error>().is_some());
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(format!("{:?}", error), r#"Error { code: "EFAILED", message: "disk on fire" }"#);
}
