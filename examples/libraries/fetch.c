/* libcurl says which descriptors it wants to hear of and when it wants to be called again; both are the loop's business.
 * No thread, no polling, and any number of pages at once. */
#include "fetch.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

struct fetcher {
    rondo_loop *loop;
    CURLM *multi;
    rondo_handle *timer;
};

typedef struct page {
    fetcher *fetcher;
    CURL *easy;
    rondo_future *future; /* one reference, while the transfer runs */
    char *text;
    size_t len;
    char error[CURL_ERROR_SIZE];
} page;

/* ---- the end of a page */

static void page_end(page *p) {
    curl_multi_remove_handle(p->fetcher->multi, p->easy);
    curl_easy_cleanup(p->easy);
    free(p->text);
    free(p);
}

static void drop_text(void *ptr, size_t len) {
    (void)len;
    free(ptr);
}

static void page_finish(page *p, CURLcode code) {
    rondo_future *future = p->future;
    if (code == CURLE_OK) {
        rondo_value text = rondo_text(p->text, p->len);
        text.drop = drop_text;
        if (rondo_future_set_result(future, &text) == RONDO_OK) p->text = NULL;
    } else {
        rondo_error *error = rondo_error_new(RONDO_EFAILED, p->error[0] ? p->error : curl_easy_strerror(code));
        rondo_future_set_error(future, error);
        rondo_error_release(error);
    }
    page_end(p);
    rondo_future_release(future);
}

/* Somebody cancels the future: it ends at once, and so does the transfer. */
static void page_cancel(void *user, rondo_cancel_request *io) {
    (void)io;
    page *p = user;
    rondo_future *future = p->future;
    page_end(p);
    rondo_future_release(future);
}

/* ---- what libcurl wants, and what it is told */

static void tell(fetcher *f, curl_socket_t fd) {
    int running, left;
    curl_multi_socket_action(f->multi, fd, 0, &running);
    for (CURLMsg *message; (message = curl_multi_info_read(f->multi, &left));) {
        page *p;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &p);
        page_finish(p, code);
    }
}

typedef struct watch {
    fetcher *fetcher;
    curl_socket_t fd;
} watch;

static void on_ready(void *user, rondo_call *call) {
    (void)call;
    watch w = *(watch *)user; /* which may go now */
    tell(w.fetcher, w.fd);
}

static int on_descriptor(CURL *easy, curl_socket_t fd, int wanted, void *user, void *unused) {
    (void)easy, (void)unused;
    fetcher *f = user;
    RONDO_INIT(rondo_call_options, options);
    options.drop = free;
    for (int out = 0; out < 2; ++out) {
        if (wanted != CURL_POLL_REMOVE && (wanted & (out ? CURL_POLL_OUT : CURL_POLL_IN))) {
            watch *w = malloc(sizeof *w);
            if (!w) return -1;
            *w = (watch){f, fd};
            if ((out ? rondo_loop_add_writer : rondo_loop_add_reader)(f->loop, fd, on_ready, w, &options) < 0) {
                free(w);
                return -1;
            }
        } else {
            (out ? rondo_loop_remove_writer : rondo_loop_remove_reader)(f->loop, fd);
        }
    }
    return 0;
}

static void on_time(void *user, rondo_call *call) {
    (void)call;
    tell(user, CURL_SOCKET_TIMEOUT);
}

static void stop_timer(fetcher *f) {
    rondo_handle_cancel(f->timer);
    rondo_handle_release(f->timer);
    f->timer = NULL;
}

static int on_timer(CURLM *multi, long delay_ms, void *user) {
    (void)multi;
    fetcher *f = user;
    if (f->timer) stop_timer(f);
    if (delay_ms < 0) return 0;
    return rondo_loop_call_later(f->loop, RONDO_MS(delay_ms), on_time, f, NULL, &f->timer) == RONDO_OK ? 0 : -1;
}

static size_t on_text(char *data, size_t size, size_t count, void *user) {
    page *p = user;
    char *text = realloc(p->text, p->len + size * count);
    if (!text) return 0;
    memcpy(text + p->len, data, size * count);
    p->text = text;
    p->len += size * count;
    return size * count;
}

/* ---- for the user */

fetcher *fetcher_new(rondo_loop *loop) {
    if (!loop) loop = rondo_loop_running();
    fetcher *f = loop ? calloc(1, sizeof *f) : NULL;
    if (!f) return NULL;
    f->multi = curl_multi_init();
    if (!f->multi) {
        free(f);
        return NULL;
    }
    f->loop = rondo_loop_retain(loop);
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_descriptor);
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
    return f;
}

void fetcher_free(fetcher *f) {
    if (!f) return;
    curl_multi_cleanup(f->multi);
    if (f->timer) stop_timer(f);
    rondo_loop_release(f->loop);
    free(f);
}

rondo_future *fetch(fetcher *f, const char *url) {
    page *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->fetcher = f;
    p->easy = curl_easy_init();
    RONDO_INIT(rondo_future_options, options);
    options.cancel = page_cancel;
    options.user = p;
    if (!p->easy || rondo_future_create(f->loop, &options, &p->future) < 0) {
        curl_easy_cleanup(p->easy);
        free(p);
        return NULL;
    }
    rondo_future *future = rondo_future_retain(p->future);
    curl_easy_setopt(p->easy, CURLOPT_URL, url);
    curl_easy_setopt(p->easy, CURLOPT_PRIVATE, p);
    curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, on_text);
    curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p);
    curl_easy_setopt(p->easy, CURLOPT_ERRORBUFFER, p->error);
    curl_easy_setopt(p->easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L);
    curl_multi_add_handle(f->multi, p->easy); /* asks for a timer: nothing is sent before the next turn */
    return future;
}
