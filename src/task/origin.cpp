#include "task/origin.h"

#include "base/pool.h"

#include <array>
#include <cstdio>
#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <memory>
#include <new>
#include <unordered_map>

namespace rondo::core {

class Origins {
public:
    struct Trace {
        std::array<void *, 12> frames;
        int count;
    };
    std::unordered_map<const void *, Trace> traces;
};

namespace {

constexpr int own_frames = 2; // note_origin and who calls it

std::string describe_frame(void *address) {
    Dl_info info{};
    char text[64];
    bool found = dladdr(address, &info) != 0;
    if (found && info.dli_sname) {
        int status = 0;
        std::unique_ptr<char, void (*)(void *)> name(abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status),
                                                     std::free);
        return name ? name.get() : info.dli_sname;
    }
    std::snprintf(text, sizeof text, "+0x%zx",
                  static_cast<std::size_t>(static_cast<char *>(address) - static_cast<char *>(info.dli_fbase)));
    return found && info.dli_fname ? std::string(info.dli_fname) + text : std::string("?");
}

} // namespace

void note_origin(rondo_loop &loop, const void *object) {
    try {
        if (!loop.knows_origins()) loop.origins = create<Origins>();
        Origins *origins = loop.origins;
        if (!origins) return;
        Origins::Trace trace{};
        trace.count = backtrace(trace.frames.data(), static_cast<int>(trace.frames.size()));
        origins->traces[object] = trace;
    } catch (const std::bad_alloc &) { // a trace less
    }
}

void forget_origin(rondo_loop &loop, const void *object) {
    if (!loop.home_thread()) return; // another thread's last release: the trace stays until the loop's end
    if (Origins *origins = loop.origins) origins->traces.erase(object);
}

void forget_origins(rondo_loop &loop) { destroy(loop.origins.exchange(nullptr)); }

std::string describe_origin(const rondo_loop &loop, const void *object) {
    std::string text;
    Origins *origins = loop.home_thread() ? loop.origins.load() : nullptr;
    if (!origins) return text;
    auto found = origins->traces.find(object);
    if (found == origins->traces.end()) return text;
    for (int i = own_frames; i < found->second.count; ++i) text += describe_frame(found->second.frames[i]) + "\n";
    return text;
}

} // namespace rondo::core
