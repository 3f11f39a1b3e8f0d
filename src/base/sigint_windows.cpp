// Ctrl-C, which the C runtime tells of in a thread of its own.
#include "base/sigint.h"

#include <atomic>
#include <csignal>

namespace rondo::core {
namespace {

std::atomic<SigintHandler> taken{nullptr};

void pass_on(int signal) {
    SigintHandler handler = taken.load();
    if (!handler) return;
    std::signal(SIGINT, pass_on); // each signal puts the default action back
    handler(signal);
}

} // namespace

bool take_sigint(SigintHandler handler) noexcept {
    auto before = std::signal(SIGINT, pass_on);
    if (before != SIG_DFL) {
        if (before != SIG_ERR) std::signal(SIGINT, before);
        return false;
    }
    taken.store(handler);
    return true;
}

void give_sigint_back(SigintHandler) noexcept {
    taken.store(nullptr);
    auto before = std::signal(SIGINT, SIG_DFL);
    if (before != pass_on && before != SIG_ERR) std::signal(SIGINT, before);
}

} // namespace rondo::core
