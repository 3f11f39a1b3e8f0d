// Blocks and combinators for scripts: what "async with timeout()", "async with TaskGroup()", wait, shield and as_completed
// are to a Python coroutine.
#pragma once

#include "script.h"

#include <optional>

namespace rondo::test {

// "EGROUP(EFAILED a, EFAILED b)", with everything inside; the cause behind "<-".
inline std::string story_of(const rondo_error *error) {
    if (!error) return "OK";
    std::string text = rondo_status_name(rondo_error_code(error));
    size_t children = rondo_error_child_count(error);
    if (children > 0) {
        text += "(";
        for (size_t i = 0; i < children; ++i) text += (i ? ", " : "") + story_of(rondo_error_child(error, i));
        text += ")";
    } else if (rondo_error_code(error) == RONDO_EFAILED) {
        text += std::string(" ") + rondo_error_message(error);
    }
    if (const rondo_error *cause = rondo_error_cause(error)) text += " <- " + story_of(cause);
    return text;
}

class Timeout {
public:
    explicit Timeout(rondo_timeout *adopted = nullptr) : timeout_(adopted) {}
    Timeout(const Timeout &other) : timeout_(rondo_timeout_retain(other.timeout_)) {}
    Timeout &operator=(Timeout other) {
        std::swap(timeout_, other.timeout_);
        return *this;
    }
    ~Timeout() { rondo_timeout_release(timeout_); }

    rondo_timeout *get() const { return timeout_; }
    int state() const { return rondo_timeout_state(timeout_); }
    bool expired() const { return rondo_timeout_expired(timeout_) == 1; }
    int64_t when() const { return rondo_timeout_when(timeout_); }
    rondo_status reschedule(int64_t when) const { return rondo_timeout_reschedule(timeout_, when); }
    rondo_status enter() const { return rondo_timeout_enter(timeout_); }
    rondo_status exit(rondo_status body) const { return rondo_timeout_exit(timeout_, body); }

private:
    rondo_timeout *timeout_;
};

class Group {
public:
    explicit Group(rondo_task_group *adopted = nullptr) : group_(adopted) {}
    Group(const Group &other) : group_(rondo_task_group_retain(other.group_)) {}
    Group &operator=(Group other) {
        std::swap(group_, other.group_);
        return *this;
    }
    ~Group() { rondo_task_group_release(group_); }

    rondo_task_group *get() const { return group_; }
    int state() const { return rondo_task_group_state(group_); }
    rondo_status enter() const { return rondo_task_group_enter(group_); }
    rondo_status cancel() const { return rondo_task_group_cancel(group_); }
    rondo_status add(const Future &task) const { return rondo_task_group_add(group_, task.get()); }
    size_t members() const {
        size_t count = 0;
        EXPECT_EQ(rondo_task_group_count(group_, &count, nullptr), RONDO_OK);
        return count;
    }
    size_t failed() const {
        size_t count = 0;
        EXPECT_EQ(rondo_task_group_count(group_, nullptr, &count), RONDO_OK);
        return count;
    }

private:
    rondo_task_group *group_;
};

// A list of futures, where a script cannot write one in braces: g++ 12 fails on those beside a co_await.
template <class... Futures> std::vector<Future> of(const Futures &...futures) { return {futures...}; }

class BlockWorld : public TaskWorld {
public:
    using TaskWorld::TaskWorld;

    // ---- combinators

    Future wait(const std::vector<Future> &futures, uint32_t condition = RONDO_ALL_COMPLETED,
                int64_t timeout = RONDO_FOREVER) {
        rondo_future *made = nullptr;
        std::vector<rondo_future *> list = plain(futures);
        EXPECT_EQ(rondo_wait(loop, list.data(), list.size(), condition, timeout, &made), RONDO_OK);
        return Future(made);
    }
    Future shield(const Future &inner) {
        rondo_future *made = nullptr;
        EXPECT_EQ(rondo_shield(inner.get(), &made), RONDO_OK);
        return Future(made);
    }
    Future as_completed(const std::vector<Future> &futures, int64_t timeout = RONDO_FOREVER) {
        rondo_future *made = nullptr;
        std::vector<rondo_future *> list = plain(futures);
        EXPECT_EQ(rondo_as_completed(loop, list.data(), list.size(), timeout, &made), RONDO_OK);
        return Future(made);
    }
    // Nothing when no more can be drawn.
    static std::optional<Future> ticket(const Future &iteration) {
        rondo_future *drawn = nullptr;
        rondo_status status = rondo_as_completed_next(iteration.get(), &drawn);
        EXPECT_GE(status, 0);
        EXPECT_EQ(status == 1, drawn != nullptr);
        if (status != 1) return std::nullopt;
        return Future(drawn);
    }
    static Future child_of(const Future &ticket, size_t *index = nullptr) {
        return Future(rondo_future_retain(rondo_as_completed_child(ticket.get(), index)));
    }

    // ---- blocks

    Timeout timeout_at(int64_t when) {
        rondo_timeout *made = nullptr;
        EXPECT_EQ(rondo_timeout_create(loop, when, &made), RONDO_OK);
        return Timeout(made);
    }
    Timeout timeout(int64_t delay) { return timeout_at(time() + delay); }
    Group group() {
        rondo_task_group *made = nullptr;
        EXPECT_EQ(rondo_task_group_create(loop, &made), RONDO_OK);
        return Group(made);
    }

    template <class F> Future spawn_member(const Group &group, F body, uint32_t flags = 0, const char *name = nullptr) {
        auto options = sized<rondo_task_options>();
        options.group = group.get();
        options.flags = flags;
        options.name = name;
        return spawn(std::move(body), &options);
    }
    template <class F> Future spawn_with(uint32_t flags, F body) {
        auto options = sized<rondo_task_options>();
        options.flags = flags;
        return spawn(std::move(body), &options);
    }
    // What making a member answers, when it is refused.
    rondo_status try_spawn_member(const Group &group) {
        auto options = sized<rondo_task_options>();
        options.group = group.get();
        auto conductor = std::make_unique<Conductor>([]() -> Script { co_return; });
        rondo_task *task = nullptr;
        rondo_status status = make_task(std::move(conductor), &options, &task);
        rondo_future_release(task);
        return status;
    }

    // Runs the body inside; raises what the block ends with for the outside.
    template <class Body> Script inside(Timeout timeout, Body body) {
        EXPECT_EQ(timeout.enter(), RONDO_OK);
        std::optional<Raised> raised;
        try {
            co_await body();
        } catch (const Raised &error) {
            raised.emplace(error);
        }
        rondo_status how = raised ? raised->code() : RONDO_OK;
        rondo_status status = timeout.exit(how);
        if (status < 0 && status == how) throw Raised(*raised);
        if (status < 0) throw Raised(status);
    }
    template <class Body> Script inside(Group group, Body body) {
        EXPECT_EQ(group.enter(), RONDO_OK);
        std::optional<Raised> raised;
        try {
            co_await body();
        } catch (const Raised &error) {
            raised.emplace(error);
        }
        for (;;) {
            rondo_future *wait = nullptr;
            rondo_error *error = nullptr;
            rondo_status status = rondo_task_group_exit(group.get(), raised ? raised->error() : nullptr, &wait, &error);
            if (status < 0) {
                Raised ending(error);
                rondo_error_release(error);
                throw Raised(ending);
            }
            if (status == RONDO_OK) co_return;
            Future all(wait);
            raised.reset();
            try {
                co_await all;
            } catch (const Raised &error_there) {
                raised.emplace(error_there);
            }
        }
    }
    // How a script ends, as a story: "OK", "ETIMEDOUT", "EGROUP(EFAILED a)".
    template <class Body> Script tell(std::string &story, Body body) {
        try {
            co_await body();
            story = "OK";
        } catch (const Raised &error) {
            story = story_of(error.error());
        }
    }

    // ---- bodies

    // Yields so many times, then answers.
    auto answer_after(int yields, int64_t value = 0, const std::string &name = "") {
        return [=, this]() -> Answer {
            for (int i = 0; i < yields; ++i) co_await yield();
            if (!name.empty()) say(name);
            co_return value;
        };
    }
    Future answering(int yields, int64_t value = 0, const std::string &name = "") {
        return spawn(answer_after(yields, value, name));
    }
    static auto fail_after(int yields, const char *message, rondo_status code = RONDO_EFAILED) {
        return [=]() -> Script {
            for (int i = 0; i < yields; ++i) co_await yield();
            throw Raised(code, message);
        };
    }
    // Sleeps; when cancelled says so, cleans up for so many turns, says that, and is cancelled.
    auto clean_up(const std::string &name, int turns = 0) {
        return [=, this]() -> Script {
            Outcome outcome = co_await attempt(sleep(RONDO_S(1000)));
            say(name + " " + rondo_status_name(outcome.status));
            for (int i = 0; i < turns; ++i) co_await yield();
            if (turns > 0) say(name + " cleaned");
            if (outcome.status < 0) throw Raised(outcome.status, outcome.message.c_str());
        };
    }

private:
    static std::vector<rondo_future *> plain(const std::vector<Future> &futures) {
        std::vector<rondo_future *> list;
        for (const Future &future : futures) list.push_back(future.get());
        return list;
    }
};

} // namespace rondo::test
