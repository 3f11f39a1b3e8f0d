#include "base/backtrace.h"

#include <cstdio>
#include <windows.h>

namespace rondo::core {

std::size_t backtrace(void **frames, std::size_t most) noexcept {
    return CaptureStackBackTrace(0, static_cast<DWORD>(most), frames, nullptr);
}

std::string describe_address(void *address) {
    HMODULE module = nullptr;
    char path[MAX_PATH] = "";
    DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    if (!GetModuleHandleExA(flags, static_cast<const char *>(address), &module)) return "?";
    if (!GetModuleFileNameA(module, path, sizeof path)) return "?";
    char offset[32];
    std::snprintf(offset, sizeof offset, "+0x%zx",
                  static_cast<std::size_t>(static_cast<char *>(address) - reinterpret_cast<char *>(module)));
    return std::string(path) + offset;
}

} // namespace rondo::core
