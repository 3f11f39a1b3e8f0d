// Values as the ABI carries them: move-only boxes with a drop function.
#pragma once

#include "rondo/abi.h"

#include <utility>

namespace rondo::core {

inline rondo_value no_value() { return rondo_value{RONDO_NONE, 0, {0}, 0, nullptr}; }

inline rondo_value take_value(rondo_value &from) { return std::exchange(from, no_value()); }

inline void drop_value(rondo_value &value) {
    rondo_value old = take_value(value);
    if (old.drop) old.drop(old.as.ptr, old.len);
}

// A copy that owns its bytes; RONDO_ENOMEM.
rondo_status copy_bytes(uint32_t kind, const void *ptr, size_t len, rondo_value &out);

// A counted object of a host: retained now, released under the host's lock when the value is dropped.
rondo_value object_value(const rondo_host &host, void *object);
// Gives one reference back, under the host's lock.
void release_object(const rondo_host &host, void *object);
// Another reference to the object of a value, taken under the host's lock.
rondo_value share_object(const rondo_value &value);
// The object, borrowed, or nullptr when the value is none of this host's.
void *object_of(const rondo_value &value, const rondo_host *host);

} // namespace rondo::core
