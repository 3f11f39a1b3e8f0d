// Room "Generators": refusals, ownership, and finalizers.
#include "kit.h"

#include <pthread.h>
#include <stdint.h>

static rondo_loop *loop;

static void step_count(kit_frame *frame, rondo_step *io) {
    if (io->status < 0) {
        give_error_on(io);
    } else {
        io->verdict = RONDO_STEP_PRODUCE;
        io->out = rondo_i64(frame->at);
    }
}

static rondo_generator *make_generator(kit_step step, int *ends) {
    kit_frame frame = {step, NULL, 0, ends};
    rondo_generator *made = NULL;
    GIVES(rondo_generator_create(loop, &kit_coro, &frame, &made), RONDO_OK);
    return made;
}

static rondo_status any_fiber(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return RONDO_OK;
}

static void bad_arguments_are_refused(void) {
    rondo_generator *out = NULL;
    rondo_coro_vtable bad = kit_coro;
    bad.step = NULL;
    GIVES(rondo_generator_create(loop, NULL, NULL, &out), RONDO_EINVAL);
    GIVES(rondo_generator_create(loop, &bad, NULL, &out), RONDO_EINVAL);
    GIVES(rondo_generator_create_fiber(loop, NULL, NULL, 0, &out), RONDO_EINVAL);
    GIVES(rondo_generator_create_fiber(loop, any_fiber, NULL, SIZE_MAX, &out), RONDO_ENOMEM);
    CHECK(out == NULL);
    rondo_finalizer *finalizer = NULL;
    GIVES(rondo_finalizer_create(loop, NULL, NULL, &finalizer), RONDO_EINVAL);
    CHECK(finalizer == NULL);
}

static void out_may_be_left_out(void) {
    int ends = 0;
    kit_frame frame = {step_count, NULL, 0, &ends};
    GIVES(rondo_generator_create(loop, &kit_coro, &frame, NULL), RONDO_OK);
    GIVES(rondo_generator_create_fiber(loop, any_fiber, NULL, 0, NULL), RONDO_OK);
    CHECK(ends == 1);
    rondo_generator *generator = make_generator(step_count, &ends);
    GIVES(rondo_generator_next_task(generator, NULL), RONDO_OK);
    GIVES(rondo_generator_close_task(generator, NULL), RONDO_OK);
    run_until_idle(loop);
    CHECK(ends == 2 && stats_of(loop).futures == 0);
    rondo_generator_release(generator);
}

static void outside_fibers_and_steps_nothing_can_be_asked(void) {
    rondo_generator *generator = make_generator(step_count, NULL);
    rondo_value out = rondo_i64(7);
    rondo_error *err = NULL;
    GIVES(rondo_generator_next(generator, NULL, &out, &err), RONDO_ENOFIBER);
    CHECK(out.kind == RONDO_NONE);
    TELLS(err, RONDO_ENOFIBER, "io");
    GIVES(rondo_generator_close(generator, NULL, NULL), RONDO_ENOFIBER);
    int drops = 0;
    rondo_value value = counted(&drops);
    GIVES(rondo_produce(&value), RONDO_ENOFIBER);
    CHECK(drops == 1 && value.kind == RONDO_NONE); // moved in every case
    CHECK(rondo_generator_retain(generator) == generator);
    rondo_generator_release(generator);
    rondo_generator_release(generator);
}

static void step_ask(kit_frame *frame, rondo_step *io) {
    rondo_generator *generator = frame->user;
    rondo_value out;
    GIVES(rondo_generator_next(generator, io, &out, NULL), 1);
    CHECK(out.as.i64 == 0);
    GIVES(rondo_generator_next(generator, io, NULL, NULL), 1);
    GIVES(rondo_generator_close(generator, io, NULL), RONDO_OK);
    GIVES(rondo_generator_next(generator, io, &out, NULL), RONDO_OK);
    CHECK(out.kind == RONDO_NONE);
    GIVES(rondo_generator_close(generator, io, NULL), RONDO_OK);
    step_return(frame, io);
}

static void a_step_asks_with_its_letter(void) {
    int ends = 0;
    rondo_generator *generator = make_generator(step_count, &ends);
    rondo_task *task = start(loop, step_ask, generator, NULL);
    run_until_idle(loop);
    GIVES(rondo_future_result(task, NULL, NULL), RONDO_OK);
    CHECK(ends == 1);
    rondo_future_release(task);
    rondo_generator_release(generator);
    CHECK(stats_of(loop).futures == 0);
}

static void a_closed_loop_answers_ECLOSED(void) {
    int ends = 0;
    rondo_loop *usual = loop;
    rondo_loop *gone = loop = virtual_loop();
    rondo_generator *fresh = make_generator(step_count, &ends);
    rondo_generator *begun = make_generator(step_count, &ends);
    GIVES(rondo_generator_next_task(begun, NULL), RONDO_OK);
    run_until_idle(loop);
    rondo_loop_release(gone); // generators do not keep it open
    rondo_value out;
    GIVES(rondo_generator_next(begun, NULL, &out, NULL), RONDO_ECLOSED);
    GIVES(rondo_generator_close(begun, NULL, NULL), RONDO_ECLOSED);
    GIVES(rondo_generator_next_task(fresh, NULL), RONDO_ECLOSED);
    GIVES(rondo_generator_close_task(fresh, NULL), RONDO_ECLOSED);
    rondo_generator_release(fresh);
    rondo_generator_release(begun);
    CHECK(ends == 2);
    loop = virtual_loop();
    GIVES(rondo_loop_close(loop), RONDO_OK);
    rondo_generator *out_generator = NULL;
    GIVES(rondo_generator_create(loop, &kit_coro, NULL, &out_generator), RONDO_ECLOSED);
    GIVES(rondo_generator_create_fiber(loop, any_fiber, NULL, 0, &out_generator), RONDO_ECLOSED);
    GIVES(rondo_loop_shutdown_generators(loop, NULL), RONDO_ECLOSED);
    rondo_loop_release(loop);
    loop = usual;
}

static void *release_elsewhere(void *generator) {
    rondo_generator_release(generator);
    return NULL;
}

static void another_thread_s_release_is_carried_out_by_the_loop(void) {
    int ends = 0;
    rondo_generator *fresh = make_generator(step_count, &ends);
    rondo_generator *begun = make_generator(step_count, &ends);
    GIVES(rondo_generator_next_task(begun, NULL), RONDO_OK);
    run_until_idle(loop);
    rondo_generator *both[2] = {fresh, begun};
    for (int i = 0; i < 2; ++i) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, release_elsewhere, both[i]) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    CHECK(ends == 0);
    run_until_idle(loop);
    CHECK(ends == 2 && stats_of(loop).futures == 0);
}

// ---- finalizers

typedef struct {
    rondo_task *gives;
    int started;
} finalizer_data;

static void start_it(void *user, rondo_loop *its_loop, rondo_task **task) {
    finalizer_data *data = user;
    CHECK(its_loop == loop && *task == NULL);
    ++data->started;
    *task = data->gives;
}

static void a_finalizer_may_give_a_task_nothing_or_nonsense(void) {
    finalizer_data data[3] = {{NULL, 0}, {start(loop, step_return, NULL, NULL), 0}, {(void *)loop, 0}};
    rondo_finalizer *finalizers[3];
    for (int i = 0; i < 3; ++i) GIVES(rondo_finalizer_create(loop, start_it, &data[i], &finalizers[i]), RONDO_OK);
    GIVES(rondo_finalizer_start(finalizers[0]), 0);
    GIVES(rondo_finalizer_start(finalizers[2]), 0);
    rondo_future *all = NULL;
    GIVES(rondo_loop_shutdown_generators(loop, &all), RONDO_OK);
    run_until_idle(loop);
    GIVES(rondo_future_result(all, NULL, NULL), RONDO_OK);
    rondo_future_release(all);
    for (int i = 0; i < 3; ++i) {
        CHECK(data[i].started == 1);
        GIVES(rondo_finalizer_start(finalizers[i]), 0);
        rondo_finalizer_release(finalizers[i]);
    }
    CHECK(stats_of(loop).futures == 0);
}

static void *release_finalizer_elsewhere(void *finalizer) {
    rondo_finalizer_release(finalizer);
    return NULL;
}

static void a_finalizer_released_by_another_thread_is_not_started(void) {
    finalizer_data data = {NULL, 0};
    rondo_finalizer *finalizer = NULL;
    GIVES(rondo_finalizer_create(loop, start_it, &data, &finalizer), RONDO_OK);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, release_finalizer_elsewhere, finalizer) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    run_until_idle(loop);
    GIVES(rondo_loop_shutdown_generators(loop, NULL), RONDO_OK);
    run_until_idle(loop);
    CHECK(data.started == 0);
}

static void a_runner_that_closes_starts_them_and_closes_generators(void) {
    rondo_loop *usual = loop;
    rondo_runner *runner = virtual_runner(&loop);
    int ends = 0;
    rondo_generator *begun = make_generator(step_count, &ends);
    GIVES(rondo_generator_next_task(begun, NULL), RONDO_OK);
    GIVES(rondo_runner_run(runner, any_fiber, NULL, NULL, NULL, NULL), RONDO_OK);
    finalizer_data data = {NULL, 0};
    rondo_finalizer *finalizer = NULL;
    GIVES(rondo_finalizer_create(loop, start_it, &data, &finalizer), RONDO_OK);
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    CHECK(ends == 1 && data.started == 1);
    GIVES(rondo_finalizer_start(finalizer), RONDO_ECLOSED);
    rondo_runner_release(runner);
    rondo_finalizer_release(finalizer);
    rondo_generator_release(begun);
    loop = usual;
}

int main(void) {
    loop = virtual_loop();
    RUN(bad_arguments_are_refused);
    RUN(out_may_be_left_out);
    RUN(outside_fibers_and_steps_nothing_can_be_asked);
    RUN(a_step_asks_with_its_letter);
    RUN(a_closed_loop_answers_ECLOSED);
    RUN(another_thread_s_release_is_carried_out_by_the_loop);
    RUN(a_finalizer_may_give_a_task_nothing_or_nonsense);
    RUN(a_finalizer_released_by_another_thread_is_not_started);
    RUN(a_runner_that_closes_starts_them_and_closes_generators);
    rondo_loop_release(loop);
    return 0;
}
