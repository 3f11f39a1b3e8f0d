#include "border.h"

#include "base/pool.h"

using namespace rondo::capi;

rondo_status rondo_value_copy(uint32_t kind, const void *ptr, size_t len, rondo_value *out) {
    if (kind != RONDO_BYTES && kind != RONDO_STR) return RONDO_EINVAL;
    if (!ptr && len > 0) return RONDO_EINVAL;
    rondo_value copy;
    RONDO_TRY(copy_bytes(kind, ptr, len, copy));
    if (out) {
        *out = copy;
    } else {
        drop_value(copy);
    }
    return RONDO_OK;
}

void rondo_value_drop(rondo_value *value) {
    if (value) drop_value(*value);
}

void *rondo_alloc(size_t size) { return rondo::core::allocate(size); }

void rondo_free(void *ptr, size_t size) { rondo::core::deallocate(ptr, size); }
