/* rondo/abi.h - the data of the Rondo ABI: every type, constant and struct, and no function.
 *
 * rondo.h includes it; bindings that cannot read C functions may stop here. Plain C11 and C++20, two standard
 * headers, nothing platform dependent: integers of fixed width, times as int64 nanoseconds, pointers to structs.
 * Structs that may grow begin with `size`; all-zero means default; see "Evolution" in rondo.h.
 */
#ifndef RONDO_ABI_H
#define RONDO_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status ------------------------------------------------------------------------------------------------ */

/* 0 is success, negative is an error; functions that answer a question give 1 for yes and 0 for no.
 * libuv's codes (negative errno values) pass through unchanged; Rondo's own start at -20001. */
typedef int32_t rondo_status;

/* name, number, text of rondo_strerror() */
#define RONDO_STATUS_MAP(X)                                                                                    \
    X(EINVAL, -20001, "invalid argument")                                                                      \
    X(ENOMEM, -20002, "out of memory")                                                                         \
    X(ECANCELED, -20003, "cancelled")                                                                          \
    X(EFAILED, -20004, "the coroutine raised an error")                                                        \
    X(ETIMEDOUT, -20005, "timed out")                                                                          \
    X(ESTATE, -20006, "invalid state: the result is not set yet, or already set")                              \
    X(ECLOSED, -20007, "the loop or runner is closed")                                                         \
    X(ERUNNING, -20008, "a loop is already running in this thread")                                            \
    X(EREENTRANT, -20009, "called again from inside itself")                                                   \
    X(ETHREAD, -20010, "called from a thread other than the loop's")                                           \
    X(EKIND, -20011, "the handle is of another kind than this function takes")                                 \
    X(E2BIG, -20012, "the struct is newer than this library and uses a field it does not know")                \
    X(EFAULT, -20013, "the step returned without writing a verdict")                                           \
    X(EOTHERLOOP, -20014, "the future belongs to another loop")                                                \
    X(ESELF, -20015, "the task awaits itself")                                                                 \
    X(ENOLOOP, -20016, "no loop is running in this thread")                                                    \
    X(ENOFIBER, -20017, "not called from inside a fiber")                                                      \
    X(ESTOPPED, -20018, "the loop was stopped before the future was done")                                     \
    X(EINTERRUPT, -20019, "interrupted")                                                                       \
    X(EEXIT, -20020, "exit requested")                                                                         \
    X(EGROUP, -20021, "several errors")                                                                        \
    X(ETAKEN, -20022, "the value was already moved out")                                                       \
    X(EENTERED, -20023, "the context is already entered")                                                      \
    X(ETOKEN, -20024, "the token is used or belongs to another context or variable")                           \
    X(ENOVALUE, -20025, "the context variable has no value and no default")                                    \
    X(ENOTSUP, -20026, "not supported on this platform or by this build")                                      \
    X(EDEADLINE, -20027, "the deadline passed with work left over")                                            \
    X(ESTACK, -20028, "a fiber overflowed its stack")                                                          \
    X(ENOTASK, -20029, "no task is running here")                                                              \
    X(ECLOSING, -20030, "the generator is being closed")                                                       \
    X(EEXHAUSTED, -20031, "the generator has no more values")                                                  \
    X(EBROKEN, -20032, "the barrier was aborted or reset")                                                     \
    X(EFULL, -20033, "the queue is full")                                                                      \
    X(EEMPTY, -20034, "the queue is empty")                                                                    \
    X(ESHUTDOWN, -20035, "it was shut down")                                                                   \
    X(EDEADLOCK, -20036, "waiting here would wait for itself")                                                 \
    X(EFORKED, -20037, "the loop belongs to the parent process")

enum {
    RONDO_OK = 0,
#define RONDO_STATUS_ENUM(name, number, text) RONDO_##name = number,
    RONDO_STATUS_MAP(RONDO_STATUS_ENUM)
#undef RONDO_STATUS_ENUM
        RONDO_STATUS_LAST_ = -20037
};

/* ---- Time --------------------------------------------------------------------------------------------------- */

/* Microseconds, milliseconds and seconds as the nanoseconds that every time is in. */
#define RONDO_US(x) ((int64_t)(x)*1000)
#define RONDO_MS(x) ((int64_t)(x)*1000000)
#define RONDO_S(x) ((int64_t)(x)*1000000000)

/* A deadline that never comes. */
#define RONDO_FOREVER INT64_MAX

/* ---- Handles ------------------------------------------------------------------------------------------------- */

typedef struct rondo_runner rondo_runner;   /* owns a loop and a context, runs main coroutines one after another */
typedef struct rondo_loop rondo_loop;       /* ready queue, deadlines, descriptors; one thread runs it at a time */
typedef struct rondo_future rondo_future;   /* everything that can be awaited */
typedef struct rondo_future rondo_task;     /* a future with a coroutine: functions on futures take tasks too */
typedef struct rondo_handle rondo_handle;   /* a scheduled callback that can be cancelled */
typedef struct rondo_waker rondo_waker;     /* resumes a parked task, from any thread */
typedef struct rondo_error rondo_error;     /* immutable */
typedef struct rondo_context rondo_context; /* values of context variables */
typedef struct rondo_ctxvar rondo_ctxvar;   /* a context variable */
typedef struct rondo_token rondo_token;     /* undoes one rondo_context_set */
typedef struct rondo_ring rondo_ring;       /* steps many tasks per crossing, for languages with dear callbacks */
typedef struct rondo_timeout rondo_timeout; /* a block of one task that must end before a deadline */
typedef struct rondo_task_group rondo_task_group; /* a block of one task that ends when all tasks made in it have */
typedef struct rondo_generator rondo_generator;   /* an asynchronous generator: values one after the other */
typedef struct rondo_finalizer rondo_finalizer;   /* what a loop shall still do before it closes */
typedef struct rondo_lock rondo_lock;             /* held by one task at a time */
typedef struct rondo_event rondo_event;           /* set or not; tasks wait until it is */
typedef struct rondo_condition rondo_condition;   /* tasks that hold a lock wait to be notified */
typedef struct rondo_semaphore rondo_semaphore;   /* permits, which tasks take and give back */
typedef struct rondo_barrier rondo_barrier;       /* a number of tasks wait for each other */
typedef struct rondo_queue rondo_queue;           /* items between the tasks of one loop */
typedef struct rondo_channel rondo_channel;       /* items between loops and threads */
typedef struct rondo_executor rondo_executor;     /* where blocking jobs run */
typedef struct rondo_job rondo_job;               /* a blocking job, seen from inside */
typedef struct rondo_submission rondo_submission; /* a coroutine on a loop, seen from another thread */

/* ---- Values --------------------------------------------------------------------------------------------------- */

/* Ends what a value owns. */
typedef void (*rondo_drop_fn)(void *ptr, size_t len);

/* Kinds of values. */
enum {
    RONDO_NONE = 0,  /* no value */
    RONDO_BOOL = 1,  /* as.i64 is 0 or 1 */
    RONDO_I64 = 2,   /* as.i64 */
    RONDO_U64 = 3,   /* as.u64 */
    RONDO_F64 = 4,   /* as.f64 */
    RONDO_PTR = 5,   /* as.ptr, the producer's business */
    RONDO_BYTES = 6, /* as.ptr, len bytes */
    RONDO_STR = 7,   /* as.ptr, len bytes of UTF-8 (not counting a terminator) */
    RONDO_OBJECT = 8 /* as.ptr is a counted object of a rondo_host; len holds the host */
};

/* A move-only box. Whoever holds it calls drop(as.ptr, len) once (rondo_value_drop does), unless drop is NULL.
 * Passing a `rondo_value *` that the text calls "moved" empties the caller's box. */
typedef struct rondo_value {
    uint32_t kind;  /* RONDO_NONE, RONDO_BOOL, ... */
    uint32_t flags; /* 0 */
    union {
        int64_t i64;
        uint64_t u64;
        double f64;
        void *ptr;
    } as;
    size_t len;
    rondo_drop_fn drop;
} rondo_value;

/* Receives text piece by piece; not terminated. */
typedef void (*rondo_write_fn)(void *user, const char *text, size_t len);

/* ---- Coroutines ----------------------------------------------------------------------------------------------- */

/* What a step decided. */
enum {
    RONDO_STEP_FAULT = 0,    /* preset: the step forgot to answer, the task fails with RONDO_EFAULT */
    RONDO_STEP_RETURN = 1,   /* done; `out` is the result */
    RONDO_STEP_RAISE = 2,    /* done; `out_error` is the error (a RONDO_ECANCELED one means CANCELLED) */
    RONDO_STEP_AWAIT = 3,    /* resume me when `target` is done */
    RONDO_STEP_SLEEP = 4,    /* resume me after `delay_ns`; <= 0 means YIELD */
    RONDO_STEP_YIELD = 5,    /* resume me in the next turn of the loop */
    RONDO_STEP_PARK = 6,     /* resume me when a waker of mine is woken */
    RONDO_STEP_CANCELLED = 7, /* done, cancelled; `out_error` may carry the reason */
    RONDO_STEP_PRODUCE = 8    /* generators only: `out` is the next value; resume me when the next one is wanted */
};

/* One step's two-way letter. The library owns it and it lives only for the call. */
typedef struct rondo_step {
    uint32_t size;
    uint32_t verdict; /* out; preset to RONDO_STEP_FAULT */
    /* in: borrowed for the call */
    rondo_task *self;
    rondo_loop *loop;
    rondo_status status;      /* how the last suspension ended: RONDO_OK, or the code of `error` */
    uint32_t flags;           /* 0 */
    const rondo_error *error; /* what to raise at the suspension point, when status is not RONDO_OK */
    rondo_value *sent;        /* the awaited result, never NULL; a view (rondo_step_take moves it out) */
    /* out: what the verdict needs, moved to the library */
    rondo_future *target;   /* AWAIT: one reference */
    int64_t delay_ns;       /* SLEEP */
    rondo_value out;        /* RETURN; preset to none */
    rondo_error *out_error; /* RAISE, CANCELLED: one reference; preset to NULL */
} rondo_step;

/* Describes a kind of coroutine; static in the caller and alive as long as any task of it. */
typedef struct rondo_coro_vtable {
    uint32_t size;
    uint32_t flags;     /* 0 */
    size_t frame_size;  /* bytes allocated with the task and zeroed; 0: the pointer `init` itself is the frame */
    size_t frame_align; /* at most 16; 0 means 16 */
    /* Fills the frame from `init`; NULL: frame_size bytes are copied from init (left zero when init is NULL). */
    void (*start)(void *frame, const void *init);
    /* Runs to the next suspension point. Loop thread, never nested. */
    void (*step)(void *frame, rondo_step *io);
    /* Ends the frame, exactly once: after the last step, or unfinished when the task is destroyed. May be NULL. */
    void (*destroy)(void *frame);
    /* Optional (NULL): says where the coroutine is, for rondo_loop_dump: one line per nested call, innermost first,
     * lines separated by '\n'. Writes at most capacity bytes and answers how many. Loop thread, never during step. */
    size_t (*describe)(void *frame, char *text, size_t capacity);
} rondo_coro_vtable;

/* A stackful coroutine: an ordinary C function. See the room "Fibers" in rondo.h. */
typedef rondo_status (*rondo_fiber_fn)(void *arg, rondo_value *result);

/* Of rondo_task_options. */
enum {
    /* The first step runs inside the creating call, if the loop is running; a task that never suspends is done when
     * the call returns. Its step then runs nested in its creator's. asyncio: eager_start. */
    RONDO_TASK_EAGER = 1u << 0,
    /* A cancel request that finds the awaited value already there does not cost the value: it is delivered, and the
     * request strikes at the next suspension. asyncio drops the value. */
    RONDO_TASK_RESULT_WINS = 1u << 1,
    /* A cancel request that was passed on to an awaited task counts for this one too: if that task swallows it and
     * returns, this one is cancelled all the same. asyncio forgets the request. */
    RONDO_TASK_CANCEL_STICKS = 1u << 2
};

/* How a task is made. */
typedef struct rondo_task_options {
    uint32_t size;
    uint32_t flags;         /* RONDO_TASK_ */
    const char *name;       /* copied; NULL: "Task-<n>" */
    rondo_context *context; /* run in this very context; NULL: in a copy of the current one */
    size_t stack_size;      /* fibers only: bytes; 0: the default (64 KiB) */
    rondo_task_group *group; /* the task belongs to this group; NULL: to none */
} rondo_task_options;

/* ---- Callbacks ------------------------------------------------------------------------------------------------- */

/* What a scheduled callback is given, and its way to raise. */
typedef struct rondo_call {
    uint32_t size;
    rondo_status status;  /* out: not RONDO_OK reports a failure; preset to RONDO_OK */
    rondo_loop *loop;     /* borrowed */
    rondo_future *future; /* the finished future for done callbacks, else NULL; borrowed */
    rondo_error *error;   /* out: one reference, moved; wins over status; preset to NULL */
} rondo_call;

/* A callback; user is what it was scheduled with. */
typedef void (*rondo_callback_fn)(void *user, rondo_call *call);

/* How a callback is scheduled. */
typedef struct rondo_call_options {
    uint32_t size;
    uint32_t flags;             /* 0 */
    void (*drop)(void *user);   /* called once when the callback has run, was cancelled or is discarded */
    rondo_context *context;     /* run in this very context; NULL: in a copy of the current one */
} rondo_call_options;

/* ---- Leaf operations ---------------------------------------------------------------------------------------------- */

/* What a leaf answers to a cancel request. */
enum {
    RONDO_CANCEL_NOW = 0,    /* preset: the future becomes cancelled at once */
    RONDO_CANCEL_LATER = 1,  /* the operation will finish the future itself, soon: it stays pending until then */
    RONDO_CANCEL_REFUSED = 2 /* the operation cannot be cancelled: the cancel request answers no */
};

/* Asks a leaf operation to end early. */
typedef struct rondo_cancel_request {
    uint32_t size;
    uint32_t answer;
    rondo_future *future;      /* borrowed */
    const rondo_error *reason; /* borrowed */
} rondo_cancel_request;

/* Makes a future a leaf: an operation of your own. */
typedef struct rondo_future_options {
    uint32_t size;
    uint32_t flags; /* 0 */
    /* Somebody wants to cancel the pending future; called inside that very call. May finish the future: then nothing
     * else happens. */
    void (*cancel)(void *user, rondo_cancel_request *io);
    void (*drop)(void *user); /* called once, with the last reference to the future */
    void *user;
} rondo_future_options;

/* ---- Combinators, timeouts, groups ------------------------------------------------------------------------------ */

/* Of rondo_gather. */
enum {
    RONDO_GATHER_RETURN_ERRORS = 1u << 0,   /* failures and cancellations count as results (return_exceptions=True) */
    RONDO_GATHER_CANCEL_ON_ERROR = 1u << 1, /* the first failure cancels the other children; asyncio lets them run */
    RONDO_GATHER_REPORT_LATE = 1u << 2      /* failures after the first are reported if nobody looks at them */
};

/* When a rondo_wait is over. */
enum {
    RONDO_ALL_COMPLETED = 0,   /* when every future is done */
    RONDO_FIRST_COMPLETED = 1, /* when one is done */
    RONDO_FIRST_EXCEPTION = 2  /* when one has failed (being cancelled does not count), or all are done */
};

/* The life of a timeout. */
enum {
    RONDO_TIMEOUT_CREATED = 0,  /* not entered */
    RONDO_TIMEOUT_ACTIVE = 1,   /* entered */
    RONDO_TIMEOUT_EXPIRING = 2, /* the task was cancelled and is still inside */
    RONDO_TIMEOUT_EXPIRED = 3,  /* left after that */
    RONDO_TIMEOUT_FINISHED = 4  /* left in time */
};

/* The life of a task group. */
enum {
    RONDO_GROUP_CREATED = 0, /* not entered */
    RONDO_GROUP_OPEN = 1,    /* takes members */
    RONDO_GROUP_ABORTING = 2, /* its members were cancelled and it waits for their end */
    RONDO_GROUP_FINISHED = 3  /* all members have ended and the block is left, or about to be */
};

/* What a task is doing. */
enum {
    RONDO_TASK_DONE = 0,
    RONDO_TASK_READY = 1,   /* its next step is scheduled */
    RONDO_TASK_RUNNING = 2, /* its step is on the stack */
    RONDO_TASK_WAITING = 3, /* awaits a future */
    RONDO_TASK_SLEEPING = 4,
    RONDO_TASK_PARKED = 5   /* waits for a waker */
};

/* ---- Errors ------------------------------------------------------------------------------------------------------- */

/* What an error is made of. */
typedef struct rondo_error_options {
    uint32_t size;
    rondo_status code;             /* negative */
    const char *message;           /* copied; NULL: rondo_strerror(code) */
    const char *domain;            /* static text naming the language or library; NULL: "rondo" */
    rondo_error *cause;            /* retained; NULL: none */
    rondo_error *context;          /* retained; NULL: none */
    rondo_error *const *children;  /* retained; RONDO_EGROUP */
    size_t child_count;
    rondo_value *payload;          /* moved; the foreign exception object */
} rondo_error_options;

/* ---- Reports ------------------------------------------------------------------------------------------------------- */

/* Of rondo_report. */
enum {
    RONDO_REPORT_WARNING = 1u << 0 /* nothing failed: debug mode has seen something that should not be */
};

/* What reaches the exception handler: things nobody awaits. Borrowed for the call; NULL where not concerned. */
typedef struct rondo_report {
    uint32_t size;
    uint32_t flags; /* RONDO_REPORT_ */
    const char *message;
    const rondo_error *error;
    rondo_future *future;
    rondo_task *task;
    rondo_handle *handle;
    rondo_generator *generator;
    int64_t duration_ns; /* how long the entry ran that was too slow; 0 for other reports */
    const char *origin;  /* where the task, future or handle was made, a line per frame: debug mode only */
} rondo_report;

/* Hears of reports, on the loop. */
typedef void (*rondo_exception_handler_fn)(void *user, rondo_loop *loop, const rondo_report *report);

/* ---- Queues ------------------------------------------------------------------------------------------------------- */

/* Which item comes next. */
enum {
    RONDO_QUEUE_FIFO = 0,    /* first in, first out */
    RONDO_QUEUE_LIFO = 1,    /* last in, first out */
    RONDO_QUEUE_PRIORITY = 2 /* the smallest first; equal ones first in, first out */
};

/* Of rondo_queue_options. */
enum {
    /* Who waits longest is served first. Without it (asyncio) who comes just then may take what the other was called
     * up for. */
    RONDO_QUEUE_FAIR = 1u << 0,
    /* The caller keeps the items: put and get only count, and he stores or takes one when they succeed. */
    RONDO_QUEUE_COUNTS_ONLY = 1u << 1
};

/* The life of a barrier. */
enum {
    RONDO_BARRIER_FILLING = 0,
    RONDO_BARRIER_DRAINING = 1,
    RONDO_BARRIER_RESETTING = 2,
    RONDO_BARRIER_BROKEN = 3
};

/* 1 if a comes before b, else 0. Must not call the library. */
typedef int32_t (*rondo_before_fn)(void *user, const rondo_value *a, const rondo_value *b);

/* What kind of queue it is. */
typedef struct rondo_queue_options {
    uint32_t size;
    uint32_t flags;         /* RONDO_QUEUE_FAIR, RONDO_QUEUE_COUNTS_ONLY */
    uint64_t capacity;      /* 0: unbounded */
    uint32_t order;         /* RONDO_QUEUE_FIFO, _LIFO, _PRIORITY */
    uint32_t reserved;      /* 0 */
    rondo_before_fn before; /* RONDO_QUEUE_PRIORITY needs it */
    void *user;             /* of before */
} rondo_queue_options;

/* ---- Jobs --------------------------------------------------------------------------------------------------------- */

/* A blocking function, run by a thread of an executor. It returns RONDO_OK with *result, or a negative status. */
typedef rondo_status (*rondo_job_fn)(void *arg, rondo_job *job, rondo_value *result);

/* How a job runs. */
typedef struct rondo_job_options {
    uint32_t size;
    uint32_t flags;            /* 0 */
    rondo_executor *executor;  /* NULL: the loop's own pool */
    void (*drop)(void *arg);   /* called once, when fn has returned or will never run; any thread; may be NULL */
    rondo_context *context;    /* the context fn runs in a copy of; NULL: the current one */
} rondo_job_options;

/* How jobs run. */
typedef struct rondo_executor_options {
    uint32_t size;
    uint32_t threads;         /* at most so many; 0: asyncio's rule, min(32, processors + 4) */
    const char *name;         /* of the threads, copied, 11 bytes are shown; NULL: "rondo" */
    /* Runs jobs elsewhere than in threads of the library: must have run(work) called once, by any thread, now or
     * later, also after shutdown. NULL: a pool of threads. */
    void (*submit)(void *user, void (*run)(void *work), void *work);
    void (*drop)(void *user); /* with the last reference; may be NULL */
    void *user;
    /* With submit: asked once, at shutdown; must call ended(arg) once, from any thread, when no work is left running.
     * A runner that closes waits for that. NULL: nobody waits. */
    void (*shutdown)(void *user, void (*ended)(void *arg), void *arg);
} rondo_executor_options;

/* ---- Hosts and rings ------------------------------------------------------------------------------------------------ */

/* A language whose values are counted objects under a big lock (CPython: every member is a C API function).
 * Static; alive until the process ends. Any member may be NULL. */
typedef struct rondo_host {
    uint32_t size;
    uint32_t flags;                    /* 0 */
    void *(*block_enter)(void);        /* the loop is about to sleep: let go of the lock (PyEval_SaveThread) */
    void (*block_leave)(void *token);  /* the loop has woken: take it again (PyEval_RestoreThread) */
    int32_t (*lock)(void);             /* take the lock in whatever state (PyGILState_Ensure) */
    void (*unlock)(int32_t state);     /* undo lock (PyGILState_Release) */
    void (*retain)(void *object);      /* called with the lock held (Py_IncRef) */
    void (*release)(void *object);     /* called with the lock held (Py_DecRef) */
} rondo_host;

/* What entry i of a ring asks of the host. */
enum {
    RONDO_RING_SEND = 0,         /* resume the coroutine with sent[i], a host object */
    RONDO_RING_THROW = 1,        /* raise sent[i], a host object, at its suspension point */
    RONDO_RING_CALL = 2,         /* run the callback object[i]; answer RETURN or RAISE */
    RONDO_RING_SEND_NATIVE = 3,  /* resume with *(rondo_value *)native[i] */
    RONDO_RING_THROW_NATIVE = 4, /* raise what *(rondo_error *)native[i] tells */
    RONDO_RING_SKIP = 5,         /* nothing: the callback was cancelled by an earlier entry of this batch */
    RONDO_RING_PAUSE = 6         /* do not begin this entry, return from drain: the last answer must be acted on first */
};

/* The memory a ring shares with its host: parallel arrays of `capacity` entries, fixed for the ring's life.
 * answer[i] is a RONDO_STEP_ verdict, or the address of a future: AWAIT it (the reference stays the host's).
 * value[i] is what the answer needs: RETURN: the result object (0: none), kept alive by the host until the next
 * drain; RAISE: a rondo_error, one reference, moved; CANCELLED: the exception object or 0; SLEEP: nanoseconds. */
typedef struct rondo_ring_view {
    uint32_t size;
    uint32_t capacity;
    void **object;     /* in, borrowed */
    void **sent;       /* in, borrowed; the host's `none` object where there is nothing to send */
    uint64_t *native;  /* in, borrowed */
    uint32_t *status;  /* in: RONDO_RING_ */
    uint64_t *answer;  /* out; preset to RONDO_STEP_FAULT */
    uint64_t *value;   /* out */
    uint32_t *current; /* the host stores i here before it runs entry i; preset to UINT32_MAX: none begun */
} rondo_ring_view;

/* What a ring needs of its host. */
typedef struct rondo_ring_options {
    uint32_t size;
    uint32_t capacity; /* entries per drain, 1 to 4096; 0: 256 */
    const rondo_host *host;
    void *none; /* the host's "nothing" object, borrowed for the ring's life */
    /* Run entries 0 .. count-1 in order. Returning early leaves those behind *current for the next turn. */
    void (*drain)(void *user, uint32_t count);
    void *user;
    /* Optional: as rondo_coro_vtable.describe, for a ring task's object. */
    size_t (*describe)(void *user, void *object, char *text, size_t capacity);
} rondo_ring_options;

/* ---- CPython --------------------------------------------------------------------------------------------------------- */

/* Where a binding in plain Python keeps what the library works with: classes, borrowed for good, and the places of slots
 * in their instances, as bytes from an object's address. */
typedef struct rondo_cpython_layout {
    uint32_t size;
    uint32_t flags;           /* 0 */
    void *yes;                /* True and False */
    void *no;
    void *future;             /* the class of futures; tasks are a subclass */
    void *done_handle;        /* the class of done callbacks' handles */
    void *delay;              /* the subclass of int that sleeps yield, in nanoseconds */
    uint32_t future_address;  /* an int: the rondo_future */
    uint32_t future_raised;   /* None: it knows no exception */
    uint32_t future_blocking; /* True from `yield future` until a step sees it */
    uint32_t task_coro;
    uint32_t task_context;    /* a contextvars.Context */
    uint32_t task_send;       /* not None: the next step is not plain */
    uint32_t task_kept;       /* takes the result until the library has it */
    uint32_t handle_callback; /* None: cancelled */
    uint32_t handle_args;     /* a tuple; empty slot: the handle is a done callback's, or not plain */
    uint32_t handle_context;
    uint32_t done_handle_future; /* a weak reference to the argument */
    uint32_t reserved;        /* 0 */
} rondo_cpython_layout;

/* How a builtin makes an object: the slots it shares with a prototype, those that its arguments of kind `a` go to,
 * which come first, and the one that gets a copy of the current context (0: none). */
typedef struct rondo_cpython_object {
    void *prototype;
    const uint32_t *shared;
    const uint32_t *given;
    uint32_t shared_count;
    uint32_t context;
} rondo_cpython_object;

/* A builtin; see rondo_cpython_function. All of it is kept. */
typedef struct rondo_cpython_call {
    uint32_t size;
    uint32_t flags;   /* 0 */
    const char *name;
    void *target;     /* a function of integers and pointers, at most six */
    const char *kinds;
    void *otherwise;  /* a callable that gets what the builtin cannot take, or what its target refuses */
    void *refused;    /* of kind z: a callable that gets the status instead; NULL: otherwise does it again */
    void *owner;      /* NULL: a function; else a method of this subclass of futures */
    const rondo_cpython_object *made; /* NULL: it makes none */
} rondo_cpython_call;

/* ---- Loop and runner options ------------------------------------------------------------------------------------------ */

/* Of rondo_loop_options. */
enum {
    RONDO_LOOP_VIRTUAL_CLOCK = 1u << 0, /* time stands still while anyone can run and jumps when everyone sleeps */
    RONDO_LOOP_DEBUG = 1u << 1,         /* debug mode on (also switched on by RONDO_DEBUG in the environment) */
    /* An error nobody waits for is reported in the turn after it happened, not when its future is released. */
    RONDO_LOOP_REPORT_EARLY = 1u << 2
};

/* How a loop is made. */
typedef struct rondo_loop_options {
    uint32_t size;
    uint32_t flags;                     /* RONDO_LOOP_ */
    const rondo_host *host;             /* NULL: none */
    rondo_exception_handler_fn handler; /* NULL: reports are dropped (with RONDO_DEBUG they go to stderr) */
    void *handler_user;
    /* While work is ready, descriptors are looked at when so many entries have run since the last look, at the end of
     * that turn. 0: the default, 61. */
    uint32_t poll_interval;
    uint32_t reserved; /* 0 */
    /* Not 0: every turn runs its entries in a random order that depends on this seed alone: a program whose outcome
     * changes with it relies on an order nobody promised. Meant for tests, with the virtual clock. */
    uint64_t shuffle_seed;
    int64_t slow_callback_ns; /* debug mode reports entries that run so long; 0: the default, 100 ms */
} rondo_loop_options;

/* Of rondo_runner_options. */
enum {
    RONDO_RUNNER_DEBUG = 1u << 0,    /* debug mode on, whatever the loop's own default */
    RONDO_RUNNER_NO_DEBUG = 1u << 1, /* debug mode off, likewise */
    RONDO_RUNNER_NO_SIGINT = 1u << 2 /* leave SIGINT alone */
};

/* How a runner is made. */
typedef struct rondo_runner_options {
    uint32_t size;
    uint32_t flags;                  /* RONDO_RUNNER_ */
    const rondo_loop_options *loop;  /* copied; NULL: defaults */
    /* Makes the loop instead; *out receives one reference. Called by the first use of the runner. */
    void (*loop_factory)(void *user, rondo_loop **out);
    void *loop_factory_user;
    rondo_context *context; /* copied when the loop is made; NULL: an empty one */
} rondo_runner_options;

#ifdef __cplusplus
}
#endif

#endif /* RONDO_ABI_H */
