/* create_task.c with step functions: the parent suspends by yield and by await. */
#include <rondo/rondo.h>

#include <stdio.h>

/* Was the wait cancelled, or did it fail? Then so does the coroutine. */
static int failed(rondo_step *io) {
    if (io->status == RONDO_OK) return 0;
    io->verdict = RONDO_STEP_RAISE;
    io->out_error = rondo_error_retain(io->error);
    return 1;
}

/* ---- the child */

struct child {
    enum { CHILD_START, CHILD_SLEPT } at;
};

static void child_step(void *frame, rondo_step *io) {
    struct child *self = frame;
    if (failed(io)) return;
    switch (self->at) {
    case CHILD_START:
        printf("child: starts\n");
        self->at = CHILD_SLEPT;
        io->verdict = RONDO_STEP_SLEEP;
        io->delay_ns = RONDO_MS(10);
        return;
    case CHILD_SLEPT:
        printf("child: ends\n");
        io->verdict = RONDO_STEP_RETURN;
        io->out = rondo_text("done", 4);
        return;
    }
}

static const rondo_coro_vtable child = {.size = sizeof child, .frame_size = sizeof(struct child), .step = child_step};

/* ---- the parent */

struct parent {
    enum { PARENT_START, PARENT_YIELDED, PARENT_AWAITED } at;
    rondo_task *task;
};

static void parent_step(void *frame, rondo_step *io) {
    struct parent *self = frame;
    if (failed(io)) return;
    switch (self->at) {
    case PARENT_START:
        if (rondo_task_create(io->loop, &child, NULL, NULL, &self->task) < 0) return; /* no verdict: a failure */
        printf("main: the child has not started\n");
        self->at = PARENT_YIELDED;
        io->verdict = RONDO_STEP_YIELD;
        return;
    case PARENT_YIELDED:
        printf("main: the child has started\n");
        self->at = PARENT_AWAITED;
        io->verdict = RONDO_STEP_AWAIT;
        io->target = rondo_future_retain(self->task);
        return;
    case PARENT_AWAITED:
        printf("main: the child says %.*s\n", (int)io->sent->len, (const char *)io->sent->as.ptr);
        io->verdict = RONDO_STEP_RETURN;
        return;
    }
}

static void parent_end(void *frame) { rondo_future_release(((struct parent *)frame)->task); }

static const rondo_coro_vtable parent = {
    .size = sizeof parent, .frame_size = sizeof(struct parent), .step = parent_step, .destroy = parent_end};

int main(void) { return rondo_run_coro(&parent, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
