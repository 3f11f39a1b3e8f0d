#include "base/sigint.h"

#include <csignal>

namespace rondo::core {

bool take_sigint(SigintHandler handler) noexcept {
    struct sigaction action {};
    if (sigaction(SIGINT, nullptr, &action) != 0) return false;
    if ((action.sa_flags & SA_SIGINFO) || action.sa_handler != SIG_DFL) return false;
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGINT, &action, nullptr) == 0;
}

void give_sigint_back(SigintHandler handler) noexcept {
    struct sigaction action {};
    if (sigaction(SIGINT, nullptr, &action) != 0 || action.sa_handler != handler) return;
    action.sa_handler = SIG_DFL;
    sigaction(SIGINT, &action, nullptr);
}

} // namespace rondo::core
