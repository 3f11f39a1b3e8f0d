#include "world.h"

#define PROGRAM(name, ...) static const op name[] = {__VA_ARGS__, {FINISH}}

// ---- sleeps

PROGRAM(sleep_2, {SLEEP, 2}, {ANSWER});
PROGRAM(sleep_3, {SLEEP, 3}, {ANSWER});
PROGRAM(sleeps, {SPAWN, 1, .program = sleep_3}, {SPAWN, 2, .program = sleep_2}, {YIELD}, {SLEEP, 1}, {AWAIT, 1},
        {TAKE, 2}, {SLEEP, 0});

// ---- gathers

PROGRAM(fail_after_2, {SLEEP, 2}, {RAISE});
PROGRAM(gathers, {SPAWN, 1, .program = sleep_3}, {SPAWN, 2, .program = fail_after_2}, {SPAWN, 3, .program = sleep_2},
        {GATHER, 4, 1, 3}, {AWAIT, 4}, {CATCH}, {AWAIT, 1}, {AWAIT, 3});
PROGRAM(gathers_errors, {SPAWN, 1, .program = sleep_3}, {SPAWN, 2, .program = fail_after_2},
        {SPAWN, 3, .program = sleep_2}, {GATHER_ERRORS, 4, 1, 3}, {YIELD}, {CANCEL, 3}, {AWAIT, 4},
        {GATHER, 5, 1, 1}, {GATHER, 6, 4, 2}, {AWAIT, 6});
PROGRAM(gather_cancelled, {SPAWN, 1, .program = sleep_3}, {FUTURE, 2}, {GATHER, 3, 1, 2}, {GATHER, 4, 3, 1}, {YIELD},
        {CANCEL, 4}, {AWAIT, 4}, {CATCH});

// ---- cancel chains

PROGRAM(innermost, {SLEEP, 50}, {ANSWER});
PROGRAM(middle, {SPAWN, 3, .program = innermost}, {AWAIT, 3}, {CATCH}, {SLEEP, 1}, {RAISE});
PROGRAM(outermost, {SPAWN, 2, .program = middle}, {AWAIT, 2}, {ANSWER});
PROGRAM(stubborn, {SLEEP, 50}, {CATCH}, {SLEEP, 50}, {CATCH}, {ANSWER});
PROGRAM(cancels, {SPAWN, 1, .program = outermost}, {SPAWN, 4, .program = stubborn}, {SLEEP, 1}, {CANCEL, 1},
        {CANCEL, 4}, {YIELD}, {CANCEL, 1}, {AWAIT, 1}, {CATCH}, {CANCEL, 4}, {AWAIT, 4}, {CATCH});
PROGRAM(never, {AWAIT, 2}, {ANSWER});
PROGRAM(cancelled_before_it_began, {FUTURE, 2}, {SPAWN, 1, .program = never}, {CANCEL, 1}, {AWAIT, 1}, {CATCH},
        {SPAWN, 1, .program = never}, {RELEASE, 1}, {YIELD}, {CANCEL, 2}, {YIELD});

// ---- callbacks

PROGRAM(callbacks, {SOON, 0}, {LATER, 1, 1}, {LATER, 2, 1}, {LATER, 3, 5}, {POST, 4}, {POST, 5}, {CALL_OFF, 2},
        {CALL_OFF, 4}, {YIELD}, {SOON, 6}, {CALL_OFF, 6}, {SOON, 0}, {SLEEP, 2}, {CALL_OFF, 3}, {CALL_OFF, 3});
PROGRAM(done_callbacks, {FUTURE, 1}, {ON_DONE, 1}, {ON_DONE, 1}, {ON_DONE, 1}, {NOT_DONE, 1},
        {SPAWN, 2, .program = sleep_2}, {ON_DONE, 2}, {RESULT, 1}, {ON_DONE, 1}, {YIELD}, {RELEASE, 1}, {FUTURE, 1},
        {ON_DONE, 1}, {RELEASE, 1}, {AWAIT, 2});

// ---- futures

PROGRAM(await_1, {AWAIT, 1}, {ANSWER});
PROGRAM(take_1, {TAKE, 1}, {CATCH}, {ANSWER});
PROGRAM(futures, {FUTURE, 1}, {SPAWN, 2, .program = await_1}, {SPAWN, 3, .program = take_1},
        {SPAWN, 4, .program = take_1}, {YIELD}, {RESULT, 1}, {AWAIT, 2}, {CATCH}, {FUTURE, 1}, {FAIL, 1}, {AWAIT, 1},
        {CATCH}, {FUTURE, 5}, {FAIL, 5}, {RELEASE, 5}, {YIELD});
PROGRAM(await_2, {AWAIT, 2}, {CATCH}, {ANSWER});
PROGRAM(leaves, {LEAF, 1, 0}, {LEAF, 2, 1}, {LEAF, 3, 2}, {SPAWN, 4, .program = await_1}, {SPAWN, 5, .program = await_2},
        {YIELD}, {CANCEL, 4}, {CANCEL, 5}, {CANCEL, 3}, {YIELD}, {RESULT, 2}, {RESULT, 3}, {AWAIT, 4}, {CATCH},
        {AWAIT, 5});
PROGRAM(posts, {FUTURE, 1}, {FUTURE, 2}, {FUTURE, 3}, {SPAWN, 4, .program = await_1}, {POST_RESULT, 1}, {POST_FAIL, 2},
        {POST_CANCEL, 3}, {POST_RESULT, 1}, {POST_CANCEL, 4}, {AWAIT, 1}, {CATCH}, {AWAIT, 2}, {CATCH}, {AWAIT, 3},
        {CATCH}, {POST, 0}, {POST_RESULT, 5}, {AWAIT, 4}, {CATCH});

// ---- contexts

PROGRAM(set_and_get, {SET, 0}, {YIELD}, {GET, 0}, {SET, 0}, {RESET, 0}, {SLEEP, 1}, {GET, 0}, {ANSWER});
PROGRAM(contexts, {SET, 0}, {SET, 1}, {SPAWN, 1, .program = set_and_get}, {SPAWN_SHARED, 2, .program = set_and_get},
        {SOON, 0}, {INSIDE, 0}, {YIELD}, {RESET, 1}, {RESET, 1}, {SPAWN_SHARED, 3, .program = set_and_get}, {INSIDE, 0},
        {AWAIT, 1}, {AWAIT, 2}, {AWAIT, 3});

// ---- wakers

PROGRAM(park_twice, {PARK}, {SLEEP, 1}, {PARK}, {CATCH}, {ANSWER});
PROGRAM(wakers, {SPAWN, 1, .program = park_twice}, {WAKER, 1, 1}, {WAKER, 2, 1}, {YIELD}, {WAKE, 1}, {WAKE, 2}, {WAKE, 1},
        {YIELD}, {WAKE, 2}, {SLEEP, 2}, {CANCEL, 1}, {WAKE, 1}, {AWAIT, 1}, {WAKE, 1}, {YIELD});

// ---- names and errors

PROGRAM(raise_group, {NAME, 1}, {YIELD}, {RAISE_GROUP});
PROGRAM(errors, {SPAWN, 1, .program = raise_group}, {SPAWN_SHARED, 2, .program = raise_group}, {NAME, 2}, {AWAIT, 1},
        {CATCH}, {RELEASE, 1}, {RELEASE, 2}, {SLEEP, 1}, {RAISE});

// ---- tasks that bear tasks when they end

PROGRAM(grandchild, {SLEEP, 9}, {CATCH}, {SPAWN, 4, .program = sleep_2}, {ANSWER});
PROGRAM(child, {SLEEP, 9}, {CATCH}, {SPAWN, 3, .program = grandchild}, {YIELD}, {RAISE});
PROGRAM(families, {SPAWN, 1, .program = child}, {SPAWN, 2, .program = child}, {RELEASE, 2}, {SLEEP, 1}, {CANCEL, 1},
        {SLEEP, 20});

const scenario scenarios[] = {
    {"sleeps", sleeps},
    {"gathers", gathers},
    {"gathers_errors", gathers_errors},
    {"gather_cancelled", gather_cancelled},
    {"cancels", cancels},
    {"cancelled_before_it_began", cancelled_before_it_began},
    {"callbacks", callbacks},
    {"done_callbacks", done_callbacks},
    {"futures", futures},
    {"leaves", leaves},
    {"posts", posts},
    {"contexts", contexts},
    {"wakers", wakers},
    {"errors", errors},
    {"families", families},
};
const int scenario_count = sizeof scenarios / sizeof scenarios[0];
