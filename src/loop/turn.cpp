// One turn of the loop. This is the only place where nodes run.
//
//     other threads' inbox ─┐
//     descriptors ──────────┼──> ready queue ──> batch ──> run each, oldest first
//     deadlines ────────────┘        ^                          │
//                                    └── what they make ready ──┘   (next turn)
#include "loop/loop.h"

#include <algorithm>
#include <utility>

namespace rondo::core {
namespace {

constexpr uint64_t clock_interval = 16; // entries between looks at the clock while work is ready
constexpr int64_t short_sleep = 10'000; // ns; staying awake would have cost about as much
constexpr int64_t linger = 1'000;       // ns; for that long a loop stays awake after such a sleep
constexpr int64_t far = 50'000'000;     // ns; deadlines that are not looked at closely before a wait

// A waiting loop wakes for deadlines at most that often, less and less often while each time several are due.
constexpr int64_t shortest_gap = 100'000; // ns
constexpr uint8_t longest_gap = 3;        // of the shortest
constexpr uint8_t several = 4;

// The next entry is far away when there are many.
void fetch_ahead(const Link *link) {
    __builtin_prefetch(link);
    __builtin_prefetch(reinterpret_cast<const char *>(link) + 64);
    __builtin_prefetch(reinterpret_cast<const char *>(link) + 128);
}

} // namespace

inline void Loop::run_batch() {
    std::swap(ready_, batch_); // the batch is empty between turns
    if (shuffle_state_ != 0) shuffle_batch();
    while (Link *link = batch_->pop_front()) {
        ++counters_.entries;
        auto &node = static_cast<Node &>(*link);
        fetch_ahead(batch_->front());
        if (entry_watch_) [[unlikely]] {
            run_watched(node);
        } else {
            node.run(node, *this);
        }
        if (leave_.load(std::memory_order_relaxed)) {
            ready_->splice_front(*batch_);
            return;
        }
    }
}

// As far as one can tell without a look at the clock.
inline bool Loop::may_be_due() const {
    return ready_->empty() || counters_.entries - entries_at_clock_ >= clock_interval ||
           deadlines_.earliest() <= now_.load(std::memory_order_relaxed);
}

inline void Loop::take_turn(int64_t max_wait) {
    ++counters_.turns;
    if (attention_.load(std::memory_order_relaxed) && attention_.exchange(false)) on_attention(*this);
    if (!inbox_.empty()) take_inbox();
    if (ready_->empty()) {
        wait_for_work(stopping_ ? 0 : max_wait);
    } else if (counters_.entries - entries_at_poll_ >= poll_interval_) {
        poll();
    }
    if (deadlines_.earliest() != forever && may_be_due()) fire_deadlines();
    run_batch();
}

void Loop::turn(int64_t max_wait) { take_turn(max_wait); }

void Loop::turns() {
    do {
        take_turn(forever);
    } while (!stopping_ && !leave_.load(std::memory_order_relaxed));
}

// An event waits for at most poll_interval entries and the rest of the turn they end in.
[[gnu::noinline]] void Loop::poll() {
    entries_at_poll_ = counters_.entries;
    if (driver_.watching()) look();
}

void Loop::look() {
    entries_at_poll_ = counters_.entries;
    ++counters_.polls;
    looking_ = true;
    driver_.poll();
    looking_ = false;
    take_inbox();
}

[[gnu::noinline]] void Loop::wait_for_work(int64_t max_wait) {
    if (driver_.watching()) {
        look();
        if (!ready_->empty()) return;
    }
    if (max_wait <= 0) return;
    int64_t latest = max_wait == forever ? forever : saturating_add(now(), max_wait);
    int64_t deadline = std::min(latest, virtual_ ? deadlines_.find_earliest(forever) : deadlines_.earliest());
    if (deadline <= now()) return;
    if (virtual_ && deadline != forever && clock_pauses_ == 0) {
        now_.store(deadline, std::memory_order_relaxed);
        return;
    }
    if (virtual_) {
        deadline = max_wait == forever ? forever : saturating_add(monotonic_now(), max_wait);
    } else {
        deadline = std::min(latest, next_alarm());
    }
    if (!restless_ || !comes_soon(deadline)) sleep_until(deadline);
    take_inbox();
}

// While threads post one thing after the other, sleeping and being woken for each costs both sides more than all else.
// Does not look before the time is up: what has gathered by then comes at once.
bool Loop::comes_soon(int64_t deadline) {
    if (host_ && host_->block_enter) return false; // those who would post may wait for what the host holds
    int64_t time = monotonic_now();
    const int64_t end = std::min(deadline, time + linger);
    while (time < end) time = monotonic_now();
    return work_has_come();
}

// Waking is what sleepers cost: deadlines that follow each other closely share it.
int64_t Loop::next_alarm() {
    gap_ = fired_ < several ? 1 : std::clamp<uint8_t>(2 * gap_, 1, longest_gap);
    fired_ = 0;
    int64_t soonest = saturating_add(fired_at_, gap_ * shortest_gap);
    if (deadlines_.earliest() <= soonest) return soonest;
    return deadlines_.find_earliest(saturating_add(now_.load(std::memory_order_relaxed), far));
}

void Loop::sleep_until(int64_t deadline) {
    driver_.going_to_sleep();
    if (!work_has_come()) {
        ++counters_.sleeps;
        int64_t began = monotonic_now();
        void *token = host_ && host_->block_enter ? host_->block_enter() : nullptr;
        looking_ = true;
        driver_.wait(deadline);
        looking_ = false;
        if (host_ && host_->block_leave) host_->block_leave(token);
        restless_ = !inbox_.empty() && monotonic_now() - began < short_sleep;
    }
    driver_.awake();
}

[[gnu::noinline]] void Loop::fire_deadlines() {
    int64_t time = now_.load(std::memory_order_relaxed);
    if (deadlines_.earliest() > time) time = now();
    if (deadlines_.earliest() > time) return;
    if (time - fired_at_ > 2 * longest_gap * shortest_gap) gap_ = 0;
    fired_at_ = time;
    while (Node *node = deadlines_.take_due(time)) {
        ready_->push_back(*node);
        if (fired_ < several) ++fired_;
    }
}

[[gnu::noinline]] void Loop::take_inbox() {
    for (Node *node = inbox_.take(); node;) {
        auto *next = static_cast<Node *>(node->next);
        node->next = nullptr;
        if (node->kind == Node::Kind::urgent) {
            node->run(*node, *this);
        } else {
            ready_->push_back(*node);
        }
        node = next;
    }
}

} // namespace rondo::core
