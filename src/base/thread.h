// Which thread is this: a number that is cheap to read and never 0.
#pragma once

#include <cstdint>

namespace rondo::core {

inline uintptr_t this_thread() {
    __attribute__((tls_model("initial-exec"))) static thread_local char marker;
    return reinterpret_cast<uintptr_t>(&marker);
}

} // namespace rondo::core
