// Each scenario, as step coroutines and as fibers, is run again and again while a cancel request meets each of its tasks
// in each of its turns, once or in three turns running. Everything ends, every clean-up runs once, no future is left,
// blocks leave behind no cancel request but those from outside (B10: all of them cancel in one way), and nothing is
// reported that is nobody's mistake.
#include "world.h"

typedef struct {
    const scenario *scenario;
    int fibers;
    int turn;  // in which the request comes
    int task;  // which of those alive then
    int times; // in as many turns
} injection;

static void describe(const injection *i, char *text, size_t capacity) {
    snprintf(text, capacity, "%s as %s, %d times cancelled task %d from turn %d on", i->scenario->name,
             i->fibers ? "fibers" : "steps", i->times, i->task, i->turn);
}

static void run_on(world *w) {
    for (int turns = 0; turn_world(w); ++turns) CHECK(turns < most_turns); // it comes to rest
}

// 0 when the scenario has no such task in that turn any more.
static int inject(const injection *i) {
    world w;
    char when[160];
    describe(i, when, sizeof when);
    doing(when);
    begin_world(&w, i->scenario, i->fibers, 0, CLOSE_LOOP_LAST);
    rondo_task *main = rondo_future_retain(w.futures[0]);
    for (int turn = 0; turn < i->turn; ++turn) turn_world(&w);
    rondo_task *task = living_task(&w, i->task);
    int requests = 0;
    for (int time = 0; task && time < i->times; ++time) {
        requests += rondo_future_cancel(task, "injected") == 1;
        if (time + 1 < i->times) turn_world(&w);
    }
    CHECK(!task || requests > 0); // the request is accepted
    int to_main = task == main;
    rondo_future_release(task);
    run_on(&w);
    if (rondo_future_done(main) == 1) {
        int foreign = to_main ? requests : 0;
        CHECK(rondo_task_cancelling(main) == foreign); // blocks take back their own requests and no others
    }
    rondo_future_silence(main);
    rondo_future_release(main);
    finish_world(&w);
    check_rest(&w);
    CHECK(w.bad_reports == 0); // no mistake is reported
    int found = task != NULL;
    end_world(&w, CLOSE_LOOP_LAST);
    check_world(&w, when);
    return found;
}

static int turns_of(const scenario *s, int fibers) {
    world w;
    int turns = 1;
    begin_world(&w, s, fibers, 0, CLOSE_LOOP_FIRST);
    while (turn_world(&w)) ++turns;
    end_world(&w, CLOSE_LOOP_FIRST);
    return turns;
}

int main(void) {
    int runs = 0;
    for (int n = 0; n < scenario_count; ++n) {
        kit_begin(scenarios[n].name);
        for (int fibers = 0; fibers < 2; ++fibers) {
            int turns = turns_of(&scenarios[n], fibers);
            for (int turn = 0; turn <= turns; ++turn) {
                for (int times = 1; times <= 3; times += 2) {
                    injection i = {&scenarios[n], fibers, turn, 0, times};
                    for (; inject(&i); ++i.task) ++runs;
                }
            }
        }
    }
    printf("%d requests were injected\n", runs);
    return 0;
}
