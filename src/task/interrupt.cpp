// SIGINT while a runner runs. A signal has no user data: the one runner that owns it is process-wide by nature.
#include "task/runner.h"

#include "base/sigint.h"
#include "base/thread.h"

#include <cerrno>
#include <thread>

namespace rondo::core {
namespace {

std::atomic<Runner *> receiver{nullptr};
std::atomic<uint32_t> delivering{0}; // the signal may come in another thread: the runner waits for it

extern "C" void rondo_on_sigint(int) {
    int error = errno;
    delivering.fetch_add(1);
    if (Runner *runner = receiver.load()) {
        if (runner->signals.fetch_add(1, std::memory_order_relaxed) > 0) runner->loop->break_off();
        runner->loop->interrupt_wanted.store(true);
        runner->loop->call_attention();
    }
    delivering.fetch_sub(1);
    errno = error;
}

} // namespace

InterruptScope::InterruptScope(Runner &runner) {
    if ((runner.options.flags & RONDO_RUNNER_NO_SIGINT) || !in_main_thread()) return;
    Runner *nobody = nullptr;
    if (!receiver.compare_exchange_strong(nobody, &runner)) return;
    installed_ = take_sigint(rondo_on_sigint);
    if (!installed_) receiver.store(nullptr);
}

InterruptScope::~InterruptScope() {
    if (!installed_) return;
    give_sigint_back(rondo_on_sigint);
    receiver.store(nullptr);
    if (process_.forked()) delivering.store(0); // whoever was delivering has stayed with the parent
    while (delivering.load() != 0) std::this_thread::yield();
}

} // namespace rondo::core
