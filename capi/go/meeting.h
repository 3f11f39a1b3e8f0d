/* Where a loop's thread and the goroutines meet. The loop's thread is inside C as long as the runner lives; Go code of
 * the runner runs while that thread waits here, on one goroutine at a time, and asks it for calls that are its to make.
 *
 *     loop's thread                       the goroutine whose turn it is
 *     a step is due: event STEP     ->    runs until it waits for something
 *     does what the request says    <-    request
 *     event REPLY                   ->    goes on
 *     acts on the verdict           <-    the verdict is written: NULL
 */
#ifndef RONDO_GO_MEETING_H
#define RONDO_GO_MEETING_H

#include <rondo/rondo.h>
#include <stdlib.h>

/* What the loop's thread says. */
enum {
    EVENT_REPLY = 1,   /* the request of strand `id` is done */
    EVENT_STEP = 2,    /* coroutine `id` runs on; `io` is its letter */
    EVENT_DESTROY = 3, /* coroutine `id` will never run on */
    EVENT_CALL = 4,    /* callback `id` is due; `call` is its letter */
    EVENT_CANCEL = 5,  /* operation `id` is to be cancelled: answer at once */
    EVENT_REPORT = 6,  /* `report` was made: answer at once */
    EVENT_DISMISS = 7  /* nobody will say anything any more */
};

typedef struct meeting meeting;

/* Calls for the loop's thread to make: what they read and write of a request. A request holds no Go pointers. */
enum {
    REQUEST_STOP,
    REQUEST_OPEN,       /* number: RONDO_LOOP_; id: the shuffle seed */
    REQUEST_RUN,        /* id: the coroutine */
    REQUEST_CLOSE,      /* number: the deadline */
    REQUEST_SPAWN,      /* id: the coroutine; number: RONDO_TASK_; handle: a group; out: the name, then the task */
    REQUEST_GO,         /* id: a handle of what goCall calls */
    REQUEST_CALL,       /* call(handle) */
    REQUEST_CALL_OUT,   /* call(handle, &out) */
    REQUEST_CALL_SIZE,  /* call(handle, id) */
    REQUEST_CALL_STATUS, /* call(handle, (int32_t)number) */
    REQUEST_CALL_TIME,  /* call(handle, number) */
    REQUEST_CALL_ITEM,  /* call(handle, &value) */
    REQUEST_CALL_ITEM_OUT, /* call(handle, &value, &out) */
    REQUEST_CANCEL,     /* handle: a future */
    REQUEST_FUTURE,     /* id: an operation, 0: none; out: a future */
    REQUEST_SETTLE,     /* handle: a future; value, or out: an error */
    REQUEST_RELEASE,    /* handle: a future */
    REQUEST_GATHER,     /* handle: futures; id: how many; out: a future */
    REQUEST_WAIT,       /* the same; condition, number: the timeout */
    REQUEST_AS_COMPLETED, /* the same; number: the timeout */
    REQUEST_CHILD,      /* handle: a ticket; id: its place */
    REQUEST_TIMEOUT,    /* number: the delay; out: a timeout that was entered */
    REQUEST_GROUP,      /* out: a group that was entered */
    REQUEST_GROUP_EXIT  /* handle: a group; out: the error raised, then a future to await or the error it ends with */
};
typedef void (*function)(void);
typedef struct request {
    uint32_t what; /* REQUEST_ */
    uint32_t condition;
    uint64_t strand;
    function call;
    void *handle;
    void *out;
    int64_t number;
    uint64_t id;
    int64_t status;
    rondo_value value;
} request;

/* One direction: who waits looks for a while before it sleeps. */
struct word;

struct meeting {
    struct word *to_go, *to_loop;
    /* the event */
    int32_t kind;
    uint64_t id;
    rondo_step *io;
    rondo_call *call;
    const rondo_report *report;
    const char *report_task; /* its task's name */
    /* the request; NULL: the event is answered */
    request *asked;
    request request; /* for those that end before another is made */
    rondo_runner *runner;
    rondo_loop *loop;
    rondo_future *spare; /* released when the step is over */
    uint32_t cancel;     /* the answer to EVENT_CANCEL: RONDO_CANCEL_ */
    rondo_error *error;  /* of the last run or close */
};

meeting *meeting_new(void);
void meeting_free(meeting *m);

/* The life of the loop's thread: serves requests until one is REQUEST_STOP. */
void meeting_serve(meeting *m);

/* The first event of a loop that has a thread already; and the last one. */
int32_t meeting_listen(meeting *m);
void meeting_dismiss(meeting *m);

/* Callback `id` in the next turn; from any thread. */
rondo_status meeting_call_soon(meeting *m, uint64_t id);

/* Ends a future if it has not ended; from any thread. The value, the error and the future's reference are moved. */
rondo_status meeting_settle(meeting *m, rondo_future *future, const rondo_value *value, rondo_error *error);

/* 1: this is the loop's thread, and it has made the task that q asks for. */
int32_t meeting_spawn_here(meeting *m, request *q);

/* On the other side: makes a request, or with NULL answers the last event, and waits for the next one: its kind. */
int32_t meeting_exchange(meeting *m, request *r);

/* A value that carries a handle of Go; an error that carries one as its payload. */
void value_of_go(rondo_value *value, size_t handle);
int32_t error_is_plain(const rondo_error *error); /* 1: its code says all */
int32_t value_is_go(const rondo_value *value);
rondo_error *error_of_go(rondo_status code, const char *message, const char *domain, rondo_error *cause, size_t handle);

#endif
