// Exceptions and error objects.
#include "support.hpp"

namespace rondo::test {
namespace {

TEST(Error, statuses_throw_their_sentence) {
    try {
        detail::check(RONDO_ECLOSED);
        FAIL();
    } catch (const std::exception &error) {
        EXPECT_STREQ(error.what(), "the loop or runner is closed");
    }
    EXPECT_EQ(detail::check(1), 1);
    EXPECT_THROW(detail::check(RONDO_ECANCELED), Cancelled);
    EXPECT_THROW(detail::check(RONDO_ETIMEDOUT), TimeoutError);
    EXPECT_THROW(detail::check(RONDO_ESTATE), InvalidState);
    EXPECT_THROW(detail::check(RONDO_EINTERRUPT), Interrupted);
    EXPECT_THROW(detail::check(RONDO_EEXIT), ExitRequested);
    EXPECT_THROW(detail::check(RONDO_EINVAL), BaseError);
}

TEST(Error, kinship) {
    static_assert(std::is_base_of_v<std::exception, Error>);
    static_assert(std::is_base_of_v<Error, TimeoutError> && std::is_base_of_v<Error, InvalidState>);
    static_assert(!std::is_base_of_v<Error, Cancelled> && std::is_base_of_v<BaseError, Cancelled>);
    EXPECT_STREQ(TimeoutError().what(), "timed out");
    EXPECT_STREQ(TimeoutError("late").what(), "late");
    EXPECT_EQ(TimeoutError().code(), RONDO_ETIMEDOUT);
    EXPECT_EQ(Cancelled("why").code(), RONDO_ECANCELED);
    EXPECT_EQ(Error(RONDO_EINVAL, std::string("x")).code(), RONDO_EINVAL);
}

TEST(Error, own_exceptions_cross_as_the_same_error_object) {
    play([]() -> Coroutine<> {
        const Error original(RONDO_EINVAL, "mine");
        auto task = create_task([&]() -> Coroutine<> {
            throw original;
            co_return;
        });
        const ErrorPtr seen = (co_await as_result(task)).error();
        EXPECT_EQ(seen, original.error());
        EXPECT_STREQ(seen.domain(), "rondo");
        EXPECT_EQ(seen.code(), RONDO_EINVAL);
    });
}

TEST(Error, derived_exceptions_keep_their_type_and_code) {
    struct Refused : Error {
        explicit Refused(int at) : Error(RONDO_ETIMEDOUT, "refused"), port(at) {}
        int port;
    };
    play([]() -> Coroutine<> {
        auto task = create_task([]() -> Coroutine<> {
            throw Refused(80);
            co_return;
        });
        try {
            co_await task;
            ADD_FAILURE();
        } catch (const Refused &refused) {
            EXPECT_EQ(refused.port, 80);
            EXPECT_STREQ(refused.what(), "refused");
        }
        EXPECT_EQ(task.error().code(), RONDO_ETIMEDOUT);
        EXPECT_STREQ(task.error().domain(), "c++");
    });
}

TEST(Error, bad_alloc_is_out_of_memory_to_others) {
    play([]() -> Coroutine<> {
        auto task = create_task([]() -> Coroutine<> {
            throw std::bad_alloc();
            co_return;
        });
        EXPECT_THROW((co_await as_result(task)).value(), std::bad_alloc);
        EXPECT_EQ(task.error().code(), RONDO_ENOMEM);
    });
}

TEST(Error, causes_contexts_and_children_can_be_walked) {
    const ErrorPtr cause = ErrorPtr::make(RONDO_EINVAL, "cause");
    const ErrorPtr child = ErrorPtr::make(RONDO_ETIMEDOUT, "child");
    rondo_error *children[] = {child.get(), cause.get()};
    auto options = detail::sized<rondo_error_options>();
    options.code = RONDO_EGROUP;
    options.message = "group";
    options.domain = "test";
    options.cause = cause.get();
    options.children = children;
    options.child_count = 2;
    rondo_error *raw = nullptr;
    ASSERT_EQ(rondo_error_create(&options, &raw), RONDO_OK);
    const ErrorPtr group = ErrorPtr::adopt(raw);
    EXPECT_EQ(group.cause(), cause);
    EXPECT_FALSE(group.context());
    EXPECT_EQ(group.child_count(), 2u);
    EXPECT_EQ(group.child(0), child);
    EXPECT_EQ(group.child(1), cause);
    EXPECT_FALSE(group.child(2));
    EXPECT_THROW(group.raise(), Error);
    const ErrorPtr none;
    EXPECT_EQ(none.code(), RONDO_OK);
    EXPECT_STREQ(none.message(), "");
}

TEST(Error, exception_objects_are_freed) {
    {
        ErrorPtr error;
        try {
            throw Counted(1);
        } catch (...) {
            error = detail::to_error(std::current_exception());
        }
        EXPECT_EQ(Counted::alive, 1);
        EXPECT_THROW(error.raise(), Counted);
    }
    EXPECT_EQ(Counted::alive, 0);
}

TEST(Error, T60_L40_interrupt_leaves_the_loop_and_close_cleans_up) {
    std::vector<std::string> log;
    Runner runner(virtual_clock());
    EXPECT_THROW(runner.run([&]() -> Coroutine<> {
        auto bad = create_task([]() -> Coroutine<> {
            throw Interrupted("stop everything");
            co_return;
        });
        try {
            co_await forever();
        } catch (const Cancelled &) {
            log.push_back("main cancelled");
            throw;
        }
    }),
                 Interrupted);
    EXPECT_TRUE(log.empty());
    runner.close();
    EXPECT_EQ(log, std::vector<std::string>{"main cancelled"});
}

TEST(Error, as_result_turns_outcomes_into_values) {
    play([]() -> Coroutine<> {
        const auto give = []() -> Coroutine<int> { co_return 3; };
        const auto fail = []() -> Coroutine<int> {
            throw std::runtime_error("no");
            co_return 0;
        };
        Result<int> good = co_await as_result(give());
        EXPECT_TRUE(good);
        EXPECT_EQ(*good, 3);
        EXPECT_EQ(good.value(), 3);
        EXPECT_FALSE(good.error());
        Result<int> bad = co_await as_result(fail());
        EXPECT_FALSE(bad.has_value());
        EXPECT_STREQ(bad.error().message(), "no");
        EXPECT_THROW(bad.value(), std::runtime_error);
        Result<void> nothing = co_await as_result(turns(1));
        EXPECT_NO_THROW(nothing.value());
        auto task = create_task([]() -> Coroutine<std::vector<int>> { co_return {1, 2}; });
        EXPECT_EQ((co_await as_result(task))->size(), 2u);
        EXPECT_EQ((co_await as_result(task))->size(), 2u);
        EXPECT_EQ((co_await as_result(std::move(task)))->size(), 2u);
        EXPECT_TRUE((co_await as_result(sleep(1ms))).has_value());
        const auto make = []() -> Coroutine<std::unique_ptr<int>> { co_return std::make_unique<int>(1); };
        auto moved = co_await as_result(make);
        EXPECT_EQ(*std::move(moved).value(), 1);
    });
}

} // namespace
} // namespace rondo::test
