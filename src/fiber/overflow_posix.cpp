#include "fiber/overflow.h"

#include "fiber/pages.h"

#include <csignal>
#include <cstddef>
#include <mutex>

namespace rondo::core {
namespace {

struct sigaction before_segv;
struct sigaction before_bus;

// Ends a signal as if there were no handler: a fault happens again when this returns, a sent signal is sent again.
void fall_back(int signal, const siginfo_t &info) {
    struct sigaction fatal {};
    fatal.sa_handler = SIG_DFL;
    sigaction(signal, &fatal, nullptr);
    if (info.si_code <= 0) raise(signal);
}

void pass_on(const struct sigaction &before, int signal, siginfo_t *info, void *context) {
    bool sent = info->si_code <= 0;
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(signal, info, context);
    } else if (before.sa_handler == SIG_DFL || (before.sa_handler == SIG_IGN && !sent)) {
        fall_back(signal, *info);
    } else if (before.sa_handler != SIG_IGN) {
        before.sa_handler(signal);
    }
}

void on_fault(int signal, siginfo_t *info, void *context) {
    if (info->si_code > 0) tell_of_fault(info->si_addr);
    pass_on(signal == SIGBUS ? before_bus : before_segv, signal, info, context);
}

void install_handlers() {
    struct sigaction action {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &before_segv);
    sigaction(SIGBUS, &action, &before_bus);
}

// A stack for the handler, as the fiber's has no room left.
class SignalStack {
public:
    SignalStack() {
        stack_t present{};
        if (sigaltstack(nullptr, &present) != 0 || !(present.ss_flags & SS_DISABLE)) return;
        char *room = map_pages(size);
        if (!room) return;
        stack_t own{};
        own.ss_sp = room;
        own.ss_size = size;
        if (sigaltstack(&own, nullptr) != 0) {
            unmap_pages(room, size);
            return;
        }
        room_ = room;
    }

    ~SignalStack() {
        if (!room_) return;
        stack_t present{};
        if (sigaltstack(nullptr, &present) != 0) return;
        if (present.ss_sp == room_) {
            stack_t none{};
            none.ss_flags = SS_DISABLE;
            none.ss_size = size; // macOS looks at it
            sigaltstack(&none, nullptr);
        }
        unmap_pages(room_, size);
    }

    SignalStack(const SignalStack &) = delete;
    SignalStack &operator=(const SignalStack &) = delete;

private:
    static constexpr std::size_t size = std::size_t{64} << 10;
    char *room_ = nullptr;
};

__attribute__((tls_model("initial-exec"))) thread_local bool watching = false;

} // namespace

void watch_for_overflow() noexcept {
    if (watching) return;
    watching = true;
    static std::once_flag installed;
    std::call_once(installed, install_handlers);
    thread_local SignalStack signal_stack;
    (void)signal_stack;
}

} // namespace rondo::core
