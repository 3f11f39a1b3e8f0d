//! Registrations: what a leaf waits for when its task cannot simply await it, as a callback that wakes.

use std::cell::{Cell, RefCell};
use std::os::raw::c_void;
use std::ptr;
use std::rc::Rc;
use std::task::Waker;

use crate::error::{Error, Result};
use crate::raw::{init, FutureRef, HandleRef};
use crate::scope::Scope;
use crate::step::{Delivery, Target, Undo, Woken};
use crate::sys;
use crate::value::Owned;

pub(crate) struct Registration {
    source: RefCell<Source>,
    waker: RefCell<Option<Waker>>,
    foreign: bool, // the waker is not the task's own
    woken: Cell<Option<Woken>>,
    scope: Option<Rc<Scope>>,
    list: Cell<*const List>,
    previous: Cell<*const Registration>,
    next: Cell<*const Registration>,
}

enum Source {
    Waiting(Target),
    Future(FutureRef),
    Operation(FutureRef, Undo), // a task that awaits it
    Timer(HandleRef),
    Ended,
}

impl Registration {
    pub(crate) fn new(target: Target, waker: &Waker, foreign: bool, scope: Option<Rc<Scope>>) -> Rc<Registration> {
        Rc::new(Registration {
            source: RefCell::new(Source::Waiting(target)),
            waker: RefCell::new(Some(waker.clone())),
            foreign,
            woken: Cell::new(None),
            scope,
            list: Cell::new(ptr::null()),
            previous: Cell::new(ptr::null()),
            next: Cell::new(ptr::null()),
        })
    }

    pub(crate) fn scope(&self) -> Option<&Rc<Scope>> {
        self.scope.as_ref()
    }

    // Begins to wait.
    pub(crate) fn start(self: &Rc<Registration>) {
        let target = match self.source.replace(Source::Ended) {
            Source::Waiting(target) => target,
            other => {
                self.source.replace(other);
                return;
            }
        };
        match self.subscribe(target) {
            Ok(source) => drop(self.source.replace(source)),
            Err(error) => self.finish(Err(error)),
        }
    }

    fn subscribe(self: &Rc<Registration>, target: Target) -> Result<Source> {
        match target {
            Target::Future(future) => {
                self.add_done_callback(&future)?;
                Ok(Source::Future(future))
            }
            Target::Operation(operation, undo) => {
                let relay = crate::relay::await_operation(operation)?;
                self.add_done_callback(&relay)?;
                Ok(Source::Operation(relay, undo))
            }
            Target::Sleep(delay) => self.call_later(delay),
            Target::Yield => self.call_later(0),
        }
    }

    fn add_done_callback(self: &Rc<Registration>, future: &FutureRef) -> Result<()> {
        if unsafe { sys::rondo_future_loop(future.get()) != sys::rondo_loop_running() } {
            return Err(Error::of_status(sys::RONDO_EOTHERLOOP));
        }
        self.subscribe_with(|user, options| unsafe {
            sys::rondo_future_add_done_callback(future.get(), Some(on_end), user, options)
        })
    }

    fn call_later(self: &Rc<Registration>, delay: i64) -> Result<Source> {
        let mut handle = ptr::null_mut();
        self.subscribe_with(|user, options| unsafe {
            if delay > 0 {
                sys::rondo_loop_call_later(ptr::null_mut(), delay, Some(on_end), user, options, &mut handle)
            } else {
                sys::rondo_loop_call_soon(ptr::null_mut(), Some(on_end), user, options, &mut handle)
            }
        })?;
        Ok(Source::Timer(unsafe { HandleRef::adopt(handle) }))
    }

    // The callback holds a reference of its own.
    fn subscribe_with(
        self: &Rc<Registration>,
        call: impl FnOnce(*mut c_void, &sys::rondo_call_options) -> i32,
    ) -> Result<()> {
        let mut options = init!(rondo_call_options);
        options.drop = Some(let_go);
        let user = Rc::into_raw(self.clone()) as *mut c_void;
        match call(user, &options) {
            status if status < 0 => {
                unsafe { let_go(user) };
                Err(Error::of_status(status))
            }
            _ => Ok(()),
        }
    }

    // It has happened: wakes who waits.
    fn finish(&self, woken: Woken) {
        self.woken.set(Some(woken));
        self.wake();
    }

    fn wake(&self) {
        let waker = self.waker.borrow().clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    // The leaf looks.
    pub(crate) fn poll(&self, waker: &Waker) -> Option<Woken> {
        if let Some(woken) = self.woken.take() {
            self.detach();
            return Some(woken);
        }
        let mut kept = self.waker.borrow_mut();
        if !kept.as_ref().map_or(false, |kept| kept.will_wake(waker)) {
            *kept = Some(waker.clone());
        }
        None
    }

    // A cancel request: true when the leaf will hear of it.
    pub(crate) fn strike(&self, error: &Error) -> bool {
        let awaited = match &*self.source.borrow() {
            Source::Future(future) | Source::Operation(future, _) => Some(future.clone()),
            _ => None,
        };
        if let Some(awaited) = awaited {
            if unsafe { sys::rondo_future_cancel_with(awaited.get(), error.as_raw()) } == 1 {
                return true; // and ends when that has ended
            }
        }
        self.stop();
        self.woken.set(Some(Err(error.clone())));
        if self.foreign {
            self.wake(); // its own task is being polled already
        }
        true
    }

    // Waits no more.
    fn stop(&self) {
        match self.source.replace(Source::Ended) {
            Source::Future(future) => unsafe {
                let user = self as *const Registration as *mut c_void;
                sys::rondo_future_remove_done_callback(future.get(), Some(on_end), user);
            },
            Source::Timer(handle) => unsafe {
                sys::rondo_handle_cancel(handle.get());
            },
            // The callback stays: should the operation succeed all the same, its outcome is undone there.
            Source::Operation(relay, undo) => unsafe {
                sys::rondo_future_cancel(relay.get(), ptr::null());
                self.source.replace(Source::Operation(relay, undo));
            },
            Source::Waiting(_) | Source::Ended => {}
        }
    }

    // The leaf is gone, or has heard.
    pub(crate) fn detach(&self) {
        self.waker.replace(None);
        self.unlink();
        self.stop();
        drop(self.woken.take());
    }

    fn unlink(&self) {
        let list = match unsafe { self.list.replace(ptr::null()).as_ref() } {
            Some(list) => list,
            None => return,
        };
        let (previous, next) = (self.previous.get(), self.next.get());
        unsafe {
            match previous.as_ref() {
                Some(previous) => previous.next.set(next),
                None => list.first.set(next),
            }
            if let Some(next) = next.as_ref() {
                next.previous.set(previous);
            }
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.unlink();
    }
}

unsafe extern "C" fn let_go(user: *mut c_void) {
    drop(Rc::from_raw(user as *const Registration));
}

// The callback. Wakers and undo functions do not unwind unless somebody else's are broken.
unsafe extern "C" fn on_end(user: *mut c_void, _: *mut sys::rondo_call) {
    crate::value::quietly(|| {
        Rc::increment_strong_count(user as *const Registration);
        let registration = Rc::from_raw(user as *const Registration);
        let woken = match registration.source.replace(Source::Ended) {
            Source::Operation(relay, undo) => Ok(Some(Delivery::new(relay.take().map(Owned::new), undo))),
            _ => Ok(None),
        };
        registration.finish(woken);
    });
}

// The registrations of one task.
pub(crate) struct List {
    first: Cell<*const Registration>,
}

impl List {
    pub(crate) fn new() -> List {
        List { first: Cell::new(ptr::null()) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.get().is_null()
    }

    pub(crate) fn push(&self, registration: &Rc<Registration>) {
        let first = self.first.replace(Rc::as_ptr(registration));
        if let Some(first) = unsafe { first.as_ref() } {
            first.previous.set(Rc::as_ptr(registration));
        }
        registration.next.set(first);
        registration.list.set(self);
    }

    pub(crate) fn to_vec(&self) -> Vec<Rc<Registration>> {
        self.iter().collect()
    }

    fn iter(&self) -> impl Iterator<Item = Rc<Registration>> {
        let mut next = self.first.get();
        std::iter::from_fn(move || unsafe {
            let here = next.as_ref()?;
            next = here.next.get();
            Rc::increment_strong_count(here);
            Some(Rc::from_raw(here))
        })
    }

    // The task has ended.
    pub(crate) fn let_go(&self) {
        for registration in self.iter() {
            registration.unlink();
        }
    }
}
