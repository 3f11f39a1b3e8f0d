// A loop's life: made, run by one thread at a time, written to by the others, closed.
#include "loop/loop.h"

#include <utility>

namespace rondo::core {
namespace {

constexpr uint64_t default_poll_interval = 61;
constexpr uintptr_t nobody = 1; // runs the loop: a thread of another process

} // namespace

constinit thread_local Loop *Loop::current_ = nullptr;

int64_t Loop::now() {
    int64_t time = clock();
    entries_at_clock_ = counters_.entries;
    now_.store(time, std::memory_order_relaxed);
    return time;
}

int64_t Loop::clock() const { return virtual_ ? now_.load(std::memory_order_relaxed) : monotonic_now(); }

uint64_t Loop::count_ready() {
    uint64_t count = 0;
    for (Link *link = ready_->front(); link != ready_->end(); link = link->next) {
        auto &node = static_cast<Node &>(*link);
        count += node.kind == Node::Kind::posts ? static_cast<Posts &>(node).left() : 1;
    }
    return count;
}

// Marks the loop as running in this thread, for as long as it lives.
class Loop::Running {
public:
    explicit Running(Loop &loop) : loop_(loop), outer_(current_) {
        loop_.home_.store(this_thread(), std::memory_order_relaxed);
        loop_.running_in_.store(this_thread(), std::memory_order_relaxed);
        current_ = &loop_;
    }
    ~Running() {
        loop_.stopping_ = false;
        loop_.leave_.store(false, std::memory_order_relaxed);
        current_ = outer_;
        loop_.running_in_.store(0, std::memory_order_relaxed);
    }
    Running(const Running &) = delete;
    Running &operator=(const Running &) = delete;

private:
    Loop &loop_;
    Loop *outer_;
};

// The child of a fork goes on inside the entry that forked, without a loop; when that ends, so does the run.
void Loop::leave_in_child() {
    Loop *loop = std::exchange(current_, nullptr);
    if (!loop) return;
    loop->break_off();
    loop->running_in_.store(nobody, std::memory_order_relaxed);
}

rondo_status Loop::check_thread() {
    if (!current_) return RONDO_OK;
    return current_->looking_ ? RONDO_EREENTRANT : RONDO_ERUNNING;
}

rondo_status Loop::check_runnable() const {
    if (closed()) return RONDO_ECLOSED;
    if (forked()) return RONDO_EFORKED;
    if (closing()) return RONDO_EREENTRANT;
    if (rondo_status s = check_thread(); s < 0) return s;
    return running() ? RONDO_ERUNNING : RONDO_OK;
}

void Loop::run_forever() {
    Running running(*this);
    turns();
}

void Loop::run_once(int64_t max_wait) {
    Running running(*this);
    turn(max_wait);
}

rondo_status Loop::run_guest(int32_t &descriptor, int64_t &wait) {
    if (virtual_) return RONDO_ENOTSUP;
    if (rondo_status s = driver_.be_guest(); s < 0) return s;
    driver_.awake();
    {
        Running running(*this);
        turn(0);
        if (!has_due()) look(); // the system knows of what the turn watches only after it
    }
    descriptor = driver_.descriptor();
    wait = get_ready_to_wait();
    return RONDO_OK;
}

int64_t Loop::get_ready_to_wait() {
    driver_.going_to_sleep();
    if (has_due() || !inbox_.empty() || attention_.load()) return 0;
    return driver_.get_ready_to_wait(next_alarm());
}

Loop::Loop(const rondo_loop_options &options)
    : Object(Tag::loop), host_(options.host),
      poll_interval_(options.poll_interval ? options.poll_interval : default_poll_interval),
      virtual_((options.flags & RONDO_LOOP_VIRTUAL_CLOCK) != 0), shuffles_(options.shuffle_seed != 0),
      home_(this_thread()), shuffle_state_(options.shuffle_seed) {
    watch_forks(leave_in_child);
}

bool Loop::post(Node &node) {
    if (forked() || !inbox_.push(node)) return false;
    driver_.wake();
    return true;
}

bool Loop::post_and_go(Node &node) {
    driver_.hold();
    bool posted = post(node);
    driver_.let_go();
    return posted;
}

void Loop::call_attention() noexcept {
    attention_.exchange(true, std::memory_order_seq_cst); // no store: whoever takes it sees what all have asked for
    driver_.wake();
}

void Loop::discard_all() {
    discarding_ = true;
    closed_.store(true, std::memory_order_relaxed);
    for (Node *node = inbox_.take_and_close(); node;) {
        auto *next = static_cast<Node *>(node->next);
        node->next = nullptr;
        node->run(*node, *this);
        node = next;
    }
    while (Node *node = deadlines_.take_due(forever)) node->run(*node, *this);
    batch_->splice_back(*ready_);
    while (Link *link = batch_->pop_front()) {
        auto &node = static_cast<Node &>(*link);
        node.run(node, *this);
    }
}

void Loop::part_from_parent() {
    inbox_.part_from_parent();
    driver_.part_from_parent();
}

void Loop::close_driver() { driver_.close(); }

} // namespace rondo::core
