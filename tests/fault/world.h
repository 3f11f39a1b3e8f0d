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
    CATCH,
    // blocks; what fails inside one goes on at its END
    TIMEOUT, // a: milliseconds
    GROUP,
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
} word;

typedef struct op {
    word word;
    int a;
    int b;
    int count;
    const struct op *program;
} op;

enum { slots = 8, most_counted = 256, most_blocks = 4 };

typedef struct block {
    rondo_timeout *timeout; // or
    rondo_task_group *group;
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

// The world, with its main program as future 0. Nothing is in it that could not be made.
void begin_world(world *w, const scenario *s, int fibers, int scarce, int ending);
// 0 when nothing is left to do.
int turn_world(world *w);
void end_world(world *w, int ending);
// Everything that was counted has ended once.
void check_world(const world *w, const char *when);

#endif
