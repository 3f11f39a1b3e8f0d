// Law 4 of the design, counted: nothing is allocated per await, wake, yield or sleep; a step task is one block.
#include "memory.h"
#include "world.h"

enum { warm_up = 100, many = 1000 };

static rondo_loop *loop;

// Between the two, in one thread, nothing may be allocated.
static uint64_t allocations_before;
static void begin_counting(void) { allocations_before = memory_allocations(); }
static void nothing_was_allocated(const char *by) {
    uint64_t now = memory_allocations();
    if (now == allocations_before) return;
    fprintf(stderr, "%s allocated %llu blocks\n", by, (unsigned long long)(now - allocations_before));
    kit_fail(__FILE__, __LINE__, "nothing is allocated");
}

// Counts around the rounds behind the warm-up.
static int count_round(int round, const char *by) {
    if (round == warm_up) begin_counting();
    if (round < warm_up + many) return 1;
    nothing_was_allocated(by);
    return 0;
}

static void run(rondo_task *task) {
    GIVES(rondo_loop_run_until_complete(loop, task, NULL), RONDO_OK);
    rondo_future_release(task);
}

// ---- steps

static void step_yields(kit_frame *frame, rondo_step *io) {
    io->verdict = count_round(frame->at, "a yield") ? RONDO_STEP_YIELD : RONDO_STEP_RETURN;
}

static void step_sleeps(kit_frame *frame, rondo_step *io) {
    io->verdict = count_round(frame->at, "a sleep") ? RONDO_STEP_SLEEP : RONDO_STEP_RETURN;
    io->delay_ns = 1 + frame->at % 7;
}

static void step_awaits_what_is_done(kit_frame *frame, rondo_step *io) {
    if (count_round(frame->at, "an await of what is done")) {
        give_await(io, frame->user);
    } else {
        io->verdict = RONDO_STEP_RETURN;
    }
}

static void steps_suspend_without_allocating(void) {
    run(start(loop, step_yields, NULL, NULL));
    run(start(loop, step_sleeps, NULL, NULL));
    rondo_future *done = done_future(loop, 1);
    run(start(loop, step_awaits_what_is_done, done, NULL));
    rondo_future_release(done);
}

static rondo_waker *wakers[2];
static void step_plays_ball(kit_frame *frame, rondo_step *io) {
    rondo_waker_wake_by_ref(wakers[1 - *(int *)frame->user]);
    int on = *(int *)frame->user == 1 || count_round(frame->at, "a wake");
    io->verdict = on ? RONDO_STEP_PARK : RONDO_STEP_RETURN;
}

static void wakes_allocate_nothing(void) {
    int sides[2] = {0, 1};
    rondo_task *tasks[2];
    for (int i = 0; i < 2; ++i) {
        tasks[i] = start(loop, step_plays_ball, &sides[i], NULL);
        GIVES(rondo_task_waker(tasks[i], &wakers[i]), RONDO_OK);
    }
    run(tasks[0]);
    GIVES(rondo_future_cancel(tasks[1], NULL), 1);
    rondo_future_release(tasks[1]);
    for (int i = 0; i < 2; ++i) rondo_waker_release(wakers[i]);
}

// Two tasks hand a new future to each other: what one round makes, the next one uses again.
static rondo_future *handed;
static void step_hands_over(kit_frame *frame, rondo_step *io) {
    (void)frame;
    if (handed) {
        rondo_value value = rondo_i64(1);
        GIVES(rondo_future_set_result(handed, &value), RONDO_OK);
        rondo_future_release(handed);
        handed = NULL;
    }
    io->verdict = RONDO_STEP_YIELD;
}

static void step_awaits_new_futures(kit_frame *frame, rondo_step *io) {
    if (!count_round(frame->at, "an await of a new future")) {
        io->verdict = RONDO_STEP_RETURN;
        return;
    }
    handed = pending_future(loop);
    give_await(io, handed);
}

static void awaits_allocate_nothing_that_is_not_used_again(void) {
    rondo_task *resolver = start(loop, step_hands_over, NULL, NULL);
    run(start(loop, step_awaits_new_futures, NULL, NULL));
    GIVES(rondo_future_cancel(resolver, NULL), 1);
    kit_frame *frame = rondo_task_frame(resolver);
    frame->step = step_return;
    CHECK(rondo_loop_run_once(loop, 0) >= 0);
    rondo_future_release(resolver);
}

static void step_awaits_new_tasks(kit_frame *frame, rondo_step *io) {
    if (!count_round(frame->at, "spawning and awaiting a task")) {
        io->verdict = RONDO_STEP_RETURN;
        return;
    }
    io->verdict = RONDO_STEP_AWAIT;
    io->target = start(loop, step_return, NULL, NULL);
}

static void tasks_one_after_another_are_one_block_used_again(void) {
    run(start(loop, step_awaits_new_tasks, NULL, NULL));
}

static void calls_and_cancels_allocate_nothing_that_is_not_used_again(void) {
    int calls = 0;
    for (int round = 0; count_round(round, "a scheduled call"); ++round) {
        rondo_handle *handle = NULL;
        GIVES(rondo_loop_call_soon(loop, count_call, &calls, NULL, NULL), RONDO_OK);
        GIVES(rondo_loop_call_later(loop, 5, count_call, &calls, NULL, &handle), RONDO_OK);
        GIVES(rondo_handle_cancel(handle), RONDO_OK);
        rondo_handle_release(handle);
        GIVES(rondo_loop_call_later(loop, 1, count_call, &calls, NULL, NULL), RONDO_OK);
        CHECK(rondo_loop_run_once(loop, RONDO_FOREVER) >= 0);
        CHECK(rondo_loop_run_once(loop, RONDO_FOREVER) >= 0);
    }
    CHECK(calls == 2 * (warm_up + many));
}

// ---- fibers

static rondo_status fiber_suspends(void *arg, rondo_value *result) {
    (void)result;
    rondo_future *done = arg;
    for (int round = 0; count_round(round, "a fiber's yield"); ++round) GIVES(rondo_yield(), RONDO_OK);
    for (int round = 0; count_round(round, "a fiber's sleep"); ++round) GIVES(rondo_sleep(round % 7), RONDO_OK);
    for (int round = 0; count_round(round, "a fiber's await"); ++round) GIVES(rondo_await(done, NULL), RONDO_OK);
    rondo_task *resolver = start(loop, step_hands_over, NULL, NULL);
    for (int round = 0; count_round(round, "a fiber's await of a new future"); ++round) {
        handed = pending_future(loop);
        rondo_value value;
        GIVES(rondo_await_release(rondo_future_retain(handed), &value), RONDO_OK);
        CHECK(value.as.i64 == 1);
    }
    ((kit_frame *)rondo_task_frame(resolver))->step = step_return;
    GIVES(rondo_await_release(resolver, NULL), RONDO_OK);
    return RONDO_OK;
}

static rondo_status fiber_returns(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    return RONDO_OK;
}

static rondo_status fiber_spawns(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    for (int round = 0; count_round(round, "spawning and awaiting a fiber"); ++round) {
        rondo_task *task = NULL;
        GIVES(rondo_fiber_create(NULL, fiber_returns, NULL, NULL, &task), RONDO_OK);
        GIVES(rondo_await_release(task, NULL), RONDO_OK);
    }
    return RONDO_OK;
}

static void fibers_suspend_without_allocating(void) {
    rondo_task *task = NULL;
    rondo_future *done = done_future(loop, 1);
    GIVES(rondo_fiber_create(loop, fiber_suspends, done, NULL, &task), RONDO_OK);
    run(task);
    rondo_future_release(done);
    GIVES(rondo_fiber_create(loop, fiber_spawns, NULL, NULL, &task), RONDO_OK);
    run(task);
}

// ---- timeouts, groups, waiting, generators

static rondo_status fiber_counts_for_ever(void *arg, rondo_value *result) {
    (void)arg;
    (void)result;
    rondo_status status = RONDO_OK;
    for (int i = 0; status == RONDO_OK; ++i) {
        rondo_value number = rondo_i64(i);
        status = rondo_produce(&number);
    }
    return status;
}

static rondo_status fiber_uses_blocks(void *arg, rondo_value *result) {
    (void)result;
    rondo_future *done = arg;
    rondo_timeout *limit = NULL;
    for (int round = 0; count_round(round, "a timeout"); ++round) {
        GIVES(rondo_timeout_begin(RONDO_S(1), &limit), RONDO_OK);
        GIVES(rondo_timeout_end(limit, rondo_yield()), RONDO_OK);
    }
    for (int round = 0; count_round(round, "wait_for"); ++round) GIVES(rondo_wait_for(done, 5, NULL), RONDO_OK);
    rondo_task_group *group = NULL;
    for (int round = 0; count_round(round, "a group of two"); ++round) {
        GIVES(rondo_task_group_begin(&group), RONDO_OK);
        GIVES(rondo_task_group_spawn(group, fiber_returns, NULL, NULL), RONDO_OK);
        GIVES(rondo_task_group_spawn(group, fiber_returns, NULL, NULL), RONDO_OK);
        GIVES(rondo_task_group_end(group, RONDO_OK), RONDO_OK);
    }
    rondo_future *wait = NULL;
    for (int round = 0; count_round(round, "a wait"); ++round) {
        GIVES(rondo_wait(NULL, &done, 1, RONDO_ALL_COMPLETED, 5, &wait), RONDO_OK);
        GIVES(rondo_await_release(wait, NULL), RONDO_OK);
    }
    rondo_generator *generator = NULL;
    GIVES(rondo_generator_create_fiber(NULL, fiber_counts_for_ever, NULL, 0, &generator), RONDO_OK);
    for (int round = 0; count_round(round, "a value of a generator"); ++round) {
        rondo_value number;
        GIVES(rondo_generator_next(generator, NULL, &number, NULL), 1);
        CHECK(number.as.i64 == round);
    }
    GIVES(rondo_generator_close(generator, NULL, NULL), RONDO_OK);
    rondo_generator_release(generator);
    return RONDO_OK;
}

static void blocks_allocate_nothing_that_is_not_used_again(void) {
    rondo_task *task = NULL;
    rondo_future *done = done_future(loop, 1);
    GIVES(rondo_fiber_create(loop, fiber_uses_blocks, done, NULL, &task), RONDO_OK);
    run(task);
    rondo_future_release(done);
}

// ---- synchronisation, queues, channels

static rondo_lock *lock;
static rondo_condition *condition;
static rondo_semaphore *permits;
static rondo_queue *queue;
static rondo_channel *channel;

static int whose_turn;

// Two of these wait for each other wherever one can wait.
static rondo_status fiber_waits(void *arg, rondo_value *result) {
    (void)result;
    int me = *(int *)arg;
    for (int round = 0; me ? count_round(round, "a round of waits") : round < warm_up + many; ++round) {
        rondo_value item = rondo_i64(round);
        GIVES(rondo_lock_acquire(lock), RONDO_OK);
        while (whose_turn != me) GIVES(rondo_condition_wait(condition), RONDO_OK);
        whose_turn = 1 - me;
        GIVES(rondo_condition_notify_all(condition), RONDO_OK);
        GIVES(rondo_lock_unlock(lock), RONDO_OK);
        GIVES(rondo_semaphore_acquire(permits), RONDO_OK);
        GIVES(rondo_yield(), RONDO_OK);
        GIVES(rondo_semaphore_give_back(permits), RONDO_OK);
        if (me) {
            GIVES(rondo_queue_put(queue, &item), RONDO_OK);
            GIVES(rondo_channel_receive(channel, &item), RONDO_OK);
        } else {
            GIVES(rondo_channel_send(channel, &item), RONDO_OK);
            GIVES(rondo_queue_get(queue, &item), RONDO_OK);
        }
    }
    return RONDO_OK;
}

static void waits_allocate_nothing_that_is_not_used_again(void) {
    RONDO_INIT(rondo_queue_options, options);
    options.capacity = 1;
    GIVES(rondo_lock_create(&lock), RONDO_OK);
    GIVES(rondo_condition_create(lock, &condition), RONDO_OK);
    GIVES(rondo_semaphore_create(1, 1, &permits), RONDO_OK);
    GIVES(rondo_queue_create(&options, &queue), RONDO_OK);
    GIVES(rondo_channel_create(1, &channel), RONDO_OK);
    int counts[2] = {0, 1};
    rondo_task *tasks[2];
    for (int i = 0; i < 2; ++i) GIVES(rondo_fiber_create(loop, fiber_waits, &counts[i], NULL, &tasks[i]), RONDO_OK);
    for (int i = 0; i < 2; ++i) run(tasks[i]);
    rondo_channel_release(channel);
    rondo_queue_release(queue);
    rondo_semaphore_release(permits);
    rondo_condition_release(condition);
    rondo_lock_release(lock);
}

// ---- blocks of memory

static void a_step_task_is_one_block(void) {
    static rondo_task *tasks[many];
    for (int round = 0; round < 3; ++round) {
        uint64_t before = memory_allocations();
        for (int i = 0; i < many; ++i) tasks[i] = start(loop, step_yield_once, NULL, NULL);
        uint64_t made = memory_allocations() - before;
        CHECK(round == 0 ? made == many : made == 0); // then they are used again
        begin_counting();
        run_until_idle(loop);
        for (int i = 0; i < many; ++i) GIVES(rondo_future_result(tasks[i], NULL, NULL), RONDO_OK);
        nothing_was_allocated("running a task");
        for (int i = 0; i < many; ++i) rondo_future_release(tasks[i]);
    }
}

static void runs_on_one_runner_allocate_nothing_that_is_not_used_again(void) {
    rondo_runner *runner = virtual_runner(NULL);
    for (int round = 0; count_round(round, "a run"); ++round) {
        GIVES(rondo_runner_run(runner, fiber_returns, NULL, NULL, NULL, NULL), RONDO_OK);
    }
    rondo_runner_release(runner);
}

int main(void) {
    loop = virtual_loop();
    RUN(a_step_task_is_one_block); // first: the pool is cold
    RUN(steps_suspend_without_allocating);
    RUN(wakes_allocate_nothing);
    RUN(awaits_allocate_nothing_that_is_not_used_again);
    RUN(tasks_one_after_another_are_one_block_used_again);
    RUN(calls_and_cancels_allocate_nothing_that_is_not_used_again);
    RUN(fibers_suspend_without_allocating);
    RUN(blocks_allocate_nothing_that_is_not_used_again);
    RUN(waits_allocate_nothing_that_is_not_used_again);
    RUN(runs_on_one_runner_allocate_nothing_that_is_not_used_again);
    rondo_loop_release(loop);
    return 0;
}
