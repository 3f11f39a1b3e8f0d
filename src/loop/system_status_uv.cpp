// libuv's table, which has what libuv answers.
#include "loop/system_status.h"

#include <uv.h>

namespace rondo::core {

const char *system_status_text(rondo_status status) noexcept {
    switch (status) {
#define RONDO_TEXT(name, text)                                                                                       \
    case UV_##name:                                                                                                  \
        return text;
        UV_ERRNO_MAP(RONDO_TEXT)
#undef RONDO_TEXT
    default:
        return nullptr;
    }
}

const char *system_status_name(rondo_status status) noexcept {
    switch (status) {
#define RONDO_NAME(name, text)                                                                                       \
    case UV_##name:                                                                                                  \
        return #name;
        UV_ERRNO_MAP(RONDO_NAME)
#undef RONDO_NAME
    default:
        return nullptr;
    }
}

} // namespace rondo::core
