#include "fiber/overflow.h"

#include "fiber/fiber.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <mutex>

namespace rondo::core {
namespace {

// ---- the line. Everything here may run inside a signal handler.

class Line {
public:
    Line &operator<<(const char *text) {
        while (*text && length_ < sizeof text_) text_[length_++] = *text++;
        return *this;
    }

    Line &operator<<(uint64_t number) {
        char digits[21];
        char *at = digits + sizeof digits - 1;
        *at = 0;
        do *--at = static_cast<char>('0' + number % 10);
        while (number /= 10);
        return *this << at;
    }

    void print() const {
        for (std::size_t done = 0; done < length_;) {
            ssize_t wrote = write(STDERR_FILENO, text_ + done, length_ - done);
            if (wrote <= 0) return;
            done += static_cast<std::size_t>(wrote);
        }
    }

private:
    char text_[512];
    std::size_t length_ = 0;
};

void report_overflow(const Fiber &fiber) {
    const Task &task = fiber.task();
    Line line;
    line << "rondo: the fiber of task '";
    if (task.name.text()) {
        line << task.name.text();
    } else {
        line << "Task-" << task.name.number();
    }
    line << "' overflowed its stack of " << stack_size(&fiber.stack())
         << " bytes: give it a bigger stack_size in rondo_task_options\n";
    line.print();
}

// ---- the handlers

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
    const Fiber *fiber = Fiber::current();
    if (fiber && info->si_code > 0 && fiber->stack().guards(info->si_addr)) report_overflow(*fiber);
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

// ---- a stack for the handler, as the fiber's has no room left

class SignalStack {
public:
    SignalStack() {
        stack_t present{};
        if (sigaltstack(nullptr, &present) != 0 || !(present.ss_flags & SS_DISABLE)) return;
        void *room = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (room == MAP_FAILED) return;
        stack_t own{};
        own.ss_sp = room;
        own.ss_size = size;
        if (sigaltstack(&own, nullptr) != 0) {
            munmap(room, size);
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
            sigaltstack(&none, nullptr);
        }
        munmap(room_, size);
    }

    SignalStack(const SignalStack &) = delete;
    SignalStack &operator=(const SignalStack &) = delete;

private:
    static constexpr std::size_t size = std::size_t{64} << 10;
    void *room_ = nullptr;
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

void die_of_overflow(const Fiber &fiber) noexcept {
    report_overflow(fiber);
    raise(SIGSEGV);
    std::abort();
}

} // namespace rondo::core
