//! The border: futures given to other languages and taken from them, and the raw declarations themselves.

use std::mem;
use std::os::raw::c_void;
use std::ptr;
use std::rc::Rc;

use crate::common::{run, Log, HOUR, MS};
use rondo::sys::*;
use rondo::{promise, sleep, spawn, yield_now, Error, ErrorKind, Future, Opaque, Task, Value};

// A coroutine as C would write it: awaits what it was given, and returns that number plus one.
struct AddOne {
    awaited: *mut rondo_future,
}

static ADD_ONE: rondo_coro_vtable = rondo_coro_vtable {
    size: mem::size_of::<rondo_coro_vtable>() as u32,
    flags: 0,
    frame_size: mem::size_of::<AddOne>(),
    frame_align: 0,
    start: None,
    step: Some(add_one_step),
    destroy: None,
    describe: None,
};

unsafe extern "C" fn add_one_step(frame: *mut c_void, io: *mut rondo_step) {
    let (frame, io) = (&mut *(frame as *mut AddOne), &mut *io);
    if !frame.awaited.is_null() {
        io.verdict = RONDO_STEP_AWAIT;
        io.target = mem::replace(&mut frame.awaited, ptr::null_mut());
    } else if io.status < 0 {
        io.verdict = RONDO_STEP_RAISE;
        io.out_error = rondo_error_retain(io.error);
    } else {
        io.verdict = RONDO_STEP_RETURN;
        io.out = *io.sent;
        io.out.data.i64 += 1;
    }
}

// The future is moved to the coroutine.
fn add_one(awaited: *mut rondo_future) -> *mut rondo_future {
    let (frame, mut task) = (AddOne { awaited }, ptr::null_mut());
    let init = &frame as *const AddOne as *const c_void;
    let status = unsafe { rondo_task_create(ptr::null_mut(), &ADD_ONE, init, ptr::null(), &mut task) };
    assert_eq!(status, 0);
    task
}

#[test]
fn other_languages_await_rust_and_rust_awaits_them() {
    run(async {
        let ours = spawn(async {
            sleep(MS).await?;
            Ok(40i64)
        });
        let theirs = unsafe { Future::<i64>::from_raw(add_one(ours.into_raw())) };
        assert_eq!(theirs.clone().await?, 41);
        assert_eq!(theirs.await?, 41); // for everyone who asks
        Ok(())
    })
    .unwrap();
}

#[test]
fn errors_and_cancellations_cross_the_border() {
    run(async {
        let ours = spawn(async { Err::<i64, _>(Error::other(std::fmt::Error)) });
        let theirs = unsafe { Task::<i64>::from_raw(add_one(ours.into_raw())) };
        assert!(theirs.await.unwrap_err().downcast_ref::<std::fmt::Error>().is_some());

        let log = Log::default();
        let ours = spawn({
            let guard = log.guard("ours");
            async move {
                sleep(HOUR).await?;
                drop(guard);
                Ok(1i64)
            }
        });
        let theirs = unsafe { Task::<i64>::from_raw(add_one(ours.into_raw())) };
        sleep(MS).await?;
        theirs.cancel();
        assert!(theirs.await.unwrap_err().is_cancelled());
        assert_eq!(log.take(), ["ours dropped"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn whoever_cancels_a_promised_future_is_heard() {
    run(async {
        let (kept, future) = promise::<i32>()?;
        future.cancel();
        assert!(kept.is_cancelled());
        assert_eq!(kept.set_result(1).unwrap_err().kind(), ErrorKind::InvalidState);
        assert!(future.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
}

#[test]
fn values_are_what_other_languages_think_they_are() {
    fn kind_of<T: 'static>(value: T) -> u32 {
        let (kept, future) = promise::<T>().unwrap();
        kept.set_result(value).unwrap();
        let mut view: rondo_value = unsafe { mem::zeroed() };
        assert_eq!(unsafe { rondo_future_result(future.as_raw(), &mut view, ptr::null_mut()) }, 0);
        view.kind
    }
    run(async {
        assert_eq!(kind_of(()), RONDO_NONE);
        assert_eq!(kind_of(None::<i32>), RONDO_NONE);
        assert_eq!(kind_of(true), RONDO_BOOL);
        assert_eq!(kind_of(-1i8), RONDO_I64);
        assert_eq!(kind_of(1usize), RONDO_U64);
        assert_eq!(kind_of(1.5f32), RONDO_F64);
        assert_eq!(kind_of("text"), RONDO_STR);
        assert_eq!(kind_of(String::new()), RONDO_STR);
        assert_eq!(kind_of(vec![0u8]), RONDO_BYTES);
        assert_eq!(kind_of(Value::Uint(1)), RONDO_U64);
        assert_eq!(kind_of(Rc::new(1)), RONDO_PTR);
        assert_eq!(kind_of(vec![1i32]), RONDO_PTR);
        Ok(())
    })
    .unwrap();
}

#[test]
fn values_convert_where_they_fit() {
    async fn through<A: 'static, B: 'static>(value: A) -> rondo::Result<B> {
        let (kept, future) = promise::<A>()?;
        let other = unsafe { Future::<B>::from_raw(future.into_raw()) };
        kept.set_result(value)?;
        other.await
    }
    run(async {
        assert_eq!(through::<i64, u8>(255).await?, 255);
        assert_eq!(through::<i64, u8>(256).await.unwrap_err().kind(), ErrorKind::Value);
        assert_eq!(through::<u64, i64>(u64::MAX).await.unwrap_err().kind(), ErrorKind::Value);
        assert_eq!(through::<i32, f64>(2).await?, 2.0);
        assert_eq!(through::<bool, i32>(true).await?, 1);
        assert!(through::<&'static str, bool>("yes").await.is_err());
        assert_eq!(through::<String, Vec<u8>>("ab".into()).await?, *b"ab");
        assert_eq!(through::<&'static str, String>("ab").await?, "ab");
        assert_eq!(through::<&'static str, &'static str>("ab").await?, "ab");
        assert_eq!(through::<String, &'static str>("ab".into()).await.unwrap_err().kind(), ErrorKind::Value); // not static
        assert_eq!(through::<String, Option<&'static str>>("ab".into()).await.unwrap_err().kind(), ErrorKind::Value);
        assert_eq!(through::<(), Option<i32>>(()).await?, None);
        assert_eq!(through::<i64, Option<i32>>(3).await?, Some(3));
        through::<i32, ()>(3).await?;
        assert!(matches!(through::<i8, Value>(-3).await?, Value::Int(-3)));
        match through::<Rc<i32>, Value>(Rc::new(5)).await? {
            Value::Opaque(opaque) => {
                let opaque: Opaque = opaque.downcast::<Rc<u8>>().unwrap_err();
                assert_eq!(*opaque.downcast::<Rc<i32>>().unwrap(), 5);
            }
            other => panic!("{:?}", other),
        }
        let error = through::<Rc<i32>, Rc<u32>>(Rc::new(5)).await.unwrap_err();
        assert!(error.message().contains("no alloc::rc::Rc<u32>"), "{}", error);
        Ok(())
    })
    .unwrap();
}

#[test]
fn values_nobody_takes_are_dropped() {
    struct Mine(#[allow(dead_code)] crate::common::Guard);
    let log = Log::default();
    run(async {
        let (kept, future) = promise()?;
        kept.set_result(Mine(log.guard("unread")))?;
        drop(future);
        let guard = log.guard("task's");
        let task = spawn(async move { Ok(Mine(guard)) });
        yield_now().await?;
        drop(task);
        log.add("end");
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["unread dropped", "task's dropped", "end"]);
}

#[test]
fn the_dump_names_rust_futures() {
    async fn with_a_name_of_its_own() -> rondo::Result<()> {
        sleep(HOUR).await
    }
    run(async {
        let _task = spawn(with_a_name_of_its_own());
        let _large = spawn(async {
            let buffer = [0u8; 1 << 15];
            with_a_name_of_its_own().await?;
            Ok(buffer[0])
        });
        let dump = spawn(async { rondo::Loop::current().unwrap().dump() }).await?;
        let names: Vec<_> = dump.lines().filter_map(|line| line.trim().strip_prefix("| ")).collect();
        let here = "suite::ffi::the_dump_names_rust_futures";
        assert_eq!(names, [here, &format!("{}::with_a_name_of_its_own", here), here], "{}", dump);
        Ok(())
    })
    .unwrap();
}
