#include "fiber/pages.h"

#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif
#ifdef __OpenBSD__
#define RONDO_STACK_FLAGS MAP_STACK // asked for; elsewhere it means nothing, or a stack that the kernel grows
#else
#define RONDO_STACK_FLAGS 0
#endif

namespace rondo::core {

std::size_t page_size() noexcept {
    static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

char *map_pages(std::size_t size) noexcept {
    int flags = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE | RONDO_STACK_FLAGS;
    void *at = mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    return at == MAP_FAILED ? nullptr : static_cast<char *>(at);
}

void unmap_pages(char *at, std::size_t size) noexcept { munmap(at, size); }

void discard_pages(char *at, std::size_t size) noexcept {
#ifdef MADV_FREE
    madvise(at, size, MADV_FREE);
#else
    posix_madvise(at, size, POSIX_MADV_DONTNEED);
#endif
}

bool guard_pages_by_advice(char *, std::size_t) noexcept { return false; }
bool guard_pages_by_mapping(char *at, std::size_t size) noexcept { return mprotect(at, size, PROT_NONE) == 0; }
// What Linux would allow by default, for want of a number to ask the system for.
std::size_t most_guards_by_mapping() noexcept { return 16384; }

} // namespace rondo::core
