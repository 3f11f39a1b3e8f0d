// Puts a thread to sleep until a deadline or until any thread, or a signal handler, unparks it. No descriptor.
#pragma once

#include "base/clock.h"

#include <cerrno>
#include <ctime>
#include <semaphore.h>

namespace rondo::core {

class Parker {
public:
    Parker() { sem_init(&semaphore_, 0, 0); }
    ~Parker() { sem_destroy(&semaphore_); }
    Parker(const Parker &) = delete;
    Parker &operator=(const Parker &) = delete;

    // Returns when unparked, when the deadline (monotonic ns) has passed, or after a signal.
    void park(int64_t deadline) {
        if (deadline == forever) {
            sem_wait(&semaphore_);
            return;
        }
        timespec when{};
        when.tv_sec = deadline / 1'000'000'000;
        when.tv_nsec = deadline % 1'000'000'000;
        sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &when);
    }

    void unpark() noexcept { sem_post(&semaphore_); }

private:
    sem_t semaphore_;
};

} // namespace rondo::core
