/* hello.c without a stack: a coroutine as a step function, the form in which other languages join in. */
#include <rondo/rondo.h>

#include <stdio.h>

struct hello {
    int slept;
};

static void hello_step(void *frame, rondo_step *io) {
    struct hello *hello = frame;
    if (io->status < 0) { /* cancelled while asleep */
        io->verdict = RONDO_STEP_RAISE;
        io->out_error = rondo_error_retain(io->error);
    } else if (!hello->slept) {
        hello->slept = 1;
        io->verdict = RONDO_STEP_SLEEP;
        io->delay_ns = RONDO_MS(10);
    } else {
        puts("hello");
        io->verdict = RONDO_STEP_RETURN;
    }
}

static const rondo_coro_vtable hello_coroutine = {
    .size = sizeof(rondo_coro_vtable), .frame_size = sizeof(struct hello), .step = hello_step};

int main(void) { return rondo_run_coro(&hello_coroutine, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
