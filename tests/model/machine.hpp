// Runs the programs of the model tests through the C++ face: the twin of machine.py, statement by statement.
#ifndef RONDO_TESTS_MODEL_MACHINE_HPP
#define RONDO_TESTS_MODEL_MACHINE_HPP

#include <chrono>
#include <cstdint>
#include <deque>
#include <latch>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <rondo/rondo.hpp>

#include "json.hpp"

namespace rondo::model {

// What programs raise.
struct Oops : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Machine {
public:
    explicit Machine(const Json &program) : program_(program) {}

    // The trace of the whole program.
    std::vector<std::string> play();

private:
    // Who does a statement.
    struct Actor {
        std::string label;
        int rank;
    };
    using ActorPtr = std::shared_ptr<const Actor>;
    using Value = std::string;
    using Returned = std::optional<Value>;

    // What a reference names: a future, a block, an operation, or a body that is to become a task.
    struct Found {
        AnyFuture future;
        const Json *block = nullptr;
        const Json *operation = nullptr;
        int body = -1;
        int rank = any_rank;
        std::string label = {};
    };
    struct Watch {
        AnyFuture future;
        const Json *acts;
        std::vector<DoneCallback> entries;
    };
    struct Slot {
        AnyFuture future;
        int rank;
    };
    struct Group {
        TaskGroup group;
        int rank;
    };
    using Generator = std::shared_ptr<AsyncGenerator<int>>;
    using Thing = std::variant<Lock, Event, Condition, Semaphore, Barrier, Queue<Value>>;
    // A call in the pool's thread, which stays there until it may end.
    struct Job {
        Job(std::int64_t number, std::string result) : name(number), outcome(std::move(result)) {}
        std::int64_t name;
        std::string outcome;
        std::string context = "-";
        std::latch begun{1};
        std::latch may_end{1};
        bool ripe = false;
        AnyFuture future;
    };
    using JobPtr = std::shared_ptr<Job>;
    struct Submitted {
        Submission<Value> submission;
        int body;
        std::string state;
    };

    static constexpr int any_rank = 1 << 30;
    static constexpr int reap_after = 1000;
    static constexpr int most_reaps = 60;
    static constexpr int hearings = 5;

    static std::chrono::nanoseconds ticks(std::int64_t n) { return std::chrono::nanoseconds(n * 1953125); }
    static std::chrono::nanoseconds ticks_or_never(const Json &n) { return n.is_null() ? never : ticks(n.number()); }

    // ---- writing it down
    void log(const std::string &event);
    void log_ends();
    void on_report(const Report &report);
    std::string describe(const std::exception_ptr &exception);
    std::string describe(const ErrorPtr &error);
    std::string state(const AnyFuture &future);
    std::string state(Submitted &submitted);
    std::string value_of(const AnyFuture &future);
    std::string outcome_of(const AnyFuture &future);
    std::string label_of(const AnyFuture &future);

    void reap();

    // ---- coroutines
    void run(Runner &runner, const Json &block);
    Coroutine<Value> run_main(int number, const Json &block);
    Coroutine<Value> body(int j, std::map<int, AnyTask> &tasks);
    Coroutine<Returned> life(ActorPtr me, const Json &block);
    Coroutine<Returned> block(ActorPtr me, const Json &block);
    Coroutine<Value> nested(ActorPtr me, const Json &block);
    Coroutine<Returned> statement(ActorPtr me, const Json &statement);

    Coroutine<Returned> do_try(ActorPtr me, const Json &statement);
    Coroutine<Returned> do_finally(ActorPtr me, const Json &statement);
    Coroutine<> do_await(ActorPtr me, const Json &reference);
    Coroutine<> do_wait(ActorPtr me, const Json &statement);
    Coroutine<> do_wait_for(ActorPtr me, const Json &statement);
    Coroutine<> do_as_completed(ActorPtr me, const Json &statement);
    Coroutine<bool> take_value(ActorPtr me, AsCompleted<void> finished);
    Coroutine<bool> take_future(ActorPtr me, AsCompleted<void> finished);
    Coroutine<Returned> do_timeout(ActorPtr me, const Json &statement);
    Coroutine<Returned> do_group(ActorPtr me, const Json &statement);
    Coroutine<> do_agen(ActorPtr me, const Json &statement);
    AsyncGenerator<int> items(std::int64_t name, const Json &blocks, const Json &cleanup);

    // ---- what is shared
    Thing make_thing(const Json &entry) const;
    void make_shared();
    void free_locks();
    void log_shared();
    static std::string look_at(const Thing &thing);
    template <class T>
    T &thing(const Json &statement);
    template <class Use>
    Coroutine<Value> operation(const Json &statement, Use use);
    Coroutine<Value> operate(const Json &statement);
    Coroutine<Value> operate_in_time(const Json &statement, std::chrono::nanoseconds limit);
    Coroutine<> do_operation(ActorPtr me, const Json &statement);
    template <class Lockable>
    Coroutine<Returned> inside(ActorPtr me, const Json &statement, Lockable lockable);
    Coroutine<Returned> meet(ActorPtr me, const Json &statement);
    Coroutine<Returned> hold(ActorPtr me, const Json &statement);
    Coroutine<Returned> do_hold(ActorPtr me, const Json &statement);
    std::string call(const Json &statement);
    bool quick_shared(const Actor &me, const Json &statement);

    // ---- threads
    void hear_threads(Runner &runner);
    Awaitable<Value> start_job(const JobPtr &job, bool look);
    void ripen(const JobPtr &job, std::int64_t turns);
    void end_jobs();
    bool withdraw();
    void go_on();
    void do_job(const Json &statement);
    Coroutine<> do_to_thread(ActorPtr me, const Json &statement);
    void do_submit(const Json &statement);
    void do_unsubmit(const Json &statement);
    void do_submission(const Actor &me, const Json &statement);
    bool quick_threads(const Actor &me, const Json &statement);

    // ---- names
    bool claim(int j);
    Task<Value> start(int j, TaskOptions options);
    void spawn(int j, TaskOptions options);
    void begin(Found &found);
    std::optional<Found> resolve(const Actor &me, const Json &reference);
    std::vector<Found> resolve_all(const Actor &me, const Json &references);
    AnyFuture look_up(const Json &reference);

    // ---- statements that do not suspend
    bool quick(const Actor &me, const Json &statement);
    void act(std::int64_t name, const Json &acts);
    void schedule(const Json &statement);
    void watch(const Json &statement);
    void watch_again(std::int64_t name);
    void unwatch(const Actor &me, std::int64_t name);
    void tick(std::int64_t left);
    void spawn_in_context(int j, const Value &value);
    void cancel(const Actor &me, const Json &reference, const Json &message);
    void set(const Actor &me, const Json &statement);
    void fail(const Actor &me, const Json &statement);
    void look(const Actor &me, const Json &reference);
    void all_tasks(const Actor &me);
    void gather(const Actor &me, const Json &statement);
    void shield(const Actor &me, const Json &statement);
    void reschedule(const Actor &me, const Json &statement);
    void spawn_in(const Actor &me, std::int64_t name, int j);

    const Json &program_;
    std::vector<std::string> trace_;
    std::int64_t now_ = 0;
    std::optional<Loop> loop_;
    ContextVar<std::string> variable_{"VARIABLE", "-"};
    std::set<int> begun_;
    std::map<int, AnyTask> tasks_;
    std::vector<AnyTask> main_tasks_;
    std::vector<Future<Value>> futures_;
    std::map<std::int64_t, Slot> slots_;
    std::set<rondo_future *> gathers_; // kept alive by slots_, as are shields
    std::map<rondo_future *, AnyFuture> shielded_;
    std::map<std::int64_t, Timeout> scopes_;
    std::map<std::int64_t, Group> groups_;
    std::vector<Generator> generators_;
    std::map<std::int64_t, Watch> watches_;
    std::map<std::int64_t, Handle> handles_;
    std::vector<Thing> shared_;
    std::vector<std::int64_t> counts_; // what conditions wait for
    Executor pool_{ExecutorOptions{.threads = 1}};
    std::deque<JobPtr> jobs_; // in the order the thread takes them; it has begun the first
    std::vector<JobPtr> withdrawing_;
    std::map<std::int64_t, Submitted> submissions_;
    std::map<int, AnyTask> strangers_; // tasks that other threads have made: nobody here waits for them
    bool threads_told_ = false;        // the loop something
    int runs_ = 0;
    bool eager_ = false;
    bool closing_ = false;
    int reaps_ = 0;
};

} // namespace rondo::model

#endif // RONDO_TESTS_MODEL_MACHINE_HPP
