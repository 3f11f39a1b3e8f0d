/* rondo/uv.h - for programs that put libuv handles of their own on a Rondo loop. Needs libuv's header. */
#ifndef RONDO_UV_H
#define RONDO_UV_H

#include <uv.h>

#include "rondo.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The libuv loop under a Rondo loop, opened now if it was not yet. It lives until the Rondo loop is closed.
 *
 * Put any handle or request on it; its callbacks run on the loop's thread while Rondo looks at descriptors, and may
 * call every function of rondo.h except those that run a loop (RONDO_EREENTRANT). Keep them short: schedule with
 * rondo_loop_call_soon, or finish a future. Close your handles before the loop closes; what is left is closed by Rondo
 * (uv_close without callback). Never call uv_run, uv_stop or uv_loop_close on it.
 *
 * Errors: RONDO_ECLOSED, libuv's (UV_EMFILE and others of uv_loop_init). asyncio: none. */
RONDO_API rondo_status rondo_loop_uv(rondo_loop *loop, uv_loop_t **out) RONDO_LOOP_THREAD;

#ifdef __cplusplus
}
#endif

#endif /* RONDO_UV_H */
