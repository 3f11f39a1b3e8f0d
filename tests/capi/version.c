// Room "Version": numbers, names and texts.
#include "kit.h"

#include <strings.h>
#include <uv.h>

static void the_library_is_the_one_of_the_header(void) {
    CHECK(rondo_version_number() == RONDO_VERSION_NUMBER);
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", RONDO_VERSION_MAJOR, RONDO_VERSION_MINOR, RONDO_VERSION_PATCH);
    CHECK(strcmp(rondo_version(), text) == 0);
}

static void every_code_has_its_name_and_text(void) {
#define LOOK(name, number, text)                                                                                      \
    CHECK(RONDO_##name == (number));                                                                                  \
    CHECK(strcmp(rondo_status_name(RONDO_##name), #name) == 0);                                                       \
    CHECK(strcmp(rondo_strerror(RONDO_##name), text) == 0);
    RONDO_STATUS_MAP(LOOK)
    CHECK(strcmp(rondo_status_name(RONDO_OK), "OK") == 0);
    CHECK(strcmp(rondo_strerror(RONDO_OK), "success") == 0);
}

static void the_codes_follow_each_other_without_a_gap(void) {
    int next = -20001;
#define COUNT(name, number, text) CHECK(RONDO_##name == next--);
    RONDO_STATUS_MAP(COUNT)
    CHECK(RONDO_STATUS_LAST_ == next + 1);
}

static void every_code_of_libuv_has_its_name_and_a_text(void) {
#define LOOK_AT_LIBUV(code, text)                                                                                     \
    if (UV_##code != UV_ENOTSUP) CHECK(strcmp(rondo_status_name(UV_##code), #code) == 0);                             \
    CHECK(strcmp(rondo_strerror(UV_##code), "unknown status") != 0);
    UV_ERRNO_MAP(LOOK_AT_LIBUV)
    CHECK(strcasecmp(rondo_strerror(UV_ENOENT), "no such file or directory") == 0);
    CHECK(strcmp(rondo_strerror(UV_EOF), "end of file") == 0);
}

static void other_numbers_are_unknown(void) {
    static const int others[] = {1, 9, 20001, -3999, -20000, RONDO_STATUS_LAST_ - 1, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; ++i) {
        CHECK(strcmp(rondo_status_name(others[i]), "UNKNOWN") == 0);
        CHECK(strcmp(rondo_strerror(others[i]), "unknown status") == 0);
    }
}

int main(void) {
    RUN(the_library_is_the_one_of_the_header);
    RUN(every_code_has_its_name_and_text);
    RUN(the_codes_follow_each_other_without_a_gap);
    RUN(every_code_of_libuv_has_its_name_and_a_text);
    RUN(other_numbers_are_unknown);
    return 0;
}
