//! Futures: what any language can await and any language can resolve.

use std::future::Future as StdFuture;
use std::marker::PhantomData;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll};

use crate::error::{Error, Result};
use crate::raw::{create, FutureRef};
use crate::step::Wait;
use crate::sys;
use crate::task::{await_future, Task};
use crate::value;

/// A future of the loop: a result that will be there, whichever language it comes from.
///
/// It is a counted handle. Clones stand for the same future, and each may be awaited; dropping one only lets go
/// ([`into_task`](Future::into_task) makes it an owner). Plain results (see [`Value`](crate::Value)) are copied for
/// everyone who awaits; of any other there is only one, for the first.
///
/// ```
/// # rondo::run(async {
/// let (promise, future) = rondo::promise::<String>()?;
/// let reader = rondo::spawn(async move { future.await });
/// promise.set_result("hello".to_string())?;
/// assert_eq!(reader.await?, "hello");
/// # Ok(()) }).unwrap();
/// ```
pub struct Future<T> {
    future: FutureRef,
    wait: Wait,
    result: PhantomData<*mut T>,
}

impl<T> Unpin for Future<T> {}

impl<T: 'static> Future<T> {
    pub(crate) fn adopt(future: FutureRef) -> Future<T> {
        Future { future, wait: Wait::None, result: PhantomData }
    }

    /// Takes over one reference to a future or task of any language.
    ///
    /// # Safety
    /// `raw` is a live future of a loop of this thread, and one reference to it is the caller's to give away.
    pub unsafe fn from_raw(raw: *mut sys::rondo_future) -> Future<T> {
        Future::adopt(FutureRef::adopt(raw))
    }

    /// The future as C knows it, with one reference for whoever gets it.
    pub fn into_raw(self) -> *mut sys::rondo_future {
        self.future.clone().detach()
    }

    /// The future as C knows it, borrowed.
    pub fn as_raw(&self) -> *mut sys::rondo_future {
        self.future.get()
    }

    /// A handle that cancels the future when it is dropped.
    pub fn into_task(self) -> Task<T> {
        Task::adopt(self.future.clone())
    }

    /// Requests cancellation. A plain future is cancelled at once, a task hears of it in a later turn. False: it is
    /// done already, or nobody would take the request.
    pub fn cancel(&self) -> bool {
        unsafe { sys::rondo_future_cancel(self.future.get(), ptr::null()) == 1 }
    }

    /// Whether it has ended, in whatever way.
    pub fn is_done(&self) -> bool {
        self.future.is_done()
    }

    /// Whether it ended cancelled.
    pub fn is_cancelled(&self) -> bool {
        unsafe { sys::rondo_future_cancelled(self.future.get()) == 1 }
    }
}

impl<T> Clone for Future<T> {
    fn clone(&self) -> Future<T> {
        Future { future: self.future.clone(), wait: Wait::None, result: PhantomData }
    }
}

impl<T: 'static> StdFuture for Future<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let this = &mut *self;
        let ended = await_future(&this.future, &mut this.wait, cx);
        ended.map(|ended| ended.and_then(|()| look(&this.future)))
    }
}

fn look<T: 'static>(future: &FutureRef) -> Result<T> {
    let view = future.view()?;
    unsafe { value::view(&view).unwrap_or_else(|| value::decode(future.take()?)) }
}

impl<T> std::fmt::Debug for Future<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Future").field("done", &self.future.is_done()).finish()
    }
}

/// A new future of the loop that runs in this thread, and the promise that resolves it.
pub fn promise<T: 'static>() -> Result<(Promise<T>, Future<T>)> {
    let raw = create(|out| unsafe { sys::rondo_future_create(ptr::null_mut(), ptr::null(), out) })?;
    let future = unsafe { FutureRef::adopt(raw) };
    Ok((Promise { future: Some(future.clone()), result: PhantomData }, Future::adopt(future)))
}

/// Resolves a future, once. A promise that is dropped before cancels its future.
#[must_use = "dropping a promise cancels its future"]
pub struct Promise<T> {
    future: Option<FutureRef>,
    result: PhantomData<*mut T>,
}

impl<T: 'static> Promise<T> {
    fn get(&self) -> &FutureRef {
        self.future.as_ref().expect("only set_result and the like take it")
    }

    /// Gives the future its result. The error: it was cancelled meanwhile.
    pub fn set_result(mut self, result: T) -> Result<()> {
        let future = self.future.take().expect("a promise is kept once");
        let mut value = value::encode(result);
        match unsafe { sys::rondo_future_set_result(future.get(), &mut value) } {
            status if status < 0 => {
                unsafe { sys::rondo_value_drop(&mut value) };
                Err(Error::of_status(status))
            }
            _ => Ok(()),
        }
    }

    /// Makes the future fail. The error: it was cancelled meanwhile.
    pub fn set_error(mut self, error: impl Into<Error>) -> Result<()> {
        let future = self.future.take().expect("a promise is kept once");
        crate::error::check(unsafe { sys::rondo_future_set_error(future.get(), error.into().as_raw()) })?;
        Ok(())
    }

    /// Whether nobody wants the result any more: the future was cancelled.
    pub fn is_cancelled(&self) -> bool {
        unsafe { sys::rondo_future_done(self.get().get()) == 1 }
    }
}

impl<T: Send + 'static> Promise<T> {
    /// The same promise for another thread to keep.
    pub fn into_remote(mut self) -> RemotePromise<T> {
        RemotePromise { future: self.future.take(), result: PhantomData }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        if let Some(future) = &self.future {
            unsafe { sys::rondo_future_cancel(future.get(), b"the promise was dropped\0".as_ptr() as *const _) };
        }
    }
}

impl<T> std::fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Promise")
    }
}

/// A [`Promise`] that any thread may keep: the loop carries it out in its next turn.
///
/// ```
/// # rondo::run(async {
/// let (promise, future) = rondo::promise::<i32>()?;
/// let promise = promise.into_remote();
/// std::thread::spawn(move || promise.set_result(42));
/// assert_eq!(future.await?, 42);
/// # Ok(()) }).unwrap();
/// ```
///
/// Only what may cross threads may be promised so:
///
/// ```compile_fail
/// # rondo::run(async {
/// let (promise, future) = rondo::promise::<std::rc::Rc<i32>>()?;
/// let promise = promise.into_remote();
/// # Ok(()) }).unwrap();
/// ```
#[must_use = "dropping a promise cancels its future"]
pub struct RemotePromise<T> {
    future: Option<FutureRef>,
    result: PhantomData<fn(T)>,
}

// Retain, release and the _threadsafe functions are for any thread; what is promised is Send.
unsafe impl<T: Send> Send for RemotePromise<T> {}
unsafe impl<T: Send> Sync for RemotePromise<T> {}

impl<T: Send + 'static> RemotePromise<T> {
    /// Gives the future its result. The error: the loop is closed. If the future was cancelled meanwhile, the loop's
    /// exception handler hears of it.
    pub fn set_result(mut self, result: T) -> Result<()> {
        let future = self.future.take().expect("a promise is kept once");
        let mut value = value::encode(result);
        match unsafe { sys::rondo_future_set_result_threadsafe(future.get(), &mut value) } {
            status if status < 0 => {
                unsafe { sys::rondo_value_drop(&mut value) };
                Err(Error::of_status(status))
            }
            _ => Ok(()),
        }
    }

    /// Makes the future fail. The error: the loop is closed.
    pub fn set_error(mut self, error: impl Into<Error>) -> Result<()> {
        let future = self.future.take().expect("a promise is kept once");
        crate::error::check(unsafe { sys::rondo_future_set_error_threadsafe(future.get(), error.into().as_raw()) })?;
        Ok(())
    }
}

impl<T> Drop for RemotePromise<T> {
    fn drop(&mut self) {
        if let Some(future) = &self.future {
            let message = b"the promise was dropped\0".as_ptr() as *const _;
            unsafe { sys::rondo_future_cancel_threadsafe(future.get(), message) };
        }
    }
}

impl<T> std::fmt::Debug for RemotePromise<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RemotePromise")
    }
}
