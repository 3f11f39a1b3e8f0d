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

// ---- timeouts

PROGRAM(timeouts, {TIMEOUT, 3}, {TIMEOUT, 5}, {SLEEP, 4}, {END}, {CATCH}, {SLEEP, 1}, {END}, {CATCH}, {TIMEOUT, 2},
        {TIMEOUT, 2}, {SLEEP, 9}, {END}, {END}, {CATCH}, {TIMEOUT, 0}, {YIELD}, {END}, {CATCH}, {TIMEOUT, 9}, {END},
        {SLEEP, 1});
PROGRAM(swallow, {TIMEOUT, 1}, {SLEEP, 9}, {CATCH}, {SLEEP, 1}, {END}, {ANSWER});
PROGRAM(late, {TIMEOUT, 2}, {SLEEP, 9}, {END}, {ANSWER});
PROGRAM(timeouts_around_tasks, {SPAWN, 1, .program = swallow}, {TIMEOUT, 2}, {AWAIT, 1}, {END}, {CATCH},
        {SPAWN, 2, .program = late}, {TIMEOUT, 1}, {AWAIT, 2}, {END}, {CATCH}, {SPAWN, 3, .program = late}, {AWAIT, 3},
        {CATCH}, {SPAWN, 4, .program = stubborn}, {TIMEOUT, 1}, {TIMEOUT, 3}, {AWAIT, 4}, {END}, {END}, {CATCH});

// ---- groups

PROGRAM(clean_2, {SLEEP, 50}, {CATCH}, {SLEEP, 1}, {CATCH}, {YIELD}, {RAISE});
PROGRAM(inner_group, {GROUP}, {MEMBER, 4, .program = sleep_3}, {MEMBER, 5, .program = fail_after_2}, {SLEEP, 50}, {END},
        {ANSWER});
PROGRAM(groups, {GROUP}, {MEMBER, 1, .program = sleep_3}, {MEMBER, 2, .program = inner_group},
        {MEMBER, 3, .program = clean_2}, {SLEEP, 1}, {END}, {CATCH}, {GROUP}, {END}, {GROUP},
        {MEMBER, 1, .program = sleep_2}, {MEMBER_EAGER, 2, .program = sleep_3}, {YIELD}, {END}, {SLEEP, 1});
PROGRAM(groups_nested, {GROUP}, {MEMBER, 1, .program = fail_after_2}, {GROUP}, {MEMBER, 2, .program = fail_after_2},
        {GROUP}, {MEMBER, 3, .program = clean_2}, {YIELD}, {END}, {END}, {CATCH}, {SLEEP, 9}, {END}, {CATCH}, {YIELD});
PROGRAM(groups_in_time, {TIMEOUT, 2}, {GROUP}, {MEMBER, 1, .program = clean_2}, {MEMBER, 2, .program = stubborn}, {END},
        {END}, {CATCH}, {GROUP}, {MEMBER, 3, .program = late}, {TIMEOUT, 1}, {SLEEP, 9}, {END}, {CATCH}, {END}, {CATCH},
        {YIELD});
PROGRAM(groups_ended_early, {GROUP}, {MEMBER, 1, .program = clean_2}, {MEMBER, 2, .program = sleep_3}, {YIELD},
        {END_GROUP_EARLY}, {SLEEP, 9}, {END}, {CATCH}, {GROUP}, {MEMBER, 3, .program = innermost}, {END_GROUP_EARLY},
        {MEMBER, 4, .program = sleep_2}, {END}, {YIELD});

// ---- waiting

PROGRAM(waits, {SPAWN, 1, .program = sleep_2}, {SPAWN, 2, .program = innermost}, {WAIT, 3, 1, 2}, {AWAIT, 3},
        {WAIT_FIRST, 4, 1, 2}, {WAIT_FIRST, 5, 1, 3}, {AWAIT, 4}, {CANCEL, 2}, {AWAIT, 5}, {WAIT, 6, 1, 2}, {AWAIT, 6},
        {RELEASE, 6}, {AWAIT, 2}, {CATCH});
PROGRAM(await_3, {AWAIT, 3}, {ANSWER});
PROGRAM(shields, {SPAWN, 1, .program = sleep_3}, {SHIELD, 2, 1}, {SHIELD, 3, 2}, {SPAWN, 4, .program = await_3}, {YIELD},
        {CANCEL, 4}, {AWAIT, 4}, {CATCH}, {SHIELD, 3, 1}, {AWAIT, 3}, {SPAWN, 5, .program = fail_after_2},
        {SHIELD, 6, 5}, {CANCEL, 6}, {AWAIT, 5}, {CATCH}, {SHIELD, 7, 5}, {AWAIT, 7}, {CATCH});
PROGRAM(iterates, {SPAWN, 1, .program = sleep_2}, {SPAWN, 2, .program = fail_after_2}, {SPAWN, 3, .program = innermost},
        {AS_COMPLETED, 4, 1, 3}, {NEXT_DONE, 4}, {NEXT_DONE, 4}, {NEXT_DONE, 4}, {CATCH}, {NEXT_DONE, 4}, {CATCH},
        {AS_COMPLETED, 5, 1, 2}, {NEXT_DONE, 5}, {RELEASE, 5}, {WAIT_FOR, 3, 1}, {CATCH}, {CANCEL, 3}, {AWAIT, 2},
        {CATCH}, {AWAIT, 3}, {CATCH});
PROGRAM(waits_for, {SPAWN, 1, .program = sleep_2}, {WAIT_FOR, 1, 9}, {SPAWN, 2, .program = clean_2}, {YIELD},
        {WAIT_FOR, 2, 1}, {CATCH}, {SPAWN, 3, .program = sleep_3}, {WAIT_FOR, 3, 0}, {CATCH}, {SPAWN, 4, .program = stubborn},
        {YIELD}, {WAIT_FOR, 4, 0}, {CATCH}, {CANCEL, 2}, {CANCEL, 4}, {AWAIT, 2}, {CATCH});
PROGRAM(gathers_cancelling, {SPAWN, 1, .program = sleep_3}, {SPAWN, 2, .program = fail_after_2},
        {SPAWN, 3, .program = clean_2}, {GATHER_CANCELLING, 4, 1, 3}, {AWAIT, 4}, {CATCH}, {AWAIT, 3}, {CATCH});

// ---- generators

PROGRAM(produce_2, {PRODUCE}, {SLEEP, 1}, {PRODUCE}, {YIELD});
PROGRAM(produce_and_clean, {PRODUCE}, {CATCH}, {SLEEP, 1}, {CATCH}, {YIELD});
PROGRAM(produce_in_time, {TIMEOUT, 2}, {SLEEP, 1}, {END}, {CATCH}, {PRODUCE}, {RAISE});
PROGRAM(produce_from_another, {NEXT, 1}, {PRODUCE}, {NEXT, 1}, {PRODUCE}, {CLOSE, 1});
PROGRAM(produce_for_ever, {PRODUCE}, {CATCH}, {PRODUCE}, {PRODUCE});
PROGRAM(generators, {GENERATOR, 1, .program = produce_2}, {NEXT, 1}, {NEXT, 1}, {NEXT, 1}, {NEXT, 1},
        {GENERATOR, 2, .program = produce_and_clean}, {NEXT, 2}, {CLOSE, 2}, {GENERATOR, 3, .program = produce_in_time},
        {NEXT, 3}, {NEXT, 3}, {CATCH}, {GENERATOR, 4, .program = produce_for_ever}, {NEXT, 4}, {CLOSE, 4}, {CATCH},
        {GENERATOR, 5, .program = produce_2}, {CLOSE, 5});
PROGRAM(generators_left, {GENERATOR, 1, .program = produce_and_clean}, {NEXT, 1}, {DROP, 1},
        {GENERATOR, 2, .program = produce_and_clean}, {NEXT, 2}, {GENERATOR, 3, .program = produce_2}, {NEXT_TASK, 1, 3},
        {NEXT_TASK, 2, 3}, {AWAIT, 1}, {CATCH}, {AWAIT, 2}, {CATCH}, {NEXT_TASK, 4, 3}, {DROP, 3}, {SLEEP, 3}, {AWAIT, 4},
        {CATCH});
PROGRAM(generators_nested, {GENERATOR, 1, .program = produce_2}, {GENERATOR, 2, .program = produce_from_another},
        {NEXT, 2}, {TIMEOUT, 1}, {NEXT, 2}, {END}, {CATCH}, {NEXT, 2}, {CATCH}, {CLOSE, 2}, {CATCH}, {YIELD});

// ---- eager starts

PROGRAM(at_once, {ANSWER});
PROGRAM(raise_at_once, {RAISE});
PROGRAM(eager_child, {SPAWN_EAGER, 4, .program = at_once}, {SPAWN_EAGER, 5, .program = sleep_2}, {AWAIT, 4}, {AWAIT, 5},
        {ANSWER});
PROGRAM(eager, {SPAWN_EAGER, 1, .program = eager_child}, {SPAWN_EAGER, 2, .program = raise_at_once}, {YIELD}, {AWAIT, 1},
        {AWAIT, 2}, {CATCH}, {GROUP}, {MEMBER_EAGER, 3, .program = at_once}, {MEMBER_EAGER, 6, .program = eager_child},
        {END}, {GROUP}, {MEMBER_EAGER, 7, .program = raise_at_once}, {MEMBER_EAGER, 6, .program = clean_2}, {END},
        {CATCH}, {YIELD});

// ---- locks, events, conditions, semaphores, barriers

PROGRAM(lock_a_while, {ACQUIRE, 0}, {HELD, 0}, {SLEEP, 2}, {YIELD}, {END}, {ANSWER});
PROGRAM(lock_in_time, {TIMEOUT, 3}, {ACQUIRE, 0}, {HELD, 0}, {SLEEP, 1}, {END}, {END}, {CATCH}, {ACQUIRE, 0}, {HELD, 0},
        {END}, {ANSWER});
PROGRAM(lock_and_fail, {ACQUIRE, 0}, {HELD, 0}, {RAISE}, {END});
PROGRAM(locks, {LOCK, 0}, {SPAWN, 1, .program = lock_a_while}, {SPAWN, 2, .program = lock_in_time},
        {SPAWN, 3, .program = lock_and_fail}, {SPAWN, 4, .program = lock_a_while}, {ACQUIRE, 0}, {HELD, 0}, {SLEEP, 1},
        {END}, {CANCEL, 4}, {ACQUIRE, 0}, {HELD, 0}, {END}, {AWAIT, 2}, {AWAIT, 3}, {CATCH}, {AWAIT, 1}, {AWAIT, 4},
        {CATCH});
PROGRAM(await_event, {WAIT_EVENT, 0}, {YIELD}, {WAIT_EVENT, 0}, {ANSWER});
PROGRAM(events, {EVENT, 0}, {SPAWN, 1, .program = await_event}, {SPAWN, 2, .program = await_event},
        {SPAWN, 3, .program = await_event}, {YIELD}, {CANCEL, 2}, {SET_EVENT, 0}, {CLEAR_EVENT, 0}, {YIELD}, {SLEEP, 1},
        {CANCEL, 3}, {SET_EVENT, 0}, {WAIT_EVENT, 0}, {AWAIT, 1}, {AWAIT, 2}, {CATCH}, {AWAIT, 3}, {CATCH});
PROGRAM(await_notice, {ACQUIRE, 0}, {HELD, 0}, {WAIT_NOTICE, 1}, {SLEEP, 1}, {END}, {ANSWER});
PROGRAM(await_notice_in_time, {ACQUIRE, 0}, {HELD, 0}, {TIMEOUT, 2}, {WAIT_NOTICE, 1}, {END}, {CATCH}, {YIELD}, {END});
PROGRAM(conditions, {LOCK, 0}, {CONDITION, 1, 0}, {SPAWN, 1, .program = await_notice},
        {SPAWN, 2, .program = await_notice_in_time}, {SPAWN, 3, .program = await_notice},
        {SPAWN, 4, .program = await_notice}, {SLEEP, 1}, {ACQUIRE, 0}, {HELD, 0}, {NOTIFY, 1, 1}, {CANCEL, 3}, {YIELD},
        {END}, {SLEEP, 3}, {ACQUIRE, 0}, {HELD, 0}, {NOTIFY, 1, 5}, {CANCEL, 4}, {SLEEP, 1}, {CANCEL, 4}, {END},
        {AWAIT, 1}, {AWAIT, 2}, {CATCH}, {AWAIT, 3}, {CATCH}, {AWAIT, 4}, {CATCH});
PROGRAM(use_permit, {ACQUIRE, 0}, {HELD, 0}, {SLEEP, 2}, {END}, {ACQUIRE, 0}, {HELD, 0}, {YIELD}, {END}, {ANSWER});
PROGRAM(use_permits, {ACQUIRE, 0}, {HELD, 0}, {YIELD}, {ACQUIRE, 0}, {HELD, 0}, {SLEEP, 1}, {END}, {END}, {ANSWER});
PROGRAM(semaphores, {SEMAPHORE, 0, 2}, {SPAWN, 1, .program = use_permit}, {SPAWN, 2, .program = use_permit},
        {SPAWN, 3, .program = use_permits}, {SPAWN, 4, .program = use_permit}, {YIELD}, {CANCEL, 2}, {TIMEOUT, 4},
        {ACQUIRE, 0}, {HELD, 0}, {SLEEP, 1}, {END}, {END}, {CATCH}, {CANCEL, 4}, {AWAIT, 1}, {AWAIT, 2}, {CATCH},
        {AWAIT, 3}, {AWAIT, 4}, {CATCH});
PROGRAM(meet, {MEET, 0}, {CATCH}, {YIELD}, {TIMEOUT, 9}, {MEET, 0}, {END}, {CATCH}, {ANSWER});
PROGRAM(meet_in_time, {TIMEOUT, 2}, {MEET, 0}, {END}, {CATCH}, {TIMEOUT, 9}, {MEET, 0}, {END}, {CATCH}, {ANSWER});
PROGRAM(meet_once, {MEET, 0}, {CATCH}, {ANSWER});
PROGRAM(barriers, {BARRIER, 0, 3}, {SPAWN, 1, .program = meet}, {SPAWN, 2, .program = meet_in_time}, {SLEEP, 3},
        {SPAWN, 3, .program = meet_once}, {MEET, 0}, {CATCH}, {SPAWN, 4, .program = meet_once}, {YIELD}, {RESET_MEET, 0},
        {SPAWN, 5, .program = meet_once}, {YIELD}, {CANCEL, 5}, {SLEEP, 1}, {ABORT_MEET, 0}, {MEET, 0}, {CATCH},
        {AWAIT, 1}, {AWAIT, 2}, {AWAIT, 3}, {AWAIT, 4}, {AWAIT, 5}, {CATCH});
PROGRAM(barriers_kept, {BARRIER, 0, 2}, {SPAWN, 1, .program = meet_once}, {SPAWN, 2, .program = meet_once},
        {SPAWN, 3, .program = meet_once}, {YIELD}, {CANCEL, 1}, {SLEEP, 1}, {MEET, 0}, {RESET_MEET, 0}, {AWAIT, 1},
        {CATCH}, {AWAIT, 2}, {RESET_MEET, 0}, {AWAIT, 3});

// ---- queues

PROGRAM(produce_items, {PUT, 0}, {PUT, 0}, {YIELD}, {PUT, 0}, {PUT, 0}, {ANSWER});
PROGRAM(consume_items, {FETCH, 0}, {YIELD}, {ITEM_DONE, 0}, {FETCH, 0}, {ITEM_DONE, 0}, {ANSWER});
PROGRAM(consume_in_time, {TIMEOUT, 1}, {FETCH, 0}, {ITEM_DONE, 0}, {FETCH, 0}, {ITEM_DONE, 0}, {FETCH, 0}, {ITEM_DONE, 0}, {END},
        {CATCH}, {ANSWER});
#define PRODUCERS_AND_CONSUMERS                                                                                      \
    {SPAWN, 1, .program = consume_items}, {SPAWN, 2, .program = produce_items}, {SPAWN, 3, .program = produce_items}, \
        {SPAWN, 4, .program = consume_in_time}, {YIELD}, {CANCEL, 3}, {PUT_NOW, 0}, {FETCH_NOW, 0}, {SLEEP, 2},           \
        {SPAWN, 5, .program = consume_items}, {TIMEOUT, 3}, {JOIN, 0}, {END}, {CATCH}, {SHUT_DOWN, 0, 0}, {AWAIT, 1},   \
        {CATCH}, {AWAIT, 2}, {CATCH}, {AWAIT, 3}, {CATCH}, {AWAIT, 4}, {CATCH}, {AWAIT, 5}, {CATCH}, {FETCH, 0}, {CATCH}
PROGRAM(queues, {QUEUE, 0, 1, RONDO_QUEUE_FIFO}, PRODUCERS_AND_CONSUMERS);
PROGRAM(queues_fair, {QUEUE, 0, 1, RONDO_QUEUE_FIFO + FAIR}, PRODUCERS_AND_CONSUMERS);
PROGRAM(queues_lifo, {QUEUE, 0, 2, RONDO_QUEUE_LIFO}, PRODUCERS_AND_CONSUMERS);
PROGRAM(queues_sorted, {QUEUE, 0, 2, RONDO_QUEUE_PRIORITY + FAIR}, PRODUCERS_AND_CONSUMERS);
PROGRAM(put_for_ever, {PUT, 0}, {PUT, 0}, {PUT, 0}, {PUT, 0});
PROGRAM(join_queue, {JOIN, 0}, {ANSWER});
PROGRAM(get_1, {FETCH, 0}, {ANSWER});
PROGRAM(queues_shut_at_once, {QUEUE, 0, 2}, {SPAWN, 1, .program = put_for_ever}, {SPAWN, 2, .program = put_for_ever},
        {SPAWN, 3, .program = join_queue}, {SLEEP, 1}, {FETCH, 0}, {SHUT_DOWN, 0, 1}, {ITEM_DONE, 0}, {AWAIT, 3},
        {AWAIT, 1}, {CATCH}, {AWAIT, 2}, {CATCH}, {PUT_NOW, 0}, {FETCH_NOW, 0});
PROGRAM(queues_kept, {QUEUE, 0, 2, FAIR}, {SPAWN, 1, .program = get_1}, {SPAWN, 2, .program = get_1},
        {SPAWN, 3, .program = get_1}, {YIELD}, {PUT_NOW, 0}, {PUT_NOW, 0}, {CANCEL, 2}, {FETCH_NOW, 0}, {YIELD}, {PUT_NOW, 0},
        {PUT_NOW, 0}, {PUT_NOW, 0}, {SLEEP, 1}, {PUT_NOW, 0}, {AWAIT, 1}, {AWAIT, 2}, {CATCH}, {AWAIT, 3});

// ---- channels

PROGRAM(send_3, {SEND, 0}, {SEND, 0}, {YIELD}, {SEND, 0}, {ANSWER});
PROGRAM(receive_2, {RECEIVE, 0}, {YIELD}, {RECEIVE, 0}, {ANSWER});
PROGRAM(receive_in_time, {TIMEOUT, 1}, {RECEIVE, 0}, {RECEIVE, 0}, {RECEIVE, 0}, {RECEIVE, 0}, {END}, {CATCH});
PROGRAM(channels, {CHANNEL, 0, 1}, {SPAWN, 1, .program = send_3}, {SPAWN, 2, .program = receive_2},
        {SPAWN, 3, .program = receive_in_time}, {SPAWN, 4, .program = send_3}, {YIELD}, {CANCEL, 2}, {SEND_NOW, 0},
        {RECEIVE_NOW, 0}, {SLEEP, 2}, {SPAWN, 5, .program = receive_2}, {SLEEP, 1}, {SHUT_DOWN, 0}, {AWAIT, 1}, {CATCH},
        {AWAIT, 2}, {CATCH}, {AWAIT, 3}, {CATCH}, {AWAIT, 4}, {CATCH}, {AWAIT, 5}, {CATCH}, {RECEIVE, 0}, {CATCH});
PROGRAM(receive_1, {RECEIVE, 0}, {ANSWER});
PROGRAM(send_1, {SEND, 1}, {ANSWER});
PROGRAM(channels_kept, {CHANNEL, 0, 1}, {SPAWN, 1, .program = receive_1}, {SPAWN, 2, .program = receive_1}, {YIELD},
        {SEND_NOW, 0}, {CANCEL, 1}, {AWAIT, 2}, {CHANNEL, 1, 1}, {SEND_NOW, 1}, {SPAWN, 3, .program = send_1},
        {SPAWN, 4, .program = send_1}, {YIELD}, {RECEIVE_NOW, 1}, {CANCEL, 3}, {RECEIVE, 1}, {AWAIT, 4}, {AWAIT, 1},
        {CATCH}, {AWAIT, 3}, {CATCH});
PROGRAM(channels_between_loops, {CHANNEL, 0, 1}, {OTHER_LOOP}, {SPAWN_THERE, 1, .program = send_3}, {RECEIVE, 0},
        {SPAWN_THERE, 2, .program = receive_in_time}, {SPAWN_THERE, 3, .program = receive_2},
        {SPAWN, 4, .program = receive_2}, {SPAWN_THERE, 5, .program = receive_2}, {SEND, 0}, {SEND_NOW, 0}, {SLEEP, 1},
        {CANCEL, 3}, {POST_CANCEL, 5}, {SEND, 0}, {YIELD}, {SEND_NOW, 0}, {SLEEP, 1}, {SHUT_DOWN, 0}, {AWAIT, 4}, {CATCH},
        {SLEEP, 1});
PROGRAM(channels_to_a_loop_that_closes, {CHANNEL, 0, 1}, {OTHER_LOOP}, {SPAWN_THERE, 1, .program = receive_2},
        {SPAWN, 2, .program = receive_2}, {SPAWN_THERE, 3, .program = receive_2}, {SLEEP, 1}, {SEND, 0}, {CLOSE_THERE},
        {SEND, 0}, {AWAIT, 2});

// ---- jobs

#define JOBS                                                                                                      \
    {JOB, 1, 0}, {JOB, 2, 1}, {JOB, 3, 2}, {WORK}, {AWAIT, 1}, {AWAIT, 2}, {CATCH}, {AWAIT, 3}, {CATCH}, {JOB, 4, 0}, \
        {CANCEL, 4}, {JOB, 5, 0}, {RELEASE, 5}, {WORK}, {AWAIT, 4}, {CATCH}, {JOB, 6, 0}, {YIELD}, {CANCEL, 6}, {WORK}, \
        {NO_MORE_JOBS, 7}, {AWAIT, 7}, {JOB, 1, 0}
PROGRAM(jobs_piled, {EXECUTOR, PILE}, JOBS);
PROGRAM(jobs_at_once, {EXECUTOR, AT_ONCE}, JOBS);
PROGRAM(jobs_in_threads, {EXECUTOR, THREAD}, JOBS);
PROGRAM(jobs_in_a_pool, {EXECUTOR, POOL}, JOBS);

// ---- submissions, bridges

PROGRAM(submissions, {SUBMIT, 0, .program = sleep_2}, {SUBMIT, 1, .program = fail_after_2},
        {SUBMIT, 2, .program = innermost}, {ASK, 0}, {WITHDRAW, 2}, {SLEEP, 1}, {ASK, 2}, {WITHDRAW, 1}, {SLEEP, 2},
        {ASK, 0}, {ASK, 1}, {SUBMIT, 3, .program = stubborn}, {YIELD}, {WITHDRAW, 3}, {SLEEP, 1}, {WITHDRAW, 3},
        {SLEEP, 1}, {ASK, 3}, {ASK, 0});
PROGRAM(submissions_there, {OTHER_LOOP}, {SUBMIT, 0, 1, .program = sleep_2}, {SUBMIT, 1, 1, .program = innermost},
        {SUBMIT, 2, 1, .program = innermost}, {YIELD}, {WITHDRAW, 1}, {SLEEP, 3}, {SLEEP, 1}, {ASK, 0}, {ASK, 1},
        {SUBMIT, 3, 1, .program = sleep_2}, {CLOSE_THERE}, {ASK, 2}, {ASK, 3}, {SUBMIT, 4, 1, .program = sleep_2});
PROGRAM(await_there, {BRIDGE_THERE, 2, 4}, {AWAIT, 2}, {ANSWER});
PROGRAM(bridges, {OTHER_LOOP}, {FUTURE_THERE, 1}, {SPAWN_THERE, 2, .program = fail_after_2},
        {SPAWN_THERE, 3, .program = innermost}, {FUTURE, 4}, {BRIDGE, 5, 1}, {BRIDGE, 6, 2}, {BRIDGE, 7, 3},
        {YIELD}, {POST_RESULT, 1}, {AWAIT, 5}, {TIMEOUT, 9}, {AWAIT, 6}, {END}, {CATCH},
        {SPAWN_THERE, 1, .program = await_there}, {CANCEL, 7}, {AWAIT, 7}, {CATCH}, {YIELD}, {RESULT, 4}, {SLEEP, 1},
        {SLEEP, 1});
PROGRAM(bridges_to_a_loop_that_closes, {OTHER_LOOP}, {FUTURE_THERE, 1}, {SPAWN_THERE, 2, .program = innermost},
        {FUTURE, 3}, {BRIDGE, 4, 1}, {BRIDGE, 5, 2}, {BRIDGE_THERE, 6, 3}, {YIELD}, {BRIDGE, 7, 1}, {CLOSE_THERE},
        {AWAIT, 4}, {CATCH}, {AWAIT, 5}, {CATCH}, {AWAIT, 7}, {CATCH}, {RESULT, 3}, {YIELD});

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
    {"timeouts", timeouts},
    {"timeouts_around_tasks", timeouts_around_tasks},
    {"groups", groups},
    {"groups_nested", groups_nested},
    {"groups_in_time", groups_in_time},
    {"groups_ended_early", groups_ended_early},
    {"waits", waits},
    {"shields", shields},
    {"iterates", iterates},
    {"waits_for", waits_for},
    {"gathers_cancelling", gathers_cancelling},
    {"generators", generators},
    {"generators_left", generators_left},
    {"generators_nested", generators_nested},
    {"eager", eager},
    {"locks", locks},
    {"events", events},
    {"conditions", conditions},
    {"semaphores", semaphores},
    {"barriers", barriers},
    {"barriers_kept", barriers_kept},
    {"queues", queues},
    {"queues_fair", queues_fair},
    {"queues_lifo", queues_lifo},
    {"queues_sorted", queues_sorted},
    {"queues_shut_at_once", queues_shut_at_once},
    {"queues_kept", queues_kept},
    {"channels", channels},
    {"channels_kept", channels_kept},
    {"channels_between_loops", channels_between_loops},
    {"channels_to_a_loop_that_closes", channels_to_a_loop_that_closes},
    {"jobs_piled", jobs_piled},
    {"jobs_at_once", jobs_at_once},
    {"jobs_in_threads", jobs_in_threads},
    {"jobs_in_a_pool", jobs_in_a_pool},
    {"submissions", submissions},
    {"submissions_there", submissions_there},
    {"bridges", bridges},
    {"bridges_to_a_loop_that_closes", bridges_to_a_loop_that_closes},
};
const int scenario_count = sizeof scenarios / sizeof scenarios[0];
