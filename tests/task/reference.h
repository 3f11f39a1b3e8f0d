// asyncio's rules, written down as CPython 3.13 has them in Lib/asyncio: a deque of handles, futures with lists of
// callbacks, tasks with fut_waiter and must_cancel, gather from done callbacks, sleep from a future and a timer.
// Nothing here is clever; where Rondo differs on purpose a comment says so.
#pragma once

#include "program.h"

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>

namespace rondo::test {

class Reference : public Engine {
public:
    explicit Reference(const Program &program);
    ~Reference() override;

    // Turns until nothing is ready and no timer is left.
    void run();
    // As run() at its end: cancels what is left, in creation order, and gathers it.
    bool cancel_all();
    std::vector<std::string> trace;
    // Every future, task and gather: how it ended, and whether its error was looked at.
    std::string final_state();

    void say(const std::string &what) override;
    bool exists(const Name &name) override;
    std::string look(const Name &name) override;
    bool set_result(int future, int64_t value) override;
    bool set_error(int future, const std::string &message) override;
    bool cancel(const Name &name, const std::string &message) override;
    int uncancel(int task) override;
    void add_callback(const Name &name, int callback) override;
    int remove_callback(const Name &name, int callback) override;
    void call_soon(int callback) override;
    void call_later(int64_t delay, int callback) override;
    void cancel_handle(int handle) override;
    void spawn(int body) override;
    void gather(const std::vector<Name> &children, bool return_errors) override;
    void set_variable(int64_t value) override { *context_ = value; }
    int64_t variable() override { return *context_; }

private:
    struct Future;
    struct Task;
    struct Gathering;
    struct Handle;
    struct Fatal {
        Failure failure;
    };
    using Context = std::shared_ptr<int64_t>;
    using HandlePtr = std::shared_ptr<Handle>;

    HandlePtr schedule(std::function<void()> function, Context context);
    HandlePtr schedule_at(int64_t when, std::function<void()> function, Context context);
    void cancel(const HandlePtr &handle);
    void turn();
    void run_callback(int callback);
    Context copy_context() const { return std::make_shared<int64_t>(*context_); }
    Future &named(const Name &name);

    const Program &program_;
    Waits waits_;
    std::deque<HandlePtr> ready_;
    std::map<std::pair<int64_t, uint64_t>, HandlePtr> timers_;
    uint64_t sequence_ = 0;
    int64_t time_ = 0;
    uint64_t turns_ = 0;
    Context context_ = std::make_shared<int64_t>(0);
    std::vector<std::unique_ptr<Future>> futures_;
    std::vector<std::unique_ptr<Task>> tasks_;
    std::vector<std::unique_ptr<Gathering>> gathers_;
    std::vector<HandlePtr> handles_;
    std::list<std::unique_ptr<Future>> sleeps_;
};

} // namespace rondo::test
