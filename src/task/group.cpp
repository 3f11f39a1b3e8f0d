#include "task/group.h"

#include "base/pool.h"
#include "task/report.h"
#include "task/value.h"

#include <cstddef>

using namespace rondo::core;

namespace rondo::core {
namespace {

void run_member(Node &node, Loop &loop) {
    if (loop.discarding()) return;
    auto &member = static_cast<Group::Member &>(node);
    member.group->member_done(member);
}

void let_go(Group::Member &member) {
    Group &group = *member.group;
    member.task->release_here();
    destroy(&member);
    group.release();
}

} // namespace
} // namespace rondo::core

void forsake_group(Scope &scope) {
    auto &group = static_cast<Group &>(scope);
    group.abort();
    if (!group.loop->closing()) {
        ErrorRef error = make_error(RONDO_ESTATE, "a task group was entered and not left: end every group you begin");
        report(*group.loop, Report{"task ended inside its task group", error.get()});
    }
    group.finish();
}

void close_group(CloseHook &hook) {
    auto &group = static_cast<Group &>(hook);
    group.retain();
    group.state = Group::State::finished;
    group.drop_members();
    group.release();
}

const Group *rondo::core::group_of(const Scope &scope) {
    return scope.forsaken == forsake_group ? static_cast<const Group *>(&scope) : nullptr;
}

rondo_task_group::Member::Member() : Node(run_member, Kind::member) {}

rondo_task_group::rondo_task_group(rondo_loop &l) : Object(Tag::group), Scope(forsake_group), loop(&l) {
    at_close = close_group;
    loop->hold_memory();
}

void rondo_task_group::release() {
    if (!drop_reference()) return;
    tag = Tag::dead;
    if (CloseHook::linked()) CloseHook::unlink();
    rondo_loop *last = loop;
    destroy(this);
    last->let_memory_go();
}

rondo_status rondo_task_group::check_open() const {
    bool open = (state == State::entered || (state == State::exiting && !members.empty())) && !aborting;
    return open ? RONDO_OK : RONDO_ESTATE;
}

rondo_status rondo_task_group::enter(Task &entering) {
    if (state != State::created) return RONDO_ESTATE;
    Scope::enter(entering);
    state = State::entered;
    loop->close_hooks.push_back(*this);
    retain();
    if (aborting) abort_with_parent();
    return RONDO_OK;
}

// ---- members

rondo_task_group::Member *rondo_task_group::make_member() { return create<Member>(); }

void rondo_task_group::discard_member(Member *member) { destroy(member); }

void rondo_task_group::add(Member &member, Task &joining) {
    member.group = this;
    member.task = &joining;
    retain();
    joining.retain();
    members.push_back(member.among_members);
    if (joining.done()) { // an eager one
        loop->ready(member);
    } else {
        joining.waiters.push_back(member);
        if (aborting) joining.cls->cancel(joining, cancelled_error().get()); // its first step has ended the group
    }
}

void rondo_task_group::member_done(Member &member) {
    Task &ended = *member.task;
    member.among_members.unlink();
    if (members.empty() && all_ended && !all_ended->done()) {
        rondo_value none = no_value();
        all_ended->finish(none);
    }
    bool forsaken = state == State::finished; // its error is reported with the task
    if (ended.state != rondo::core::State::failed || forsaken) {
        if (forsaken && members.empty()) CloseHook::unlink();
        let_go(member);
        return;
    }
    ended.unretrieved = false;
    failed.push_back(member.among_members);
    if (is_fatal(*ended.error) && !fatal) fatal = ErrorRef::share(ended.error);
    if (!aborting && !parent_requested) abort_with_parent();
}

void rondo_task_group::drop_members() {
    for (List *list : {&members, &failed}) {
        while (Link *link = list->pop_front()) {
            Member &member = Member::of(*link);
            if (member.linked()) member.unlink();
            let_go(member);
        }
    }
}

// ---- cancelling

void rondo_task_group::abort() {
    aborting = true;
    ErrorRef reason = cancelled_error();
    for (Link *link = members.front(); link != members.end(); link = link->next) {
        Task &member = *Member::of(*link).task;
        if (!member.done()) member.cls->cancel(member, reason.get());
    }
}

void rondo_task_group::abort_with_parent() {
    abort();
    parent_requested = true;
    task->cls->cancel(*task, cancelled_error().get());
}

void rondo_task_group::cancel() {
    if (state == State::finished || (state == State::exiting && members.empty())) return;
    if (state == State::created) {
        aborting = true;
        return;
    }
    if (!aborting) abort();
    if (!std::exchange(parent_requested, true)) task->cls->cancel(*task, cancelled_error().get());
}

// ---- the end

void rondo_task_group::begin_exit(Error *raised) {
    state = State::exiting;
    if (!raised) return;
    if (is_fatal(*raised) && !fatal) fatal = ErrorRef::share(raised);
    (raised->code == RONDO_ECANCELED ? cancelled : body) = ErrorRef::share(raised);
    if (!aborting) abort();
}

rondo_status rondo_task_group::exit(Error *raised, FutureRef &wait, ErrorRef &error) {
    if (!task || loop->current_task != task) return RONDO_ESTATE;
    if (state == State::entered) {
        begin_exit(raised);
    } else if (raised && raised->code == RONDO_ECANCELED) {
        (aborting ? foreign : cancelled) = ErrorRef::share(raised);
        if (!aborting) abort();
    }
    all_ended = {};
    if (!members.empty()) {
        Future *future = nullptr;
        if (rondo_status s = make_future(*loop, nullptr, future); s < 0) return s;
        all_ended = FutureRef::adopt(future);
        wait = FutureRef::share(future);
        return 1;
    }
    Ref<Group> alive = Ref<Group>::share(this);
    rondo_status status = decide(error);
    Scope::leave();
    finish();
    return status;
}

rondo_status rondo_task_group::decide(ErrorRef &error) {
    if (fatal) {
        report_beside_fatal();
        error = std::move(fatal);
        return error->code;
    }
    if (parent_requested) { // its own request is no reason to end cancelled, another's is
        bool own_only = uncancel(*task) == 0;
        if (own_only) {
            cancelled = {};
        } else if (!cancelled) {
            cancelled = std::move(foreign);
        }
    }
    if (cancelled && failed.empty()) {
        error = std::move(cancelled);
        return error->code;
    }
    return body || !failed.empty() ? fail_as_group(error) : RONDO_OK;
}

rondo_status rondo_task_group::fail_as_group(ErrorRef &error) {
    if (task->cancels > 0) { // a request from outside: it strikes at the next suspension
        uncancel(*task);
        task->cls->cancel(*task, cancelled_error().get());
    }
    error = group_error();
    return error->code;
}

ErrorRef rondo_task_group::group_error() {
    std::size_t count = failed.size() + (body ? 1 : 0);
    auto **children = static_cast<Error **>(allocate(count * sizeof(Error *)));
    if (!children) return make_error(RONDO_ENOMEM);
    std::size_t i = 0;
    for (Link *link = failed.front(); link != failed.end(); link = link->next)
        children[i++] = Member::of(*link).task->error;
    if (body) children[i] = body.get();
    rondo_error_options options{};
    options.code = RONDO_EGROUP;
    options.message = "unhandled errors in a TaskGroup";
    options.children = children;
    options.child_count = count;
    Error *error = make_error(options);
    deallocate(children, count * sizeof(Error *));
    return error ? ErrorRef::adopt(error) : make_error(RONDO_ENOMEM);
}

void rondo_task_group::report_beside_fatal() {
    for (Link *link = failed.front(); link != failed.end(); link = link->next) {
        Task &ended = *Member::of(*link).task;
        if (ended.error == fatal.get()) continue;
        report(*loop, Report{"error in a task group that an interrupt or exit ended", ended.error, nullptr, &ended});
    }
    if (body && body.get() != fatal.get())
        report(*loop, Report{"error in a task group that an interrupt or exit ended", body.get()});
}

// Members that run on (only after the group was forsaken) keep it until they have ended.
void rondo_task_group::finish() {
    state = State::finished;
    while (Link *link = failed.pop_front()) let_go(Member::of(*link));
    body = {};
    cancelled = {};
    foreign = {};
    if (members.empty() && CloseHook::linked()) CloseHook::unlink();
    release();
}
