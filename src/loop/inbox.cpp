#include "loop/inbox.h"

#include "base/pool.h"

#include <utility>

namespace rondo::core {

bool Inbox::push(Node &node) {
    std::lock_guard lock(lock_);
    if (closed_) return false;
    end_posts();
    append(node);
    return true;
}

// There is no room for it behind the last one.
rondo_status Inbox::push_first(const PostedCall &call, RunFn run) {
    auto *posts = create<Posts>(run); // without the lock, for it may take its time
    if (!posts) return RONDO_ENOMEM;
    std::unique_lock lock(lock_);
    if (!closed_) {
        end_posts();
        append(*posts);
        fill(posts->calls[0], call);
        return RONDO_OK;
    }
    lock.unlock();
    destroy(posts);
    return RONDO_ECLOSED;
}

// Who goes to sleep looks at first_ after it has said so. If it does not see the first node, whoever pushes that or anything
// behind it sees the sleeper afterwards: first_ is part of the one order of all seq_cst operations.
void Inbox::append(Node &node) {
    node.next = nullptr;
    if (first_.load(std::memory_order_relaxed)) {
        std::atomic_signal_fence(std::memory_order_release);
        last_->next = &node;
    } else {
        first_.store(&node, std::memory_order_seq_cst);
    }
    last_ = &node;
}

void Inbox::end_posts() {
    PostedCall *place = place_.load(std::memory_order_relaxed);
    if (!place) return;
    open_posts().count = static_cast<uint32_t>(place - open_posts().calls);
    place_.store(nullptr, std::memory_order_release);
}

Node *Inbox::take_all(bool close) {
    std::lock_guard lock(lock_);
    end_posts();
    if (close) closed_ = true;
    Node *first = first_.load(std::memory_order_relaxed);
    first_.store(nullptr, std::memory_order_relaxed);
    return first;
}

} // namespace rondo::core
