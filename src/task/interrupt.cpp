// SIGINT while a runner runs. A signal has no user data: the one runner that owns it is process-wide by nature.
#include "task/runner.h"

#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>

namespace rondo::core {
namespace {

std::atomic<Runner *> receiver{nullptr};

extern "C" void rondo_on_sigint(int) {
    Runner *runner = receiver.load(std::memory_order_relaxed);
    if (!runner) return;
    if (runner->signals.fetch_add(1, std::memory_order_relaxed) > 0) runner->loop->break_off();
    runner->loop->interrupt_wanted.store(true);
    runner->loop->call_attention();
}

bool main_thread() {
#if defined(__linux__)
    return syscall(SYS_gettid) == getpid();
#else
    return true;
#endif
}

bool default_action() {
    struct sigaction current {};
    return sigaction(SIGINT, nullptr, &current) == 0 && !(current.sa_flags & SA_SIGINFO) &&
           current.sa_handler == SIG_DFL;
}

} // namespace

InterruptScope::InterruptScope(Runner &runner) {
    bool wanted = !(runner.options.flags & RONDO_RUNNER_NO_SIGINT);
    if (!wanted || !main_thread() || !default_action()) return;
    receiver.store(&runner, std::memory_order_relaxed);
    struct sigaction action {};
    action.sa_handler = rondo_on_sigint;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    installed_ = sigaction(SIGINT, &action, nullptr) == 0;
}

InterruptScope::~InterruptScope() {
    if (!installed_) return;
    struct sigaction current {};
    bool still_ours = sigaction(SIGINT, nullptr, &current) == 0 && current.sa_handler == rondo_on_sigint;
    if (still_ours) {
        current.sa_handler = SIG_DFL;
        sigaction(SIGINT, &current, nullptr);
    }
    receiver.store(nullptr, std::memory_order_relaxed);
}

} // namespace rondo::core
