#include "memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static atomic_int_fast64_t live;

static _Thread_local struct {
    uint64_t count;
    uint64_t fail_at;
    uint64_t failed;
    int armed;
    int all_later;
} mine;

void memory_fail(uint64_t n, int all_later) {
    mine.fail_at = mine.count + n;
    mine.failed = 0;
    mine.all_later = all_later;
    mine.armed = 1;
}

uint64_t memory_disarm(void) {
    mine.armed = 0;
    return mine.failed;
}

uint64_t memory_allocations(void) { return mine.count; }
int64_t memory_live(void) { return atomic_load(&live); }

static int called_from(void *caller, const char *library) {
    Dl_info info;
    return dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, library) != NULL;
}

// Some callers end the process when they get nothing: libuv where it grows its tables (realloc), libc where it
// registers the destructors of thread-local objects (calloc).
static int refuses(void *caller, const char *spared) {
    uint64_t number = mine.count++;
    if (!mine.armed) return 0;
    if (mine.all_later ? number < mine.fail_at : number != mine.fail_at) return 0;
    if (spared && called_from(caller, spared)) {
        if (!mine.all_later) ++mine.fail_at;
        return 0;
    }
    ++mine.failed;
    errno = ENOMEM;
    return 1;
}

static void *counted(void *block) {
    if (block) atomic_fetch_add(&live, 1);
    return block;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size) { return refuses(CALLER, NULL) ? NULL : counted(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) {
    return refuses(CALLER, "/libc.so") ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size) {
    if (refuses(CALLER, "/libuv.so")) return NULL;
    void *moved = __libc_realloc(block, size);
    if (!block) return counted(moved);
    if (size == 0 && !moved) atomic_fetch_sub(&live, 1);
    return moved;
}

void *memalign(size_t alignment, size_t size) {
    return refuses(CALLER, NULL) ? NULL : counted(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) {
    return refuses(CALLER, NULL) ? NULL : counted(__libc_memalign(alignment, size));
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    if (refuses(CALLER, NULL)) return ENOMEM;
    void *block = counted(__libc_memalign(alignment, size));
    if (!block) return ENOMEM;
    *out = block;
    return 0;
}

// Stacks. Not counted as blocks: they are kept for the next fiber.
void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    if (refuses(CALLER, NULL)) return MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

void free(void *block) {
    if (!block) return;
    atomic_fetch_sub(&live, 1);
    __libc_free(block);
}
