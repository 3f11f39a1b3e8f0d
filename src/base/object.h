// What every handle of the ABI begins with: a tag that tells its kind, and a reference count any thread may change.
#pragma once

#include "base/count.h"

#include <cstdint>

namespace rondo::core {

enum class Tag : uint32_t {
    dead = 0xdead0000,
    loop = 0x4c4f4f50,
    future = 0x46555455,
    handle = 0x48414e44,
    runner = 0x52554e52,
    error = 0x4552524f,
    context = 0x43545854,
    ctxvar = 0x43565220,
    token = 0x544f4b4e,
    waker = 0x57414b45,
    ring = 0x52494e47,
    timeout = 0x54494d45,
    group = 0x47525550,
    generator = 0x47454e52,
    finalizer = 0x46494e41,
    lock = 0x4c4f434b,
    event = 0x45564e54,
    condition = 0x434f4e44,
    semaphore = 0x53454d41,
    barrier = 0x42415252,
    queue = 0x51554555,
    channel = 0x4348414e,
    executor = 0x45584543,
    submission = 0x5355424d,
};

struct Object {
    explicit Object(Tag kind, uint32_t references = 1) : tag(kind), refs(references) {}
    Object(const Object &) = delete;
    Object &operator=(const Object &) = delete;

    void retain() { refs.add(); }
    // True when this was the last reference: the caller destroys the object.
    [[nodiscard]] bool drop_reference() { return refs.drop(); }

    Tag tag;
    Count refs;
};

} // namespace rondo::core
