// Task groups: a block of a task that ends when all tasks made in it have (K1-K21). The block's end is a small machine,
// exit(), that its coroutine calls until it no longer answers "await this".
#pragma once

#include "base/list.h"
#include "base/object.h"
#include "task/future.h"
#include "task/scope.h"

struct rondo_task_group final : rondo::core::Object, rondo::core::Scope, rondo::core::CloseHook {
    explicit rondo_task_group(rondo_loop &l);

    void release();

    // RONDO_OK when a task may be made in it.
    rondo_status check_open() const;
    rondo_status enter(rondo::core::Task &entering);
    // 1: await `wait` and come again. RONDO_OK, or the code of `error`: the block has ended. RONDO_ESTATE.
    rondo_status exit(rondo::core::Error *raised, rondo::core::FutureRef &wait, rondo::core::ErrorRef &error);
    void cancel();

    enum class State : uint8_t { created, entered, exiting, finished };

    struct Member;
    static Member *make_member();
    static void discard_member(Member *member);
    void add(Member &member, rondo::core::Task &task);
    void member_done(Member &member);

    rondo_loop *loop; // its memory is held
    State state = State::created;
    bool aborting = false;         // takes no members any more
    bool parent_requested = false; // has cancelled its own task
    rondo::core::List members;     // not ended, in creation order
    rondo::core::List failed;      // in the order they ended
    rondo::core::FutureRef all_ended; // what exit waits for
    rondo::core::ErrorRef body;       // what the block failed with
    rondo::core::ErrorRef cancelled;  // the cancellation to go on with
    rondo::core::ErrorRef foreign;    // one that came while the members were ending already
    rondo::core::ErrorRef fatal;      // the first of those that leave the loop

private:
    void begin_exit(rondo::core::Error *raised);
    void abort();
    void abort_with_parent();
    rondo_status decide(rondo::core::ErrorRef &error);
    rondo_status fail_as_group(rondo::core::ErrorRef &error);
    rondo::core::ErrorRef group_error();
    void report_beside_fatal();
    void finish();
    void drop_members();

    friend void forsake_group(rondo::core::Scope &scope);
    friend void close_group(rondo::core::CloseHook &hook);
};

namespace rondo::core {

using Group = ::rondo_task_group;

// nullptr: the scope is no group's.
const Group *group_of(const Scope &scope);

// Among the waiters of its task, then among the group's members or failed.
struct AmongMembers {
    Link among_members;
};

} // namespace rondo::core

struct rondo_task_group::Member : rondo::core::Node, rondo::core::AmongMembers {
    Member();
    static Member &of(rondo::core::Link &link) {
        return static_cast<Member &>(reinterpret_cast<rondo::core::AmongMembers &>(link));
    }
    rondo_task_group *group = nullptr; // one reference
    rondo::core::Task *task = nullptr; // one reference
};
