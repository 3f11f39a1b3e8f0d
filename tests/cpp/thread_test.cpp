// to_thread, Executor, submit, bridge (semantics.md 10 and 11, table A19's worker). What has to wait for another thread
// runs on the real clock and asserts order, never a time.
#include "support.hpp"

#include <atomic>
#include <future>
#include <optional>
#include <thread>

namespace rondo::test {
namespace {

// A door threads wait at.
class Gate {
public:
    void open() { door_.set_value(); }
    void wait() const { opened_.wait(); }

private:
    std::promise<void> door_;
    std::shared_future<void> opened_ = door_.get_future().share();
};

// ---- to_thread -------------------------------------------------------------------------------------------------

TEST(Jobs, U20_run_side_by_side_in_threads_of_their_own) {
    run([]() -> Coroutine<> {
        Gate both;
        std::atomic<int> inside{0};
        const auto home = std::this_thread::get_id();
        const auto meet = [&](int number) {
            EXPECT_NE(std::this_thread::get_id(), home);
            if (++inside == 2) both.open();
            both.wait(); // a second thread is needed to get past here
            return number;
        };
        auto [a, b] = co_await gather(to_thread(meet, 1), to_thread(meet, 2));
        EXPECT_EQ(a, 1);
        EXPECT_EQ(b, 2);
    });
}

TEST(Jobs, U20_the_loop_goes_on_beside_one_that_blocks) {
    std::vector<std::string> log;
    run([&]() -> Coroutine<> {
        Gate gate;
        const auto sleeper = [&]() -> Coroutine<> {
            for (int i = 0; i < 3; ++i) {
                co_await sleep(1ms);
                log.push_back("tick");
            }
            gate.open();
        };
        co_await gather(to_thread([&] { gate.wait(); }), sleeper);
        log.push_back("both");
    });
    EXPECT_EQ(log, (std::vector<std::string>{"tick", "tick", "tick", "both"}));
}

TEST(Jobs, arguments_and_results_move) {
    run([]() -> Coroutine<> {
        const auto add = [](std::unique_ptr<int> a, const std::string &text, int &&c) {
            return std::make_unique<int>(*a + static_cast<int>(text.size()) + c);
        };
        std::unique_ptr<int> sum = co_await to_thread(add, std::make_unique<int>(1), "four", 5);
        EXPECT_EQ(*sum, 10);
        EXPECT_EQ(co_await to_thread(&std::string::size, std::string("12345")), 5u);
        Counted::copies = 0;
        const int value = co_await to_thread([](Counted it) { return it.value(); }, Counted(3));
        EXPECT_EQ(value, 3);
        EXPECT_EQ(Counted::copies, 0);
        EXPECT_EQ(Counted::alive, 0);
    });
}

TEST(Jobs, U21_one_that_runs_goes_on_unawaited_and_can_know_it) {
    std::atomic<bool> noticed{false};
    run([&]() -> Coroutine<> {
        Gate begun;
        auto job = to_thread([&](const JobToken &token) {
            EXPECT_FALSE(token.cancelled());
            begun.open();
            while (!token.cancelled()) std::this_thread::yield();
            noticed = true;
        });
        begun.wait();
        EXPECT_TRUE(job.cancel());
        EXPECT_TRUE(job.cancelled()) << "at once";
        EXPECT_THROW(co_await job, Cancelled);
    });
    EXPECT_TRUE(noticed) << "a closing runner waits for it";
}

TEST(Jobs, U21_a_cancelled_task_does_not_wait_for_the_end_of_its_job) {
    Gate gate;
    run([&]() -> Coroutine<> {
        auto waiting = create_task([&]() -> Coroutine<> { co_await to_thread([&] { gate.wait(); }); });
        co_await yield();
        waiting.cancel();
        EXPECT_THROW(co_await waiting, Cancelled);
        gate.open();
    });
}

TEST(Jobs, U21_one_that_waits_for_a_thread_never_runs_when_cancelled) {
    run([]() -> Coroutine<> {
        Executor one({.threads = 1, .name = "one"});
        Gate gate;
        bool ran = false;
        auto first = to_thread(one, [&] { gate.wait(); });
        auto second = to_thread(one, [&ran, counted = Counted(1)] { ran = counted.value() != 0; });
        EXPECT_EQ(Counted::alive, 1);
        EXPECT_TRUE(second.cancel());
        EXPECT_EQ(Counted::alive, 0);
        gate.open();
        co_await first;
        EXPECT_THROW(co_await second, Cancelled);
        EXPECT_FALSE(ran);
    });
}

TEST(Jobs, U22_run_in_a_copy_of_the_context) {
    static ContextVar<int> number("number");
    run([]() -> Coroutine<> {
        (void)number.set(7);
        const int seen = co_await to_thread([] {
            const int before = number.get();
            (void)number.set(8);
            return before;
        });
        EXPECT_EQ(seen, 7);
        EXPECT_EQ(number.get(), 7);
    });
}

TEST(Jobs, U23_errors_cross_as_they_are) {
    struct Mine : std::runtime_error {
        using std::runtime_error::runtime_error;
    };
    run([]() -> Coroutine<> {
        try {
            co_await to_thread([] { throw Mine("broken"); });
            ADD_FAILURE() << "it throws";
        } catch (const Mine &error) {
            EXPECT_STREQ(error.what(), "broken");
        }
        EXPECT_THROW(co_await to_thread([] { throw ExitRequested(); }), ExitRequested);
        EXPECT_THROW((void)co_await to_thread([]() -> int { throw 3; }), int);
    });
}

TEST(Jobs, U24_U25_none_after_the_pool_was_shut_down) {
    run([]() -> Coroutine<> {
        const Loop loop = get_running_loop();
        co_await to_thread([] {});
        co_await loop.shutdown_default_executor();
        EXPECT_THROW((void)to_thread([counted = Counted(1)] { (void)counted; }), ShutDown);
        EXPECT_EQ(Counted::alive, 0);
        Executor other;
        EXPECT_EQ(co_await to_thread(other, [] { return 1; }), 1);
        other.shutdown();
        EXPECT_THROW((void)to_thread(other, [] {}), ShutDown);
    });
    EXPECT_EQ(status_of([] { return to_thread([] {}); }), RONDO_ENOLOOP);
}

TEST(Jobs, U26_a_loop_that_is_closed_does_not_wait_for_them) {
    auto begun = std::make_shared<Gate>();
    auto end = std::make_shared<Gate>();
    auto ended = std::make_shared<Gate>();
    const Loop loop = new_event_loop();
    loop.run_until_complete([&]() -> Coroutine<> {
        auto job = to_thread([=] {
            begun->open();
            end->wait();
            ended->open();
        });
        begun->wait();
        co_return;
    });
    loop.close(); // for ever, if it waited
    end->open();
    ended->wait();
}

TEST(Jobs, U27_more_at_once_than_the_four_of_libuv) {
    run([]() -> Coroutine<> {
        Gate all;
        std::atomic<int> inside{0};
        const auto meet = [&] {
            if (++inside == 5) all.open();
            all.wait();
        };
        co_await gather(to_thread(meet), to_thread(meet), to_thread(meet), to_thread(meet), to_thread(meet));
    });
}

TEST(Jobs, U20_a_loop_can_be_given_another_pool) {
    run([]() -> Coroutine<> {
        const Executor one({.threads = 1});
        get_running_loop().set_default_executor(one);
        const auto thread = [] { return std::hash<std::thread::id>()(std::this_thread::get_id()); };
        const auto a = co_await to_thread(thread);
        const auto b = co_await to_thread(thread);
        const auto c = co_await to_thread(one, thread);
        EXPECT_EQ(a, b);
        EXPECT_EQ(b, c);
    });
}

// ---- A19 -------------------------------------------------------------------------------------------------------

AsyncGenerator<int> open_generator(std::vector<std::string> &log, Gate &gate) {
    try {
        co_yield 1;
    } catch (...) {
        log.push_back("generator");
        gate.open(); // the worker's
        throw;
    }
}

TEST(Jobs, A19_R28_a_closing_runner_waits_for_the_worker_after_all_else) {
    std::vector<std::string> log;
    Gate gate;
    std::optional<AsyncGenerator<int>> generator;
    const int result = run([&]() -> Coroutine<int> {
        (void)create_task([&]() -> Coroutine<> {
            const auto outcome = co_await as_result(forever());
            log.push_back("task");
            outcome.value();
        });
        generator = open_generator(log, gate);
        (void)co_await generator->next();
        (void)to_thread([&] {
            gate.wait();
            log.push_back("worker");
        });
        co_await yield();
        log.push_back("main");
        co_return 7;
    });
    EXPECT_EQ(result, 7);
    EXPECT_EQ(log, (std::vector<std::string>{"main", "task", "generator", "worker"}));
}

// ---- submit ----------------------------------------------------------------------------------------------------

// A loop that runs in a thread of its own until the test ends.
class OtherLoop {
public:
    OtherLoop() : thread_([this] { live(); }) { ready_.wait(); }
    ~OtherLoop() {
        end_->set_result_threadsafe();
        thread_.join();
    }
    std::optional<Loop> loop;

private:
    void live() {
        run([this]() -> Coroutine<> {
            loop = get_running_loop();
            end_.emplace();
            ready_.open();
            co_await *end_;
        });
    }

    Gate ready_;
    std::optional<Future<>> end_;
    std::thread thread_;
};

Coroutine<int> answer_later(int number) {
    co_await sleep(1ms);
    co_return number;
}

Coroutine<int> fail_later(std::string what) {
    co_await sleep(1ms);
    throw std::runtime_error(what);
}

TEST(Submissions, U2_U3_a_thread_waits_for_a_coroutine_of_a_loop) {
    OtherLoop other;
    auto answer = submit(*other.loop, answer_later(5));
    EXPECT_EQ(answer.get(), 5);
    EXPECT_TRUE(answer.done());
    EXPECT_EQ(status_of([&] { return answer.get(); }), RONDO_ETAKEN);

    EXPECT_THROW(submit(*other.loop, fail_later("over there")).get(), std::runtime_error);
    submit(*other.loop, sleep(1ms)).get();
    int base = 40;
    EXPECT_EQ(*submit(*other.loop, [base]() -> Coroutine<std::unique_ptr<int>> {
                   co_await yield();
                   co_return std::make_unique<int>(base + 2);
               }).get(10s),
              42);

    Coroutine<int> used = answer_later(1);
    EXPECT_EQ(submit(*other.loop, std::move(used)).get(), 1);
    EXPECT_EQ(status_of([&] { return submit(*other.loop, std::move(used)); }), RONDO_EINVAL);
}

TEST(Submissions, U3_a_timeout_cancels_nothing_and_a_cancel_does) {
    OtherLoop other;
    auto endless = submit(*other.loop, forever());
    EXPECT_THROW(endless.get(1us), TimeoutError);
    EXPECT_FALSE(endless.done());
    endless.cancel();
    EXPECT_THROW(endless.get(), Cancelled);
    EXPECT_TRUE(endless.done());
}

TEST(Submissions, U4_waiting_on_the_loops_own_thread_is_refused) {
    play([]() -> Coroutine<> {
        auto mine = submit(get_running_loop(), forever());
        EXPECT_EQ(status_of([&] { return mine.get(), 0; }), RONDO_EDEADLOCK);
        co_await yield();
    });
}

TEST(Submissions, end_with_a_loop_that_closes) {
    std::optional<Submission<>> late;
    std::vector<std::string> log;
    const auto wait = [&](Farewell) -> Coroutine<> { co_await forever(); };
    {
        OtherLoop other;
        late = submit(*other.loop, wait(Farewell(log, "late")));
    }
    const rondo_status status = status_of([&] { return late->get(), 0; });
    EXPECT_TRUE(status == RONDO_ECANCELED || status == RONDO_ECLOSED) << status;
    EXPECT_EQ(log, (std::vector<std::string>{"late"})) << "its frame ends once";
}

TEST(Submissions, U5_end_with_the_error_when_no_task_can_be_made) {
    std::vector<std::string> log;
    const auto wait = [&](Farewell) -> Coroutine<> { co_await forever(); };
    const Loop loop = new_event_loop();
    auto never_begun = submit(loop, wait(Farewell(log, "never begun")));
    loop.close();
    EXPECT_EQ(status_of([&] { return never_begun.get(), 0; }), RONDO_ECLOSED);
    EXPECT_EQ(status_of([&] { return submit(loop, wait(Farewell(log, "refused"))); }), RONDO_ECLOSED);
    EXPECT_EQ(log, (std::vector<std::string>{"never begun", "refused"})) << "each frame ends once";
}

// A future of a loop that runs in another thread.
TEST(CppThreads, T23_U6_await_on_another_threads_loop_is_refused) {
    Gate named;
    Gate over;
    std::optional<Future<int>> there;
    std::thread elsewhere([&] {
        rondo::run([&]() -> Coroutine<> {
            there = get_running_loop().create_future<int>();
            named.open();
            over.wait();
            there->set_result(1);
            co_return;
        }());
    });
    named.wait();
    play([&]() -> Coroutine<> { EXPECT_EQ((co_await as_result(*there)).error().code(), RONDO_EOTHERLOOP); });
    over.open();
    elsewhere.join();
}

// ---- bridge ----------------------------------------------------------------------------------------------------

// Made on the other loop.
template <class T>
Future<T> future_of(const OtherLoop &other) {
    std::promise<Future<T>> made;
    other.loop->call_soon_threadsafe([&made] { made.set_value(Future<T>()); });
    return made.get_future().get();
}

TEST(Bridges, U6_end_as_the_other_does) {
    OtherLoop other;
    const auto number = future_of<int>(other);
    const auto owned = future_of<std::unique_ptr<int>>(other);
    const auto failing = future_of<void>(other);
    run([&]() -> Coroutine<> {
        auto number_here = bridge(number);
        auto owned_here = bridge(owned);
        auto failing_here = bridge(failing);
        number.set_result_threadsafe(9);
        owned.set_result_threadsafe(std::make_unique<int>(10));
        failing.set_exception_threadsafe(std::runtime_error("over there"));
        EXPECT_EQ(co_await number_here, 9);
        EXPECT_EQ(*co_await std::move(owned_here), 10);
        EXPECT_THROW(co_await failing_here, std::runtime_error);
    });
}

TEST(Bridges, U6_end_when_the_others_loop_closes_before_it_heard_of_them) {
    run([]() -> Coroutine<> {
        const Loop other = new_event_loop();
        auto here = bridge(other.create_future<int>());
        other.close();
        EXPECT_EQ((co_await as_result(here)).error().code(), RONDO_ECLOSED);
    });
}

TEST(Bridges, U6_a_cancel_reaches_the_other) {
    OtherLoop other;
    const auto there = future_of<int>(other);
    const auto watcher = submit(*other.loop, [there]() -> Coroutine<int> { co_return co_await there; });
    run([&]() -> Coroutine<> {
        auto here = bridge(there);
        EXPECT_TRUE(here.cancel());
        EXPECT_THROW((void)co_await here, Cancelled);
    });
    EXPECT_THROW((void)watcher.get(), Cancelled);
}

} // namespace
} // namespace rondo::test
