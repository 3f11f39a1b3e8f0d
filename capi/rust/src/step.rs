//! The engine: a Rust future as a coroutine of the library. Each step of the task polls the future once and turns what
//! it waits for into a verdict.
//!
//! What a pending future waits for is known to two parties: the *leaves* of this crate it polled (sleeps, tasks,
//! futures, ...), and whoever cloned its waker. A leaf that finds nobody before it puts itself into the *slot* of its
//! task. If at the end of the poll it is alone there, with no clone of the waker about, the step answers AWAIT, SLEEP or
//! YIELD: no callback, no allocation, and a cancel request reaches what is awaited as it does in every language. In all
//! other cases (join, select, futures of other crates) each leaf gets a *registration*, a callback that wakes it, and
//! the step answers PARK.
//!
//! A cancel request comes as the error of a step and goes to the leaves the task stands in; each answers it with an
//! error, as an await does in asyncio. A future that stands in none of them is dropped. Timeouts and task groups are
//! *scopes*: a request that one of them made goes only to the leaves inside it.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::os::raw::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::ptr;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::error::{Error, Result};
use crate::group::DroppedGroups;
use crate::raw::FutureRef;
use crate::register::{List, Registration};
use crate::scope::{Aim, Scope, Scopes};
use crate::sys::{self, rondo_coro_vtable, rondo_step, rondo_task};
use crate::value::{self, quietly, Owned};
use crate::waker::OwnWaker;

/// What a task may return: a value, or a [`Result`] whose error fails (or cancels) the task.
///
/// Implemented for `Result<T>` of any `T`, and for the usual types of the standard library. For a type of your own,
/// return `Ok(value)`, or implement it:
///
/// ```
/// struct Answer(i32);
///
/// impl rondo::Outcome for Answer {
///     type Value = Answer;
///     fn into_result(self) -> rondo::Result<Answer> {
///         Ok(self)
///     }
/// }
///
/// assert_eq!(rondo::run(async { Answer(42) }).unwrap().0, 42);
/// ```
pub trait Outcome {
    /// What who awaits the task gets.
    type Value;

    /// How the task ends.
    fn into_result(self) -> Result<Self::Value>;
}

impl<T> Outcome for Result<T, Error> {
    type Value = T;
    fn into_result(self) -> Result<T> {
        self
    }
}

macro_rules! plain_outcomes {
    ($([$($generic:ident)*] $type:ty;)*) => {$(
        impl<$($generic),*> Outcome for $type {
            type Value = $type;
            fn into_result(self) -> Result<$type> {
                Ok(self)
            }
        }
    )*};
}

plain_outcomes! {
    [] (); [] bool; [] char; [] i8; [] i16; [] i32; [] i64; [] i128; [] isize; [] u8; [] u16; [] u32; [] u64; [] u128;
    [] usize; [] f32; [] f64; [] String; [] &'static str; [] value::Value; [] std::convert::Infallible;
    [] std::time::Duration; [] std::time::Instant;
    [T] Option<T>; [T] Vec<T>; [T] Box<T>; [T] Rc<T>; [T] std::sync::Arc<T>; [T] std::collections::VecDeque<T>;
    [K V S] std::collections::HashMap<K, V, S>; [K V] std::collections::BTreeMap<K, V>;
    [A] (A,); [A B] (A, B); [A B C] (A, B, C); [A B C D] (A, B, C, D);
}

impl<T, const N: usize> Outcome for [T; N] {
    type Value = [T; N];
    fn into_result(self) -> Result<[T; N]> {
        Ok(self)
    }
}

// ---- what a leaf waits for

pub(crate) enum Target {
    Future(FutureRef),
    // An operation of the library: awaited by one task, once. What it ends with is delivered, or undone.
    Operation(FutureRef, Undo),
    Sleep(i64),
    Yield,
}

impl Target {
    pub(crate) fn sleep(nanoseconds: i64) -> Target {
        if nanoseconds > 0 {
            Target::Sleep(nanoseconds)
        } else {
            Target::Yield
        }
    }
}

// What to do about an operation that has ended when nobody will collect its outcome any more.
pub(crate) type Undo = Box<dyn FnOnce(Result<Owned>)>;

// How a wait ended; Some for operations.
pub(crate) type Woken = Result<Option<Delivery>>;

// The outcome of an operation, until the leaf collects it.
pub(crate) struct Delivery(Option<(Result<Owned>, Undo)>);

impl Delivery {
    pub(crate) fn new(outcome: Result<Owned>, undo: Undo) -> Delivery {
        Delivery(Some((outcome, undo)))
    }

    pub(crate) fn collect(mut self) -> Result<Owned> {
        self.0.take().expect("it is collected once").0
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Some((outcome, undo)) = self.0.take() {
            undo(outcome);
        }
    }
}

// What an operation came to; in the step after it was awaited.
fn taken(io: &mut rondo_step, error: Option<Error>) -> Result<Owned> {
    match error {
        Some(error) => Err(error),
        None => {
            let mut value = value::none();
            unsafe { sys::rondo_step_take(io, &mut value) };
            Ok(Owned::new(value))
        }
    }
}

struct Slot {
    ticket: u64,
    target: Target,
    scope: Option<Rc<Scope>>,
}

// A leaf's place in line. Moving it is harmless: nobody points to it.
#[derive(Default)]
pub(crate) enum Wait {
    #[default]
    None,
    Slot(u64),
    Registered(Rc<Registration>),
}

thread_local! {
    static CURRENT: Cell<*const Header> = const { Cell::new(ptr::null()) };
    static LAST_TICKET: Cell<u64> = const { Cell::new(0) };
}

fn next_ticket() -> u64 {
    LAST_TICKET.with(|last| {
        last.set(last.get() + 1);
        last.get()
    })
}

// ---- the task's side of it

pub(crate) struct Header {
    task: Cell<*mut rondo_task>,
    started: Cell<bool>,
    waker: OwnWaker,
    own: Cell<*const Waker>, // during a poll
    slot: RefCell<Option<Slot>>,
    // What the slot's wait ended with, until its leaf asks.
    resumed: RefCell<Option<(u64, Woken)>>,
    // A cancel request that found no leaf.
    unheard: RefCell<Option<Error>>,
    registered: List,
    // Of leaves that stood in the slot, with their tickets, until they ask.
    demoted: RefCell<Vec<(u64, Rc<Registration>)>>,
    pub(crate) scopes: Scopes,
    pub(crate) dropped_groups: DroppedGroups,
}

impl Header {
    // One step of a future that has not ended. Some: it has now.
    fn step<F>(&self, future: Pin<&mut F>, io: &mut rondo_step) -> Option<Result<Owned>>
    where
        F: Future,
        F::Output: Outcome,
        <F::Output as Outcome>::Value: 'static,
    {
        if !self.started.replace(true) {
            self.task.set(io.this);
            if io.status < 0 {
                return Some(Err(unsafe { Error::share(io.error) })); // cancelled before it began
            }
        } else {
            self.resume(io);
        }
        let waker = unsafe { &*self.own.get() };
        let polled = catch_unwind(AssertUnwindSafe(|| {
            future.poll(&mut Context::from_waker(waker)).map(|outcome| outcome.into_result().map(value::encode))
        }));
        match polled {
            Ok(Poll::Ready(result)) => Some(result.map(Owned::new)),
            Ok(Poll::Pending) => self.suspend(io).err().map(Err),
            Err(panic) => Some(Err(Error::of_panic(panic))),
        }
    }

    fn new() -> Header {
        Header {
            task: Cell::new(ptr::null_mut()),
            started: Cell::new(false),
            waker: OwnWaker::new(),
            own: Cell::new(ptr::null()),
            slot: RefCell::new(None),
            resumed: RefCell::new(None),
            unheard: RefCell::new(None),
            registered: List::new(),
            demoted: RefCell::new(Vec::new()),
            scopes: Scopes::new(),
            dropped_groups: DroppedGroups::new(),
        }
    }

    // The task whose future is being polled in this thread.
    pub(crate) fn with_current<R>(f: impl FnOnce(Option<&Header>) -> R) -> R {
        let current = CURRENT.try_with(Cell::get).unwrap_or(ptr::null());
        f(unsafe { current.as_ref() })
    }

    pub(crate) fn task(&self) -> *mut rondo_task {
        self.task.get()
    }

    pub(crate) fn is_own(&self, waker: &Waker) -> bool {
        unsafe { self.own.get().as_ref() }.map_or(false, |own| own.will_wake(waker))
    }

    // The suspension is over: tells the leaves how.
    fn resume(&self, io: &mut rondo_step) {
        self.dropped_groups.sweep();
        let error = if io.status < 0 { Some(unsafe { Error::share(io.error) }) } else { None };
        match (self.slot.borrow_mut().take(), error) {
            (Some(slot), error) => {
                if error.as_ref().map_or(false, Error::is_cancelled) {
                    self.scopes.attribute(self.task());
                }
                let woken = match (slot.target, error) {
                    (Target::Operation(_, undo), error) => Ok(Some(Delivery::new(taken(io, error), undo))),
                    (_, Some(error)) => Err(error),
                    _ => Ok(None),
                };
                self.resumed.replace(Some((slot.ticket, woken)));
            }
            (None, Some(error)) => self.strike(error),
            (None, None) => {}
        }
    }

    // A cancel request found the task parked.
    fn strike(&self, error: Error) {
        let aim = self.scopes.attribute(self.task());
        let mut heard = false;
        for registration in self.registered.to_vec() {
            if aim.includes(registration.scope()) && registration.strike(&error) {
                heard = true;
                Scope::note_heard(registration.scope());
            }
        }
        match aim {
            Aim::Task if !heard => *self.unheard.borrow_mut() = Some(error),
            Aim::Task => {}
            Aim::Scopes(struck) => Scope::leave_unheard(&struck, &error),
        }
    }

    // Whether a cancel request wants to end what awaits next.
    pub(crate) fn take_unheard(&self) -> Option<Error> {
        self.unheard.borrow_mut().take().or_else(|| self.scopes.take_unheard())
    }

    // The poll is over and the future waits: for what?
    fn suspend(&self, io: &mut rondo_step) -> Result<()> {
        if let Some((_, Err(error))) = self.resumed.borrow_mut().take() {
            self.keep_unheard(error);
        }
        if let Some(error) = self.unheard.borrow_mut().take() {
            return Err(error);
        }
        let slot = self.slot.borrow_mut().take();
        let woken = self.waker.take_woken();
        match slot {
            Some(slot) if matches!(slot.target, Target::Yield) || (!woken && self.is_alone(&slot)) => {
                self.answer(io, slot);
                return Ok(());
            }
            Some(slot) => self.demote(slot), // others may wake the task too
            None => {}
        }
        let again = !self.waker.arm(self.task()) || woken;
        io.verdict = if again { sys::RONDO_STEP_YIELD } else { sys::RONDO_STEP_PARK };
        Ok(())
    }

    // A wait whose leaf was dropped before it heard of its end: a cancel request must not get lost with it.
    fn keep_unheard(&self, error: Error) {
        if error.is_cancelled() && unsafe { sys::rondo_task_cancelling(self.task()) } > 0 {
            *self.unheard.borrow_mut() = Some(error);
        }
    }

    fn is_alone(&self, slot: &Slot) -> bool {
        self.registered.is_empty() && self.scopes.all_around(&slot.scope) && self.waker.is_unshared()
    }

    fn answer(&self, io: &mut rondo_step, slot: Slot) {
        match &slot.target {
            Target::Future(future) | Target::Operation(future, _) => {
                io.verdict = sys::RONDO_STEP_AWAIT;
                io.target = future.clone().detach();
            }
            Target::Sleep(delay) => {
                io.verdict = sys::RONDO_STEP_SLEEP;
                io.delay_ns = *delay;
            }
            Target::Yield => io.verdict = sys::RONDO_STEP_YIELD,
        }
        *self.slot.borrow_mut() = Some(slot);
    }

    // A leaf begins to wait. The error: a cancel request was only waiting for that.
    fn enlist(&self, target: impl FnOnce() -> Target, waker: &Waker) -> Result<Wait> {
        if let Some(error) = self.take_unheard() {
            return Err(error);
        }
        let target = target();
        let scope = self.scopes.innermost();
        if self.is_own(waker) && self.slot.borrow().is_none() {
            let ticket = next_ticket();
            *self.slot.borrow_mut() = Some(Slot { ticket, target, scope });
            return Ok(Wait::Slot(ticket));
        }
        Ok(Wait::Registered(self.register(Slot { ticket: 0, target, scope }, waker)))
    }

    fn register(&self, slot: Slot, waker: &Waker) -> Rc<Registration> {
        let registration = Registration::new(slot.target, waker, !self.is_own(waker), slot.scope);
        self.registered.push(&registration);
        registration.start();
        registration
    }

    fn demote(&self, slot: Slot) {
        let ticket = slot.ticket;
        let registration = self.register(slot, unsafe { &*self.own.get() });
        self.demoted.borrow_mut().push((ticket, registration));
    }

    fn take_demoted(&self, ticket: u64) -> Option<Rc<Registration>> {
        let mut demoted = self.demoted.borrow_mut();
        let place = demoted.iter().position(|(with, _)| *with == ticket)?;
        Some(demoted.swap_remove(place).1)
    }

    // A leaf asks what has become of its place in the slot.
    fn look_up(&self, ticket: u64, waker: &Waker) -> Found {
        if let Some((_, woken)) = take_if(&self.resumed, |(resumed, _)| *resumed == ticket) {
            return Found::Woken(woken);
        }
        if let Some(slot) = take_if(&self.slot, |slot| slot.ticket == ticket) {
            if self.is_own(waker) {
                self.slot.replace(Some(slot));
                return Found::Waiting;
            }
            return Found::Registered(self.register(slot, waker));
        }
        self.take_demoted(ticket).map_or(Found::Nothing, Found::Registered)
    }

    // A leaf with a place in the slot was dropped.
    fn forget(&self, ticket: u64) {
        if let Some((_, woken)) = take_if(&self.resumed, |(resumed, _)| *resumed == ticket) {
            if let Err(error) = woken {
                self.keep_unheard(error);
            }
        } else if let Some(slot) = take_if(&self.slot, |slot| slot.ticket == ticket) {
            self.abandon(slot);
        } else if let Some(registration) = self.take_demoted(ticket) {
            registration.detach();
        }
    }

    // An operation has begun when it is there: it must be awaited, if only to be cancelled.
    fn abandon(&self, slot: Slot) {
        if let Target::Operation(..) = slot.target {
            self.register(slot, unsafe { &*self.own.get() }).detach();
        }
    }
}

enum Found {
    Woken(Woken),
    Waiting,
    Registered(Rc<Registration>),
    Nothing,
}

fn take_if<T>(cell: &RefCell<Option<T>>, condition: impl FnOnce(&T) -> bool) -> Option<T> {
    let mut content = cell.borrow_mut();
    if content.as_ref().map_or(false, condition) {
        content.take()
    } else {
        None
    }
}

impl Drop for Header {
    fn drop(&mut self) {
        self.demoted.get_mut().drain(..).for_each(|(_, registration)| registration.detach());
        self.registered.let_go();
    }
}

impl Wait {
    // Waits for what `target` says. Ready: it has happened, or the error that ended the wait.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, target: impl FnOnce() -> Target) -> Poll<Woken> {
        if let Wait::Slot(ticket) = *self {
            match Header::with_current(|task| task.map_or(Found::Nothing, |task| task.look_up(ticket, cx.waker()))) {
                Found::Woken(woken) => {
                    *self = Wait::None;
                    return Poll::Ready(woken);
                }
                Found::Waiting => return Poll::Pending,
                Found::Registered(registration) => *self = Wait::Registered(registration),
                Found::Nothing => *self = Wait::None, // another task polls it now
            }
        }
        if let Wait::Registered(registration) = self {
            return match registration.poll(cx.waker()) {
                Some(woken) => {
                    *self = Wait::None;
                    Poll::Ready(woken)
                }
                None => Poll::Pending,
            };
        }
        match Wait::begin(target, cx.waker()) {
            Ok(wait) => {
                *self = wait;
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        !matches!(self, Wait::None)
    }

    fn begin(target: impl FnOnce() -> Target, waker: &Waker) -> Result<Wait> {
        Header::with_current(|task| match task {
            Some(task) => task.enlist(target, waker),
            None => {
                let registration = Registration::new(target(), waker, true, None);
                registration.start();
                Ok(Wait::Registered(registration))
            }
        })
    }
}

impl std::fmt::Debug for Wait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_waiting() { "waiting" } else { "not waiting" })
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        match self {
            Wait::Slot(ticket) => Header::with_current(|task| {
                if let Some(task) = task {
                    task.forget(*ticket);
                }
            }),
            Wait::Registered(registration) => registration.detach(),
            Wait::None => {}
        }
    }
}

// ---- the coroutine

// What the library keeps with the task.
struct Frame<F> {
    header: Header,
    state: State<F>,
}

enum State<F> {
    Running(F),
    // The future is gone, but task groups that were dropped unfinished still have members.
    Ending(Result<Owned>),
    Ended,
}

impl<F> Frame<F> {
    fn new(future: F) -> Frame<F> {
        Frame { header: Header::new(), state: State::Running(future) }
    }
}

// Makes `header` the current one of this thread for a poll.
struct Entered<'a> {
    header: &'a Header,
    before: *const Header,
}

impl<'a> Entered<'a> {
    fn new(header: &'a Header, waker: &Waker) -> Entered<'a> {
        header.own.set(waker);
        Entered { header, before: CURRENT.with(|current| current.replace(header)) }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        CURRENT.with(|current| current.set(self.before));
        self.header.own.set(ptr::null());
    }
}

struct Coroutine<F>(PhantomData<F>);

impl<F> Coroutine<F>
where
    F: Future,
    F::Output: Outcome,
    <F::Output as Outcome>::Value: 'static,
{
    const VTABLE: rondo_coro_vtable = rondo_coro_vtable {
        size: mem::size_of::<rondo_coro_vtable>() as u32,
        flags: 0,
        frame_size: mem::size_of::<Frame<F>>(),
        frame_align: mem::align_of::<Frame<F>>(),
        start: Some(Self::start),
        step: Some(Self::step),
        destroy: Some(Self::destroy),
        describe: Some(Self::describe),
    };

    const BOXED_VTABLE: rondo_coro_vtable = rondo_coro_vtable {
        frame_size: 0,
        frame_align: 0,
        start: None,
        destroy: Some(Self::destroy_boxed),
        ..Self::VTABLE
    };

    // Moves the frame to its place. Only then it is the library's, whatever the call that gave it there answers.
    unsafe extern "C" fn start(frame: *mut c_void, init: *const c_void) {
        let content = (*(init as *mut Option<Frame<F>>)).take();
        ptr::write(frame as *mut Frame<F>, content.expect("a frame is moved once"));
    }

    unsafe extern "C" fn step(frame: *mut c_void, io: *mut rondo_step) {
        let frame = frame as *mut Frame<F>;
        let (header, io) = (&(*frame).header, &mut *io);
        let waker = header.waker.for_poll();
        let entered = Entered::new(header, &waker);
        let state = ptr::addr_of_mut!((*frame).state);
        let result = match &mut *state {
            State::Running(future) => header.step(Pin::new_unchecked(future), io),
            State::Ending(_) => match mem::replace(&mut *state, State::Ended) {
                State::Ending(result) => Some(result),
                _ => None,
            },
            State::Ended => None,
        };
        if let Some(result) = result {
            quietly(|| *state = State::Ended); // drops the future, where it can still use the loop
            match header.dropped_groups.wait() {
                Some(members) => {
                    *state = State::Ending(result);
                    io.verdict = sys::RONDO_STEP_AWAIT;
                    io.target = members.detach();
                }
                None => end(io, result),
            }
        }
        drop(entered);
    }

    unsafe extern "C" fn destroy(frame: *mut c_void) {
        quietly(|| ptr::drop_in_place(frame as *mut Frame<F>));
    }

    unsafe extern "C" fn destroy_boxed(frame: *mut c_void) {
        quietly(|| drop(Box::from_raw(frame as *mut Frame<F>)));
    }

    unsafe extern "C" fn describe(_: *mut c_void, text: *mut c_char, capacity: usize) -> usize {
        let name = name_of(std::any::type_name::<F>());
        let length = name.len().min(capacity);
        ptr::copy_nonoverlapping(name.as_ptr(), text as *mut u8, length);
        length
    }
}

// The function or block a future comes from, as people write it.
fn name_of(future: &str) -> &str {
    const WRAPPERS: [&str; 3] =
        ["rondo::runner::Main<", "core::pin::Pin<alloc::boxed::Box<", "core::future::from_generator::GenFuture<"];
    let inner = WRAPPERS.iter().find_map(|wrapper| {
        let closing = wrapper.matches('<').count();
        future.strip_prefix(wrapper).map(|rest| &rest[..rest.len() - closing])
    });
    match inner.or_else(|| future.strip_suffix("::{{closure}}")) {
        Some(name) => name_of(name),
        None => future,
    }
}

// The coroutine is over.
fn end(io: &mut rondo_step, result: Result<Owned>) {
    match result {
        Ok(value) => {
            io.verdict = sys::RONDO_STEP_RETURN;
            io.out = value.into_raw();
        }
        Err(error) => {
            io.verdict = sys::RONDO_STEP_RAISE; // a cancellation cancels the task
            io.out_error = error.detach();
        }
    }
}

// Hands vtable and frame of a coroutine to a function of the library, and answers what it does.
pub(crate) fn give_coroutine<F>(future: F, to: impl FnOnce(*const rondo_coro_vtable, *const c_void) -> i32) -> i32
where
    F: Future,
    F::Output: Outcome,
    <F::Output as Outcome>::Value: 'static,
{
    let mut frame = Some(Frame::new(future));
    to(&Coroutine::<F>::VTABLE, &mut frame as *mut Option<Frame<F>> as *const c_void)
}

// The largest frame that is kept with its task; the library aligns to 16.
const LARGEST_FRAME: usize = 1 << 14;

pub(crate) fn fits<F>() -> bool {
    mem::size_of::<F>() <= LARGEST_FRAME && mem::align_of::<F>() <= 16
}

// The same with a frame of its own, for tasks that begin in another thread.
pub(crate) fn give_boxed_coroutine<F>(future: F, to: impl FnOnce(*const rondo_coro_vtable, *mut c_void) -> i32) -> i32
where
    F: Future,
    F::Output: Outcome,
    <F::Output as Outcome>::Value: 'static,
{
    let frame = Box::into_raw(Box::new(Frame::new(future)));
    let status = to(&Coroutine::<F>::BOXED_VTABLE, frame as *mut c_void);
    if status < 0 {
        drop(unsafe { Box::from_raw(frame) });
    }
    status
}
