//! Queues between tasks, channels between threads.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::os::raw::c_void;
use std::ptr;
use std::time::Duration;

use crate::error::{check, Result};
use crate::operation::{operate, Ended};
use crate::raw::{create, init, ChannelRef, FutureRef, QueueRef};
use crate::relay::await_operation;
use crate::sleep::nanoseconds;
use crate::sys;
use crate::value::{self, quietly, Owned};

/// Items between the tasks of one loop. A counted handle. asyncio: `Queue`, `LifoQueue`, `PriorityQueue`.
///
/// Plain items (see [`Value`](crate::Value)) may be put and got by other languages too. A `get` that is dropped, by
/// `select` for instance, when its item was on its way puts the item back, at the end of the queue.
///
/// ```
/// # rondo::run(async {
/// let queue = rondo::Queue::new(2)?;
/// let worker = rondo::spawn({
///     let queue = queue.clone();
///     async move {
///         let mut sum = 0;
///         while let Ok(n) = queue.get().await {
///             sum += n;
///         }
///         Ok(sum)
///     }
/// });
/// for n in 1..=4i32 {
///     queue.put(n).await?;
/// }
/// queue.shutdown(false);
/// assert_eq!(worker.await?, 10);
/// # Ok(()) }).unwrap();
/// ```
pub struct Queue<T> {
    queue: QueueRef,
    items: PhantomData<*mut T>,
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Queue<T> {
        Queue { queue: self.queue.clone(), items: PhantomData }
    }
}

impl<T: 'static> Queue<T> {
    /// First in, first out. 0: any number of items.
    pub fn new(capacity: u64) -> Result<Queue<T>> {
        Queue::make(capacity, sys::RONDO_QUEUE_FIFO, None)
    }

    /// Last in, first out.
    pub fn lifo(capacity: u64) -> Result<Queue<T>> {
        Queue::make(capacity, sys::RONDO_QUEUE_LIFO, None)
    }

    /// The smallest first; equal ones first in, first out.
    pub fn priority(capacity: u64) -> Result<Queue<T>>
    where
        T: Ord,
    {
        Queue::make(capacity, sys::RONDO_QUEUE_PRIORITY, Some(before::<T>))
    }

    fn make(capacity: u64, order: u32, before: Option<sys::rondo_before_fn>) -> Result<Queue<T>> {
        let mut options = init!(rondo_queue_options);
        options.capacity = capacity;
        options.order = order;
        options.before = before;
        let raw = create(|out| unsafe { sys::rondo_queue_create(&options, out) })?;
        Ok(Queue { queue: unsafe { QueueRef::adopt(raw) }, items: PhantomData })
    }

    /// Shares a queue of another language.
    ///
    /// # Safety
    /// `raw` is a live queue of this thread, and one reference to it is the caller's to give away.
    pub unsafe fn from_raw(raw: *mut sys::rondo_queue) -> Queue<T> {
        Queue { queue: QueueRef::adopt(raw), items: PhantomData }
    }

    /// The queue as C knows it, borrowed.
    pub fn as_raw(&self) -> *mut sys::rondo_queue {
        self.queue.get()
    }

    /// Puts an item; waits while the queue is full. The error: it was shut down, or the task cancelled; then the item
    /// is dropped.
    pub async fn put(&self, item: T) -> Result<()> {
        let item = Owned::new(value::encode(item));
        let put =
            operate(|op| give(item, |item| unsafe { sys::rondo_queue_put_async(self.as_raw(), item, op) }), |_| {});
        put.await?.done()
    }

    /// Puts an item if there is room.
    pub fn put_nowait(&self, item: T) -> Result<()> {
        check(give(Owned::new(value::encode(item)), |item| unsafe {
            sys::rondo_queue_put_nowait(self.as_raw(), item)
        }))
        .map(|_| ())
    }

    /// Takes an item; waits while there is none. The error: the queue was shut down and is empty, or the task
    /// cancelled.
    pub async fn get(&self) -> Result<T> {
        let mut at_once = value::none();
        let queue = self.queue.clone();
        let got = operate(
            |op| unsafe { sys::rondo_queue_get_async(self.as_raw(), &mut at_once, op) },
            move |outcome| drop(outcome.map(|item| put_back(&queue, item))),
        );
        match got.await? {
            Ended::AtOnce => unsafe { value::decode(at_once) },
            Ended::Waited(item) => unsafe { value::decode(item?.into_raw()) },
        }
    }

    /// Takes an item if there is one.
    pub fn get_nowait(&self) -> Result<T> {
        let mut item = value::none();
        check(unsafe { sys::rondo_queue_get_nowait(self.as_raw(), &mut item) })?;
        unsafe { value::decode(item) }
    }

    /// An item that was got is finished.
    pub fn task_done(&self) -> Result<()> {
        check(unsafe { sys::rondo_queue_task_done(self.as_raw()) }).map(|_| ())
    }

    /// Waits until all items that were put are finished.
    pub async fn join(&self) -> Result<()> {
        operate(|op| unsafe { sys::rondo_queue_join_async(self.as_raw(), op) }, |_| {}).await?.done()
    }

    /// No more puts: they fail with [`Shutdown`](crate::ErrorKind::Shutdown). Gets take what is left, unless it is to
    /// be dropped now, and fail then too.
    pub fn shutdown(&self, immediate: bool) {
        unsafe { sys::rondo_queue_shutdown(self.as_raw(), immediate.into()) };
    }

    /// How many items are in it.
    pub fn len(&self) -> u64 {
        unsafe { sys::rondo_queue_size(self.as_raw()) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("len", &unsafe { sys::rondo_queue_size(self.queue.get()) }).finish()
    }
}

// Calls what moves an item; drops the item if that fails.
fn give(item: Owned, to: impl FnOnce(*mut sys::rondo_value) -> i32) -> i32 {
    let mut item = item.into_raw();
    let status = to(&mut item);
    if status < 0 {
        unsafe { sys::rondo_value_drop(&mut item) };
    }
    status
}

// An item that was got for nobody. It was counted when it was put; so it must not count as another one.
fn put_back(queue: &QueueRef, item: Owned) {
    let mut operation = ptr::null_mut();
    give(item, |item| unsafe { sys::rondo_queue_put_async(queue.get(), item, &mut operation) });
    unsafe { sys::rondo_queue_task_done(queue.get()) };
    finish_alone(operation);
}

// Somebody must await an operation that has begun.
fn finish_alone(operation: *mut sys::rondo_future) {
    if !operation.is_null() {
        drop(await_operation(unsafe { FutureRef::adopt(operation) }));
    }
}

unsafe extern "C" fn before<T: Ord + 'static>(
    _: *mut c_void,
    a: *const sys::rondo_value,
    b: *const sys::rondo_value,
) -> i32 {
    quietly(|| value::compare::<T>(&*a, &*b) == Some(Ordering::Less)).unwrap_or(false).into()
}

/// Items between any loops and threads. A counted handle. A receiver awaits the next item with `receive().await`, or
/// blocks for it in a thread that runs no loop.
///
/// ```
/// # rondo::run(async {
/// let channel = rondo::Channel::new(2)?;
/// let sender = channel.clone();
/// std::thread::spawn(move || {
///     for n in 1..=4i32 {
///         sender.send_blocking(n, None).unwrap();
///     }
///     sender.shutdown();
/// });
/// let mut sum = 0;
/// while let Ok(n) = channel.receive().await {
///     sum += n;
/// }
/// assert_eq!(sum, 10);
/// # Ok(()) }).unwrap();
/// ```
///
/// ```compile_fail
/// let channel = rondo::Channel::<std::rc::Rc<i32>>::new(1).unwrap(); // not for what is not Send
/// ```
pub struct Channel<T> {
    channel: ChannelRef,
    items: PhantomData<fn(T) -> T>,
}

// Only functions for any thread are called on it, but for the _async ones, which look for the loop of their thread.
unsafe impl<T: Send> Send for Channel<T> {}
unsafe impl<T: Send> Sync for Channel<T> {}

impl<T> Clone for Channel<T> {
    fn clone(&self) -> Channel<T> {
        Channel { channel: self.channel.clone(), items: PhantomData }
    }
}

impl<T: Send + 'static> Channel<T> {
    /// A channel for so many items at once; 0: any number.
    pub fn new(capacity: u64) -> Result<Channel<T>> {
        let raw = create(|out| unsafe { sys::rondo_channel_create(capacity, out) })?;
        Ok(Channel { channel: unsafe { ChannelRef::adopt(raw) }, items: PhantomData })
    }

    /// Shares a channel of another language.
    ///
    /// # Safety
    /// `raw` is a live channel, and one reference to it is the caller's to give away.
    pub unsafe fn from_raw(raw: *mut sys::rondo_channel) -> Channel<T> {
        Channel { channel: ChannelRef::adopt(raw), items: PhantomData }
    }

    /// The channel as C knows it, borrowed.
    pub fn as_raw(&self) -> *mut sys::rondo_channel {
        self.channel.get()
    }

    /// Sends an item; waits while the channel is full. The error: it was shut down, or the task cancelled; then the
    /// item is dropped.
    pub async fn send(&self, item: T) -> Result<()> {
        let item = Owned::new(value::encode(item));
        let sent = operate(
            |op| give(item, |item| unsafe { sys::rondo_channel_send_async(self.as_raw(), item, op) }),
            |_| {},
        );
        sent.await?.done()
    }

    /// Sends an item if there is room.
    pub fn send_nowait(&self, item: T) -> Result<()> {
        let status = give(Owned::new(value::encode(item)), |item| unsafe {
            sys::rondo_channel_send_nowait(self.as_raw(), item)
        });
        check(status).map(|_| ())
    }

    /// The same as [`send`](Channel::send) in a thread that runs no loop, waiting for at most the limit.
    pub fn send_blocking(&self, item: T, limit: Option<Duration>) -> Result<()> {
        let limit = limit.map_or(sys::RONDO_FOREVER, nanoseconds);
        let status = give(Owned::new(value::encode(item)), |item| unsafe {
            sys::rondo_channel_send_blocking(self.as_raw(), item, limit)
        });
        check(status).map(|_| ())
    }

    /// Takes an item; waits while there is none. The error: the channel was shut down and is empty, or the task
    /// cancelled.
    pub async fn receive(&self) -> Result<T> {
        let mut at_once = value::none();
        let channel = self.channel.clone();
        let received = operate(
            |op| unsafe { sys::rondo_channel_receive_async(self.as_raw(), &mut at_once, op) },
            move |outcome| drop(outcome.map(|item| send_back(&channel, item))),
        );
        match received.await? {
            Ended::AtOnce => unsafe { value::decode(at_once) },
            Ended::Waited(item) => unsafe { value::decode(item?.into_raw()) },
        }
    }

    /// Takes an item if there is one.
    pub fn receive_nowait(&self) -> Result<T> {
        let mut item = value::none();
        check(unsafe { sys::rondo_channel_receive_nowait(self.as_raw(), &mut item) })?;
        unsafe { value::decode(item) }
    }

    /// The same as [`receive`](Channel::receive) in a thread that runs no loop, waiting for at most the limit.
    pub fn receive_blocking(&self, limit: Option<Duration>) -> Result<T> {
        let limit = limit.map_or(sys::RONDO_FOREVER, nanoseconds);
        let mut item = value::none();
        check(unsafe { sys::rondo_channel_receive_blocking(self.as_raw(), &mut item, limit) })?;
        unsafe { value::decode(item) }
    }

    /// No more sends: they fail with [`Shutdown`](crate::ErrorKind::Shutdown). Receivers take what is left, and fail
    /// then too.
    pub fn shutdown(&self) {
        unsafe { sys::rondo_channel_shutdown(self.as_raw()) };
    }

    /// How many items are in it now.
    pub fn len(&self) -> u64 {
        unsafe { sys::rondo_channel_size(self.as_raw()) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("len", &unsafe { sys::rondo_channel_size(self.channel.get()) }).finish()
    }
}

fn send_back(channel: &ChannelRef, item: Owned) {
    let mut operation = ptr::null_mut();
    give(item, |item| unsafe { sys::rondo_channel_send_async(channel.get(), item, &mut operation) });
    finish_alone(operation);
}
