/* leftovers.c with step functions: a cancellation arrives as the status of the step, and the clean-up may suspend. */
#include <rondo/rondo.h>

#include <stdio.h>

/* ---- what is left running */

struct background {
    const char *name;
    enum { START, SLEEPING, CLEANING } at;
    rondo_error *reason; /* what it will end with */
};

static void background_step(void *frame, rondo_step *io) {
    struct background *self = frame;
    switch (self->at) {
    case START:
        if (io->status < 0) break; /* cancelled before it began */
        printf("%s starts\n", self->name);
        self->at = SLEEPING;
        io->verdict = RONDO_STEP_SLEEP;
        io->delay_ns = RONDO_S(3600);
        return;
    case SLEEPING:
        if (io->status < 0) self->reason = rondo_error_retain(io->error);
        self->at = CLEANING;
        io->verdict = RONDO_STEP_YIELD;
        return;
    case CLEANING:
        printf("%s cleans up\n", self->name);
        break;
    }
    const rondo_error *reason = self->reason ? self->reason : io->error;
    io->verdict = reason ? RONDO_STEP_RAISE : RONDO_STEP_RETURN;
    io->out_error = rondo_error_retain(reason);
}

static void background_end(void *frame) { rondo_error_release(((struct background *)frame)->reason); }

static const rondo_coro_vtable background = {.size = sizeof background,
                                             .frame_size = sizeof(struct background),
                                             .step = background_step,
                                             .destroy = background_end};

/* ---- main */

static int failed(rondo_step *io) {
    if (io->status == RONDO_OK) return 0;
    io->verdict = RONDO_STEP_RAISE;
    io->out_error = rondo_error_retain(io->error);
    return 1;
}

struct leave {
    int slept;
};

static void leave_step(void *frame, rondo_step *io) {
    static const struct background first = {.name = "first"}, second = {.name = "second"};
    struct leave *self = frame;
    if (failed(io)) return;
    if (!self->slept) {
        self->slept = 1;
        rondo_task_create(io->loop, &background, &first, NULL, NULL);
        rondo_task_create(io->loop, &background, &second, NULL, NULL);
        io->verdict = RONDO_STEP_SLEEP;
        io->delay_ns = RONDO_MS(10);
        return;
    }
    printf("main ends\n");
    io->verdict = RONDO_STEP_RETURN;
    io->out = rondo_text("result", 6);
}

static const rondo_coro_vtable leave = {.size = sizeof leave, .frame_size = sizeof(struct leave), .step = leave_step};

int main(void) {
    rondo_value result;
    if (rondo_run_coro(&leave, NULL, &result, NULL) < 0) return 1;
    printf("after the run: %.*s\n", (int)result.len, (const char *)result.as.ptr);
    return 0;
}
