#include "task/shield.h"

#include "task/combinator.h"

namespace rondo::core {
namespace {

extern const CombinatorClass shield_class;

struct Shield final : Combinator {
    Shield(rondo_loop &l, Child *children, std::size_t n) : Combinator(shield_class, l, children, n) {}
};

void child_done(Combinator &outer, Child &child) {
    Future &inner = *child.future;
    inner.unretrieved = false;
    switch (inner.state) {
    case State::finished:
        outer.relay(FutureRef::share(&inner));
        break;
    case State::failed:
        outer.fail(ErrorRef::share(inner.error));
        break;
    default:
        outer.cancel_now(cancelled_error()); // asyncio: without the message
        break;
    }
}

// What inner ends with later is nobody's concern here: an error is reported if no one else looks at it (W44).
bool cancel_shield(Future &future, Error *reason) {
    if (future.done()) return false;
    auto &outer = static_cast<Shield &>(future);
    Future &inner = *outer.children().front().future;
    if (inner.done()) inner.unretrieved = false;
    outer.stop_watching();
    outer.cancel_now(ErrorRef::share(reason));
    outer.settle();
    return true;
}

constinit const CombinatorClass shield_class{
    {"Future", false, cancel_shield, abandon_combinator, end_combinator<Shield>}, child_done};

} // namespace

rondo_status shield(Future &inner, FutureRef &out) {
    if (inner.done()) {
        out = FutureRef::share(&inner);
        return RONDO_OK;
    }
    Future *const children[] = {&inner};
    auto *outer = make_combinator<Shield>(*inner.loop, children, watch_at_once);
    if (!outer) return RONDO_ENOMEM;
    out = FutureRef::adopt(outer);
    return RONDO_OK;
}

} // namespace rondo::core
