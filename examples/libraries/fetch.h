/* fetch.h - pages over HTTP, by libcurl, on a Rondo loop. */
#ifndef FETCH_H
#define FETCH_H

#include <rondo/rondo.h>

typedef struct fetcher fetcher;

/* loop NULL: the running one. NULL when it cannot be made. Free it when its pages have ended, before the loop closes. */
RONDO_API fetcher *fetcher_new(rondo_loop *loop);
RONDO_API void fetcher_free(fetcher *f);

/* A future for the page's text, to be awaited in any language; one reference. NULL: out of memory. It fails with
 * RONDO_EFAILED and libcurl's words. Cancelling it closes the connection. */
RONDO_API rondo_future *fetch(fetcher *f, const char *url);

#endif
