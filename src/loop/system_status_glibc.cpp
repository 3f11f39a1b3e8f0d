// glibc's table of errno values, and what libuv has beyond it.
#include "loop/system_status.h"

#include <cstring>

// uv.h's UV_ERRNO_MAP, as far as it goes beyond errno.
#define LIBUV_STATUS_MAP(X)                                                                                          \
    X(EAI_ADDRFAMILY, -3000, "address family not supported")                                                         \
    X(EAI_AGAIN, -3001, "temporary failure")                                                                         \
    X(EAI_BADFLAGS, -3002, "bad ai_flags value")                                                                     \
    X(EAI_CANCELED, -3003, "request canceled")                                                                       \
    X(EAI_FAIL, -3004, "permanent failure")                                                                          \
    X(EAI_FAMILY, -3005, "ai_family not supported")                                                                  \
    X(EAI_MEMORY, -3006, "out of memory")                                                                            \
    X(EAI_NODATA, -3007, "no address")                                                                               \
    X(EAI_NONAME, -3008, "unknown node or service")                                                                  \
    X(EAI_OVERFLOW, -3009, "argument buffer overflow")                                                               \
    X(EAI_SERVICE, -3010, "service not available for socket type")                                                   \
    X(EAI_SOCKTYPE, -3011, "socket type not supported")                                                              \
    X(EAI_BADHINTS, -3013, "invalid value for hints")                                                                \
    X(EAI_PROTOCOL, -3014, "resolved protocol is unknown")                                                           \
    X(EFTYPE, -4028, "inappropriate file type or format")                                                            \
    X(ECHARSET, -4080, "invalid Unicode character")                                                                  \
    X(UNKNOWN, -4094, "unknown error")                                                                               \
    X(EOF, -4095, "end of file")

namespace rondo::core {
namespace {

bool is_errno(rondo_status status) { return status < 0 && status > -4096; }

} // namespace

const char *system_status_text(rondo_status status) noexcept {
    switch (status) {
#define RONDO_TEXT(name, number, text)                                                                               \
    case number:                                                                                                     \
        return text;
        LIBUV_STATUS_MAP(RONDO_TEXT)
#undef RONDO_TEXT
    default:
        return is_errno(status) ? strerrordesc_np(-status) : nullptr;
    }
}

const char *system_status_name(rondo_status status) noexcept {
    switch (status) {
#define RONDO_NAME(name, number, text)                                                                               \
    case number:                                                                                                     \
        return #name;
        LIBUV_STATUS_MAP(RONDO_NAME)
#undef RONDO_NAME
    default:
        return is_errno(status) ? strerrorname_np(-status) : nullptr;
    }
}

} // namespace rondo::core
