#include "base/thread.h"

#include <csignal>
#include <cstring>
#include <pthread.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#elif defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__DragonFly__)
#include <pthread_np.h>
#endif

namespace rondo::core {

#if defined(__linux__)

bool in_main_thread() noexcept { return syscall(SYS_gettid) == getpid(); }

void name_this_thread(const char *name) noexcept {
    char shortened[16] = ""; // longer ones are refused
    std::strncpy(shortened, name, sizeof shortened - 1);
    pthread_setname_np(pthread_self(), shortened);
}

#elif defined(__APPLE__)

bool in_main_thread() noexcept { return pthread_main_np() != 0; }
void name_this_thread(const char *name) noexcept { pthread_setname_np(name); }

#elif defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__DragonFly__)

bool in_main_thread() noexcept { return pthread_main_np() != 0; }
void name_this_thread(const char *name) noexcept { pthread_set_name_np(pthread_self(), name); }

#else

static const pthread_t loaded_in = pthread_self();
bool in_main_thread() noexcept { return pthread_equal(loaded_in, pthread_self()) != 0; }
void name_this_thread(const char *) noexcept {}

#endif

bool start_thread(void *(*run)(void *), void *argument) noexcept {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    bool started = pthread_create(&thread, &detached, run, argument) == 0;
    pthread_attr_destroy(&detached);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

void at_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) noexcept {
    pthread_atfork(before, in_parent, in_child);
}

} // namespace rondo::core
