// Every struct that begins with its size is given too small, as large as it is, larger with zeroes behind, larger with
// something behind that the library cannot know, and with flags that it does not know.
#include "kit.h"

#include <stdint.h>
#include <unistd.h>

static rondo_loop *loop;
static rondo_runner *runner;
static rondo_future *future;
static rondo_ring *ring;
static int pipe_ends[2];
static int object; // the host's

static const rondo_host host = {.size = sizeof host};

static rondo_status end_at_once(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return RONDO_OK;
}

static rondo_ring_view ring_view = {.size = sizeof ring_view};

static void end_all(void *user, uint32_t count) {
    (void)user;
    for (uint32_t i = 0; i < count; ++i) {
        *ring_view.current = i;
        ring_view.answer[i] = RONDO_STEP_CANCELLED;
    }
}

static const kit_frame returns = {step_return, NULL, 0, NULL};

// ---- each use of a struct, undone when it succeeds

static rondo_status and_close(rondo_status status, rondo_loop **made) {
    if (status == RONDO_OK) rondo_loop_release(*made);
    return status;
}

static rondo_status use_loop_create(void *options) {
    rondo_loop *made = NULL;
    return and_close(rondo_loop_create(options, &made), &made);
}

static rondo_status use_runner_create(void *options) {
    rondo_runner *made = NULL;
    rondo_status status = rondo_runner_create(options, &made);
    if (status == RONDO_OK) rondo_runner_release(made);
    return status;
}

static rondo_status use_runner_s_loop(void *options) {
    RONDO_INIT(rondo_runner_options, runner_options);
    runner_options.loop = options;
    return use_runner_create(&runner_options);
}

static rondo_status and_run(rondo_status status, rondo_future **made) {
    if (status != RONDO_OK) return status;
    GIVES(rondo_loop_run_until_complete(loop, *made, NULL), RONDO_OK);
    rondo_future_release(*made);
    return status;
}

static rondo_status use_task_create(void *options) {
    rondo_task *made = NULL;
    return and_run(rondo_task_create(loop, &kit_coro, &returns, options, &made), &made);
}

static rondo_status use_fiber_create(void *options) {
    rondo_task *made = NULL;
    return and_run(rondo_fiber_create(loop, end_at_once, NULL, options, &made), &made);
}

static rondo_status use_runner_run_coro(void *options) {
    return rondo_runner_run_coro(runner, &kit_coro, &returns, options, NULL, NULL);
}

static rondo_status use_ring_task_create(void *options) {
    rondo_task *made = NULL;
    rondo_status status = rondo_ring_task_create(ring, &object, options, &made);
    if (status == RONDO_OK) {
        GIVES(rondo_loop_run_until_complete(loop, made, NULL), RONDO_ECANCELED);
        rondo_future_release(made);
    }
    return status;
}

static rondo_status use_vtable(void *vtable) {
    rondo_task *made = NULL;
    return and_run(rondo_task_create(loop, vtable, &returns, NULL, &made), &made);
}

static rondo_status use_vtable_in_run(void *vtable) { return rondo_run_coro(vtable, &returns, NULL, NULL); }

static rondo_status use_vtable_in_runner(void *vtable) {
    return rondo_runner_run_coro(runner, vtable, &returns, NULL, NULL, NULL);
}

static int calls;

static rondo_status and_cancel(rondo_status status, rondo_handle **handle) {
    if (status != RONDO_OK) return status;
    GIVES(rondo_handle_cancel(*handle), RONDO_OK);
    rondo_handle_release(*handle);
    return status;
}

static rondo_status use_call_soon(void *options) {
    rondo_handle *handle = NULL;
    return and_cancel(rondo_loop_call_soon(loop, count_call, &calls, options, &handle), &handle);
}

static rondo_status use_call_later(void *options) {
    rondo_handle *handle = NULL;
    return and_cancel(rondo_loop_call_later(loop, 1, count_call, &calls, options, &handle), &handle);
}

static rondo_status use_call_at(void *options) {
    rondo_handle *handle = NULL;
    return and_cancel(rondo_loop_call_at(loop, RONDO_S(1), count_call, &calls, options, &handle), &handle);
}

static rondo_status use_call_soon_threadsafe(void *options) {
    rondo_handle *handle = NULL;
    return and_cancel(rondo_loop_call_soon_threadsafe(loop, count_call, &calls, options, &handle), &handle);
}

static rondo_status use_done_callback(void *options) {
    rondo_status status = rondo_future_add_done_callback(future, count_call, &calls, options);
    GIVES(rondo_future_remove_done_callback(future, count_call, &calls), status == RONDO_OK);
    return status;
}

static rondo_status use_reader(void *options) {
    rondo_status status = rondo_loop_add_reader(loop, pipe_ends[0], count_call, &calls, options);
    GIVES(rondo_loop_remove_reader(loop, pipe_ends[0]), status == RONDO_OK);
    return status;
}

static rondo_status use_writer(void *options) {
    rondo_status status = rondo_loop_add_writer(loop, pipe_ends[1], count_call, &calls, options);
    GIVES(rondo_loop_remove_writer(loop, pipe_ends[1]), status == RONDO_OK);
    return status;
}

static rondo_status use_future_create(void *options) {
    rondo_future *made = NULL;
    rondo_status status = rondo_future_create(loop, options, &made);
    if (status == RONDO_OK) rondo_future_release(made);
    return status;
}

static rondo_status use_error_create(void *options) {
    rondo_error *made = NULL;
    rondo_status status = rondo_error_create(options, &made);
    if (status == RONDO_OK) rondo_error_release(made);
    return status;
}

static rondo_status use_report(void *report) { return rondo_loop_call_exception_handler(loop, report); }

static rondo_status use_ring_create(void *options) {
    rondo_loop *its_loop = virtual_loop();
    rondo_ring *made = NULL;
    rondo_status status = rondo_ring_create(its_loop, options, &made);
    if (status == RONDO_OK) rondo_ring_release(made);
    rondo_loop_release(its_loop);
    return status;
}

static rondo_status use_host_of_loop(void *its_host) {
    RONDO_INIT(rondo_loop_options, options);
    options.host = its_host;
    return use_loop_create(&options);
}

static rondo_status use_host_of_ring(void *its_host) {
    RONDO_INIT(rondo_ring_options, options);
    options.host = its_host;
    options.none = &object;
    options.drain = end_all;
    return use_ring_create(&options);
}

static rondo_status any_job(void *arg, rondo_job *job, rondo_value *result) {
    (void)arg;
    (void)job;
    (void)result;
    return RONDO_OK;
}

static rondo_status use_to_thread(void *options) {
    rondo_future *made = NULL;
    return and_run(rondo_to_thread(loop, any_job, NULL, options, &made), &made);
}

static rondo_status use_executor_create(void *options) { return rondo_executor_create(options, NULL); }
static rondo_status use_queue_create(void *options) { return rondo_queue_create(options, NULL); }

// ---- what must be filled in

static void fill_error(void *options) { ((rondo_error_options *)options)->code = RONDO_EFAILED; }
static void fill_report(void *report) { ((rondo_report *)report)->message = "heard"; }
static void fill_vtable(void *vtable) { *(rondo_coro_vtable *)vtable = kit_coro; }
static void fill_ring(void *options) {
    rondo_ring_options *o = options;
    o->host = &host;
    o->none = &object;
    o->drain = end_all;
}

enum { needed_whole = 1, has_no_flags = 2 };

static const struct {
    const char *name;
    size_t size;
    rondo_status (*use)(void *options);
    void (*fill)(void *options);
    int traits;
} structs[] = {
    {"loop options", sizeof(rondo_loop_options), use_loop_create, NULL, 0},
    {"loop options of a runner", sizeof(rondo_loop_options), use_runner_s_loop, NULL, 0},
    {"runner options", sizeof(rondo_runner_options), use_runner_create, NULL, 0},
    {"task options", sizeof(rondo_task_options), use_task_create, NULL, 0},
    {"task options of a fiber", sizeof(rondo_task_options), use_fiber_create, NULL, 0},
    {"task options of a run", sizeof(rondo_task_options), use_runner_run_coro, NULL, 0},
    {"task options of a ring task", sizeof(rondo_task_options), use_ring_task_create, NULL, 0},
    {"vtable", sizeof(rondo_coro_vtable), use_vtable, fill_vtable, needed_whole},
    {"vtable of rondo_run_coro", sizeof(rondo_coro_vtable), use_vtable_in_run, fill_vtable, needed_whole},
    {"vtable of a runner's run", sizeof(rondo_coro_vtable), use_vtable_in_runner, fill_vtable, needed_whole},
    {"call options", sizeof(rondo_call_options), use_call_soon, NULL, 0},
    {"call options of call_later", sizeof(rondo_call_options), use_call_later, NULL, 0},
    {"call options of call_at", sizeof(rondo_call_options), use_call_at, NULL, 0},
    {"call options of call_soon_threadsafe", sizeof(rondo_call_options), use_call_soon_threadsafe, NULL, 0},
    {"call options of a done callback", sizeof(rondo_call_options), use_done_callback, NULL, 0},
    {"call options of a reader", sizeof(rondo_call_options), use_reader, NULL, 0},
    {"call options of a writer", sizeof(rondo_call_options), use_writer, NULL, 0},
    {"future options", sizeof(rondo_future_options), use_future_create, NULL, 0},
    {"error options", sizeof(rondo_error_options), use_error_create, fill_error, needed_whole | has_no_flags},
    {"report", sizeof(rondo_report), use_report, fill_report, needed_whole},
    {"ring options", sizeof(rondo_ring_options), use_ring_create, fill_ring, needed_whole | has_no_flags},
    {"job options", sizeof(rondo_job_options), use_to_thread, NULL, 0},
    {"executor options", sizeof(rondo_executor_options), use_executor_create, NULL, has_no_flags},
    {"queue options", sizeof(rondo_queue_options), use_queue_create, NULL, 0},
    {"host of a loop", sizeof(rondo_host), use_host_of_loop, NULL, needed_whole},
    {"host of a ring", sizeof(rondo_host), use_host_of_ring, NULL, needed_whole},
};
enum { struct_count = sizeof structs / sizeof structs[0], tail = 24 };

// Memory for a struct and what a newer header would put behind it.
typedef union {
    uint32_t size;
    uint32_t words[64];
    unsigned char bytes[256];
    void *alignment;
} room;

static room filled(size_t i, size_t size) {
    room r;
    memset(&r, 0, sizeof r);
    if (structs[i].fill) structs[i].fill(&r);
    r.size = (uint32_t)size;
    return r;
}

static void gives(size_t i, room *r, rondo_status wanted) {
    rondo_status got = structs[i].use(r);
    if (got == wanted) return;
    fprintf(stderr, "%s of size %u: %s, not %s\n", structs[i].name, r->size, rondo_status_name(got),
            rondo_status_name(wanted));
    kit_fail(__FILE__, __LINE__, "the struct is judged by its size");
}

static void structs_of_their_own_size_are_taken(void) {
    for (size_t i = 0; i < struct_count; ++i) {
        room r = filled(i, structs[i].size);
        gives(i, &r, RONDO_OK);
    }
}

static void a_size_too_small_to_hold_the_size_is_refused(void) {
    for (size_t i = 0; i < struct_count; ++i) {
        for (size_t size = 0; size < sizeof(uint32_t); ++size) {
            room r = filled(i, size);
            gives(i, &r, RONDO_EINVAL);
        }
    }
}

static void an_older_smaller_struct_has_defaults_for_the_rest(void) {
    for (size_t i = 0; i < struct_count; ++i) {
        if (structs[i].traits & needed_whole) continue;
        for (size_t size = 4; size <= structs[i].size; size += 4) {
            room r = filled(i, size);
            gives(i, &r, RONDO_OK);
        }
        room r = filled(i, 4);
        memset(r.bytes + 4, 0xff, structs[i].size - 4); // not looked at
        gives(i, &r, RONDO_OK);
    }
}

static void a_vtable_may_lack_its_last_member_and_no_other(void) {
    for (size_t i = 0; i < struct_count; ++i) {
        if (structs[i].fill != fill_vtable) continue;
        size_t first = offsetof(rondo_coro_vtable, describe);
        for (size_t size = first; size < sizeof(rondo_coro_vtable); ++size) {
            room r = filled(i, size);
            memset(r.bytes + first, 0xff, sizeof(void *)); // not looked at
            gives(i, &r, RONDO_OK);
        }
        room r = filled(i, first - 1);
        gives(i, &r, RONDO_EINVAL);
    }
}

static void a_newer_larger_struct_is_taken_when_its_tail_is_zero(void) {
    for (size_t i = 0; i < struct_count; ++i) {
        room r = filled(i, structs[i].size + tail);
        gives(i, &r, RONDO_OK);
    }
}

static void an_unknown_field_that_is_set_is_refused_wherever_it_stands(void) {
    for (size_t i = 0; i < struct_count; ++i) {
        for (size_t at = structs[i].size; at < structs[i].size + tail; ++at) {
            room r = filled(i, structs[i].size + tail);
            r.bytes[at] = 1;
            gives(i, &r, RONDO_E2BIG);
        }
    }
}

static void unknown_flags_are_refused(void) {
    for (size_t i = 0; i < struct_count; ++i) {
        if (structs[i].traits & has_no_flags) continue;
        for (uint32_t flag = 1u << 31; flag >= 1u << 3; flag >>= 1) {
            room r = filled(i, structs[i].size);
            r.words[1] = flag;
            gives(i, &r, RONDO_EINVAL);
        }
    }
}

static void reserved_words_are_refused(void) {
    RONDO_INIT(rondo_loop_options, options);
    options.reserved = 1;
    GIVES(use_loop_create(&options), RONDO_EINVAL);
    GIVES(use_runner_s_loop(&options), RONDO_EINVAL);
    RONDO_INIT(rondo_queue_options, queue_options);
    queue_options.reserved = 1;
    GIVES(use_queue_create(&queue_options), RONDO_EINVAL);
}

// ---- structs the library fills

static void stats_fill_what_the_caller_knows(void) {
    RONDO_INIT(rondo_loop_stats, stats);
    for (uint32_t size = 0; size < 4; ++size) {
        stats.size = size;
        GIVES(rondo_loop_get_stats(loop, &stats), RONDO_EINVAL);
    }
    memset(&stats, 0xff, sizeof stats);
    stats.size = 16;
    GIVES(rondo_loop_get_stats(loop, &stats), RONDO_OK);
    CHECK(stats.size == 16 && stats.turns != UINT64_MAX && stats.entries == UINT64_MAX);
    room larger;
    memset(&larger, 0, sizeof larger);
    larger.size = sizeof stats + tail;
    GIVES(rondo_loop_get_stats(loop, (void *)&larger), RONDO_OK);
    CHECK(larger.size == sizeof stats + tail);
}

static void a_ring_view_must_be_whole(void) {
    RONDO_INIT(rondo_ring_view, view);
    GIVES(rondo_ring_get_view(ring, &view), RONDO_OK);
    CHECK(view.size == sizeof view && view.capacity == 256);
    for (uint32_t size = 0; size < sizeof view; size += 4) {
        view.size = size;
        GIVES(rondo_ring_get_view(ring, &view), RONDO_EINVAL);
    }
    GIVES(rondo_ring_get_view(ring, NULL), RONDO_EINVAL);
}

// ---- handles inside structs

static void gives_kind(size_t i, room *r) { gives(i, r, RONDO_EKIND); }

static void handles_in_structs_are_checked_for_their_kind(void) {
    for (size_t i = 0; i < struct_count; ++i) {
        room r = filled(i, structs[i].size);
        if (structs[i].size == sizeof(rondo_task_options) && strncmp(structs[i].name, "task", 4) == 0) {
            ((rondo_task_options *)&r)->context = (void *)future;
            gives_kind(i, &r);
            r = filled(i, structs[i].size);
            ((rondo_task_options *)&r)->group = (void *)future;
        } else if (strncmp(structs[i].name, "call", 4) == 0) {
            ((rondo_call_options *)&r)->context = (void *)future;
        } else if (structs[i].use == use_to_thread) {
            ((rondo_job_options *)&r)->executor = (void *)future;
            gives_kind(i, &r);
            r = filled(i, structs[i].size);
            ((rondo_job_options *)&r)->context = (void *)future;
        } else if (structs[i].use == use_runner_create) {
            ((rondo_runner_options *)&r)->context = (void *)future;
        } else if (structs[i].use == use_error_create) {
            ((rondo_error_options *)&r)->cause = (void *)future;
            gives_kind(i, &r);
            r = filled(i, structs[i].size);
            ((rondo_error_options *)&r)->context = (void *)future;
        } else if (structs[i].use == use_report) {
            ((rondo_report *)&r)->error = (void *)future;
            gives_kind(i, &r);
            r = filled(i, structs[i].size);
            ((rondo_report *)&r)->future = (void *)loop;
            gives_kind(i, &r);
            r = filled(i, structs[i].size);
            ((rondo_report *)&r)->task = (void *)loop;
            gives_kind(i, &r);
            r = filled(i, structs[i].size);
            ((rondo_report *)&r)->task = future; // no task
            gives_kind(i, &r);
            r = filled(i, structs[i].size);
            ((rondo_report *)&r)->handle = (void *)loop;
            gives_kind(i, &r);
            r = filled(i, structs[i].size);
            ((rondo_report *)&r)->generator = (void *)loop;
        } else {
            continue;
        }
        gives_kind(i, &r);
    }
}

int main(void) {
    runner = virtual_runner(&loop);
    future = pending_future(loop);
    RONDO_INIT(rondo_ring_options, ring_options);
    fill_ring(&ring_options);
    GIVES(rondo_ring_create(loop, &ring_options, &ring), RONDO_OK);
    GIVES(rondo_ring_get_view(ring, &ring_view), RONDO_OK);
    CHECK(pipe(pipe_ends) == 0);

    RUN(structs_of_their_own_size_are_taken);
    RUN(a_size_too_small_to_hold_the_size_is_refused);
    RUN(an_older_smaller_struct_has_defaults_for_the_rest);
    RUN(a_vtable_may_lack_its_last_member_and_no_other);
    RUN(a_newer_larger_struct_is_taken_when_its_tail_is_zero);
    RUN(an_unknown_field_that_is_set_is_refused_wherever_it_stands);
    RUN(unknown_flags_are_refused);
    RUN(reserved_words_are_refused);
    RUN(stats_fill_what_the_caller_knows);
    RUN(a_ring_view_must_be_whole);
    RUN(handles_in_structs_are_checked_for_their_kind);
    CHECK(calls == 0);

    rondo_ring_release(ring);
    rondo_future_release(future);
    rondo_runner_release(runner);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return 0;
}
