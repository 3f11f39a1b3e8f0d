// Writing to a descriptor with nothing between: for signal handlers. output_*.cpp.
#pragma once

#include <cstddef>

namespace rondo::core {

constexpr int standard_error = 2;

// All of it, or as much as the descriptor takes. errno stays as it is.
void write_all(int descriptor, const char *text, std::size_t length) noexcept;

} // namespace rondo::core
