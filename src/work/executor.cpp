#include "work/executor.h"

#include "base/pool.h"
#include "base/thread.h"

#include <algorithm>
#include <thread>

using namespace rondo::core;

namespace {

void tell_all(List &ended) {
    while (Link *link = ended.pop_front()) static_cast<AtEnd *>(link)->tell(static_cast<AtEnd &>(*link));
}

} // namespace

rondo_executor::rondo_executor(const rondo_executor_options &o)
    : Object(Tag::executor), most_(o.threads ? o.threads : default_threads()), name_(o.name ? o.name : "rondo"),
      submit_(o.submit), shutdown_(o.submit ? o.shutdown : nullptr), drop_(o.drop), user_(o.user) {}

rondo_executor::~rondo_executor() {
    if (drop_) drop_(user_);
}

// Threads hold no reference, for they would wait for work for ever: they are told to go. In the child of a fork they
// are not there, and may have held the mutex.
void rondo_executor::release() {
    if (!drop_reference()) return;
    if (process_.forked()) return;
    tag = Tag::dead;
    {
        std::lock_guard lock(mutex_);
        shut_ = forgotten_ = true;
        wanted_.notify_all();
        if (threads_ > 0) return;
    }
    destroy(this);
}

// asyncio's rule.
uint32_t rondo_executor::default_threads() {
    unsigned processors = std::thread::hardware_concurrency();
    return std::min(32u, std::max(1u, processors) + 4);
}

rondo_status rondo_executor::submit(Work &work) {
    if (process_.forked()) return RONDO_EFORKED;
    bool call = false;
    {
        std::lock_guard lock(mutex_);
        if (shut_) return RONDO_ESHUTDOWN;
        if (!submit_) {
            bool enough = threads_ >= most_ || idle_ > queue_.size();
            rondo_status started = enough ? RONDO_OK : start_thread();
            if (started < 0 && threads_ == 0) return started;
            queue_.push_back(work);
            call = must_call();
        }
    }
    if (submit_) {
        submit_(user_, [](void *w) { static_cast<Work *>(w)->run(*static_cast<Work *>(w)); }, &work);
    } else if (call) {
        wanted_.notify_one();
    }
    return RONDO_OK;
}

// One thread is called at a time; if there is more to do when it comes, it calls the next. So small jobs do not wake
// more threads than they occupy.
bool rondo_executor::must_call() {
    return !queue_.empty() && idle_ > 0 && !std::exchange(called_, true);
}

bool rondo_executor::withdraw(Work &work) {
    std::lock_guard lock(mutex_);
    if (!work.linked()) return false;
    work.unlink();
    return true;
}

void rondo_executor::shut_down(AtEnd *ended) {
    bool nobody = process_.forked();
    bool ask_owner = false;
    if (!nobody) {
        std::lock_guard lock(mutex_);
        ask_owner = !std::exchange(shut_, true) && shutdown_;
        if (ask_owner) owner_ends_ = true;
        nobody = threads_ == 0 && !owner_ends_;
        if (!nobody && ended) ended_.push_back(*ended);
    }
    if (nobody) {
        if (ended) ended->tell(*ended);
    } else if (ask_owner) {
        retain();
        shutdown_(user_, [](void *self) { static_cast<rondo_executor *>(self)->owner_ended(); }, this);
    } else {
        wanted_.notify_all();
    }
}

void rondo_executor::owner_ended() {
    List ended;
    {
        std::lock_guard lock(mutex_);
        if (!std::exchange(owner_ends_, false)) return;
        ended.splice_back(ended_);
    }
    tell_all(ended);
    release();
}

rondo_status rondo_executor::start_thread() {
    if (!rondo::core::start_thread(run_thread, this)) return RONDO_ENOMEM;
    ++threads_;
    ++started_;
    return RONDO_OK;
}

void *rondo_executor::run_thread(void *executor) {
    static_cast<rondo_executor *>(executor)->work_here();
    return nullptr;
}

void rondo_executor::work_here() {
    std::unique_lock lock(mutex_);
    name_this_thread((name_.substr(0, 11) + "-" + std::to_string(started_ - 1)).c_str());
    for (;;) {
        while (queue_.empty() && !shut_) {
            ++idle_;
            wanted_.wait(lock);
            --idle_;
            called_ = false;
        }
        Link *next = queue_.pop_front();
        if (!next) break;
        bool call = must_call();
        lock.unlock();
        if (call) wanted_.notify_one();
        auto &work = static_cast<Work &>(*next);
        work.run(work);
        lock.lock();
    }
    List ended;
    bool last = --threads_ == 0;
    bool forgotten = last && forgotten_;
    if (last) ended.splice_back(ended_);
    lock.unlock();
    tell_all(ended);
    if (forgotten) destroy(this);
}
