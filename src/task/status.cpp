// Names and texts of status codes: Rondo's from the table in abi.h, the others from the system's.
#include "loop/system_status.h"
#include "task/error.h"

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
    const char *system = system_status_text(status);
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
    const char *system = system_status_name(status);
    return system ? system : "UNKNOWN";
}

} // namespace rondo::core
