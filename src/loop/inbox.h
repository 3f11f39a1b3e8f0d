// What other threads hand to a loop, in the order of arrival: nodes of theirs, and calls by value, which gather in nodes of
// the inbox's own. The lock is held for a few stores. What a post writes is one cache line and a place behind the last
// one's, so that little has to move between the processors; the loop takes all there is at once.
#pragma once

#include "base/brief_lock.h"
#include "loop/node.h"
#include "loop/posts.h"

#include <atomic>
#include <iterator>
#include <mutex>
#include <new>

namespace rondo::core {

class Inbox {
public:
    bool empty() const { return first_.load(std::memory_order_seq_cst) == nullptr; }

    // Any thread. False when the inbox is closed: the node stays the caller's.
    [[nodiscard]] bool push(Node &node);
    // The same for a call; run is that of a node of such. RONDO_ECLOSED, RONDO_ENOMEM.
    [[nodiscard]] rondo_status push(const PostedCall &call, RunFn run) {
        {
            std::lock_guard lock(lock_);
            if (PostedCall *place = place_.load(std::memory_order_relaxed)) {
                fill(*place, call);
                return RONDO_OK;
            }
        }
        return push_first(call, run);
    }

    // Loop thread. The nodes linked by next, oldest first; nullptr when there are none.
    Node *take() { return first_.load(std::memory_order_relaxed) ? take_all(false) : nullptr; }
    Node *take_and_close() { return take_all(true); }

    // In the child of a fork: whoever held the lock has stayed with the parent. It may have been copied at any moment, so
    // that what makes something part of it is always the last store.
    void part_from_parent() { new (&lock_) BriefLock; }

private:
    Posts &open_posts() { return static_cast<Posts &>(*last_); }
    void fill(PostedCall &place, const PostedCall &call) {
        place = call;
        place_.store(&place + 1, std::memory_order_release);
        if (&place + 1 == std::end(open_posts().calls)) end_posts();
    }
    rondo_status push_first(const PostedCall &call, RunFn run);
    void append(Node &node);
    void end_posts();
    Node *take_all(bool close);

    BriefLock lock_;
    bool closed_ = false;
    std::atomic<Node *> first_{nullptr};
    Node *last_ = nullptr;
    std::atomic<PostedCall *> place_{nullptr}; // for the next one, in the last node; nullptr: calls cannot be added to that
};

} // namespace rondo::core
