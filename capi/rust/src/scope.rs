//! Scopes: parts of a task's future that a timeout or a task group may cancel alone.
//!
//! The library cancels the whole task when a timeout expires or a group fails, for elsewhere a task is one chain of
//! awaits. A Rust future may have branches: a request is therefore traced back to the scopes that made it.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::error::Error;
use crate::raw::{GroupRef, TimeoutRef};
use crate::step::Header;
use crate::sys::{self, rondo_task};

pub(crate) enum Kind {
    Timeout(TimeoutRef),
    Group(GroupRef),
}

pub(crate) struct Scope {
    kind: Kind,
    outer: Option<Rc<Scope>>,
    depth: usize,
    index: Cell<usize>,              // in Scopes.live
    silent: Cell<bool>,              // a group that ended its members for another reason than a failure among them
    struck: Cell<bool>,              // its own request has been delivered
    foreign: Cell<bool>,             // as has one from outside
    heard: Cell<bool>,               // a leaf inside got the last request
    unheard: RefCell<Option<Error>>, // that request, if none did
    waker: RefCell<Option<Waker>>,   // of what polls it, unless that is the task
}

impl Scope {
    // Whether the task has been cancelled by this scope.
    fn has_requested(&self) -> bool {
        if self.silent.get() {
            return self.struck.get();
        }
        self.struck.get()
            || unsafe {
                match &self.kind {
                    Kind::Timeout(timeout) => {
                        sys::rondo_timeout_state(timeout.get()) == sys::RONDO_TIMEOUT_EXPIRING as i32
                    }
                    Kind::Group(group) => {
                        sys::rondo_task_group_state(group.get()) == sys::RONDO_GROUP_ABORTING as i32
                    }
                }
            }
    }

    // From now on an abort of the group does not come from the group.
    pub(crate) fn set_silent(&self) {
        self.silent.set(true);
    }

    // Whether what ended inside as cancelled did so because of this scope and no other.
    pub(crate) fn is_to_blame(&self) -> bool {
        let mut outer = self.outer.as_deref();
        while let Some(scope) = outer {
            if scope.struck.get() {
                return false;
            }
            outer = scope.outer.as_deref();
        }
        self.struck.get() && !self.foreign.get()
    }

    pub(crate) fn take_unheard(&self) -> Option<Error> {
        self.unheard.borrow_mut().take()
    }

    // Polls what is inside.
    pub(crate) fn poll<F: Future>(self: &Rc<Scope>, future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let around = Header::with_current(|task| {
            task.map(|task| {
                let other_waker = if task.is_own(cx.waker()) { None } else { Some(cx.waker()) };
                self.set_waker(other_waker);
                task.scopes.set_innermost(Some(self.clone()))
            })
        });
        let _restore = Restore(around);
        future.poll(cx)
    }

    fn set_waker(&self, waker: Option<&Waker>) {
        let mut kept = self.waker.borrow_mut();
        match (kept.as_ref(), waker) {
            (Some(old), Some(new)) if old.will_wake(new) => {}
            _ => *kept = waker.cloned(),
        }
    }

    fn is_inside(self: &Rc<Scope>, other: &Rc<Scope>) -> bool {
        let mut scope = Some(self);
        while let Some(candidate) = scope {
            if Rc::ptr_eq(candidate, other) {
                return true;
            }
            scope = candidate.outer.as_ref();
        }
        false
    }

    // A leaf inside got the request.
    pub(crate) fn note_heard(scope: Option<&Rc<Scope>>) {
        let mut scope = scope;
        while let Some(heard) = scope {
            heard.heard.set(true);
            scope = heard.outer.as_ref();
        }
    }

    // Those whose request no leaf heard keep it.
    pub(crate) fn leave_unheard(struck: &[Rc<Scope>], error: &Error) {
        for scope in struck.iter().filter(|scope| !scope.heard.get()) {
            *scope.unheard.borrow_mut() = Some(error.clone());
            if let Some(waker) = scope.waker.borrow().as_ref() {
                waker.wake_by_ref();
            }
        }
    }
}

// The scope around the one that was polled, if that was in a task.
struct Restore(Option<Option<Rc<Scope>>>);

impl Drop for Restore {
    fn drop(&mut self) {
        if let Some(around) = self.0.take() {
            Header::with_current(|task| task.map(|task| task.scopes.set_innermost(around)));
        }
    }
}

// What a cancel request is aimed at.
pub(crate) enum Aim {
    Task,
    Scopes(Vec<Rc<Scope>>),
}

impl Aim {
    pub(crate) fn includes(&self, scope: Option<&Rc<Scope>>) -> bool {
        match self {
            Aim::Task => true,
            Aim::Scopes(struck) => scope.map_or(false, |scope| struck.iter().any(|other| scope.is_inside(other))),
        }
    }
}

// The scopes a task is in.
pub(crate) struct Scopes {
    live: RefCell<Vec<Rc<Scope>>>,
    innermost: RefCell<Option<Rc<Scope>>>, // around what is being polled
    foreign_requests: Cell<u32>,           // that were seen
}

impl Scopes {
    pub(crate) fn new() -> Scopes {
        Scopes { live: RefCell::new(Vec::new()), innermost: RefCell::new(None), foreign_requests: Cell::new(0) }
    }

    pub(crate) fn enter(&self, kind: Kind) -> Rc<Scope> {
        let outer = self.innermost();
        let mut live = self.live.borrow_mut();
        let scope = Rc::new(Scope {
            kind,
            depth: outer.as_ref().map_or(0, |outer| outer.depth) + 1,
            outer,
            index: Cell::new(live.len()),
            silent: Cell::new(false),
            struck: Cell::new(false),
            foreign: Cell::new(false),
            unheard: RefCell::new(None),
            heard: Cell::new(false),
            waker: RefCell::new(None),
        });
        live.push(scope.clone());
        scope
    }

    pub(crate) fn leave(&self, scope: &Rc<Scope>) {
        let mut live = self.live.borrow_mut();
        let index = scope.index.get();
        if live.get(index).map_or(false, |found| Rc::ptr_eq(found, scope)) {
            live.swap_remove(index);
            if let Some(moved) = live.get(index) {
                moved.index.set(index);
            }
        }
    }

    pub(crate) fn innermost(&self) -> Option<Rc<Scope>> {
        self.innermost.borrow().clone()
    }

    // Answers the one before.
    pub(crate) fn set_innermost(&self, scope: Option<Rc<Scope>>) -> Option<Rc<Scope>> {
        self.innermost.replace(scope)
    }

    // Whether each of them is around this place.
    pub(crate) fn all_around(&self, scope: &Option<Rc<Scope>>) -> bool {
        self.live.borrow().len() == scope.as_ref().map_or(0, |scope| scope.depth)
    }

    // A cancel request has come: from whom?
    pub(crate) fn attribute(&self, task: *mut rondo_task) -> Aim {
        let live = self.live.borrow();
        if live.is_empty() {
            return Aim::Task;
        }
        let requested: Vec<&Rc<Scope>> = live.iter().filter(|scope| scope.has_requested()).collect();
        let all = unsafe { sys::rondo_task_cancelling(task) }.max(0) as u32;
        let foreign = all.saturating_sub(requested.len() as u32);
        let from_outside = foreign > self.foreign_requests.replace(foreign);
        let fresh: Vec<_> = requested.into_iter().filter(|scope| !scope.struck.replace(true)).cloned().collect();
        if from_outside {
            live.iter().for_each(|scope| scope.foreign.set(true));
        }
        if from_outside || fresh.is_empty() {
            Aim::Task
        } else {
            fresh.iter().for_each(|scope| scope.heard.set(false));
            Aim::Scopes(fresh)
        }
    }

    // A request that waits for the place being polled to await something.
    pub(crate) fn take_unheard(&self) -> Option<Error> {
        let mut scope = self.innermost();
        while let Some(here) = scope {
            if let Some(error) = here.take_unheard() {
                return Some(error);
            }
            scope = here.outer.clone();
        }
        None
    }
}
