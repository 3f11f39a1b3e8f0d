// What the tests of the C++ face share: traces by turn of the loop, counted objects, loops on the virtual clock.
#ifndef RONDO_TESTS_CPP_SUPPORT_HPP
#define RONDO_TESTS_CPP_SUPPORT_HPP

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/rondo.hpp>

namespace rondo::test {

using namespace std::chrono_literals;

// Writes what happened in which turn: "M0 | A0 B0 | | M1" is four turns, the third of them silent.
class Trace {
public:
    void operator()(std::string_view what) {
        rondo_loop_stats stats = detail::sized<rondo_loop_stats>();
        rondo_loop_get_stats(rondo_loop_running(), &stats);
        if (text_.empty()) turn_ = stats.turns;
        for (; turn_ < stats.turns; ++turn_) text_ += text_.back() == ' ' ? "| " : " | ";
        if (!text_.empty() && text_.back() != ' ') text_ += ' ';
        text_ += what;
    }

    [[nodiscard]] std::string text() const { return text_; }

private:
    std::string text_;
    std::uint64_t turn_ = 0;
};

inline RunnerOptions virtual_clock(ExceptionHandler handler = {}) {
    RunnerOptions options;
    options.loop.virtual_clock = true;
    options.loop.exception_handler = handler;
    return options;
}

// Runs main on the virtual clock and closes.
template <class C>
auto play(C &&main, ExceptionHandler handler = {}) {
    return run(std::forward<C>(main), virtual_clock(handler));
}

// Runs main(trace), debug mode off and on (D11: it must not change the order), and tells what it traced.
template <class F>
std::string traced(F main) {
    std::string texts[2];
    for (const bool debug : {false, true}) {
        Trace trace;
        RunnerOptions options = virtual_clock();
        options.debug = debug;
        run([&] { return main(trace); }, options);
        texts[debug] = trace.text();
    }
    EXPECT_EQ(texts[0], texts[1]) << "debug mode changed the order";
    return texts[0];
}

// Counts itself. Made by N makers, all must be gone in the end.
class Counted {
public:
    explicit Counted(int value = 0) : value_(value) { ++alive; }
    Counted(const Counted &other) : value_(other.value_) {
        ++alive;
        ++copies;
    }
    Counted(Counted &&other) noexcept : value_(std::exchange(other.value_, -1)) { ++alive; }
    Counted &operator=(const Counted &) = default;
    Counted &operator=(Counted &&) = default;
    ~Counted() { --alive; }
    [[nodiscard]] int value() const { return value_; }

    static inline int alive = 0;
    static inline int copies = 0;

private:
    int value_;
};

// Writes its name when it goes.
class Farewell {
public:
    Farewell(std::vector<std::string> &log, std::string name) : log_(&log), name_(std::move(name)) {}
    Farewell(Farewell &&other) noexcept : log_(std::exchange(other.log_, nullptr)), name_(std::move(other.name_)) {}
    Farewell &operator=(Farewell &&) = delete;
    ~Farewell() {
        if (log_ != nullptr) log_->push_back(name_);
    }

private:
    std::vector<std::string> *log_;
    std::string name_;
};

// The status a call throws, or RONDO_OK.
template <class F>
rondo_status status_of(F call) {
    try {
        (void)call();
        return RONDO_OK;
    } catch (const BaseError &error) {
        return error.code();
    }
}

// Sleeps for ever: for tasks that are there to be cancelled.
inline Coroutine<> forever() { co_await sleep(std::chrono::hours(1000000)); }

// Yields n times.
inline Coroutine<> turns(int n) {
    for (int i = 0; i < n; ++i) co_await yield();
}

} // namespace rondo::test

#endif // RONDO_TESTS_CPP_SUPPORT_HPP
