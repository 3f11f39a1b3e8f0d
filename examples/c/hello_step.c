/* hello.c without a stack: a step function that is called again after each suspension, with a frame that remembers where
 * it was. The form in which other languages join in. */
#include <rondo/rondo.h>

#include <stdio.h>

struct hello {
    enum { START, SLEPT } at;
};

static void hello_step(void *frame, rondo_step *io) {
    struct hello *self = frame;
    if (io->status < 0) { /* cancelled: pass it on */
        io->verdict = RONDO_STEP_RAISE;
        io->out_error = rondo_error_retain(io->error);
        return;
    }
    switch (self->at) {
    case START:
        self->at = SLEPT;
        io->verdict = RONDO_STEP_SLEEP;
        io->delay_ns = RONDO_MS(10);
        return;
    case SLEPT:
        printf("hello from a coroutine\n");
        io->verdict = RONDO_STEP_RETURN;
        io->out = rondo_i64(42);
        return;
    }
}

static const rondo_coro_vtable hello = {.size = sizeof hello, .frame_size = sizeof(struct hello), .step = hello_step};

int main(void) {
    rondo_value answer;
    if (rondo_run_coro(&hello, NULL, &answer, NULL) < 0) return 1;
    printf("run returned %d\n", (int)answer.as.i64);
    return 0;
}
