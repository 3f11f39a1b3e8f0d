// Memory in pages, for stacks. pages_*.cpp.
#pragma once

#include <cstddef>

namespace rondo::core {

std::size_t page_size() noexcept;

// Zeroed, readable and writable, and costing no memory before it is touched, where the system allows that. nullptr:
// there is none.
[[nodiscard]] char *map_pages(std::size_t size) noexcept;
void unmap_pages(char *at, std::size_t size) noexcept;
// Their contents are lost, and the memory is the system's until they are touched again.
void discard_pages(char *at, std::size_t size) noexcept;

// From now on every access is a fault. False: not to be had this way.
[[nodiscard]] bool guard_pages_by_advice(char *at, std::size_t size) noexcept; // discarding leaves it in place
[[nodiscard]] bool guard_pages_by_mapping(char *at, std::size_t size) noexcept;
// How many guards by mapping a process may spend on stacks.
std::size_t most_guards_by_mapping() noexcept;

} // namespace rondo::core
