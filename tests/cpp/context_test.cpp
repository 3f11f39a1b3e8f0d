// Context variables (semantics.md 19).
#include "support.hpp"

namespace rondo::test {
namespace {

const ContextVar<int> number("number", 0);
const ContextVar<std::string> text("text");
const ContextVar<Counted> counted("counted");

TEST(Context, get_set_and_reset) {
    play([]() -> Coroutine<> {
        EXPECT_STREQ(number.name(), "number");
        EXPECT_EQ(number.get(), 0);
        EXPECT_EQ(number.get(9), 0);
        EXPECT_EQ(status_of([] { return text.get(); }), RONDO_ENOVALUE);
        EXPECT_EQ(text.get("fallback"), "fallback");
        const Token first = number.set(1);
        const Token second = number.set(2);
        EXPECT_EQ(number.get(), 2);
        EXPECT_EQ(number.get(9), 2);
        number.reset(second);
        EXPECT_EQ(number.get(), 1);
        EXPECT_EQ(status_of([&] { number.reset(second); return 0; }), RONDO_ETOKEN);
        number.reset(first);
        EXPECT_EQ(number.get(), 0);
        const Token empty = text.set("x");
        text.reset(empty);
        EXPECT_EQ(status_of([] { return text.get(); }), RONDO_ENOVALUE);
        co_return;
    });
}

TEST(Context, needs_a_running_loop_unless_given) {
    EXPECT_EQ(status_of([] { return number.get(); }), RONDO_ENOLOOP);
    EXPECT_EQ(status_of([] { return number.set(1); }), RONDO_ENOLOOP);
    EXPECT_EQ(status_of([] { return copy_context(); }), RONDO_ENOLOOP);
    const Context context = Context::create();
    context.set(number, 4);
    EXPECT_EQ(context.get(number), 4);
    const Context copy = context.copy();
    copy.set(number, 5);
    EXPECT_EQ(context.get(number), 4);
    EXPECT_EQ(copy.get(number), 5);
}

TEST(Context, C2_a_task_keeps_its_own_between_steps) {
    play([]() -> Coroutine<> {
        number.set(1);
        const auto work = [](int x) -> Coroutine<int> {
            EXPECT_EQ(number.get(), 1);
            number.set(x);
            co_await yield();
            co_await sleep(1ms);
            co_return number.get();
        };
        auto a = create_task(work(10));
        auto b = create_task(work(20));
        EXPECT_EQ(co_await a, 10);
        EXPECT_EQ(co_await b, 20);
        EXPECT_EQ(number.get(), 1);
    });
}

TEST(Context, C3_a_plain_await_shares_it) {
    play([]() -> Coroutine<> {
        const auto set = []() -> Coroutine<> {
            number.set(7);
            co_return;
        };
        co_await set();
        EXPECT_EQ(number.get(), 7);
    });
}

TEST(Context, C5_a_wake_up_runs_in_the_context_of_the_woken) {
    play([]() -> Coroutine<> {
        Future<> future;
        auto waiter = create_task([&]() -> Coroutine<int> {
            number.set(1);
            co_await future;
            co_return number.get();
        });
        co_await yield();
        number.set(2);
        future.set_result();
        EXPECT_EQ(co_await waiter, 1);
    });
}

TEST(Context, C6_run_enters_it_once) {
    play([]() -> Coroutine<> {
        const Context context = copy_context();
        const int seen = context.run([&] {
            number.set(3);
            EXPECT_EQ(status_of([&] { return context.run([] { return 0; }); }), RONDO_EENTERED);
            return number.get();
        });
        EXPECT_EQ(seen, 3);
        EXPECT_EQ(number.get(), 0);
        EXPECT_EQ(context.get(number), 3);
        context.run([] { number.set(4); });
        EXPECT_EQ(context.get(number), 4);
        EXPECT_THROW(context.run([] { throw std::runtime_error("through"); }), std::runtime_error);
        co_return;
    });
}

TEST(Context, C7_tokens_belong_to_one_context) {
    play([]() -> Coroutine<> {
        const Token token = number.set(1);
        const Context other = copy_context();
        EXPECT_EQ(status_of([&] { other.run([&] { number.reset(token); }); return 0; }), RONDO_ETOKEN);
        number.reset(token);
        co_return;
    });
}

TEST(Context, values_are_freed_with_the_last_context) {
    play([]() -> Coroutine<> {
        counted.set(Counted(1));
        auto task = create_task([]() -> Coroutine<int> {
            counted.set(Counted(2));
            co_await yield();
            co_return counted.get().value();
        });
        EXPECT_EQ(co_await task, 2);
        task = {};
        co_await yield(); // the awaited task is held until the step that awaited it ends
        EXPECT_EQ(counted.get().value(), 1);
        EXPECT_EQ(Counted::alive, 1);
    });
    EXPECT_EQ(Counted::alive, 0);
}

} // namespace
} // namespace rondo::test
