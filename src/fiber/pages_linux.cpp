#include "fiber/pages.h"

#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL // Linux 6.13
#define MADV_GUARD_INSTALL 102
#endif

namespace rondo::core {

std::size_t page_size() noexcept {
    static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

char *map_pages(std::size_t size) noexcept {
    void *at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (at == MAP_FAILED) return nullptr;
    madvise(at, size, MADV_NOHUGEPAGE); // a huge page would commit 2 MiB for a few frames
    return static_cast<char *>(at);
}

void unmap_pages(char *at, std::size_t size) noexcept { munmap(at, size); }
void discard_pages(char *at, std::size_t size) noexcept { madvise(at, size, MADV_DONTNEED); }

bool guard_pages_by_advice(char *at, std::size_t size) noexcept { return madvise(at, size, MADV_GUARD_INSTALL) == 0; }
bool guard_pages_by_mapping(char *at, std::size_t size) noexcept { return mprotect(at, size, PROT_NONE) == 0; }

// Each makes two mappings more; half of all may be spent on them.
std::size_t most_guards_by_mapping() noexcept {
    char text[32] = "";
    int fd = open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t got = read(fd, text, sizeof text - 1);
        close(fd);
        if (got < 0) text[0] = 0;
    }
    auto most = std::strtoul(text, nullptr, 10);
    return (most ? most : 65530) / 4;
}

} // namespace rondo::core
