// The calls that led here, and what their addresses are called. backtrace_*.cpp.
#pragma once

#include <cstddef>
#include <string>

namespace rondo::core {

// Return addresses, the newest first, beginning with the one in here; answers how many. 0: not to be had.
[[nodiscard]] __attribute__((noinline)) std::size_t backtrace(void **frames, std::size_t most) noexcept;

// A function's name, or file+offset, or "?". std::bad_alloc.
std::string describe_address(void *address);

} // namespace rondo::core
