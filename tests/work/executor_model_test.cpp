// Every interleaving of a pool, who gives it jobs and who ends it (src/work/executor.cpp). What happens under its mutex
// is one step; a wait on the condition lets go of the mutex, and may end for no reason:
//
//     client   submit: a thread more unless enough idle; queue · notify one · ... · shut · notify all · release
//     worker   idle++ · wait for shut or a job · idle-- · run the job · ... · the last one tells, and ends a forgotten pool
//
// Three jobs of which the second ends only after the third has begun, two threads at most. Each job holds a reference
// until it has run. In the end all jobs have run, the end was told once, the pool is gone, and nobody touched it after.
// The client waits for each of these, or for nothing.
#include "explore.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <compare>

namespace {

enum Flaw {
    none,
    any_idle_thread_is_enough,
    notifies_before_it_queues,
    shuts_without_a_word,
    release_ends_it_under_its_threads,
    the_last_thread_forgets_it,
    waits_without_looking_again
};

enum class Job : char { outside, queued, runs, done };
enum class At : char { none, locks, waits, woken, works, ended };
enum class Client : char { submits, notifies, shuts, notifies_all, releases, gone };

struct World {
    bool patient = true;
    std::array<Job, 3> jobs{};
    std::array<At, 2> workers{};
    std::array<int, 2> job{}; // what each works at
    Client client = Client::submits;
    int next_job = 0;
    int threads = 0;
    int idle = 0;
    int naps_left = 1;
    int references = 1;
    bool shut = false;
    bool forgotten = false;
    bool told = false;
    int ends = 0;
    bool touched_after_its_end = false;
    auto operator<=>(const World &) const = default;

    bool all_done() const {
        return std::all_of(jobs.begin(), jobs.end(), [](Job job) { return job == Job::done; });
    }
    int queued() const { return static_cast<int>(std::count(jobs.begin(), jobs.end(), Job::queued)); }
    void notify_all() {
        for (At &worker : workers) worker = worker == At::waits ? At::woken : worker;
    }
    // rondo_executor::release
    void release(Flaw flaw) {
        touched_after_its_end |= ends > 0;
        if (--references > 0) return;
        shut = forgotten = true;
        notify_all();
        if (threads == 0 || flaw == release_ends_it_under_its_threads) ++ends;
    }
};

void submit(Flaw flaw, World &w) {
    bool enough = flaw == any_idle_thread_is_enough ? w.idle > 0 : w.idle > w.queued();
    if (!enough && w.threads < 2) {
        w.workers[static_cast<std::size_t>(w.threads++)] = At::locks;
    }
    w.jobs[static_cast<std::size_t>(w.next_job++)] = Job::queued;
    ++w.references;
}

// Any one that waits.
template <class Next>
void notify_one(const World &w, Next next) {
    bool somebody = false;
    for (std::size_t i : {0u, 1u}) {
        if (w.workers[i] != At::waits) continue;
        World n = w;
        n.workers[i] = At::woken;
        somebody = true;
        next(n);
    }
    if (!somebody) next(w);
}

template <class Next>
void move_client(Flaw flaw, const World &w, Next next) {
    bool early = flaw == notifies_before_it_queues;
    World n = w;
    switch (w.client) {
    case Client::submits:
        submit(flaw, n);
        n.client = !early || n.next_job < 3 ? Client::notifies : Client::shuts;
        return next(n);
    case Client::notifies:
        n.client = w.next_job < 3 ? Client::submits : Client::shuts;
        return notify_one(n, next);
    case Client::shuts:
        if (w.patient && !w.all_done()) return;
        n.shut = true;
        n.client = Client::notifies_all;
        return next(n);
    case Client::notifies_all:
        if (flaw != shuts_without_a_word) n.notify_all();
        n.client = Client::releases;
        return next(n);
    case Client::releases:
        if (w.patient && !w.told) return;
        n.release(flaw);
        n.client = Client::gone;
        return next(n);
    case Client::gone:
        return;
    }
}

void leave(Flaw flaw, World &w) {
    bool last = --w.threads == 0;
    if (!last) return;
    w.told = true;
    if (w.forgotten && flaw != the_last_thread_forgets_it) ++w.ends;
}

// With the mutex: waits, takes a job, or leaves.
void look(Flaw flaw, World &w, std::size_t i) {
    w.touched_after_its_end |= w.ends > 0;
    bool again = w.workers[i] == At::woken;
    bool skips = flaw == waits_without_looking_again && !again;
    if (!again) ++w.idle;
    if (skips || (!w.shut && w.queued() == 0)) {
        w.workers[i] = At::waits;
        return;
    }
    --w.idle;
    auto first = std::find(w.jobs.begin(), w.jobs.end(), Job::queued);
    if (first == w.jobs.end()) {
        w.workers[i] = At::ended;
        return leave(flaw, w);
    }
    *first = Job::runs;
    w.job[i] = static_cast<int>(first - w.jobs.begin());
    w.workers[i] = At::works;
}

template <class Next>
void move_worker(Flaw flaw, const World &w, std::size_t i, Next next) {
    World n = w;
    switch (w.workers[i]) {
    case At::locks:
    case At::woken:
        look(flaw, n, i);
        return next(n);
    case At::waits:
        if (w.naps_left == 0) return;
        --n.naps_left;
        n.workers[i] = At::woken;
        return next(n);
    case At::works:
        if (w.job[i] == 1 && w.jobs[2] < Job::runs) return;
        n.jobs[static_cast<std::size_t>(w.job[i])] = Job::done;
        n.release(flaw);
        n.workers[i] = At::locks;
        return next(n);
    case At::none:
    case At::ended:
        return;
    }
}

struct Found {
    std::size_t worlds = 0;
    int stuck_with_jobs = 0;
    int never_ended = 0;
    int ended_too_early = 0;
};

Found explored(Flaw flaw, bool patient = true) {
    World first;
    first.patient = patient;
    if (flaw == notifies_before_it_queues) first.client = Client::notifies;
    Found found;
    auto moves = [flaw](const World &w, auto next) {
        move_client(flaw, w, next);
        for (std::size_t i : {0u, 1u}) move_worker(flaw, w, i, next);
    };
    found.worlds = explore::all(first, moves, [&found](const World &w, bool stuck) {
        found.stuck_with_jobs += stuck && !w.all_done();
        found.never_ended += stuck && (w.ends != 1 || !w.told || w.client != Client::gone);
        found.ended_too_early += w.touched_after_its_end || w.ends > 1;
    });
    return found;
}

} // namespace

TEST(ExecutorModel, every_job_runs_and_the_pool_ends_once_in_any_interleaving) {
    for (bool patient : {true, false}) {
        Found found = explored(none, patient);
        EXPECT_GT(found.worlds, 200u);
        EXPECT_EQ(found.stuck_with_jobs, 0);
        EXPECT_EQ(found.never_ended, 0);
        EXPECT_EQ(found.ended_too_early, 0);
    }
}

TEST(ExecutorModel, the_search_finds_a_thread_that_is_counted_for_two_jobs) {
    EXPECT_GT(explored(any_idle_thread_is_enough).stuck_with_jobs, 0);
}

TEST(ExecutorModel, the_search_finds_a_word_that_comes_before_the_job) {
    EXPECT_GT(explored(notifies_before_it_queues).stuck_with_jobs, 0);
}

TEST(ExecutorModel, the_search_finds_an_end_nobody_is_told_of) { EXPECT_GT(explored(shuts_without_a_word).never_ended, 0); }

TEST(ExecutorModel, the_search_finds_a_release_under_the_threads) {
    EXPECT_GT(explored(release_ends_it_under_its_threads, false).ended_too_early, 0);
}

TEST(ExecutorModel, the_search_finds_a_pool_that_nobody_ends) {
    EXPECT_GT(explored(the_last_thread_forgets_it, false).never_ended, 0);
}

TEST(ExecutorModel, the_search_finds_a_wait_without_a_look) {
    EXPECT_GT(explored(waits_without_looking_again).stuck_with_jobs, 0);
}
