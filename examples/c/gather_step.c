/* gather.c with step functions: frames filled from an init struct, children read from the gather. */
#include <rondo/rondo.h>

#include <ctype.h>
#include <stdio.h>

/* Was the wait cancelled, or did it fail? Then so does the coroutine. */
static int failed(rondo_step *io) {
    if (io->status == RONDO_OK) return 0;
    io->verdict = RONDO_STEP_RAISE;
    io->out_error = rondo_error_retain(io->error);
    return 1;
}

/* ---- a sleeper: its frame begins as a copy of init */

struct sleeper {
    char name;
    int64_t delay;
    enum { START, SLEPT } at;
};

static void sleeper_step(void *frame, rondo_step *io) {
    struct sleeper *self = frame;
    if (failed(io)) return;
    switch (self->at) {
    case START:
        printf("%c starts\n", self->name);
        self->at = SLEPT;
        io->verdict = RONDO_STEP_SLEEP;
        io->delay_ns = self->delay;
        return;
    case SLEPT:
        printf("%c ends\n", self->name);
        io->verdict = RONDO_STEP_RETURN;
        io->out = rondo_i64(toupper(self->name));
        return;
    }
}

static const rondo_coro_vtable sleeper = {
    .size = sizeof sleeper, .frame_size = sizeof(struct sleeper), .step = sleeper_step};

/* ---- main */

struct gather {
    rondo_future *all;
};

static rondo_status start_sleepers(rondo_loop *loop, rondo_future **all) {
    static const struct sleeper sleepers[] = {{.name = 'a', .delay = RONDO_MS(200)},
                                              {.name = 'b', .delay = RONDO_MS(100)},
                                              {.name = 'c', .delay = RONDO_MS(300)}};
    rondo_task *tasks[3];
    for (int i = 0; i < 3; ++i) rondo_task_create(loop, &sleeper, &sleepers[i], NULL, &tasks[i]);
    rondo_status s = rondo_gather(loop, tasks, 3, 0, all);
    for (int i = 0; i < 3; ++i) rondo_future_release(tasks[i]);
    return s;
}

static void gather_step(void *frame, rondo_step *io) {
    struct gather *self = frame;
    if (failed(io)) return;
    if (!self->all) {
        if (start_sleepers(io->loop, &self->all) < 0) return; /* no verdict: a failure */
        io->verdict = RONDO_STEP_AWAIT;
        io->target = rondo_future_retain(self->all);
        return;
    }
    for (size_t i = 0; i < 3; ++i) {
        rondo_value name = rondo_none();
        rondo_future_result(rondo_gather_child(self->all, i), &name, NULL);
        printf("%c%c", (char)name.as.i64, i < 2 ? ' ' : '\n');
    }
    io->verdict = RONDO_STEP_RETURN;
}

static void gather_end(void *frame) { rondo_future_release(((struct gather *)frame)->all); }

static const rondo_coro_vtable gather = {
    .size = sizeof gather, .frame_size = sizeof(struct gather), .step = gather_step, .destroy = gather_end};

int main(void) { return rondo_run_coro(&gather, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
