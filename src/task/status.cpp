// Names and texts of status codes: Rondo's from the table in abi.h, libuv's from errno's table.
#include "task/error.h"

#include <cstring>

namespace rondo::core {

const char *status_text(rondo_status status) {
    switch (status) {
    case RONDO_OK:
        return "success";
#define RONDO_STATUS_TEXT(name, number, text)                                                                        \
    case number:                                                                                                     \
        return text;
        RONDO_STATUS_MAP(RONDO_STATUS_TEXT)
#undef RONDO_STATUS_TEXT
    default:
        break;
    }
    const char *system = status < 0 && status > -4096 ? strerrordesc_np(-status) : nullptr;
    return system ? system : "unknown status";
}

const char *status_name(rondo_status status) {
    switch (status) {
    case RONDO_OK:
        return "OK";
#define RONDO_STATUS_NAME(name, number, text)                                                                        \
    case number:                                                                                                     \
        return #name;
        RONDO_STATUS_MAP(RONDO_STATUS_NAME)
#undef RONDO_STATUS_NAME
    default:
        break;
    }
    const char *system = status < 0 && status > -4096 ? strerrorname_np(-status) : nullptr;
    return system ? system : "UNKNOWN";
}

} // namespace rondo::core
