#include "fiber/overflow.h"

#include "base/output.h"
#include "fiber/fiber.h"

#include <csignal>
#include <cstdint>
#include <cstdlib>

namespace rondo::core {
namespace {

// Everything here may run inside a signal handler.
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

    void print() const { write_all(standard_error, text_, length_); }

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

} // namespace

void tell_of_fault(const void *address) noexcept {
    const Fiber *fiber = Fiber::current();
    if (fiber && fiber->stack().guards(address)) report_overflow(*fiber);
}

void die_of_overflow(const Fiber &fiber) noexcept {
    report_overflow(fiber);
    std::raise(SIGSEGV);
    std::abort();
}

} // namespace rondo::core
