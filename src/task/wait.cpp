#include "task/wait.h"

#include "task/value.h"

namespace rondo::core {
namespace {

void stop(Wait &wait) {
    wait.stop_watching();
    wait.timer.disarm(*wait.loop);
}

void finish(Wait &wait) {
    stop(wait);
    rondo_value none = no_value();
    wait.finish(none);
}

bool holds(const Wait &wait, Future &ended) {
    if (wait.missing == 0 || wait.condition == RONDO_FIRST_COMPLETED) return true;
    if (wait.condition != RONDO_FIRST_EXCEPTION || ended.state != State::failed) return false;
    ended.unretrieved = false;
    return true;
}

void child_done(Combinator &outer, Child &child) {
    auto &wait = static_cast<Wait &>(outer);
    --wait.missing;
    if (holds(wait, *child.future)) finish(wait);
}

void run_timer(Node &node, Loop &loop) {
    if (loop.discarding()) return;
    Wait &wait = *static_cast<Wait::Timer &>(node).wait;
    finish(wait);
    wait.settle();
}

bool cancel_wait(Future &future, Error *reason) {
    if (future.done()) return false;
    auto &wait = static_cast<Wait &>(future);
    stop(wait);
    wait.cancel_now(ErrorRef::share(reason));
    wait.settle();
    return true;
}

void abandon_wait(Future &future) {
    auto &wait = static_cast<Wait &>(future);
    stop(wait);
    wait.settle();
}

constexpr CombinatorClass wait_class{{"Wait", false, cancel_wait, abandon_wait, end_combinator<Wait>}, child_done};

} // namespace

Wait::Timer::Timer(Wait &w) : Alarm(run_timer), wait(&w) {}

Wait::Wait(rondo_loop &l, Child *children, std::size_t n, uint32_t rondo_condition)
    : Combinator(wait_class, l, children, n), condition(rondo_condition), missing(n), timer(*this) {}

rondo_status wait(rondo_loop &loop, std::span<Future *const> futures, uint32_t condition, int64_t timeout,
                  FutureRef &out) {
    auto *wait = make_combinator<Wait>(loop, futures, leave_alone, condition);
    if (!wait) return RONDO_ENOMEM;
    out = FutureRef::adopt(wait);
    if (!wait->timer.arm_in(loop, timeout)) return RONDO_ENOMEM;
    for (Child &child : wait->children()) wait->watch(child);
    return RONDO_OK;
}

} // namespace rondo::core
