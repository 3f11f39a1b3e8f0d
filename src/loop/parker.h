// Puts a thread to sleep until a deadline or until any thread, or a signal handler, unparks it. parker_*.cpp.
#pragma once

#include "base/clock.h"

namespace rondo::core {

class Parker {
public:
    Parker();
    ~Parker();
    Parker(const Parker &) = delete;
    Parker &operator=(const Parker &) = delete;

    // By one thread at a time. Returns when unparked, also before, when the deadline (monotonic ns) has passed, or for
    // no reason.
    void park(int64_t deadline) noexcept;
    void unpark() noexcept;

private:
    struct State;
    State &state() noexcept { return *reinterpret_cast<State *>(room_); }

    alignas(8) unsigned char room_[32];
};

} // namespace rondo::core
