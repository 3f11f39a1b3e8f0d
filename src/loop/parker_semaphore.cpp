// A POSIX semaphore with timed waits on the monotonic clock: no descriptor.
#include "loop/parker.h"

#include <ctime>
#include <new>
#include <semaphore.h>

namespace rondo::core {

struct Parker::State {
    sem_t semaphore;
};

Parker::Parker() {
    static_assert(sizeof(State) <= sizeof room_ && alignof(State) <= 8);
    new (room_) State;
    sem_init(&state().semaphore, 0, 0);
}

Parker::~Parker() { sem_destroy(&state().semaphore); }

void Parker::park(int64_t deadline) noexcept {
    if (deadline == forever) {
        sem_wait(&state().semaphore);
        return;
    }
    timespec when{};
    when.tv_sec = deadline / 1'000'000'000;
    when.tv_nsec = deadline % 1'000'000'000;
    sem_clockwait(&state().semaphore, CLOCK_MONOTONIC, &when);
}

void Parker::unpark() noexcept { sem_post(&state().semaphore); }

} // namespace rondo::core
