//! Locks and the like, for the tasks of one loop.

use std::fmt;
use std::mem;

use crate::error::{check, Error, Result};
use crate::operation::{operate, Ended};
use crate::raw::{create, BarrierRef, ConditionRef, EventRef, LockRef, SemaphoreRef};
use crate::sys;

macro_rules! native {
    ($($name:ident: $raw:ident;)*) => {$(
        impl $name {
            /// The object as C knows it, borrowed: other languages may share it.
            pub fn as_raw(&self) -> *mut sys::$raw {
                self.0.get()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

native! {
    Lock: rondo_lock;
    Event: rondo_event;
    Condition: rondo_condition;
    Semaphore: rondo_semaphore;
    Barrier: rondo_barrier;
}

/// A lock. Who waits is served first come, first served. A counted handle. asyncio: `Lock`.
///
/// ```
/// # rondo::run(async {
/// let lock = rondo::Lock::new()?;
/// {
///     let _guard = lock.acquire().await?;
///     assert!(lock.is_locked());
/// }
/// assert!(!lock.is_locked());
/// # Ok(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Lock(LockRef);

impl Lock {
    /// A lock that nobody holds.
    pub fn new() -> Result<Lock> {
        let raw = create(|out| unsafe { sys::rondo_lock_create(out) })?;
        Ok(Lock(unsafe { LockRef::adopt(raw) }))
    }

    /// Waits until nobody holds it. The lock is held as long as the guard lives.
    pub async fn acquire(&self) -> Result<LockGuard> {
        let abandoned = self.clone();
        let acquired = operate(
            |op| unsafe { sys::rondo_lock_acquire_async(self.as_raw(), op) },
            move |outcome| drop(outcome.map(|_| LockGuard(abandoned))),
        );
        acquired.await?.done()?;
        Ok(LockGuard(self.clone()))
    }

    /// Whether somebody holds it.
    pub fn is_locked(&self) -> bool {
        unsafe { sys::rondo_lock_locked(self.as_raw()) == 1 }
    }
}

/// A held [`Lock`].
#[must_use = "the lock is given back when this is dropped"]
pub struct LockGuard(Lock);

impl Drop for LockGuard {
    fn drop(&mut self) {
        unsafe { sys::rondo_lock_unlock(self.0.as_raw()) };
    }
}

impl fmt::Debug for LockGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LockGuard")
    }
}

/// A flag that can be waited for. A counted handle. asyncio: `Event`.
///
/// ```
/// # rondo::run(async {
/// let event = rondo::Event::new()?;
/// let waiter = rondo::spawn({
///     let event = event.clone();
///     async move { event.wait().await }
/// });
/// rondo::yield_now().await?;
/// event.set();
/// waiter.await?;
/// # Ok(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Event(EventRef);

impl Event {
    /// An event that is not set.
    pub fn new() -> Result<Event> {
        let raw = create(|out| unsafe { sys::rondo_event_create(out) })?;
        Ok(Event(unsafe { EventRef::adopt(raw) }))
    }

    /// Waits until it is set.
    pub async fn wait(&self) -> Result<()> {
        operate(|op| unsafe { sys::rondo_event_wait_async(self.as_raw(), op) }, |_| {}).await?.done()
    }

    /// Sets it and wakes all who wait.
    pub fn set(&self) {
        unsafe { sys::rondo_event_set(self.as_raw()) };
    }

    /// Clears it.
    pub fn clear(&self) {
        unsafe { sys::rondo_event_clear(self.as_raw()) };
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        unsafe { sys::rondo_event_is_set(self.as_raw()) == 1 }
    }
}

/// A number of permits. A counted handle. asyncio: `Semaphore`, and with a bound `BoundedSemaphore`.
#[derive(Clone)]
pub struct Semaphore(SemaphoreRef);

impl Semaphore {
    /// A semaphore with so many permits.
    pub fn new(permits: u64) -> Result<Semaphore> {
        let raw = create(|out| unsafe { sys::rondo_semaphore_create(permits, 0, out) })?;
        Ok(Semaphore(unsafe { SemaphoreRef::adopt(raw) }))
    }

    /// Waits until there is a permit. It is taken as long as this lives.
    pub async fn acquire(&self) -> Result<Permit> {
        let abandoned = self.clone();
        let acquired = operate(
            |op| unsafe { sys::rondo_semaphore_acquire_async(self.as_raw(), op) },
            move |outcome| drop(outcome.map(|_| Permit(abandoned))),
        );
        acquired.await?.done()?;
        Ok(Permit(self.clone()))
    }

    /// One more permit.
    pub fn add_permit(&self) -> Result<()> {
        check(unsafe { sys::rondo_semaphore_give_back(self.as_raw()) }).map(|_| ())
    }

    /// The permits that are left.
    pub fn permits(&self) -> u64 {
        unsafe { sys::rondo_semaphore_value(self.as_raw()) }
    }
}

/// A permit of a [`Semaphore`].
#[must_use = "the permit is given back when this is dropped"]
pub struct Permit(Semaphore);

impl Permit {
    /// The permit is used up: it will not be given back.
    pub fn forget(self) {
        // The handle to the semaphore is dropped, the permit is not.
        let semaphore = unsafe { std::ptr::read(&mem::ManuallyDrop::new(self).0) };
        drop(semaphore);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        drop(self.0.add_permit());
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}

/// A lock, and a line of those who wait for something that happens under it. A counted handle. asyncio: `Condition`.
///
/// ```
/// # use std::{cell::Cell, rc::Rc};
/// # rondo::run(async {
/// let (condition, ready) = (rondo::Condition::new()?, Rc::new(Cell::new(false)));
/// let waiter = rondo::spawn({
///     let (condition, ready) = (condition.clone(), ready.clone());
///     async move {
///         let mut guard = condition.lock().acquire().await?;
///         while !ready.get() {
///             guard = condition.wait(guard).await?;
///         }
///         Ok(())
///     }
/// });
/// rondo::yield_now().await?;
/// let guard = condition.lock().acquire().await?;
/// ready.set(true);
/// condition.notify_all(&guard)?;
/// drop(guard);
/// waiter.await?;
/// # Ok(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Condition(ConditionRef);

impl Condition {
    /// A condition with a lock of its own.
    pub fn new() -> Result<Condition> {
        let raw = create(|out| unsafe { sys::rondo_condition_create(std::ptr::null_mut(), out) })?;
        Ok(Condition(unsafe { ConditionRef::adopt(raw) }))
    }

    /// Its lock.
    pub fn lock(&self) -> Lock {
        Lock(unsafe { LockRef::share(sys::rondo_condition_lock(self.as_raw())) })
    }

    /// Gives the lock back, waits to be notified, and takes the lock again. Wake-ups may be spurious, so test in a loop.
    /// After an error the lock is not held.
    pub async fn wait(&self, guard: LockGuard) -> Result<LockGuard> {
        let lock = self.lock();
        if guard.0.as_raw() != lock.as_raw() {
            return Err(Error::new(sys::RONDO_EINVAL, "the guard is of another lock than the condition's"));
        }
        // However the operation ends, it holds the lock then.
        let abandoned = lock.clone();
        let waited = operate(
            |op| {
                let status = unsafe { sys::rondo_condition_wait_async(self.as_raw(), op) };
                if status >= 0 {
                    mem::forget(guard); // together with its count of the lock, which is given back below
                    unsafe { sys::rondo_lock_release(lock.as_raw()) };
                }
                status
            },
            move |_| drop(LockGuard(abandoned)),
        );
        let ended = waited.await?;
        let guard = LockGuard(lock.clone());
        ended.done()?;
        Ok(guard)
    }

    /// Wakes the `count` that wait longest; they go on when they get the lock.
    pub fn notify(&self, _held: &LockGuard, count: u64) -> Result<()> {
        check(unsafe { sys::rondo_condition_notify(self.as_raw(), count) }).map(|_| ())
    }

    /// Wakes all who wait.
    pub fn notify_all(&self, _held: &LockGuard) -> Result<()> {
        check(unsafe { sys::rondo_condition_notify_all(self.as_raw()) }).map(|_| ())
    }
}

/// A point at which so many tasks wait for each other. A counted handle. asyncio: `Barrier`.
#[derive(Clone)]
pub struct Barrier(BarrierRef);

impl Barrier {
    /// A barrier for so many tasks.
    pub fn new(parties: u64) -> Result<Barrier> {
        let raw = create(|out| unsafe { sys::rondo_barrier_create(parties, out) })?;
        Ok(Barrier(unsafe { BarrierRef::adopt(raw) }))
    }

    /// Waits until all are here; answers an index of this round, each given once.
    pub async fn wait(&self) -> Result<u64> {
        let waited = operate(|op| unsafe { sys::rondo_barrier_wait_async(self.as_raw(), op) }, |_| {}).await?;
        match waited {
            Ended::AtOnce => Ok(0),
            Ended::Waited(index) => unsafe { crate::value::decode(index?.into_raw()) },
        }
    }

    /// Those who wait get an error of kind [`Broken`](crate::ErrorKind::Broken); then it is as new.
    pub async fn reset(&self) -> Result<()> {
        operate(|op| unsafe { sys::rondo_barrier_reset_async(self.as_raw(), op) }, |_| {}).await?.done()
    }

    /// Breaks it for good.
    pub async fn abort(&self) -> Result<()> {
        operate(|op| unsafe { sys::rondo_barrier_abort_async(self.as_raw(), op) }, |_| {}).await?.done()
    }
}
