//! Gathers, waits, shields; locks and queues; context variables.

use std::cell::Cell;
use std::rc::Rc;

use crate::common::{run, Log, HOUR, MS};
use rondo::*;

async fn after<T>(delay: std::time::Duration, value: T) -> Result<T> {
    sleep(delay).await?;
    Ok(value)
}

#[test]
fn gather_keeps_the_order_and_cancels_the_rest_of_a_failure() {
    let log = Log::default();
    run(async {
        assert_eq!(gather(vec![spawn(after(MS * 2, 1)), spawn(after(MS, 2))]).await?, [1, 2]);
        assert_eq!(gather(Vec::<Task<i32>>::new()).await?, [0i32; 0]);
        let guard = log.guard("other");
        let other = spawn(async move {
            let _guard = guard;
            sleep(HOUR).await
        });
        let failing = spawn(async { Err::<(), _>(Error::failed("no")) });
        assert_eq!(gather((failing, other)).await.unwrap_err().message(), "no");
        yield_now().await?;
        assert_eq!(log.take(), ["other dropped"]);

        let results = gather_results([spawn(after(MS, 1)), spawn(async { Err(Error::failed("no")) })]).await?;
        assert_eq!(results.map(|result| result.map_err(|error| error.to_string())), [Ok(1), Err("no".to_string())]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn cancelling_a_gather_cancels_and_awaits_all() {
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
        let all = gather(vec![child("a"), child("b")]);
        let task = spawn(all);
        sleep(MS).await?;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["a", "b"]);
}

#[test]
fn waiting_for_some() {
    run(async {
        let tasks = [spawn(after(MS * 3, 3)), spawn(after(MS, 1)), spawn(after(MS * 2, 2))];
        assert_eq!(wait(&tasks, WaitFor::First, None).await?, [1]);
        assert_eq!(wait(&tasks, WaitFor::All, Some(MS)).await?, [1, 2]);
        assert_eq!(wait(&tasks, WaitFor::FirstError, None).await?, [0, 1, 2]);
        assert_eq!(wait(&Vec::<Task<()>>::new(), WaitFor::All, None).await?, [0usize; 0]);
        let mut order = Vec::new();
        let mut completed = as_completed(vec![spawn(after(MS * 2, 'a')), spawn(after(MS, 'b'))])?;
        while let Some((place, value)) = completed.next().await? {
            order.push((place, value?));
        }
        assert_eq!(order, [(1, 'b'), (0, 'a')]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_shielded_task_outlives_who_awaits_it() {
    let log = Log::default();
    run(async {
        let saving = spawn({
            let log = log.clone();
            async move {
                sleep(MS * 2).await?;
                log.add("saved");
                Ok(())
            }
        });
        let task = spawn(async move { shield(saving)?.await });
        sleep(MS).await?;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        sleep(MS * 2).await
    })
    .unwrap();
    assert_eq!(log.take(), ["saved"]);
}

#[test]
fn a_lock_goes_from_task_to_task() {
    let log = Log::default();
    run(async {
        let lock = Lock::new()?;
        let tasks: Vec<_> = ["a", "b", "c"]
            .iter()
            .map(|name| {
                let (lock, log) = (lock.clone(), log.clone());
                spawn(async move {
                    let _guard = lock.acquire().await?;
                    log.add(format!("{} has it", name));
                    sleep(MS).await
                })
            })
            .collect();
        yield_now().await?;
        tasks[1].cancel();
        gather_results(tasks).await?;
        assert!(!lock.is_locked());
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["a has it", "c has it"]);
}

#[test]
fn a_condition_holds_its_lock_when_it_ends() {
    run(async {
        let condition = Condition::new()?;
        let waiting = |log: Log| {
            let condition = condition.clone();
            spawn(async move {
                let guard = condition.lock().acquire().await?;
                let _guard = condition.wait(guard).await?;
                log.add("notified");
                sleep(MS).await
            })
        };
        let log = Log::default();
        let (first, second, third) = (waiting(log.clone()), waiting(log.clone()), waiting(log.clone()));
        yield_now().await?;
        second.cancel();
        assert!(second.await.unwrap_err().is_cancelled());
        let guard = condition.lock().acquire().await?;
        condition.notify(&guard, 1)?;
        drop(guard);
        first.await?;
        assert_eq!(log.take(), ["notified"]);
        let lost = timeout(MS, async {
            let guard = condition.lock().acquire().await?;
            select(sleep(MS / 2), condition.wait(guard)).await; // dropped while it waits
            sleep(HOUR).await
        });
        assert!(lost.await.unwrap_err().is_timeout());
        let guard = condition.lock().acquire().await?;
        condition.notify_all(&guard)?;
        drop(guard);
        third.await?;
        assert!(!condition.lock().is_locked());
        let other = Lock::new()?.acquire().await?;
        assert!(condition.wait(other).await.is_err());
        Ok(())
    })
    .unwrap();
}

#[test]
fn semaphores_and_barriers() {
    run(async {
        let semaphore = Semaphore::new(2)?;
        let (inside, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let tasks = (0..5)
            .map(|_| {
                let (semaphore, inside, most) = (semaphore.clone(), inside.clone(), most.clone());
                spawn(async move {
                    let _permit = semaphore.acquire().await?;
                    inside.set(inside.get() + 1);
                    most.set(most.get().max(inside.get()));
                    sleep(MS).await?;
                    inside.set(inside.get() - 1);
                    Ok(())
                })
            })
            .collect::<Vec<_>>();
        gather(tasks).await?;
        assert_eq!((most.get(), semaphore.permits()), (2, 2));
        semaphore.acquire().await?.forget();
        assert_eq!(semaphore.permits(), 1);

        let barrier = Barrier::new(3)?;
        let waiting = (0..3).map(|_| {
            let barrier = barrier.clone();
            spawn(async move { barrier.wait().await })
        });
        let mut indexes = gather(waiting.collect::<Vec<_>>()).await?;
        indexes.sort_unstable();
        assert_eq!(indexes, [0, 1, 2]);
        let waiter = spawn({
            let barrier = barrier.clone();
            async move { barrier.wait().await }
        });
        yield_now().await?;
        barrier.abort().await?;
        assert_eq!(waiter.await.unwrap_err().kind(), ErrorKind::Broken);
        Ok(())
    })
    .unwrap();
}

#[test]
fn queues_of_all_orders() {
    async fn through<T: 'static>(queue: Queue<T>, items: Vec<T>) -> Result<Vec<T>> {
        for item in items {
            queue.put(item).await?;
        }
        queue.shutdown(false);
        let mut out = Vec::new();
        while !queue.is_empty() {
            out.push(queue.get().await?);
        }
        assert_eq!(queue.get().await.err().map(|error| error.kind()), Some(ErrorKind::Shutdown));
        Ok(out)
    }
    run(async {
        assert_eq!(through(Queue::new(0)?, vec![2, 3, 1]).await?, [2, 3, 1]);
        assert_eq!(through(Queue::lifo(0)?, vec![2, 3, 1]).await?, [1, 3, 2]);
        assert_eq!(through(Queue::priority(0)?, vec![2, 3, 1]).await?, [1, 2, 3]);
        let pairs = vec![(2, "b"), (1, "a"), (2, "a")];
        assert_eq!(through(Queue::priority(0)?, pairs).await?, [(1, "a"), (2, "a"), (2, "b")]);
        let queue = Queue::new(1)?;
        assert_eq!(queue.get_nowait().unwrap_err().kind(), ErrorKind::Empty);
        queue.put_nowait('a')?;
        assert_eq!(queue.put_nowait('b').unwrap_err().kind(), ErrorKind::Full);
        let putter = spawn({
            let queue = queue.clone();
            async move { queue.put('b').await }
        });
        yield_now().await?;
        assert_eq!((queue.get().await?, queue.get().await?), ('a', 'b'));
        putter.await?;
        queue.task_done()?;
        queue.task_done()?;
        queue.join().await
    })
    .unwrap();
}

#[test]
fn items_nobody_gets_are_dropped() {
    let item = Rc::new(());
    run(async {
        let queue = Queue::new(1)?;
        queue.put(item.clone()).await?;
        drop(queue.put(item.clone())); // never awaited
        let putter = spawn({
            let (queue, item) = (queue.clone(), item.clone());
            async move { queue.put(item).await }
        });
        yield_now().await?;
        drop(putter);
        yield_now().await?;
        queue.shutdown(true);
        assert!(queue.put(item.clone()).await.is_err());
        Ok(())
    })
    .unwrap();
    assert_eq!(Rc::strong_count(&item), 1);
}

#[test]
fn context_variables_follow_the_tasks() {
    run(async {
        let (name, level) = (ContextVar::<String>::new("name")?, ContextVar::with_default("level", 1)?);
        assert_eq!((name.get(), level.get()), (None, Some(1)));
        let token = level.set(2)?;
        let task = spawn({
            let level = level.clone();
            async move {
                level.set(level.get().unwrap() + 1)?;
                yield_now().await?;
                Ok(level.get())
            }
        });
        assert_eq!(task.await?, Some(3));
        assert_eq!(level.get(), Some(2));
        level.reset(token)?;
        assert_eq!(level.get(), Some(1));
        let mine = ContextVar::<std::sync::Arc<Vec<i32>>>::new("mine")?;
        mine.set(std::sync::Arc::new(vec![1, 2]))?;
        assert_eq!(mine.get().unwrap()[1], 2);
        Ok(())
    })
    .unwrap();
}
