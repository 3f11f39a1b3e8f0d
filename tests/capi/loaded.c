// The library is loaded at run time, and more than once: copies under other names, one in a namespace of its own, and,
// where there is one, one linked into the program. Copies share nothing: each runs runners beside, and inside, those
// of the others. Closing a library that is in use, or was, takes nothing away.
#include "kit.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

#define FUNCTIONS(X)                                                                                                   \
    X(rondo_run) X(rondo_runner_create) X(rondo_runner_run) X(rondo_runner_close) X(rondo_runner_release)             \
    X(rondo_loop_running) X(rondo_fiber_create) X(rondo_sleep) X(rondo_yield) X(rondo_await_release) X(rondo_to_thread)   \
    X(rondo_lock_create) X(rondo_lock_acquire) X(rondo_lock_unlock) X(rondo_lock_release) X(rondo_alloc)                  \
    X(rondo_free)

typedef struct {
    void *library; // NULL: linked into this program
#define MEMBER(name) __typeof__(name) *name;
    FUNCTIONS(MEMBER)
} copy;

static copy resolve(void *library) {
    copy c = {.library = library};
#define RESOLVE(name) CHECK((*(void **)&c.name = dlsym(library, #name)) != NULL);
    FUNCTIONS(RESOLVE)
    return c;
}

static copy load(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) fprintf(stderr, "%s\n", dlerror());
    CHECK(library != NULL);
    return resolve(library);
}

#ifdef RONDO_LINKED
static copy linked(void) {
    copy c = {.library = NULL};
#define LINKED(name) c.name = name;
    FUNCTIONS(LINKED)
    return c;
}
#endif

// ---- a program for any copy: fibers that wait for each other, and a job in a thread

typedef struct {
    const copy *with;
    const copy *other; // runs inside a fiber of the first; may be NULL
    int count;
    int inside;
    rondo_lock *lock;
} program;

static rondo_status add_one(void *arg, rondo_value *result) {
    program *p = arg;
    (void)result;
    GIVES(p->with->rondo_lock_acquire(p->lock), RONDO_OK);
    int before = p->count;
    GIVES(p->with->rondo_yield(), RONDO_OK);
    p->count = before + 1;
    return p->with->rondo_lock_unlock(p->lock);
}

static rondo_status add_in_a_thread(void *arg, rondo_job *job, rondo_value *result) {
    (void)job;
    CHECK(((program *)arg)->with->rondo_loop_running() == NULL);
    *result = rondo_i64(4);
    return RONDO_OK;
}

static rondo_status count_to_seven(void *arg, rondo_value *result);

static void run_the_other_inside(program *p) {
    rondo_loop *mine = p->with->rondo_loop_running();
    program inner = {.with = p->other, .inside = 1};
    CHECK(mine != NULL && p->other->rondo_loop_running() == NULL);
    rondo_value sum;
    GIVES(p->other->rondo_run(count_to_seven, &inner, &sum, NULL), RONDO_OK);
    CHECK(sum.as.i64 == 7 && p->with->rondo_loop_running() == mine);
}

static rondo_status count_to_seven(void *arg, rondo_value *result) {
    program *p = arg;
    const copy *c = p->with;
    rondo_task *tasks[3];
    rondo_future *job = NULL;
    rondo_value four;
    GIVES(c->rondo_lock_create(&p->lock), RONDO_OK);
    for (int i = 0; i < 3; ++i) GIVES(c->rondo_fiber_create(NULL, add_one, p, NULL, &tasks[i]), RONDO_OK);
    GIVES(c->rondo_to_thread(NULL, add_in_a_thread, p, NULL, &job), RONDO_OK);
    if (p->other) run_the_other_inside(p);
    GIVES(c->rondo_sleep(1), RONDO_OK);
    for (int i = 0; i < 3; ++i) GIVES(c->rondo_await_release(tasks[i], NULL), RONDO_OK);
    GIVES(c->rondo_await_release(job, &four), RONDO_OK);
    c->rondo_lock_release(p->lock);
    *result = rondo_i64(p->count + four.as.i64);
    return RONDO_OK;
}

static void *run_it(void *arg) {
    const copy *c = arg;
    rondo_runner *runner = NULL;
    GIVES(c->rondo_runner_create(NULL, &runner), RONDO_OK);
    for (int i = 0; i < 3; ++i) {
        program p = {.with = c};
        rondo_value sum;
        GIVES(c->rondo_runner_run(runner, count_to_seven, &p, NULL, &sum, NULL), RONDO_OK);
        CHECK(sum.as.i64 == 7);
    }
    GIVES(c->rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    c->rondo_runner_release(runner);
    return NULL;
}

// ---- the copies

enum { most_copies = 4 };
static copy copies[most_copies + 1];
static int copy_count;
static const char *library_path;

// Under another name, so that the loader takes it for another library.
static void copy_file(const char *from, const char *to) {
    static char block[1 << 16];
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    CHECK(in && out);
    for (size_t n; (n = fread(block, 1, sizeof block, in)) > 0;) CHECK(fwrite(block, 1, n, out) == n);
    CHECK(fclose(in) == 0 && fclose(out) == 0);
}

static copy load_under(char *name) {
    int descriptor = mkstemp(name);
    CHECK(descriptor >= 0 && close(descriptor) == 0);
    copy_file(library_path, name);
    copy loaded = load(name);
    CHECK(unlink(name) == 0);
    return loaded;
}

static void copies_are_loaded_beside_each_other(void) {
    copies[copy_count++] = load(library_path);
    for (int i = 1; i < most_copies; ++i) {
        char name[] = "/tmp/librondo_copy_XXXXXX";
        copies[copy_count++] = load_under(name);
    }
#ifdef RONDO_LINKED
    copies[copy_count++] = linked();
#endif
    for (int i = 0; i < copy_count; ++i) {
        for (int k = 0; k < i; ++k) CHECK(copies[i].rondo_run != copies[k].rondo_run);
    }
}

static void each_runs_in_one_thread(void) {
    for (int i = 0; i < copy_count; ++i) run_it(&copies[i]);
}

static void all_run_at_the_same_time(void) {
    pthread_t threads[2 * (most_copies + 1)];
    for (int i = 0; i < 2 * copy_count; ++i) {
        CHECK(pthread_create(&threads[i], NULL, run_it, &copies[i / 2]) == 0);
    }
    for (int i = 0; i < 2 * copy_count; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
}

static void each_runs_inside_a_fiber_of_another(void) {
    for (int i = 0; i < copy_count; ++i) {
        for (int k = 0; k < copy_count; ++k) {
            if (i == k) continue;
            program p = {.with = &copies[i], .other = &copies[k]};
            rondo_value sum;
            GIVES(copies[i].rondo_run(count_to_seven, &p, &sum, NULL), RONDO_OK);
            CHECK(sum.as.i64 == 7);
        }
    }
}

// Blocks that one keeps for this thread are freed when it ends, though the library was closed before.
static void *use_and_close(void *arg) {
    copy *c = arg;
    run_it(c);
    c->rondo_free(c->rondo_alloc(100), 100);
    CHECK(dlclose(c->library) == 0);
    return NULL;
}

static rondo_status close_while_it_runs(void *arg, rondo_value *result) {
    copy *c = arg;
    program p = {.with = c};
    CHECK(dlclose(c->library) == 0);
    return count_to_seven(&p, result);
}

static void closing_one_takes_nothing_away(void) {
    rondo_value sum;
    GIVES(copies[1].rondo_run(close_while_it_runs, &copies[1], &sum, NULL), RONDO_OK);
    CHECK(sum.as.i64 == 7);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, use_and_close, &copies[2]) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(dlclose(copies[0].library) == 0);
    for (int i = 0; i < copy_count; ++i) run_it(&copies[i]); // it stays, and so do its functions
    copy again = load(library_path);
    CHECK(again.rondo_run == copies[0].rondo_run);
    run_it(&again);
    CHECK(dlclose(again.library) == 0);
}

static void one_that_was_closed_stays_though_nobody_used_it(void) {
    char name[] = "/tmp/librondo_copy_XXXXXX";
    copy c = load_under(name);
    CHECK(dlclose(c.library) == 0);
    CHECK(dlopen(name, RTLD_NOW | RTLD_NOLOAD) == c.library);
    run_it(&c);
}

// Its own libc, too: only what stays in one thread is sure to work there.
static rondo_status yield_thrice(void *arg, rondo_value *result) {
    const copy *c = arg;
    for (int i = 0; i < 3; ++i) GIVES(c->rondo_yield(), RONDO_OK);
    *result = rondo_i64(c->rondo_loop_running() != NULL);
    return c->rondo_sleep(1);
}

static void one_runs_in_a_namespace_of_its_own(void) {
    void *library = dlmopen(LM_ID_NEWLM, library_path, RTLD_NOW | RTLD_LOCAL);
    if (!library) fprintf(stderr, "%s\n", dlerror());
    CHECK(library != NULL);
    copy c = resolve(library);
    rondo_value one;
    GIVES(c.rondo_run(yield_thrice, &c, &one, NULL), RONDO_OK);
    CHECK(one.as.i64 == 1 && c.rondo_run != copies[0].rondo_run);
    CHECK(dlclose(library) == 0);
}

// loaded LIBRARY [namespace]
int main(int argc, char **argv) {
    CHECK(argc >= 2);
    library_path = argv[1];
    RUN(copies_are_loaded_beside_each_other);
    RUN(each_runs_in_one_thread);
    RUN(all_run_at_the_same_time);
    RUN(each_runs_inside_a_fiber_of_another);
    RUN(closing_one_takes_nothing_away);
    RUN(one_that_was_closed_stays_though_nobody_used_it);
    if (argc > 2) RUN(one_runs_in_a_namespace_of_its_own);
    return 0;
}
