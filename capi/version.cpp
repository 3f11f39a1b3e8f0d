#include "border.h"

#define RONDO_TEXT_(x) #x
#define RONDO_TEXT(x) RONDO_TEXT_(x)

int32_t rondo_version_number(void) { return RONDO_VERSION_NUMBER; }

const char *rondo_version(void) {
    return RONDO_TEXT(RONDO_VERSION_MAJOR) "." RONDO_TEXT(RONDO_VERSION_MINOR) "." RONDO_TEXT(RONDO_VERSION_PATCH);
}

const char *rondo_strerror(rondo_status status) { return rondo::core::status_text(status); }

const char *rondo_status_name(rondo_status status) { return rondo::core::status_name(status); }
