// A small world for fault tests: a loop on the virtual clock whose coroutines are programs of a few words, run as step
// coroutines or as fibers. Everything in it is counted, so that at its end each frame, value and piece of user data
// can be seen to have ended exactly once, in whichever order things were let go.
#ifndef RONDO_TESTS_WORLD_H
#define RONDO_TESTS_WORLD_H

#include "kit.h"

typedef enum word {
    FINISH,      // returns nothing; ends each program
    ANSWER,      // returns a counted value
    RAISE,       // raises an error with a counted payload
    RAISE_GROUP, // raises a group of two, with a cause
    // suspensions; a CATCH behind one goes on when it fails
    YIELD,
    SLEEP,  // a: milliseconds
    AWAIT,  // a: future
    TAKE,   // a: future, and takes its value
    PARK,
    NEXT_DONE, // a: iteration; the next of its futures to end
    WAIT_FOR,  // a: future, b: milliseconds; step coroutines just await it
    NEXT,      // a: generator
    CLOSE,     // a: generator
    PRODUCE,   // in a generator's program: a counted value
    ACQUIRE,      // a: lock or semaphore
    WAIT_EVENT,   // a: event
    WAIT_NOTICE,  // a: condition, whose lock is held
    MEET,         // a: barrier
    RESET_MEET,   // a: barrier
    ABORT_MEET,   // a: barrier
    PUT,          // a: queue, of a counted value
    FETCH,        // a: queue
    JOIN,         // a: queue
    SEND,         // a: channel, of a counted value
    RECEIVE,      // a: channel
    CATCH,
    // blocks; what fails inside one goes on at its END
    TIMEOUT, // a: milliseconds
    GROUP,
    HELD, // a: lock or semaphore that was acquired; END gives it back
    END,
    // futures
    SPAWN,        // a: future to be the task of `program`
    SPAWN_SHARED, // the same, named, in the world's context object
    SPAWN_EAGER,
    MEMBER,       // the same, in the innermost group
    MEMBER_EAGER,
    END_GROUP_EARLY, // cancels the innermost group
    FUTURE,       // a
    LEAF,         // a: future, b: how its hook answers cancel requests
    GATHER,       // a: future of those from b on, `count` of them
    GATHER_ERRORS,
    GATHER_CANCELLING, // the first failure cancels the others
    WAIT,          // the same arguments; for 3 ms
    WAIT_FIRST,    // until one is done
    SHIELD,        // a: future around the one in b
    AS_COMPLETED,  // a: iteration of those from b on, `count` of them, for 3 ms
    GENERATOR,     // a: generator of `program`
    NEXT_TASK,     // a: future, b: generator
    DROP,          // a: the world's reference to a generator
    RESULT,      // a: gets a counted value
    FAIL,        // a: gets an error
    CANCEL,      // a
    POST_RESULT, // a: the same as another thread does it
    POST_FAIL,
    POST_CANCEL,
    ON_DONE,  // a: calls back with counted data
    NOT_DONE, // a: removes the last of these
    RELEASE,  // a: the world's reference
    NAME,     // a
    // callbacks
    SOON,     // a: handle
    LATER,    // a: handle, b: milliseconds
    POST,     // a: handle
    CALL_OFF, // a
    // contexts
    SET,   // a: variable
    RESET, // a
    GET,
    INSIDE, // sets a variable inside the world's context object
    // wakers
    WAKER, // a: waker of the task in future b
    WAKE,  // a
    // synchronisation, queues, channels: each makes or changes tool a
    LOCK,
    EVENT,
    CONDITION, // b: tool that is its lock
    SEMAPHORE, // b: value
    BARRIER,   // b: parties
    QUEUE,     // b: capacity, count: RONDO_QUEUE_FIFO, _LIFO, _PRIORITY, + FAIR
    CHANNEL,   // b: capacity
    SET_EVENT,
    CLEAR_EVENT,
    NOTIFY, // b: how many
    PUT_NOW,
    FETCH_NOW,
    ITEM_DONE,
    SEND_NOW,
    RECEIVE_NOW,
    SHUT_DOWN, // b: at once
    // threads
    EXECUTOR,       // a: one of those below
    JOB,            // a: future, b: 0 answers, 1 raises, 2 fails
    WORK,           // runs the jobs that lie on the pile
    NO_MORE_JOBS,   // a: future, done when the loop's executor has ended
    SUBMIT,         // a: submission of `program`, b: to the other loop
    ASK,            // a: submission: has it ended, and how
    WITHDRAW,       // a: submission
    // the other loop
    OTHER_LOOP,   // makes it
    SPAWN_THERE,  // a: future of it to be the task of `program`
    FUTURE_THERE, // a: future of it
    BRIDGE,       // a: future of this loop that ends as the one in b does
    BRIDGE_THERE, // the other way round
    CLOSE_THERE,
} word;

enum { FAIR = 16 };

// Executors.
enum {
    PILE,    // jobs lie there until WORK, or the world's end
    AT_ONCE, // runs them inside the call that gives them
    THREAD,  // in another thread, at once
    POOL     // the library's own, of two threads
};

typedef struct op {
    word word;
    int a;
    int b;
    int count;
    const struct op *program;
} op;

enum { slots = 8, most_counted = 256, most_blocks = 4 };

// A lock, event, condition, semaphore, barrier, queue or channel.
typedef struct tool {
    word word; // which made it; 0: none
    union {
        rondo_lock *lock;
        rondo_event *event;
        rondo_condition *condition;
        rondo_semaphore *semaphore;
        rondo_barrier *barrier;
        rondo_queue *queue;
        rondo_channel *channel;
    } is;
    int slot;
    int size;  // permits, parties, capacity
} tool;

typedef struct block {
    rondo_timeout *timeout; // or
    rondo_task_group *group; // or
    tool held; // with a reference of its own
} block;

// What a coroutine is started with, and the blocks it is in.
typedef struct plan {
    struct world *world;
    const op *program;
    block blocks[most_blocks];
    int depth;
    rondo_generator *asked; // while it waits, a reference
} plan;

typedef struct world {
    rondo_loop *loop;
    rondo_runner *runner; // NULL: the loop stands alone
    int fibers;
    int scarce; // RONDO_ENOMEM is no surprise
    rondo_future *futures[slots];
    rondo_handle *handles[slots];
    rondo_waker *wakers[slots];
    rondo_generator *generators[slots];
    rondo_token *tokens[slots];
    rondo_ctxvar *vars[slots];
    rondo_context *context;
    void *on_done[slots];
    tool tools[slots];
    int held[slots]; // by how many programs
    rondo_submission *submissions[slots];
    rondo_executor *executor;
    struct pile *pile; // of the executor, which drops it
    rondo_future *promised[2 * slots]; // that threads will finish, with references
    int promised_count;
    rondo_loop *other; // NULL: there is none
    rondo_future *bridged[slots]; // what the future in this slot is a bridge to, a reference
    // Counted things: 1 alive, 2 ended.
    unsigned char frames[most_counted];
    unsigned char values[most_counted];
    unsigned char users[most_counted];
    int frame_count;
    int value_count;
    int user_count;
    plan plans[most_counted];
    int plan_count;
    int reports;     // that reached the exception handler
    int bad_reports; // those that a program without mistakes never causes
} world;

typedef struct scenario {
    const char *name;
    const op *main;
} scenario;

extern const scenario scenarios[];
extern const int scenario_count;

// How a world is taken down.
enum {
    CLOSE_LOOP_FIRST,
    CLOSE_LOOP_LAST,
    RELEASE_LOOP_LAST,
    RELEASE_LOOP_FIRST,
    CLOSE_RUNNER_FIRST,
    CLOSE_RUNNER_LAST,
    CLOSE_RUNNER_AT_ONCE, // with a deadline that has passed
    CANCEL_MAIN,          // runs on until everything ended, then closes the loop
    endings
};

enum { most_tasks = 64, most_turns = 1000 };

// The world, with its main program as future 0. Nothing is in it that could not be made.
void begin_world(world *w, const scenario *s, int fibers, int scarce, int ending);
// 0 when nothing is left to do.
int turn_world(world *w);
void end_world(world *w, int ending);
// Task number index of those alive, a reference; NULL when there are not as many.
rondo_task *living_task(world *w, int index);
// Runs until nothing is left to do, and cancels who waits for what nobody will do any more, until every task has ended.
void finish_world(world *w);
// Every task has ended: what they waited at is as good as new.
void check_rest(world *w);
// What is told if a check fails.
void doing(const char *when);
// Everything that was counted has ended once.
void check_world(const world *w, const char *when);

#endif
