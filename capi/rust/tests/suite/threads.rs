//! Threads: work beside the loop, calls into the loop, promises and channels between them.

use std::rc::Rc;
use std::sync::{mpsc, Arc};
use std::thread;

use crate::common::{run, HOUR, MS};
use rondo::{join, sleep, spawn, to_thread, try_to_thread, yield_now, Channel, Error, ErrorKind, Loop, Runner};

fn send_and_sync<T: Send + Sync>() {}

#[test]
fn handles_for_other_threads_are_send_and_sync() {
    send_and_sync::<rondo::LoopHandle>();
    send_and_sync::<rondo::Submission<i32>>();
    send_and_sync::<rondo::RemotePromise<i32>>();
    send_and_sync::<rondo::Channel<i32>>();
    send_and_sync::<rondo::ContextVar<i32>>();
    send_and_sync::<rondo::Error>();
    send_and_sync::<std::task::Waker>();
}

#[test]
fn work_in_threads() {
    rondo::run(async {
        let here = thread::current().id();
        assert_ne!(here, to_thread(move || Ok(thread::current().id())).await?);
        let error = to_thread(|| "x".parse::<i32>().map_err(Error::from)).await.unwrap_err();
        assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_panic_in_a_thread_is_the_error_of_its_task() {
    rondo::run(async {
        let error = to_thread(|| -> i32 { panic!("in a thread") }).await.unwrap_err();
        assert_eq!((error.kind(), error.message().as_ref()), (ErrorKind::Panic, "in a thread"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_job_knows_that_nobody_awaits_it() {
    rondo::run(async {
        let (begun, has_begun) = mpsc::channel();
        let (ended, has_ended) = mpsc::channel();
        let job = try_to_thread(move |job| {
            begun.send(()).unwrap();
            while !job.is_cancelled() {
                thread::yield_now();
            }
            ended.send(()).unwrap();
        })?;
        to_thread(move || has_begun.recv().unwrap()).await?;
        drop(job);
        to_thread(move || has_ended.recv().unwrap()).await
    })
    .unwrap();
}

#[test]
fn submitting_from_another_thread() {
    rondo::run(async {
        let handle = Loop::current().unwrap().handle();
        let here = thread::current().id();
        to_thread(move || {
            let local = handle.submit(move || async move {
                let not_send = Rc::new(40); // what stays on the loop need not be Send
                yield_now().await?;
                assert_eq!(thread::current().id(), here);
                Ok(*not_send + 2)
            })?;
            assert_eq!(local.wait()?, 42);

            let failing = handle.submit(|| async { Err::<(), _>(Error::failed("no")) })?;
            assert_eq!(failing.wait().unwrap_err().message(), "no");

            let sleeper = handle.submit(|| sleep(HOUR))?;
            let sleeper = match sleeper.wait_timeout(MS) {
                Err(sleeper) => sleeper,
                Ok(_) => unreachable!(),
            };
            sleeper.cancel()?;
            assert!(sleeper.wait().unwrap_err().is_cancelled());

            let dropped = Arc::new(());
            let held = dropped.clone();
            drop(handle.submit(move || async move { sleep(HOUR).await.map(|()| drop(held)) })?); // cancelled
            handle.submit(|| async { join(yield_now(), yield_now()).await.0 })?.wait()?;
            assert_eq!(Arc::strong_count(&dropped), 1);
            Ok(())
        })
        .await
    })
    .unwrap();
}

#[test]
fn waiting_for_ones_own_loop_is_refused() {
    rondo::run(async {
        let handle = Loop::current().unwrap().handle();
        let submission = handle.submit(|| async { 7 })?;
        assert_eq!(submission.wait().unwrap_err().code(), rondo::sys::RONDO_EDEADLOCK);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_closed_loop_takes_nothing() {
    let runner = Runner::new().unwrap();
    let event_loop = runner.get_loop().unwrap();
    let handle = event_loop.handle();
    let (promise, future) = runner.run(async { rondo::promise::<Vec<i32>>() }).unwrap();
    let promise = promise.into_remote();
    runner.close(None).unwrap();
    assert!(handle.is_closed());
    assert_eq!(handle.call_soon_threadsafe(|| {}).unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(handle.submit(|| async {}).unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(event_loop.spawn(async {}).unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(promise.set_result(vec![1]).unwrap_err().kind(), ErrorKind::Closed);
    drop(future);
}

#[test]
fn calls_keep_their_order_and_may_be_cancelled() {
    let seen = Rc::new(std::cell::RefCell::new(Vec::new()));
    let push = |n| {
        let seen = seen.clone();
        move || seen.borrow_mut().push(n)
    };
    run(async {
        let here = Loop::current().unwrap();
        here.call_later(MS * 2, push(4))?;
        here.call_at(here.time() + MS, push(3))?;
        here.call_soon(push(1))?;
        here.call_soon(push(2))?;
        let cancelled = here.call_soon(push(9))?;
        cancelled.cancel();
        assert!(cancelled.is_cancelled());
        sleep(MS * 3).await
    })
    .unwrap();
    assert_eq!(*seen.borrow(), [1, 2, 3, 4]);
    assert_eq!(Rc::strong_count(&seen), 1);
}

#[test]
fn a_panic_in_a_callback_is_reported() {
    let reports = Rc::new(std::cell::RefCell::new(Vec::new()));
    let heard = reports.clone();
    let handler = move |report: &rondo::Report<'_>| heard.borrow_mut().push(report.error().unwrap().to_string());
    let runner = Runner::builder().exception_handler(handler).build().unwrap();
    runner
        .run(async {
            Loop::current().unwrap().call_soon(|| panic!("in a callback"))?;
            yield_now().await?;
            spawn(async { Err::<(), _>(Error::failed("never retrieved")) }).detach();
            yield_now().await
        })
        .unwrap();
    runner.close(None).unwrap();
    assert_eq!(*reports.borrow(), ["in a callback", "never retrieved"]);
}

#[test]
fn channels_between_threads() {
    let numbers = Channel::<u32>::new(4).unwrap();
    let squares = Channel::<u32>::new(0).unwrap();
    let worker = {
        let (numbers, squares) = (numbers.clone(), squares.clone());
        thread::spawn(move || {
            while let Ok(n) = numbers.receive_blocking(None) {
                squares.send_blocking(n * n, None).unwrap();
            }
            squares.shutdown();
        })
    };
    let sum = rondo::run(async {
        for n in 1..=100 {
            numbers.send(n).await?;
        }
        numbers.shutdown();
        let mut sum = 0;
        while let Ok(square) = squares.receive().await {
            sum += square;
        }
        Ok(sum)
    });
    assert_eq!(sum.unwrap(), 338350);
    worker.join().unwrap();
    assert_eq!(numbers.send_nowait(1).unwrap_err().kind(), ErrorKind::Shutdown);
    let empty = Channel::<u8>::new(1).unwrap();
    assert_eq!(empty.receive_nowait().unwrap_err().kind(), ErrorKind::Empty);
    assert!(empty.receive_blocking(Some(MS)).unwrap_err().is_timeout());
    empty.send_nowait(1).unwrap();
    assert_eq!(empty.send_nowait(2).unwrap_err().kind(), ErrorKind::Full);
}

#[test]
fn promises_kept_by_threads() {
    rondo::run(async {
        let (promise, future) = rondo::promise()?;
        let promise = promise.into_remote();
        thread::spawn(move || promise.set_result("kept".to_string()));
        assert_eq!(future.await?, "kept");

        let (promise, future) = rondo::promise::<()>()?;
        let promise = promise.into_remote();
        thread::spawn(move || promise.set_error("broken"));
        assert_eq!(future.await.unwrap_err().message(), "broken");

        let (promise, future) = rondo::promise::<()>()?;
        let promise = promise.into_remote();
        thread::spawn(move || drop(promise));
        let error = future.await.unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(error.message(), "the promise was dropped");
        Ok(())
    })
    .unwrap();
}
