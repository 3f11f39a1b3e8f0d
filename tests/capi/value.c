// Room "Values": boxes, copies, drops, and the memory pool.
#include "kit.h"

#include <stdint.h>

// Sanitizers end the process otherwise when asked for too much.
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "allocator_may_return_null=1"; }

static void inline_functions_fill_the_box(void) {
    CHECK(rondo_none().kind == RONDO_NONE);
    CHECK(rondo_bool(7).kind == RONDO_BOOL && rondo_bool(7).as.i64 == 1 && rondo_bool(0).as.i64 == 0);
    CHECK(rondo_i64(INT64_MIN).kind == RONDO_I64 && rondo_i64(INT64_MIN).as.i64 == INT64_MIN);
    CHECK(rondo_u64(UINT64_MAX).kind == RONDO_U64 && rondo_u64(UINT64_MAX).as.u64 == UINT64_MAX);
    CHECK(rondo_f64(0.5).kind == RONDO_F64 && rondo_f64(0.5).as.f64 == 0.5);
    rondo_value text = rondo_text("hello", 5);
    CHECK(text.kind == RONDO_STR && text.len == 5 && text.drop == NULL);
    int drops = 0;
    rondo_value pointer = rondo_ptr(&drops, count_drop);
    CHECK(pointer.kind == RONDO_PTR && pointer.as.ptr == &drops && pointer.len == 0 && pointer.drop == count_drop);
}

static void drop_runs_once_and_empties_the_box(void) {
    int drops = 0;
    rondo_value value = counted(&drops);
    rondo_value_drop(&value);
    CHECK(drops == 1 && value.kind == RONDO_NONE && value.drop == NULL);
    rondo_value_drop(&value);
    CHECK(drops == 1);
    rondo_value_drop(NULL);
}

static rondo_value *box_to_look_at;
static void look_into_the_box(void *ptr, size_t len) {
    (void)len;
    CHECK(box_to_look_at->kind == RONDO_NONE);
    ++*(int *)ptr;
}

static void the_box_is_empty_before_drop_is_called(void) {
    int drops = 0;
    rondo_value value = rondo_ptr(&drops, look_into_the_box);
    box_to_look_at = &value;
    rondo_value_drop(&value);
    CHECK(drops == 1);
}

static void copies_own_their_bytes(void) {
    char source[] = "caf\303\251";
    rondo_value copy;
    GIVES(rondo_value_copy(RONDO_STR, source, 5, &copy), RONDO_OK);
    source[0] = 'X';
    CHECK(copy.kind == RONDO_STR && copy.len == 5 && strcmp(copy.as.ptr, "caf\303\251") == 0);
    rondo_value_drop(&copy);
    CHECK(copy.kind == RONDO_NONE);

    GIVES(rondo_value_copy(RONDO_BYTES, "a\0b", 3, &copy), RONDO_OK);
    CHECK(copy.kind == RONDO_BYTES && copy.len == 3 && memcmp(copy.as.ptr, "a\0b", 3) == 0);
    rondo_value_drop(&copy);
}

static void nothing_can_be_copied(void) {
    rondo_value copy;
    GIVES(rondo_value_copy(RONDO_STR, NULL, 0, &copy), RONDO_OK);
    CHECK(copy.len == 0 && strcmp(copy.as.ptr, "") == 0);
    rondo_value_drop(&copy);
    GIVES(rondo_value_copy(RONDO_BYTES, "unused", 6, NULL), RONDO_OK);
}

static void bad_copies_are_refused_and_leave_out_alone(void) {
    rondo_value out = rondo_i64(7);
    GIVES(rondo_value_copy(RONDO_BYTES, NULL, 1, &out), RONDO_EINVAL);
    for (uint32_t kind = 0; kind < 12; ++kind) {
        if (kind != RONDO_BYTES && kind != RONDO_STR) GIVES(rondo_value_copy(kind, "x", 1, &out), RONDO_EINVAL);
    }
    CHECK(out.kind == RONDO_I64 && out.as.i64 == 7);
}

static void pool_blocks_are_aligned_and_writable(void) {
    static const size_t sizes[] = {0, 1, 16, 17, 100, 512, 513, 4096, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
        void *block = rondo_alloc(sizes[i]);
        CHECK(block != NULL && (uintptr_t)block % 16 == 0);
        memset(block, 0xab, sizes[i]);
        rondo_free(block, sizes[i]);
    }
    rondo_free(NULL, 16);
}

static void the_pool_says_when_there_is_no_memory(void) { CHECK(rondo_alloc(PTRDIFF_MAX / 2) == NULL); }

int main(void) {
    RUN(inline_functions_fill_the_box);
    RUN(drop_runs_once_and_empties_the_box);
    RUN(the_box_is_empty_before_drop_is_called);
    RUN(copies_own_their_bytes);
    RUN(nothing_can_be_copied);
    RUN(bad_copies_are_refused_and_leave_out_alone);
    RUN(pool_blocks_are_aligned_and_writable);
    RUN(the_pool_says_when_there_is_no_memory);
    return 0;
}
