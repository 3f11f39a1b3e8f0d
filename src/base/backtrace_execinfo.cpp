#include "base/backtrace.h"

#include <cstdio>
#include <cstdlib>
#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <memory>

namespace rondo::core {

std::size_t backtrace(void **frames, std::size_t most) noexcept {
    int count = ::backtrace(frames, static_cast<int>(most));
    return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::string describe_address(void *address) {
    Dl_info info{};
    char offset[32];
    bool found = dladdr(address, &info) != 0;
    if (found && info.dli_sname) {
        int status = 0;
        std::unique_ptr<char, void (*)(void *)> name(abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status),
                                                     std::free);
        return name ? name.get() : info.dli_sname;
    }
    std::snprintf(offset, sizeof offset, "+0x%zx",
                  static_cast<std::size_t>(static_cast<char *>(address) - static_cast<char *>(info.dli_fbase)));
    return found && info.dli_fname ? std::string(info.dli_fname) + offset : std::string("?");
}

} // namespace rondo::core
