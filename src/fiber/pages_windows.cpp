#include "fiber/pages.h"

#include <cstdint>
#include <windows.h>

namespace rondo::core {

std::size_t page_size() noexcept {
    static const std::size_t size = [] {
        SYSTEM_INFO info;
        GetSystemInfo(&info);
        return static_cast<std::size_t>(info.dwPageSize);
    }();
    return size;
}

// Promised by the system from the first moment, though untouched pages take no room in memory.
char *map_pages(std::size_t size) noexcept {
    return static_cast<char *>(VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
}

void unmap_pages(char *at, std::size_t) noexcept { VirtualFree(at, 0, MEM_RELEASE); }
void discard_pages(char *at, std::size_t size) noexcept { VirtualAlloc(at, size, MEM_RESET, PAGE_READWRITE); }

bool guard_pages_by_advice(char *, std::size_t) noexcept { return false; }

bool guard_pages_by_mapping(char *at, std::size_t size) noexcept {
    DWORD before;
    return VirtualProtect(at, size, PAGE_NOACCESS, &before) != 0;
}

std::size_t most_guards_by_mapping() noexcept { return SIZE_MAX; }

} // namespace rondo::core
