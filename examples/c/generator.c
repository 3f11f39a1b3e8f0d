/* Generators: functions that produce values with awaits between them, and whose clean-up awaits too. */
#include <rondo/rondo.h>

#include <stdio.h>
#include <string.h>

static rondo_status produce_text(const char *text) {
    rondo_value line;
    rondo_status s = rondo_value_copy(RONDO_STR, text, strlen(text), &line);
    return s < 0 ? s : rondo_produce(&line);
}

static rondo_status ticks(void *n, rondo_value *result) {
    (void)result;
    rondo_status s = RONDO_OK;
    for (int i = 1; i <= *(int *)n && s == RONDO_OK; ++i) {
        s = rondo_sleep(RONDO_MS(10));
        rondo_value number = rondo_i64(i);
        if (s == RONDO_OK) s = rondo_produce(&number);
    }
    return s;
}

/* A pipeline is a generator that consumes another. */
static rondo_status named(void *numbers, rondo_value *result) {
    (void)result;
    rondo_value number;
    rondo_status s;
    while ((s = rondo_generator_next(numbers, NULL, &number, NULL)) == 1) {
        char text[32];
        snprintf(text, sizeof text, "tick %d", (int)number.as.i64);
        s = produce_text(text);
        if (s < 0) break;
    }
    return s;
}

static rondo_status lines(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    printf("open\n");
    rondo_status s = RONDO_OK;
    for (int i = 1; s == RONDO_OK; ++i) {
        char text[32];
        snprintf(text, sizeof text, "line %d", i);
        s = produce_text(text);
    }
    rondo_sleep(RONDO_MS(10)); /* RONDO_ECLOSING: nobody wants more */
    printf("closed\n");
    return s;
}

/* Prints at most so many. */
static rondo_status print(rondo_generator *from, int most) {
    rondo_value text;
    rondo_status s = RONDO_OK;
    for (int i = 0; i < most && (s = rondo_generator_next(from, NULL, &text, NULL)) == 1; ++i) {
        printf("%s\n", (const char *)text.as.ptr);
        rondo_value_drop(&text);
    }
    return s < 0 ? s : rondo_generator_close(from, NULL, NULL);
}

static rondo_status show(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    int three = 3;
    rondo_generator *numbers = NULL, *names = NULL, *text = NULL;
    rondo_status s = rondo_generator_create_fiber(NULL, ticks, &three, 0, &numbers);
    if (s == RONDO_OK) s = rondo_generator_create_fiber(NULL, named, numbers, 0, &names);
    if (s == RONDO_OK) s = print(names, 10);
    if (s == RONDO_OK) s = rondo_generator_create_fiber(NULL, lines, NULL, 0, &text);
    if (s == RONDO_OK) s = print(text, 2);
    if (s == RONDO_OK) printf("done\n");
    rondo_generator_release(names);
    rondo_generator_release(numbers);
    rondo_generator_release(text);
    return s;
}

int main(void) { return rondo_run(show, NULL, NULL, NULL) == RONDO_OK ? 0 : 1; }
