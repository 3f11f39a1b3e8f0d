/* Three pages at once, a page that is not there, and one that takes too long, from the server named on the command
 * line: python3 server.py ./pages */
#include "fetch.h"

#include <stdio.h>

static const char *server;

static rondo_future *page(fetcher *f, const char *name) {
    char url[256];
    snprintf(url, sizeof url, "%s/%s", server, name);
    return fetch(f, url);
}

static rondo_status fetch_all(fetcher *f) {
    static const char *const names[] = {"oslo", "rome", "bern"};
    rondo_future *pages[3], *all;
    for (int i = 0; i < 3; ++i) pages[i] = page(f, names[i]);
    rondo_status s = rondo_gather(NULL, pages, 3, 0, &all);
    if (s == RONDO_OK) s = rondo_await_release(all, NULL);
    for (int i = 0; i < 3; ++i) {
        rondo_value text;
        if (s == RONDO_OK && rondo_await(pages[i], &text) == RONDO_OK)
            printf("%s: %.*s\n", names[i], (int)text.len, (char *)text.as.ptr);
        rondo_future_release(pages[i]);
    }
    return s;
}

static rondo_status fetch_in_time(fetcher *f, const char *name) {
    rondo_timeout *limit;
    rondo_status s = rondo_timeout_begin(RONDO_MS(50), &limit);
    if (s < 0) return s;
    return rondo_timeout_end(limit, rondo_await_release(page(f, name), NULL));
}

static rondo_status tour(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    fetcher *f = fetcher_new(NULL);
    if (!f) return RONDO_ENOMEM;
    rondo_status s = fetch_all(f);
    if (s == RONDO_OK) {
        if (rondo_await_release(page(f, "nowhere"), NULL) == RONDO_EFAILED)
            printf("nowhere: %s\n", rondo_error_message(rondo_fiber_error()));
        printf("slow: %s\n", rondo_strerror(fetch_in_time(f, "slow")));
    }
    fetcher_free(f);
    return s;
}

int main(int argc, char **argv) {
    server = argc > 1 ? argv[1] : "http://127.0.0.1:8000";
    rondo_error *err = NULL;
    if (rondo_run(tour, NULL, NULL, &err) == RONDO_OK) return 0;
    fprintf(stderr, "%s\n", rondo_error_message(err));
    rondo_error_release(err);
    return 1;
}
