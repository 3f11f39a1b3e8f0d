//! Task groups.

use std::any::TypeId;
use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::ptr;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::error::{check, Error, Result};
use crate::raw::{create, init, FutureRef, GroupRef};
use crate::scope::{Kind, Scope};
use crate::step::{Header, Outcome, Wait};
use crate::sys;
use crate::task::{await_future, Builder};

/// Runs a block that ends when all tasks made in it have ended.
///
/// `body` gets the group and makes the block. The first member that fails cancels the others and the block; what failed
/// comes out as one error of kind [`Group`](crate::ErrorKind::Group), see [`Error::children`] and
/// [`Error::unwrap_group`]. A member that ends cancelled is no failure. asyncio: `TaskGroup`.
///
/// ```
/// # rondo::run(async {
/// let sum = rondo::with_group(|group| async move {
///     let (a, b) = (group.spawn(async { 40i32 })?, group.spawn(async { 2i32 })?);
///     Ok(a.await? + b.await?)
/// });
/// assert_eq!(sum.await?, 42);
/// # Ok(()) }).unwrap();
/// ```
///
/// If the block is dropped unfinished, its members are cancelled, and the task it was in does not end before they have.
pub fn with_group<B, F>(body: B) -> WithGroup<B, F>
where
    B: FnOnce(Group) -> F,
    F: Future,
    F::Output: Outcome,
    <F::Output as Outcome>::Value: 'static,
{
    WithGroup { state: State::New(Some(body)), entered: None }
}

/// A task group: a handle for its block, its members, and whoever else shall make members.
#[derive(Clone)]
pub struct Group(GroupRef);

impl Group {
    /// Makes a task in the group. It is the group's: dropping what this returns changes nothing, awaiting it gives the
    /// result. The error, among others: the group takes no more members, for it has ended or is cancelling them.
    pub fn spawn<F>(&self, future: F) -> Result<crate::Future<<F::Output as Outcome>::Value>>
    where
        F: Future + 'static,
        F::Output: Outcome,
    {
        self.spawn_as(&Builder::new(), future)
    }

    /// The same with options.
    pub fn spawn_as<F>(&self, options: &Builder, future: F) -> Result<crate::Future<<F::Output as Outcome>::Value>>
    where
        F: Future + 'static,
        F::Output: Outcome,
    {
        let task = options.spawn_on(ptr::null_mut(), self.0.get(), future)?;
        let future = task.to_future();
        task.detach();
        Ok(future)
    }

    /// Ends the group early: cancels members and block. [`with_group`] then ends without an error, unless there is
    /// another reason for one, or the block should have had a value: then the code is `RONDO_ENOVALUE`.
    pub fn cancel(&self) -> Result<()> {
        check(unsafe { sys::rondo_task_group_cancel(self.0.get()) }).map(|_| ())
    }

    /// How many members have not ended.
    pub fn len(&self) -> usize {
        members(&self.0)
    }

    /// Whether all members have ended.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("members", &self.len()).finish()
    }
}

fn members(group: &GroupRef) -> usize {
    let mut count = 0;
    unsafe { sys::rondo_task_group_count(group.get(), &mut count, ptr::null_mut()) };
    count
}

/// What [`with_group`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct WithGroup<B, F: Future>
where
    F::Output: Outcome,
{
    state: State<B, F>,
    entered: Option<Entered>,
}

enum State<B, F: Future>
where
    F::Output: Outcome,
{
    New(Option<B>),
    Body(F),
    Leaving { value: Option<<F::Output as Outcome>::Value>, members: Option<FutureRef>, wait: Wait },
    Over,
}

// From the first poll to the end.
struct Entered {
    group: GroupRef,
    scope: Rc<Scope>,
    task: *mut sys::rondo_task,
}

impl Entered {
    fn enter() -> Result<Entered> {
        Header::with_current(|task| {
            let task =
                task.ok_or_else(|| Error::new(sys::RONDO_ENOTASK, "a task group is for a task of the loop"))?;
            let group = create(|out| unsafe { sys::rondo_task_group_create(ptr::null_mut(), out) })?;
            let group = unsafe { GroupRef::adopt(group) };
            check(unsafe { sys::rondo_task_group_enter(group.get()) })?;
            let scope = task.scopes.enter(Kind::Group(group.clone()));
            Ok(Entered { group, scope, task: task.task() })
        })
    }

    // Asks to leave. Some: not before this is done.
    fn leave(&self, raised: Option<Error>) -> Result<Option<FutureRef>> {
        leave(&self.group, raised)
    }
}

fn leave(group: &GroupRef, raised: Option<Error>) -> Result<Option<FutureRef>> {
    let (mut wait, mut error) = (ptr::null_mut(), ptr::null_mut());
    let raised = raised.as_ref().map_or(ptr::null_mut(), Error::as_raw);
    unsafe {
        match sys::rondo_task_group_exit(group.get(), raised, &mut wait, &mut error) {
            1 => Ok(Some(FutureRef::adopt(wait))),
            status if status < 0 => Err(Error::of_call(status, error)),
            _ => Ok(None),
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        Header::with_current(|task| {
            if let Some(task) = task.filter(|task| task.task() == self.task) {
                task.scopes.leave(&self.scope);
                task.dropped_groups.add(&self.group);
            }
        });
    }
}

impl<B, F> Future for WithGroup<B, F>
where
    B: FnOnce(Group) -> F,
    F: Future,
    F::Output: Outcome,
    <F::Output as Outcome>::Value: 'static,
{
    type Output = Result<<F::Output as Outcome>::Value>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // The future of the body is pinned, the rest is not.
        let this = unsafe { self.get_unchecked_mut() };
        if let State::New(body) = &mut this.state {
            let body = body.take().expect("it is taken here, once");
            let entered = match Entered::enter() {
                Ok(entered) => this.entered.insert(entered),
                Err(error) => return Poll::Ready(Err(error)),
            };
            this.state = State::Body(body(Group(entered.group.clone())));
        }
        let entered = match &this.entered {
            Some(entered) => entered,
            None => return Poll::Ready(Err(Error::new(sys::RONDO_ESTATE, "a task group was awaited again"))),
        };
        if let State::Body(body) = &mut this.state {
            let result = match entered.scope.poll(unsafe { Pin::new_unchecked(body) }, cx) {
                Poll::Ready(outcome) => outcome.into_result(),
                Poll::Pending => match entered.scope.take_unheard() {
                    None => return Poll::Pending,
                    Some(error) => Err(error), // nobody inside could be told
                },
            };
            let (value, raised) = match result {
                Ok(value) => (Some(value), None),
                Err(error) => (None, Some(error)),
            };
            this.state = State::Leaving { value, members: None, wait: Wait::None };
            entered.scope.set_silent();
            match entered.leave(raised) {
                Ok(None) => return this.finish(Ok(())),
                Err(error) => return this.finish(Err(error)),
                Ok(Some(wait)) => this.set_members(wait),
            }
        }
        loop {
            let entered = this.entered.as_ref().expect("it is left in finish");
            let (members, wait) = match &mut this.state {
                State::Leaving { members: Some(members), wait, .. } => (members, wait),
                _ => unreachable!("the body has ended"),
            };
            let mut waiting = Waiting { members, wait };
            let raised = match entered.scope.poll(Pin::new(&mut waiting), cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(ended) => ended.err(),
            };
            match entered.leave(raised) {
                Ok(None) => return this.finish(Ok(())),
                Err(error) => return this.finish(Err(error)),
                Ok(Some(wait)) => this.set_members(wait),
            }
        }
    }
}

struct Waiting<'a> {
    members: &'a FutureRef,
    wait: &'a mut Wait,
}

impl Future for Waiting<'_> {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        await_future(this.members, this.wait, cx)
    }
}

impl<B, F: Future> WithGroup<B, F>
where
    F::Output: Outcome,
    <F::Output as Outcome>::Value: 'static,
{
    fn set_members(&mut self, all_ended: FutureRef) {
        if let State::Leaving { members, wait, .. } = &mut self.state {
            *members = Some(all_ended);
            *wait = Wait::None;
        }
    }

    fn finish(&mut self, left: Result<()>) -> Poll<Result<<F::Output as Outcome>::Value>> {
        self.entered = None;
        let value = match mem::replace(&mut self.state, State::Over) {
            State::Leaving { value, .. } => value,
            _ => None,
        };
        let no_value = || Error::new(sys::RONDO_ENOVALUE, "the group was cancelled before its block had a value");
        Poll::Ready(left.and_then(|()| value.or_else(unit).ok_or_else(no_value)))
    }
}

// A block without a value needs none.
fn unit<T: 'static>() -> Option<T> {
    if TypeId::of::<T>() == TypeId::of::<()>() {
        Some(unsafe { mem::transmute_copy::<(), T>(&()) })
    } else {
        None
    }
}

// First the members are told, then the body goes.
impl<B, F: Future> Drop for WithGroup<B, F>
where
    F::Output: Outcome,
{
    fn drop(&mut self) {
        self.entered = None;
    }
}

impl<B, F: Future> fmt::Debug for WithGroup<B, F>
where
    F::Output: Outcome,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithGroup").field("entered", &self.entered.is_some()).finish()
    }
}

// The groups of a task whose blocks were dropped while members ran. The library lets a task leave a group only when they
// have ended.
pub(crate) struct DroppedGroups(RefCell<Vec<GroupRef>>);

impl DroppedGroups {
    pub(crate) fn new() -> DroppedGroups {
        DroppedGroups(RefCell::new(Vec::new()))
    }

    // The block of this one is gone. If it was left before: nothing.
    fn add(&self, group: &GroupRef) {
        match leave(group, Some(Error::cancelled())) {
            Ok(Some(_)) => self.0.borrow_mut().push(group.clone()),
            Ok(None) => {}
            Err(error) => report(error),
        }
    }

    // Leaves those whose members have ended.
    pub(crate) fn sweep(&self) {
        if self.0.borrow().is_empty() {
            return;
        }
        let ended: Vec<_> = {
            let mut groups = self.0.borrow_mut();
            let (ended, running) = mem::take(&mut *groups).into_iter().partition(|group| members(group) == 0);
            *groups = running;
            ended
        };
        for group in ended {
            if let Err(error) = leave(&group, None) {
                report(error);
            }
        }
    }

    // The end of the members of one of them.
    pub(crate) fn wait(&self) -> Option<FutureRef> {
        self.sweep();
        let group = self.0.borrow().first().cloned()?;
        leave(&group, None).ok().flatten()
    }
}

// What members failed with after nobody waited for them any more.
fn report(error: Error) {
    if error.code() != sys::RONDO_EGROUP {
        return;
    }
    let mut report = init!(rondo_report);
    report.message = b"error in a task group that was dropped\0".as_ptr() as *const _;
    report.error = error.as_raw();
    unsafe { sys::rondo_loop_call_exception_handler(sys::rondo_loop_running(), &report) };
}
