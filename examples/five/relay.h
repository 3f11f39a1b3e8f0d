/* relay.h - what each language gives to the relay: a task that awaits the baton, which is a text, and returns it with its
 * own name added. The baton is borrowed; the task comes with one reference. */
#ifndef RELAY_H
#define RELAY_H

#include <rondo/rondo.h>

#ifdef __cplusplus
extern "C" {
#endif

rondo_task *rust_leg(rondo_future *baton);
rondo_task *go_leg(rondo_loop *loop, rondo_future *baton);
rondo_task *cpp_leg(rondo_future *baton);

/* Python's leg is called through a pointer. It resolves `finish` instead of returning, and keeps its task. */
typedef rondo_task *(*python_leg)(rondo_future *baton, rondo_future *finish);

/* A task for the whole relay, with one reference; its result is the baton. With `stuck` nobody sets out. */
RONDO_API rondo_task *relay(rondo_loop *loop, python_leg python, int stuck);

#ifdef __cplusplus
}
#endif

#endif
