#include "task/origin.h"

#include "base/backtrace.h"
#include "base/pool.h"

#include <array>
#include <new>
#include <unordered_map>

namespace rondo::core {

class Origins {
public:
    struct Trace {
        std::array<void *, 13> frames;
        std::size_t count;
    };
    std::unordered_map<const void *, Trace> traces;
};

namespace {

constexpr std::size_t own_frames = 3; // backtrace, note_origin and who calls it

} // namespace

__attribute__((noinline)) void note_origin(rondo_loop &loop, const void *object) {
    try {
        if (!loop.knows_origins()) loop.origins = create<Origins>();
        Origins *origins = loop.origins;
        if (!origins) return;
        Origins::Trace trace{};
        trace.count = backtrace(trace.frames.data(), trace.frames.size());
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
    for (std::size_t i = own_frames; i < found->second.count; ++i)
        text += describe_address(found->second.frames[i]) + "\n";
    return text;
}

} // namespace rondo::core
