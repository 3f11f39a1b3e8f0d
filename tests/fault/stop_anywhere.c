// Each scenario, as step coroutines and as fibers, is stopped after every possible number of turns and taken down in
// every order. Everything must have ended once; under AddressSanitizer nothing may leak either.
#include "world.h"

static void count_turns(const scenario *s, int fibers, int *turns) {
    world w;
    begin_world(&w, s, fibers, 0, CLOSE_LOOP_FIRST);
    doing(s->name);
    for (*turns = 1; turn_world(&w); ++*turns) CHECK(*turns < most_turns);
    CHECK(rondo_future_done(w.futures[0]) == 1 && !living_task(&w, 0)); // the scenario leaves nobody waiting
    check_rest(&w);
    end_world(&w, CLOSE_LOOP_FIRST);
    check_world(&w, s->name);
}

static void stop_after(const scenario *s, int fibers, int turns, int ending) {
    char when[128];
    snprintf(when, sizeof when, "%s as %s, stopped after %d turns, ending %d", s->name, fibers ? "fibers" : "steps",
             turns, ending);
    doing(when);
    world w;
    begin_world(&w, s, fibers, 0, ending);
    for (int turn = 0; turn < turns; ++turn) turn_world(&w);
    end_world(&w, ending);
    check_world(&w, when);
}

int main(void) {
    int runs = 0;
    for (int i = 0; i < scenario_count; ++i) {
        kit_begin(scenarios[i].name);
        for (int fibers = 0; fibers < 2; ++fibers) {
            int turns = 0;
            count_turns(&scenarios[i], fibers, &turns);
            CHECK(turns > 2);
            for (int ending = 0; ending < endings; ++ending) {
                for (int stop = 0; stop <= turns; ++stop, ++runs) stop_after(&scenarios[i], fibers, stop, ending);
            }
        }
    }
    printf("%d worlds were begun and ended\n", runs);
    return 0;
}
