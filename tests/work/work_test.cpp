// Threads: jobs, executors, submissions and bridges; sections 10 and 11 of asyncio's rules. What has to wait for
// another thread runs on the real clock, and asserts order and counts, never a time.
#include "sync/fibers.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace {

using sync_test::Body;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int posts_each = 20'000;
#elif defined(__OPTIMIZE__)
constexpr int posts_each = 1'000'000;
#else
constexpr int posts_each = 125'000;
#endif

// A door threads wait at.
class Gate {
public:
    void open() {
        std::lock_guard lock(mutex_);
        open_ = true;
        moved_.notify_all();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        moved_.wait(lock, [this] { return open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable moved_;
    bool open_ = false;
};

using Job = std::function<rondo_status(rondo_job *, rondo_value *)>;

rondo_status call_job(void *arg, rondo_job *job, rondo_value *result) { return (*static_cast<Job *>(arg))(job, result); }

rondo_status call_body(void *arg, rondo_value *) { return (*static_cast<Body *>(arg))(); }

rondo_status run(Body body, rondo_error **error = nullptr) { return rondo_run(call_body, &body, nullptr, error); }

rondo_future *start(Job &job, rondo_executor *executor = nullptr) {
    RONDO_INIT(rondo_job_options, options);
    options.executor = executor;
    rondo_future *future = nullptr;
    EXPECT_EQ(rondo_to_thread(nullptr, call_job, &job, &options, &future), RONDO_OK);
    return future;
}

TEST(Jobs, U20_run_side_by_side_in_threads_of_their_own) {
    EXPECT_EQ(run([] {
        Gate both;
        std::atomic<int> inside{0};
        std::thread::id home = std::this_thread::get_id();
        Job meet = [&](rondo_job *, rondo_value *result) {
            EXPECT_NE(std::this_thread::get_id(), home);
            if (++inside == 2) both.open();
            both.wait(); // a second thread is needed to get past here
            *result = rondo_i64(1);
            return RONDO_OK;
        };
        rondo_future *jobs[] = {start(meet), start(meet)}, *all = nullptr;
        rondo_gather(nullptr, jobs, 2, 0, &all);
        EXPECT_EQ(rondo_await_release(all, nullptr), RONDO_OK);
        rondo_value one;
        EXPECT_EQ(rondo_await_release(jobs[0], &one), RONDO_OK);
        EXPECT_EQ(one.as.i64, 1);
        rondo_future_release(jobs[1]);
        return RONDO_OK;
    }), RONDO_OK);
}

TEST(Jobs, U21_one_that_runs_goes_on_unawaited_and_can_know_it) {
    std::atomic<bool> noticed{false};
    EXPECT_EQ(run([&] {
        Gate begun;
        Job poll = [&](rondo_job *job, rondo_value *) {
            begun.open();
            while (rondo_job_cancelled(job) == 0) std::this_thread::yield();
            noticed = true;
            return RONDO_OK;
        };
        rondo_future *future = start(poll);
        begun.wait();
        EXPECT_EQ(rondo_future_cancel(future, nullptr), 1);
        EXPECT_EQ(rondo_future_cancelled(future), 1) << "at once";
        EXPECT_EQ(rondo_await_release(future, nullptr), RONDO_ECANCELED);
        while (!noticed) rondo_yield();
        return RONDO_OK;
    }), RONDO_OK);
}

TEST(Jobs, U21_one_that_waits_for_a_thread_never_runs_when_cancelled) {
    RONDO_INIT(rondo_executor_options, options);
    options.threads = 1;
    rondo_executor *one = nullptr;
    ASSERT_EQ(rondo_executor_create(&options, &one), RONDO_OK);
    EXPECT_EQ(run([&] {
        Gate gate;
        bool ran = false;
        Job block = [&](rondo_job *, rondo_value *) {
            gate.wait();
            return RONDO_OK;
        };
        Job never = [&](rondo_job *, rondo_value *) {
            ran = true;
            return RONDO_OK;
        };
        rondo_future *first = start(block, one), *second = start(never, one);
        rondo_future_cancel(second, nullptr);
        gate.open();
        EXPECT_EQ(rondo_await_release(first, nullptr), RONDO_OK);
        EXPECT_EQ(rondo_await_release(second, nullptr), RONDO_ECANCELED);
        EXPECT_FALSE(ran);
        return RONDO_OK;
    }), RONDO_OK);
    rondo_executor_release(one);
}

TEST(Jobs, U23_errors_cross_as_they_are) {
    EXPECT_EQ(run([] {
        Job fail = [](rondo_job *job, rondo_value *) { return rondo_job_fail(job, RONDO_EFAILED, "broken"); };
        Job exit = [](rondo_job *, rondo_value *) { return rondo_status{RONDO_EEXIT}; };
        Job raise = [](rondo_job *, rondo_value *) -> rondo_status { throw std::runtime_error("thrown"); };
        EXPECT_EQ(rondo_await_release(start(fail), nullptr), RONDO_EFAILED);
        EXPECT_STREQ(rondo_error_message(rondo_fiber_error()), "broken");
        EXPECT_EQ(rondo_await_release(start(exit), nullptr), RONDO_EEXIT) << "stored like any error";
        EXPECT_EQ(rondo_await_release(start(raise), nullptr), RONDO_EFAILED);
        EXPECT_STREQ(rondo_error_message(rondo_fiber_error()), "thrown");
        return RONDO_OK;
    }), RONDO_OK);
}

TEST(Jobs, U22_C1_run_in_a_copy_of_the_context) {
    rondo_ctxvar *var = nullptr;
    rondo_ctxvar_create("name", nullptr, &var);
    EXPECT_EQ(run([&] {
        rondo_value mine = rondo_i64(7);
        rondo_context_set(nullptr, var, &mine, nullptr);
        Job look = [&](rondo_job *, rondo_value *result) {
            rondo_value seen;
            EXPECT_EQ(rondo_context_get(nullptr, var, &seen), RONDO_OK);
            *result = rondo_i64(seen.as.i64);
            rondo_value other = rondo_i64(8);
            return rondo_context_set(nullptr, var, &other, nullptr);
        };
        rondo_value seen;
        EXPECT_EQ(rondo_await_release(start(look), &seen), RONDO_OK);
        EXPECT_EQ(seen.as.i64, 7);
        rondo_value still;
        rondo_context_get(nullptr, var, &still);
        EXPECT_EQ(still.as.i64, 7);
        return RONDO_OK;
    }), RONDO_OK);
    rondo_ctxvar_release(var);
}

TEST(Jobs, U24_U25_none_after_the_pool_was_shut_down) {
    EXPECT_EQ(run([] {
        Job nothing = [](rondo_job *, rondo_value *) { return RONDO_OK; };
        EXPECT_EQ(rondo_await_release(start(nothing), nullptr), RONDO_OK);
        rondo_future *ended = nullptr;
        EXPECT_EQ(rondo_loop_shutdown_executor(nullptr, &ended), RONDO_OK);
        EXPECT_EQ(rondo_await_release(ended, nullptr), RONDO_OK);
        EXPECT_EQ(rondo_to_thread(nullptr, call_job, &nothing, nullptr, nullptr), RONDO_ESHUTDOWN);
        RONDO_INIT(rondo_executor_options, options);
        rondo_executor *other = nullptr;
        rondo_executor_create(&options, &other);
        EXPECT_EQ(rondo_await_release(start(nothing, other), nullptr), RONDO_OK);
        rondo_executor_release(other);
        return RONDO_OK;
    }), RONDO_OK);
}

TEST(Jobs, R28_a_closing_runner_waits_for_those_that_run) {
    std::atomic<bool> ended{false};
    Gate gate;
    Job slow = [&](rondo_job *, rondo_value *) {
        gate.wait();
        ended = true;
        return RONDO_OK;
    };
    std::thread opener;
    EXPECT_EQ(run([&] {
        rondo_future_release(start(slow));
        opener = std::thread([&] { gate.open(); });
        return RONDO_OK;
    }), RONDO_OK);
    EXPECT_TRUE(ended);
    opener.join();
}

TEST(Jobs, B25_a_deadline_leaves_one_that_does_not_end_behind) {
    auto gate = std::make_shared<Gate>();
    auto left = std::make_shared<Gate>();
    rondo_runner *runner = nullptr;
    rondo_runner_create(nullptr, &runner);
    static std::atomic<int> drops{0};
    struct Stuck {
        std::shared_ptr<Gate> gate, left;
    };
    auto wait = [](void *arg, rondo_job *, rondo_value *) {
        static_cast<Stuck *>(arg)->gate->wait();
        return rondo_status{RONDO_OK};
    };
    Body main = [&] {
        RONDO_INIT(rondo_job_options, options);
        options.drop = [](void *arg) {
            auto *stuck = static_cast<Stuck *>(arg);
            auto end = stuck->left;
            delete stuck;
            ++drops;
            end->open();
        };
        return rondo_to_thread(nullptr, wait, new Stuck{gate, left}, &options, nullptr);
    };
    EXPECT_EQ(rondo_runner_run(runner, call_body, &main, nullptr, nullptr, nullptr), RONDO_OK);
    EXPECT_EQ(rondo_runner_close(runner, RONDO_MS(1), nullptr), RONDO_OK);
    rondo_runner_release(runner);
    EXPECT_EQ(drops.load(), 0);
    gate->open();
    left->wait();
    EXPECT_EQ(drops.load(), 1) << "once, after the loop";
}

using VirtualJobs = sync_test::Fibers;

TEST_F(VirtualJobs, take_no_time_on_a_virtual_clock) {
    Gate asked;
    Gate answered;
    Job wait = [&](rondo_job *, rondo_value *) {
        asked.open();
        answered.wait();
        return RONDO_OK;
    };
    std::thread elsewhere([&] {
        asked.wait();
        answered.open();
    });
    EXPECT_EQ(run([&] {
        rondo_task *sleeper = spawn([&] {
            rondo_status s = rondo_sleep(RONDO_S(1));
            note("slept");
            return s;
        });
        rondo_status s = rondo_await_release(start(wait), nullptr);
        note("answered");
        EXPECT_EQ(rondo_loop_time(loop_), 0);
        return s == RONDO_OK ? join({sleeper}) : s;
    }), RONDO_OK);
    EXPECT_EQ(diary, "answered slept");
    EXPECT_EQ(rondo_loop_time(loop_), RONDO_S(1));
    elsewhere.join();
}

TEST_F(VirtualJobs, that_nobody_awaits_any_more_hold_up_no_clock) {
    Gate inside;
    Gate end;
    Job wait = [&](rondo_job *, rondo_value *) {
        inside.open();
        end.wait();
        return RONDO_OK;
    };
    EXPECT_EQ(run([&] {
        rondo_future *job = start(wait);
        inside.wait();
        rondo_future_cancel(job, nullptr);
        rondo_status s = rondo_sleep(RONDO_S(1));
        end.open();
        rondo_future_release(job);
        return s;
    }), RONDO_OK);
    EXPECT_EQ(close(), RONDO_OK); // waits for the thread, not for the clock
    EXPECT_EQ(rondo_loop_time(loop_), RONDO_S(1));
}

TEST_F(VirtualJobs, or_anybody_else_can_stop_the_clock) {
    EXPECT_EQ(rondo_loop_resume_clock(loop_), RONDO_ESTATE);
    auto resume = [](void *user, rondo_call *) { rondo_loop_resume_clock(static_cast<rondo_loop *>(user)); };
    EXPECT_EQ(run([&] {
        rondo_loop_pause_clock(loop_);
        rondo_loop_pause_clock(loop_);
        Gate asleep;
        rondo_loop_call_later(loop_, 1, [](void *user, rondo_call *) { static_cast<std::string *>(user)->append("late"); },
                              &diary, nullptr, nullptr);
        std::thread elsewhere([&] {
            for (int i = 0; i < 2; ++i) rondo_loop_call_soon_threadsafe(loop_, resume, loop_, nullptr, nullptr);
        });
        rondo_future *never = nullptr;
        rondo_future_create(nullptr, nullptr, &never);
        EXPECT_EQ(rondo_wait_for(never, RONDO_MS(1), nullptr), RONDO_ETIMEDOUT);
        rondo_future_release(never);
        elsewhere.join();
        return RONDO_OK;
    }), RONDO_OK);
    EXPECT_EQ(diary, "late");
    EXPECT_EQ(rondo_loop_resume_clock(loop_), RONDO_ESTATE);
}

TEST(Executors, end_with_their_last_reference_though_their_threads_have_nothing_to_do) {
    Gate gone;
    RONDO_INIT(rondo_executor_options, options);
    options.drop = [](void *user) { static_cast<Gate *>(user)->open(); };
    options.user = &gone;
    rondo_executor *pool = nullptr;
    ASSERT_EQ(rondo_executor_create(&options, &pool), RONDO_OK);
    EXPECT_EQ(run([&] {
        Job nothing = [](rondo_job *, rondo_value *) { return RONDO_OK; };
        return rondo_await_release(start(nothing, pool), nullptr);
    }), RONDO_OK);
    rondo_executor_release(pool);
    gone.wait();
}

TEST(Executors, of_ones_own_run_the_work_they_are_given) {
    struct Pile {
        void (*run)(void *) = nullptr;
        void *work = nullptr;
    } pile;
    RONDO_INIT(rondo_executor_options, options);
    options.submit = [](void *user, void (*run_it)(void *), void *work) { *static_cast<Pile *>(user) = {run_it, work}; };
    options.user = &pile;
    rondo_executor *own = nullptr;
    ASSERT_EQ(rondo_executor_create(&options, &own), RONDO_OK);
    EXPECT_EQ(run([&] {
        EXPECT_EQ(rondo_loop_set_default_executor(nullptr, own), RONDO_OK);
        Job answer = [](rondo_job *, rondo_value *result) {
            *result = rondo_i64(42);
            return RONDO_OK;
        };
        rondo_future *future = start(answer);
        std::thread elsewhere([&] { pile.run(pile.work); });
        elsewhere.join();
        rondo_value value;
        EXPECT_EQ(rondo_await_release(future, &value), RONDO_OK);
        EXPECT_EQ(value.as.i64, 42);
        return RONDO_OK;
    }), RONDO_OK);
    rondo_executor_release(own);
}

// Runs each job in a thread of its own, and knows how many are left.
struct Threads {
    std::mutex mutex;
    int running = 0;
    int asked_to_end = 0;
    void (*ended)(void *) = nullptr;
    void *arg = nullptr;
    std::vector<std::thread> threads;

    static void submit(void *user, void (*run_it)(void *), void *work) {
        auto &self = *static_cast<Threads *>(user);
        std::lock_guard lock(self.mutex);
        ++self.running;
        self.threads.emplace_back([&self, run_it, work] {
            run_it(work);
            self.one_less();
        });
    }
    static void shut_down(void *user, void (*end)(void *), void *a) {
        auto &self = *static_cast<Threads *>(user);
        std::unique_lock lock(self.mutex);
        ++self.asked_to_end;
        self.ended = end;
        self.arg = a;
        bool idle = self.running == 0;
        lock.unlock();
        if (idle) end(a);
    }
    void one_less() {
        std::unique_lock lock(mutex);
        bool last = --running == 0 && ended;
        lock.unlock();
        if (last) ended(arg);
    }
};

TEST(Executors, U25_of_ones_own_are_waited_for_when_they_can_tell_their_end) {
    Threads threads;
    RONDO_INIT(rondo_executor_options, options);
    options.submit = Threads::submit;
    options.shutdown = Threads::shut_down;
    options.user = &threads;
    rondo_executor *own = nullptr;
    ASSERT_EQ(rondo_executor_create(&options, &own), RONDO_OK);
    std::atomic<bool> ended{false};
    Gate gate;
    Job slow = [&](rondo_job *, rondo_value *) {
        gate.wait();
        ended = true;
        return RONDO_OK;
    };
    std::thread opener;
    EXPECT_EQ(run([&] {
        EXPECT_EQ(rondo_loop_set_default_executor(nullptr, own), RONDO_OK);
        rondo_future_release(start(slow));
        opener = std::thread([&] { gate.open(); });
        return RONDO_OK;
    }), RONDO_OK);
    EXPECT_TRUE(ended);
    EXPECT_EQ(rondo_executor_shutdown(own), RONDO_OK);
    EXPECT_EQ(threads.asked_to_end, 1) << "once, however often";
    opener.join();
    for (std::thread &thread : threads.threads) thread.join();
    rondo_executor_release(own);
}

// A loop that runs in a thread of its own until the test ends.
class OtherLoop {
public:
    OtherLoop() : thread_([this] { live(); }) { ready_.wait(); }
    ~OtherLoop() {
        rondo_future_set_result_threadsafe(end_, nullptr);
        thread_.join();
        rondo_future_release(end_);
        rondo_loop_release(loop);
    }
    rondo_loop *loop = nullptr;

private:
    void live() {
        run([this] {
            loop = rondo_loop_retain(rondo_loop_running());
            rondo_future_create(nullptr, nullptr, &end_);
            ready_.open();
            return rondo_await(end_, nullptr);
        });
    }
    Gate ready_;
    rondo_future *end_ = nullptr;
    std::thread thread_;
};

rondo_status answer_later(void *arg, rondo_value *result) {
    rondo_status s = rondo_sleep(RONDO_MS(1));
    *result = rondo_i64(*static_cast<int *>(arg));
    return s;
}

rondo_status sleep_for_ever(void *, rondo_value *) { return rondo_sleep(RONDO_S(1000)); }

TEST(Submissions, U2_U3_a_thread_waits_for_a_coroutine_of_a_loop) {
    OtherLoop other;
    int number = 5;
    rondo_submission *submission = nullptr;
    ASSERT_EQ(rondo_submit(other.loop, answer_later, &number, &submission), RONDO_OK);
    rondo_value value;
    EXPECT_EQ(rondo_submission_wait(submission, RONDO_FOREVER, &value, nullptr), RONDO_OK);
    EXPECT_EQ(value.as.i64, 5);
    EXPECT_EQ(rondo_submission_done(submission), 1);
    EXPECT_EQ(rondo_submission_wait(submission, 0, &value, nullptr), RONDO_ETAKEN);
    rondo_submission_release(submission);
}

TEST(Submissions, U3_a_timeout_cancels_nothing_and_a_cancel_does) {
    OtherLoop other;
    rondo_submission *submission = nullptr;
    ASSERT_EQ(rondo_submit(other.loop, sleep_for_ever, nullptr, &submission), RONDO_OK);
    EXPECT_EQ(rondo_submission_wait(submission, 1000, nullptr, nullptr), RONDO_ETIMEDOUT);
    EXPECT_EQ(rondo_submission_done(submission), 0);
    EXPECT_EQ(rondo_submission_cancel(submission), RONDO_OK);
    EXPECT_EQ(rondo_submission_wait(submission, RONDO_FOREVER, nullptr, nullptr), RONDO_ECANCELED);
    rondo_submission_release(submission);
}

TEST(Submissions, U4_waiting_on_the_loops_own_thread_is_refused) {
    EXPECT_EQ(run([] {
        rondo_submission *submission = nullptr;
        rondo_submit(rondo_loop_running(), sleep_for_ever, nullptr, &submission);
        EXPECT_EQ(rondo_submission_wait(submission, RONDO_FOREVER, nullptr, nullptr), RONDO_EDEADLOCK);
        rondo_submission_release(submission);
        return RONDO_OK;
    }), RONDO_OK);
}

TEST(Submissions, end_with_a_loop_that_closes_before_they_do) {
    rondo_submission *submission = nullptr;
    {
        OtherLoop other;
        ASSERT_EQ(rondo_submit(other.loop, sleep_for_ever, nullptr, &submission), RONDO_OK);
    }
    rondo_status status = rondo_submission_wait(submission, RONDO_FOREVER, nullptr, nullptr);
    EXPECT_TRUE(status == RONDO_ECANCELED || status == RONDO_ECLOSED) << status;
    rondo_submission_release(submission);
}

// Makes a future on the other loop and hands it over.
rondo_future *future_of(OtherLoop &other) {
    struct Handed {
        rondo_future *future = nullptr;
        Gate made;
    } handed;
    auto make = [](void *arg, rondo_call *call) {
        auto &to = *static_cast<Handed *>(arg);
        rondo_future_create(call->loop, nullptr, &to.future);
        to.made.open();
    };
    rondo_loop_call_soon_threadsafe(other.loop, make, &handed, nullptr, nullptr);
    handed.made.wait();
    return handed.future;
}

TEST(Bridges, U6_end_as_the_other_does) {
    OtherLoop other;
    rondo_future *there = future_of(other), *failing = future_of(other);
    EXPECT_EQ(run([&] {
        EXPECT_EQ(rondo_await(there, nullptr), RONDO_EOTHERLOOP);
        rondo_future *here = nullptr, *bad = nullptr;
        EXPECT_EQ(rondo_future_bridge(nullptr, there, &here), RONDO_OK);
        EXPECT_EQ(rondo_future_bridge(nullptr, failing, &bad), RONDO_OK);
        rondo_value value = rondo_i64(9);
        rondo_future_set_result_threadsafe(there, &value);
        rondo_value seen;
        EXPECT_EQ(rondo_await_release(here, &seen), RONDO_OK);
        EXPECT_EQ(seen.as.i64, 9);
        rondo_error *error = rondo_error_new(RONDO_EFAILED, "over there");
        rondo_future_set_error_threadsafe(failing, error);
        rondo_error_release(error);
        EXPECT_EQ(rondo_await_release(bad, nullptr), RONDO_EFAILED);
        EXPECT_STREQ(rondo_error_message(rondo_fiber_error()), "over there");
        return RONDO_OK;
    }), RONDO_OK);
    rondo_future_release(there);
    rondo_future_release(failing);
}

TEST(Bridges, U6_a_cancel_reaches_the_other) {
    OtherLoop other;
    rondo_submission *watcher = nullptr;
    rondo_future *there = future_of(other);
    auto watch = [](void *future, rondo_value *) { return rondo_await(static_cast<rondo_future *>(future), nullptr); };
    ASSERT_EQ(rondo_submit(other.loop, watch, there, &watcher), RONDO_OK);
    EXPECT_EQ(run([&] {
        rondo_future *here = nullptr;
        rondo_future_bridge(nullptr, there, &here);
        EXPECT_EQ(rondo_future_cancel(here, nullptr), 1);
        return rondo_await_release(here, nullptr) == RONDO_ECANCELED ? RONDO_OK : RONDO_EFAILED;
    }), RONDO_OK);
    EXPECT_EQ(rondo_submission_wait(watcher, RONDO_FOREVER, nullptr, nullptr), RONDO_ECANCELED);
    rondo_submission_release(watcher);
    rondo_future_release(there);
}

TEST(Posts, L22_eight_threads_post_a_million_callbacks_each_without_loss_or_disorder) {
    constexpr int threads = 8;
    constexpr int each = posts_each;
    constexpr int most_ahead = 20'000; // bounds the memory
    struct Tally {
        std::atomic<int> next[threads] = {};
        int total = 0;
        bool ordered = true;
        rondo_future *all = nullptr;
    } tally;
    static Tally *to = nullptr;
    to = &tally;
    auto count = [](void *user, rondo_call *) {
        auto packed = reinterpret_cast<uintptr_t>(user);
        int thread = static_cast<int>(packed % threads), number = static_cast<int>(packed / threads);
        to->ordered &= to->next[thread].fetch_add(1, std::memory_order_relaxed) == number;
        if (++to->total == threads * each) rondo_future_set_result(to->all, nullptr);
    };
    EXPECT_EQ(run([&] {
        rondo_loop *loop = rondo_loop_running();
        rondo_future_create(nullptr, nullptr, &tally.all);
        std::vector<std::thread> posters;
        for (int t = 0; t < threads; ++t) {
            posters.emplace_back([=] {
                for (int i = 0; i < each; ++i) {
                    while (i - to->next[t].load(std::memory_order_relaxed) > most_ahead) std::this_thread::yield();
                    auto packed = static_cast<uintptr_t>(i) * threads + static_cast<uintptr_t>(t);
                    rondo_loop_call_soon_threadsafe(loop, count, reinterpret_cast<void *>(packed), nullptr, nullptr);
                }
            });
        }
        rondo_status s = rondo_await(tally.all, nullptr);
        for (std::thread &poster : posters) poster.join();
        rondo_future_release(tally.all);
        return s;
    }), RONDO_OK);
    EXPECT_TRUE(tally.ordered);
    EXPECT_EQ(tally.total, threads * each);
}

} // namespace
