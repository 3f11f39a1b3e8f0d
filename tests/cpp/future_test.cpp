// Future<T>, AnyFuture, Awaitable<T> (semantics.md 3).
#include "support.hpp"

#include <thread>

namespace rondo::test {
namespace {

TEST(Future, F1_F2_states) {
    play([]() -> Coroutine<> {
        Future<int> future;
        EXPECT_FALSE(future.done());
        EXPECT_THROW(future.result(), InvalidState);
        EXPECT_THROW((void)future.error(), InvalidState);
        future.set_result(1);
        EXPECT_TRUE(future.done());
        EXPECT_FALSE(future.cancelled());
        EXPECT_EQ(future.result(), 1);
        EXPECT_FALSE(future.error());
        EXPECT_THROW(future.set_result(2), InvalidState);
        EXPECT_THROW(future.set_exception(std::runtime_error("x")), InvalidState);
        EXPECT_EQ(future.result(), 1);
        co_return;
    });
}

TEST(Future, F2_a_refused_result_is_dropped_once) {
    play([]() -> Coroutine<> {
        Future<Counted> future;
        future.set_result(Counted(1));
        EXPECT_THROW(future.set_result(Counted(2)), InvalidState);
        EXPECT_EQ(future.result().value(), 1);
        EXPECT_EQ(Counted::alive, 1);
        co_return;
    });
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Future, F4_callbacks_are_never_run_in_place) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Future<> future;
                  future.add_done_callback([&trace] { trace("cb"); });
                  trace("before");
                  future.set_result();
                  trace("after");
                  co_await yield();
              }),
              "before after | cb");
}

TEST(Future, F5_F6_callbacks_and_waiters_in_registration_order) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Future<int> future;
                  const auto wait = [&trace](Future<int> f) -> Coroutine<> {
                      co_await f;
                      trace("waiter");
                  };
                  future.add_done_callback([&trace](AnyFuture f) { trace(f.done() ? "one" : "wrong"); });
                  auto task = create_task(wait(future));
                  co_await yield();
                  future.add_done_callback([&trace] { trace("two"); });
                  future.set_result(1);
                  trace("set");
                  co_await task;
                  future.add_done_callback([&trace] { trace("three"); });
                  trace("M");
                  co_await yield();
              }),
              "set | one waiter two | M | three");
}

TEST(Future, F6_callback_context_is_captured_at_registration_or_given) {
    static const ContextVar<int> var("var", 0);
    play([]() -> Coroutine<> {
        std::vector<int> seen;
        Future<> future;
        var.set(1);
        future.add_done_callback([&] { seen.push_back(var.get()); });
        const Context other = copy_context();
        other.set(var, 7);
        future.add_done_callback([&] { seen.push_back(var.get()); }, other);
        var.set(2);
        future.set_result();
        co_await yield();
        EXPECT_EQ(seen, (std::vector<int>{1, 7}));
    });
}

TEST(Future, F7_removing_callbacks) {
    play([]() -> Coroutine<> {
        Future<> future;
        int calls = 0;
        const DoneCallback gone = future.add_done_callback([&] { calls += 1; });
        future.add_done_callback([&, owned = Counted()] { calls += 10; });
        const DoneCallback owning = future.add_done_callback([&, owned = Counted()] { calls += 100; });
        EXPECT_EQ(Counted::alive, 2);
        EXPECT_TRUE(future.remove_done_callback(gone));
        EXPECT_FALSE(future.remove_done_callback(gone));
        EXPECT_TRUE(future.remove_done_callback(owning));
        EXPECT_EQ(Counted::alive, 1);
        future.set_result();
        co_await yield();
        EXPECT_EQ(calls, 10);
        EXPECT_EQ(Counted::alive, 0);
    });
}

TEST(Future, F8_a_throwing_callback_is_reported_and_the_rest_run) {
    std::vector<std::string> reports;
    play(
        [&]() -> Coroutine<> {
            Future<> future;
            bool second = false;
            future.add_done_callback([] { throw std::runtime_error("bad"); });
            future.add_done_callback([&] { second = true; });
            future.set_result();
            co_await yield();
            EXPECT_TRUE(second);
        },
        [&reports](const Report &report) { reports.push_back(report.error().message()); });
    EXPECT_EQ(reports, std::vector<std::string>{"bad"});
}

TEST(Future, F9_cancelled_as_an_exception_is_a_failure) {
    play([]() -> Coroutine<> {
        Future<int> future;
        future.set_exception(Cancelled("as exception"));
        EXPECT_FALSE(future.cancelled());
        EXPECT_TRUE(future.error().is_cancelled());
        EXPECT_THROW(future.result(), Cancelled);
        co_return;
    });
}

TEST(Future, F10_T21_a_done_future_does_not_suspend) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Future<int> future;
                  future.set_result(1);
                  Future<int> failed;
                  failed.set_exception(std::runtime_error("x"));
                  get_running_loop().call_soon([&trace] { trace("soon"); });
                  trace("M");
                  co_await future;
                  try {
                      co_await failed;
                  } catch (const std::runtime_error &) {
                      trace("M");
                  }
                  co_await yield();
              }),
              "M M | soon");
}

TEST(Future, F11_all_waiters_get_the_same_error) {
    play([]() -> Coroutine<> {
        Future<int> future;
        const auto wait = [](Future<int> f) -> Coroutine<ErrorPtr> { co_return (co_await as_result(f)).error(); };
        auto a = create_task(wait(future));
        auto b = create_task(wait(future));
        co_await yield();
        future.set_exception(std::logic_error("shared"));
        const ErrorPtr first = co_await a;
        const ErrorPtr second = co_await b;
        EXPECT_STREQ(first.message(), "shared");
        EXPECT_STREQ(second.message(), "shared");
        EXPECT_THROW(first.raise(), std::logic_error);
    });
}

TEST(Future, F15_unretrieved_failure_is_reported_when_let_go) {
    std::vector<std::string> reports;
    play(
        [&]() -> Coroutine<> {
            { Future<int>().set_exception(std::runtime_error("lost")); }
            Future<int> seen;
            seen.set_exception(std::runtime_error("seen"));
            (void)seen.error();
            Future<int> cancelled;
            cancelled.set_exception(std::runtime_error("cancel() turns the report off"));
            cancelled.cancel();
            co_return;
        },
        [&reports](const Report &report) { reports.push_back(report.error().message()); });
    EXPECT_EQ(reports, std::vector<std::string>{"lost"});
}

TEST(Future, set_exception_takes_all_forms) {
    play([]() -> Coroutine<> {
        Future<int> pointer;
        pointer.set_exception(std::make_exception_ptr(std::range_error("p")));
        EXPECT_THROW(pointer.result(), std::range_error);
        Future<int> error;
        error.set_exception(ErrorPtr::make(RONDO_ETIMEDOUT, "slow"));
        EXPECT_THROW(error.result(), TimeoutError);
        Future<int> number;
        number.set_exception(42);
        EXPECT_THROW(number.result(), int);
        co_return;
    });
}

TEST(Future, needs_a_loop_that_is_open) {
    EXPECT_EQ(status_of([] { return Future<int>(); }), RONDO_ENOLOOP);
    const Loop loop = new_event_loop();
    const auto future = loop.create_future<int>();
    EXPECT_EQ(future.get_loop(), loop);
    loop.close();
    EXPECT_EQ(status_of([&] { return loop.create_future<int>(); }), RONDO_ECLOSED);
}

TEST(Future, from_other_threads) {
    run([]() -> Coroutine<> {
        Future<std::string> text;
        Future<> nothing;
        Future<int> failing;
        std::thread thread([=] {
            text.set_result_threadsafe("from afar");
            nothing.set_result_threadsafe();
            failing.set_exception_threadsafe(std::runtime_error("afar"));
        });
        EXPECT_EQ(co_await text, "from afar");
        co_await nothing;
        EXPECT_THROW((co_await as_result(failing)).value(), std::runtime_error);
        thread.join();
    });
}

TEST(Future, awaitables_of_any_rondo_future) {
    play([]() -> Coroutine<> {
        rondo_future *raw = nullptr;
        EXPECT_EQ(rondo_future_create(nullptr, nullptr, &raw), RONDO_OK);
        auto typed = Awaitable<double>::adopt(raw);
        auto untyped = Awaitable<Value>::share(raw);
        rondo_value value = rondo_f64(1.5);
        rondo_future_set_result(raw, &value);
        EXPECT_EQ(co_await typed, 1.5);
        Value taken = co_await std::move(untyped);
        EXPECT_EQ(taken.get<double>(), 1.5);
    });
}

TEST(Future, one_of_a_type_that_only_moves) {
    play([]() -> Coroutine<> {
        Future<std::unique_ptr<Counted>> future;
        get_running_loop().call_soon([=] { future.set_result(std::make_unique<Counted>(3)); });
        EXPECT_EQ((co_await future)->value(), 3);
        EXPECT_EQ(status_of([&] { return future.result(); }), RONDO_ETAKEN);
    });
    EXPECT_EQ(Counted::alive, 0);
}

rondo_status add_in_c(void *arg, rondo_value *result) {
    const rondo_status status = rondo_sleep(RONDO_MS(5));
    if (status < 0) return status;
    *result = rondo_i64(*static_cast<int *>(arg) + 1);
    return RONDO_OK;
}

rondo_status fail_in_c(void *, rondo_value *) { return rondo_fail(RONDO_ETIMEDOUT, "too slow for C"); }

TEST(Future, a_c_fiber_is_awaited_like_a_task) {
    play([]() -> Coroutine<> {
        int one = 1;
        rondo_task *fiber = nullptr;
        EXPECT_EQ(rondo_fiber_create(nullptr, add_in_c, &one, nullptr, &fiber), RONDO_OK);
        EXPECT_EQ(co_await Awaitable<int>::adopt(fiber), 2);
        EXPECT_EQ(rondo_fiber_create(nullptr, fail_in_c, nullptr, nullptr, &fiber), RONDO_OK);
        try {
            co_await Awaitable<int>::adopt(fiber);
            ADD_FAILURE();
        } catch (const TimeoutError &error) {
            EXPECT_STREQ(error.what(), "too slow for C");
        }
    });
}

} // namespace
} // namespace rondo::test
