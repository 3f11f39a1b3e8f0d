// A place in a line: a future among a primitive's waiters, for as long as this lives.
#pragma once

#include "task/future.h"
#include "task/value.h"

namespace rondo::core {

class Queued {
public:
    Queued(rondo_loop &loop, List &line) {
        Future *future = nullptr;
        if (make_future(loop, nullptr, future) < 0) return;
        future_ = FutureRef::adopt(future);
        line.push_back(*future);
    }
    Queued(FutureRef future, List &line) : future_(std::move(future)) { line.push_back(*future_); }
    ~Queued() { leave(); }
    Queued(const Queued &) = delete;
    Queued &operator=(const Queued &) = delete;

    // False: there was no memory for it.
    explicit operator bool() const { return static_cast<bool>(future_); }
    Future &future() const { return *future_; }
    void leave() {
        if (future_ && future_->linked()) future_->unlink();
    }
    // Somebody has called it up; it may have been cancelled since.
    bool called() const { return future_->succeeded(); }

private:
    FutureRef future_;
};

// Calls up the first that waits, which stays in line. False: nobody waits.
inline bool call_first(List &line) {
    for (Link *link = line.front(); link != line.end(); link = link->next) {
        Future &waiting = future_of(static_cast<Node &>(*link));
        if (waiting.done()) continue;
        rondo_value none = no_value();
        waiting.finish(none);
        return true;
    }
    return false;
}

inline void call_all(List &line) {
    while (call_first(line)) {
    }
}

} // namespace rondo::core
