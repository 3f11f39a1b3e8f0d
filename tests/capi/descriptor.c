// Room "Descriptors": readers and writers, their ends, and bad descriptors.
#include "kit.h"

#include <fcntl.h>
#include <unistd.h>
#include <uv.h>

static rondo_loop *loop;
static int in;  // readable when something was written to out
static int out;

static void open_pipe(void) {
    int ends[2];
    CHECK(pipe2(ends, O_NONBLOCK) == 0);
    in = ends[0];
    out = ends[1];
}

static void close_pipe(void) {
    close(in);
    close(out);
}

static void fill(void) { CHECK(write(out, "x", 1) == 1); }

static void read_all(void *user, rondo_call *call) {
    char bytes[64];
    CHECK(call->future == NULL);
    while (read(in, bytes, sizeof bytes) > 0) {}
    ++*(int *)user;
}

static rondo_call_options dropping(void) {
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_end;
    return options;
}

static void look(void) { CHECK(rondo_loop_run_once(loop, 0) >= 0); }

static void a_reader_runs_in_every_turn_in_which_the_descriptor_is_readable(void) {
    open_pipe();
    int reads = 0;
    GIVES(rondo_loop_add_reader(loop, in, count_call, &reads, NULL), RONDO_OK);
    look();
    CHECK(reads == 0);
    fill();
    look();
    look();
    CHECK(reads == 2); // nobody has read
    GIVES(rondo_loop_remove_reader(loop, in), 1);
    GIVES(rondo_loop_remove_reader(loop, in), 0);
    look();
    CHECK(reads == 2);
    close_pipe();
}

static void adding_again_replaces_the_earlier_one(void) {
    open_pipe();
    int first = 0;
    int second = 0;
    rondo_call_options options = dropping();
    GIVES(rondo_loop_add_reader(loop, in, count_call, &first, &options), RONDO_OK);
    GIVES(rondo_loop_add_reader(loop, in, read_all, &second, &options), RONDO_OK);
    CHECK(first == 1 && second == 0); // dropped, not called
    fill();
    look();
    look();
    CHECK(first == 1 && second == 1);
    GIVES(rondo_loop_remove_reader(loop, in), 1);
    CHECK(second == 2);
    close_pipe();
}

static void readers_and_writers_of_one_descriptor_are_apart(void) {
    open_pipe();
    int writes = 0;
    rondo_call_options options = dropping();
    GIVES(rondo_loop_add_writer(loop, out, count_call, &writes, &options), RONDO_OK);
    GIVES(rondo_loop_remove_reader(loop, out), 0);
    look();
    CHECK(writes == 1);
    GIVES(rondo_loop_remove_writer(loop, out), 1);
    CHECK(writes == 2);
    look();
    CHECK(writes == 2);
    close_pipe();
}

static void remove_own(void *user, rondo_call *call) {
    (void)call;
    ++*(int *)user;
    GIVES(rondo_loop_remove_reader(NULL, in), 1);
    CHECK(*(int *)user == 1); // in use: dropped afterwards
}

static void a_reader_may_remove_itself(void) {
    open_pipe();
    int data = 0;
    rondo_call_options options = dropping();
    GIVES(rondo_loop_add_reader(loop, in, remove_own, &data, &options), RONDO_OK);
    fill();
    look();
    look();
    CHECK(data == 2);
    close_pipe();
}

static void replace_own(void *user, rondo_call *call) {
    (void)user;
    GIVES(rondo_loop_add_reader(call->loop, in, read_all, user, NULL), RONDO_OK);
}

static void a_reader_may_replace_itself(void) {
    open_pipe();
    int data = 0;
    rondo_call_options options = dropping();
    GIVES(rondo_loop_add_reader(loop, in, replace_own, &data, &options), RONDO_OK);
    fill();
    look();
    look();
    look();
    CHECK(data == 2);
    GIVES(rondo_loop_remove_reader(loop, in), 1);
    close_pipe();
}

static int first_in;
static int second_in;
static void remove_both(void *user, rondo_call *call) {
    ++*(int *)user;
    GIVES(rondo_loop_remove_reader(call->loop, first_in), 1);
    GIVES(rondo_loop_remove_reader(call->loop, second_in), 1);
}

static void a_reader_removed_in_the_turn_of_its_event_does_not_run(void) { // L5
    int first[2];
    int second[2];
    int calls = 0;
    CHECK(pipe(first) == 0 && pipe(second) == 0);
    first_in = first[0];
    second_in = second[0];
    GIVES(rondo_loop_add_reader(loop, first_in, remove_both, &calls, NULL), RONDO_OK);
    GIVES(rondo_loop_add_reader(loop, second_in, remove_both, &calls, NULL), RONDO_OK);
    CHECK(write(first[1], "x", 1) == 1 && write(second[1], "x", 1) == 1);
    look();
    CHECK(calls == 1); // whichever libuv saw first
    look();
    CHECK(calls == 1);
    close(first[0]);
    close(first[1]);
    close(second[0]);
    close(second[1]);
}

static void bad_descriptors_are_refused_and_the_data_stays_the_caller_s(void) {
    int data = 0;
    rondo_call_options options = dropping();
    GIVES(rondo_loop_add_reader(loop, -1, count_call, &data, &options), UV_EBADF);
    GIVES(rondo_loop_add_writer(loop, -7, count_call, &data, &options), UV_EBADF);
    GIVES(rondo_loop_add_reader(loop, 9999, count_call, &data, &options), UV_EBADF);
    GIVES(rondo_loop_add_reader(loop, 0, NULL, &data, &options), RONDO_EINVAL);
    int file = open("/proc/self/exe", O_RDONLY);
    GIVES(rondo_loop_add_reader(loop, file, count_call, &data, &options), UV_EPERM);
    GIVES(rondo_loop_add_writer(loop, file, count_call, &data, &options), UV_EPERM);
    GIVES(rondo_loop_remove_reader(loop, file), 0);
    GIVES(rondo_loop_remove_reader(loop, -1), 0);
    CHECK(data == 0);
    close(file);
}

static void fail_call(void *user, rondo_call *call) {
    (void)user;
    call->status = RONDO_EFAILED;
}

static void a_failing_reader_is_reported_and_watches_on(void) {
    kit_reports reports = {0};
    GIVES(rondo_loop_set_exception_handler(loop, note_report, &reports), RONDO_OK);
    open_pipe();
    GIVES(rondo_loop_add_reader(loop, in, fail_call, NULL, NULL), RONDO_OK);
    fill();
    look();
    look();
    CHECK(reports.count == 2 && reports.code == RONDO_EFAILED);
    GIVES(rondo_loop_remove_reader(loop, in), 1);
    GIVES(rondo_loop_set_exception_handler(loop, NULL, NULL), RONDO_OK);
    close_pipe();
}

static void cancel_the_handle(void *user, rondo_loop *its_loop, const rondo_report *report) {
    (void)its_loop;
    ++*(int *)user;
    GIVES(rondo_handle_cancel(report->handle), RONDO_OK);
}

static void a_cancelled_handle_watches_no_more(void) {
    int reports = 0;
    GIVES(rondo_loop_set_exception_handler(loop, cancel_the_handle, &reports), RONDO_OK);
    open_pipe();
    GIVES(rondo_loop_add_reader(loop, in, fail_call, NULL, NULL), RONDO_OK);
    fill();
    look();
    CHECK(reports == 1);
    look(); // the event after the cancel lets the watch go
    uint64_t entries = stats_of(loop).entries;
    look();
    look();
    CHECK(reports == 1 && stats_of(loop).entries == entries);
    GIVES(rondo_loop_remove_reader(loop, in), 0);
    GIVES(rondo_loop_set_exception_handler(loop, NULL, NULL), RONDO_OK);
    close_pipe();
}

static void closing_the_loop_drops_what_it_watches(void) {
    rondo_loop *kept = loop;
    loop = virtual_loop();
    open_pipe();
    int reader = 0;
    int writer = 0;
    rondo_call_options options = dropping();
    GIVES(rondo_loop_add_reader(loop, in, count_call, &reader, &options), RONDO_OK);
    GIVES(rondo_loop_add_writer(loop, out, count_call, &writer, &options), RONDO_OK);
    rondo_loop_release(loop);
    CHECK(reader == 1 && writer == 1);
    close_pipe();
    loop = kept;
}

static void descriptors_of_one_fd_number_may_come_and_go(void) {
    for (int i = 0; i < 50; ++i) {
        open_pipe();
        int reads = 0;
        GIVES(rondo_loop_add_reader(loop, in, read_all, &reads, NULL), RONDO_OK);
        fill();
        look();
        CHECK(reads == 1);
        GIVES(rondo_loop_remove_reader(loop, in), 1);
        close_pipe();
    }
}

int main(void) {
    loop = virtual_loop();
    RUN(a_reader_runs_in_every_turn_in_which_the_descriptor_is_readable);
    RUN(adding_again_replaces_the_earlier_one);
    RUN(readers_and_writers_of_one_descriptor_are_apart);
    RUN(a_reader_may_remove_itself);
    RUN(a_reader_may_replace_itself);
    RUN(a_reader_removed_in_the_turn_of_its_event_does_not_run);
    RUN(bad_descriptors_are_refused_and_the_data_stays_the_caller_s);
    RUN(a_failing_reader_is_reported_and_watches_on);
    RUN(a_cancelled_handle_watches_no_more);
    RUN(closing_the_loop_drops_what_it_watches);
    RUN(descriptors_of_one_fd_number_may_come_and_go);
    rondo_loop_release(loop);
    return 0;
}
