//! The waker of a task: nothing until somebody clones it, then one block that lives as long as its clones. Waking
//! allocates nothing and may happen in any thread.

use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::atomic::{fence, AtomicBool, AtomicPtr, Ordering};
use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

use crate::sys;

// What clones share.
struct Shared {
    raw: AtomicPtr<sys::rondo_waker>, // NULL until the first poll with clones is over
    woken: AtomicBool,                // since the poll began
}

impl Shared {
    // Whoever makes the waker (see arm) looks at `woken` afterwards; hence the order.
    fn wake(&self) {
        self.woken.store(true, Ordering::SeqCst);
        let raw = self.raw.load(Ordering::SeqCst);
        if !raw.is_null() {
            unsafe { sys::rondo_waker_wake_by_ref(raw) }
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let raw = *self.raw.get_mut();
        if !raw.is_null() {
            unsafe { sys::rondo_waker_release(raw) }
        }
    }
}

// In the header of a task's frame. During a poll its address is the waker's data, and `&Waker` may cross threads: these
// two fields are all that such a waker touches.
pub(crate) struct OwnWaker {
    shared: AtomicPtr<Shared>, // one count of an Arc, or NULL
    woken: AtomicBool,         // during the poll, by a reference to the waker
}

static BORROWED: RawWakerVTable = RawWakerVTable::new(borrowed_clone, borrowed_wake, borrowed_wake, |_| {});
static SHARED: RawWakerVTable = RawWakerVTable::new(shared_clone, shared_wake, shared_wake_by_ref, shared_drop);

impl OwnWaker {
    pub(crate) fn new() -> OwnWaker {
        OwnWaker { shared: AtomicPtr::new(ptr::null_mut()), woken: AtomicBool::new(false) }
    }

    // The waker for one poll, which begins now.
    pub(crate) fn for_poll(&self) -> ManuallyDrop<Waker> {
        let shared = self.shared.load(Ordering::Acquire);
        let raw = match unsafe { shared.as_ref() } {
            None => RawWaker::new(self as *const OwnWaker as *const (), &BORROWED),
            Some(content) => {
                content.woken.store(false, Ordering::SeqCst);
                RawWaker::new(shared as *const (), &SHARED)
            }
        };
        ManuallyDrop::new(unsafe { Waker::from_raw(raw) })
    }

    // Whether no clone is left, and none was woken before it went: nobody can wake the task now.
    pub(crate) fn is_unshared(&self) -> bool {
        let shared = ManuallyDrop::new(match self.shared() {
            None => return true,
            Some(shared) => shared,
        });
        if Arc::strong_count(&shared) > 1 {
            return false;
        }
        fence(Ordering::Acquire);
        !shared.woken.load(Ordering::SeqCst)
    }

    // The content with the count that is ours.
    fn shared(&self) -> Option<Arc<Shared>> {
        let shared = self.shared.load(Ordering::Acquire);
        if shared.is_null() {
            None
        } else {
            Some(unsafe { Arc::from_raw(shared) })
        }
    }

    // Whether the poll woke its own task without a clone, as futures do that want to be polled again.
    pub(crate) fn take_woken(&self) -> bool {
        self.woken.swap(false, Ordering::SeqCst)
    }

    // The task is about to park: clones may wake it from now on. False: somebody wanted to before they could.
    pub(crate) fn arm(&self, task: *mut sys::rondo_task) -> bool {
        let shared = match unsafe { self.shared.load(Ordering::Acquire).as_ref() } {
            Some(shared) if shared.raw.load(Ordering::Relaxed).is_null() => shared,
            _ => return true,
        };
        let mut raw = ptr::null_mut();
        if unsafe { sys::rondo_task_waker(task, &mut raw) } < 0 {
            return false; // out of memory: the task polls until there is some
        }
        shared.raw.store(raw, Ordering::SeqCst);
        !shared.woken.load(Ordering::SeqCst)
    }

    // The content, made now if need be. Several threads may come here at once.
    fn share(&self) -> *mut Shared {
        let shared = self.shared.load(Ordering::Acquire);
        if !shared.is_null() {
            return shared;
        }
        let made = Arc::new(Shared { raw: AtomicPtr::new(ptr::null_mut()), woken: AtomicBool::new(false) });
        let made = Arc::into_raw(made) as *mut Shared;
        match self.shared.compare_exchange(ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => made,
            Err(first) => {
                drop(unsafe { Arc::from_raw(made) });
                first
            }
        }
    }
}

impl Drop for OwnWaker {
    fn drop(&mut self) {
        drop(self.shared());
    }
}

unsafe fn borrowed_clone(own: *const ()) -> RawWaker {
    shared_clone((*(own as *const OwnWaker)).share() as *const ())
}

unsafe fn borrowed_wake(own: *const ()) {
    (*(own as *const OwnWaker)).woken.store(true, Ordering::SeqCst);
}

unsafe fn shared_clone(shared: *const ()) -> RawWaker {
    Arc::increment_strong_count(shared as *const Shared);
    RawWaker::new(shared, &SHARED)
}

unsafe fn shared_wake(shared: *const ()) {
    Arc::from_raw(shared as *const Shared).wake();
}

unsafe fn shared_wake_by_ref(shared: *const ()) {
    (*(shared as *const Shared)).wake();
}

unsafe fn shared_drop(shared: *const ()) {
    drop(Arc::from_raw(shared as *const Shared));
}
