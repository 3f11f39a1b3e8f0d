// What other threads hand to a loop: a lock-free stack of nodes, emptied by the loop in the order of arrival.
#pragma once

#include "loop/node.h"

#include <atomic>

namespace rondo::core {

class Inbox {
public:
    bool empty() const { return top_.load(std::memory_order_seq_cst) == nullptr; }

    // Any thread. False when the inbox is closed: the node stays the caller's.
    [[nodiscard]] bool push(Node &node) {
        Node *top = top_.load(std::memory_order_relaxed);
        do {
            if (top == closed()) return false;
            node.next = top;
        } while (!top_.compare_exchange_weak(top, &node, std::memory_order_seq_cst, std::memory_order_relaxed));
        return true;
    }

    // Loop thread. The nodes linked by next, oldest first; nullptr when there are none.
    Node *take() { return top_.load(std::memory_order_relaxed) ? reversed(top_.exchange(nullptr)) : nullptr; }
    Node *take_and_close() { return reversed(top_.exchange(closed())); }

private:
    static Node *closed() { return reinterpret_cast<Node *>(uintptr_t{1}); }

    static Node *reversed(Node *node) {
        Node *oldest = nullptr;
        if (node == closed()) return nullptr;
        while (node) {
            Node *older = static_cast<Node *>(node->next);
            node->next = oldest;
            oldest = node;
            node = older;
        }
        return oldest;
    }

    std::atomic<Node *> top_{nullptr};
};

} // namespace rondo::core
