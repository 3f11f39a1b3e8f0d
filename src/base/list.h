// Intrusive circular lists: O(1) append, removal from anywhere, and moving of whole lists. Nothing is owned.
#pragma once

#include <cstddef>

namespace rondo::core {

struct Link {
    Link *next = nullptr;
    Link *prev = nullptr;

    // In a list. (An inbox links by next alone: its nodes are in none.)
    bool linked() const { return prev != nullptr; }

    void unlink() {
        next->prev = prev;
        prev->next = next;
        next = prev = nullptr;
    }
};

class List {
public:
    constexpr List() : head_{&head_, &head_} {}
    List(const List &) = delete;
    List &operator=(const List &) = delete;

    bool empty() const { return head_.next == &head_; }
    // Counts: linear.
    std::size_t size() const {
        std::size_t count = 0;
        for (const Link *link = head_.next; link != &head_; link = link->next) ++count;
        return count;
    }
    Link *front() { return head_.next; }
    Link *end() { return &head_; }

    void push_back(Link &link) { insert_before(head_, link); }
    void push_front(Link &link) { insert_before(*head_.next, link); }

    Link *pop_front() {
        if (empty()) return nullptr;
        Link *first = head_.next;
        first->unlink();
        return first;
    }

    Link *pop_back() {
        if (empty()) return nullptr;
        Link *last = head_.prev;
        last->unlink();
        return last;
    }

    // All of other, in order, behind (in front of) what is here.
    void splice_back(List &other) { splice_before(head_, other); }
    void splice_front(List &other) { splice_before(*head_.next, other); }

private:
    static void insert_before(Link &at, Link &link) {
        link.next = &at;
        link.prev = at.prev;
        at.prev->next = &link;
        at.prev = &link;
    }

    static void splice_before(Link &at, List &other) {
        if (other.empty()) return;
        Link *first = other.head_.next;
        Link *last = other.head_.prev;
        first->prev = at.prev;
        last->next = &at;
        at.prev->next = first;
        at.prev = last;
        other.reset();
    }

    void reset() { head_.next = head_.prev = &head_; }

    Link head_;
};

} // namespace rondo::core
