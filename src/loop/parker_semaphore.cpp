// A POSIX semaphore with timed waits on the monotonic clock: no descriptor.
#include "loop/parker.h"

#include <cerrno>
#include <ctime>
#include <new>
#include <semaphore.h>
#if __has_include(<sys/prctl.h>)
#include <sys/prctl.h>
#endif

namespace rondo::core {

namespace {

// How late the kernel may wake this thread, and mostly does, in ns.
int64_t timer_slack() {
#ifdef PR_GET_TIMERSLACK
    int slack = prctl(PR_GET_TIMERSLACK);
    return slack > 0 ? slack : 0;
#else
    return 0;
#endif
}

bool times_out(sem_t &semaphore, int64_t deadline) {
    timespec when{};
    when.tv_sec = deadline / 1'000'000'000;
    when.tv_nsec = deadline % 1'000'000'000;
    return sem_clockwait(&semaphore, CLOCK_MONOTONIC, &when) != 0 && errno == ETIMEDOUT;
}

} // namespace

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
    int64_t early = deadline - timer_slack();
    if (early > monotonic_now() && !times_out(state().semaphore, early)) return;
    if (deadline > monotonic_now()) times_out(state().semaphore, deadline);
}

void Parker::unpark() noexcept { sem_post(&state().semaphore); }

} // namespace rondo::core
