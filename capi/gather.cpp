#include "border.h"

using namespace rondo::capi;

namespace {

rondo_status enter_gather(const rondo_future *future, Gather *&out) {
    RONDO_TRY(enter(future));
    if (future->cls != &gather_class) return RONDO_EKIND;
    out = static_cast<Gather *>(const_cast<rondo_future *>(future));
    return RONDO_OK;
}

} // namespace

rondo_status rondo_gather(rondo_loop *loop, rondo_future *const *children, size_t count, uint32_t flags,
                          rondo_future **out) {
    if (!children && count > 0) return RONDO_EINVAL;
    constexpr uint32_t known = RONDO_GATHER_RETURN_ERRORS | RONDO_GATHER_CANCEL_ON_ERROR | RONDO_GATHER_REPORT_LATE;
    if (flags & ~known) return RONDO_EINVAL;
    RONDO_TRY(enter_open(loop));
    RONDO_TRY(check_futures(*loop, {children, count}));
    Gather *outer = nullptr;
    RONDO_TRY(gather(*loop, {children, count}, flags, outer));
    give<rondo_future>(out, outer);
    return RONDO_OK;
}

size_t rondo_gather_count(const rondo_future *future) {
    bool is_gather = check(future) == RONDO_OK && future->cls == &gather_class;
    return is_gather ? static_cast<const Gather *>(future)->count : 0;
}

rondo_future *rondo_gather_child(const rondo_future *future, size_t index) {
    if (index >= rondo_gather_count(future)) return nullptr;
    return static_cast<const Gather *>(future)->children()[index].future;
}

rondo_status rondo_gather_objects(rondo_future *future, void **out, size_t capacity) {
    Gather *outer = nullptr;
    RONDO_TRY(enter_gather(future, outer));
    if (capacity != outer->count || (!out && capacity > 0)) return RONDO_EINVAL;
    for (size_t i = 0; i < capacity; ++i) {
        Future &child = *outer->children()[i].future;
        child.unretrieved = false;
        out[i] = child.succeeded() ? ring_object(*outer->loop, child.bearer().value) : nullptr;
    }
    return RONDO_OK;
}
