/* A C library with an asynchronous function: greet() starts a fiber that awaits a name. It neither knows nor cares who
 * provides the name: here a Python coroutine on the same loop does (greeter.py). */
#include <rondo/rondo.h>

#include <stdio.h>

static rondo_status greet(void *arg, rondo_value *result) {
    rondo_future *name = arg;
    rondo_value view;
    printf("C fiber: who is there?\n");
    fflush(stdout);
    rondo_status s = rondo_await(name, &view);
    if (s == RONDO_OK) {
        char text[64];
        int length = snprintf(text, sizeof text, "hello, %.*s", (int)view.len, (const char *)view.as.ptr);
        s = rondo_value_copy(RONDO_STR, text, (size_t)length, result);
    }
    rondo_future_release(name);
    return s;
}

/* *greeting receives one reference to a future that will hold the text. name is retained until then. */
RONDO_API rondo_status greeter_greet(rondo_future *name, rondo_future **greeting) {
    return rondo_fiber_create(rondo_future_loop(name), greet, rondo_future_retain(name), NULL, greeting);
}
