// Random programs, run by Rondo and by the reference interpreter of asyncio's rules: every step, turn and outcome must
// be the same. RONDO_TEST_SEED=n runs one program and prints it; RONDO_TEST_PROGRAMS=n sets how many are tried.
#include "reference.h"
#include "ring_world.h"

#include "task/future.h"

#include <cstdio>
#include <cstdlib>

using namespace rondo::test;

namespace {

// Runs a program on a loop of Rondo's.
template <class SomeWorld>
class Rondo : public Engine {
public:
    template <class... Args>
    explicit Rondo(const Program &program, Args... args) : w(args...), program_(program) {
        rondo_ctxvar_create("variable", nullptr, &variable_);
        w.when_it_hears = [this](const rondo_report &report) {
            if (report.handle) say(std::string("report ") + rondo_error_message(report.error));
        };
        for (int i = 0; i < program.futures; ++i) futures_.push_back(w.future());
        spawn(0);
    }
    ~Rondo() override {
        w.when_it_hears = nullptr;
        rondo_ctxvar_release(variable_);
    }

    void run() {
        while (w.busy()) {
            if (w.one_turn(RONDO_FOREVER) < 0) say("left the loop");
        }
    }
    bool cancel_all() {
        std::vector<Future> left;
        for (const Future &task : tasks_) {
            if (!task.done()) left.push_back(task);
        }
        for (const Future &task : left) task.cancel();
        if (!left.empty()) make_gather(left, true);
        return !left.empty();
    }
    std::string final_state() {
        std::string text = "time " + std::to_string(w.time()) + "\n";
        auto add = [&](const char *kind, const std::vector<Future> &all, Noun noun) {
            for (size_t i = 0; i < all.size(); ++i) {
                bool unretrieved = all[i].get()->unretrieved;
                text += kind + std::to_string(i) + " " + (unretrieved ? "unretrieved " : "") +
                        look({noun, static_cast<int>(i)}) + "\n";
            }
        };
        add("f", futures_, Noun::future);
        add("t", tasks_, Noun::task);
        add("g", gathers_, Noun::gather);
        return text;
    }

    void say(const std::string &what) override { trace.push_back(std::to_string(w.turn()) + ": " + what); }
    bool exists(const Name &name) override { return static_cast<size_t>(name.index) < list(name.noun).size(); }
    std::string look(const Name &name) override {
        const Future &future = named(name);
        std::string text = name.noun == Noun::task ? "asked " + std::to_string(future.cancelling()) + " " : "";
        if (!future.done()) return text + "pending";
        Outcome outcome = future.result();
        if (outcome.ok()) return text + std::to_string(outcome.value);
        return text + (future.cancelled() ? "cancelled " : "") + rondo_status_name(outcome.status) + " " +
               outcome.message;
    }
    bool set_result(int future, int64_t value) override {
        return futures_[static_cast<size_t>(future)].set(value) == RONDO_OK;
    }
    bool set_error(int future, const std::string &message) override {
        return futures_[static_cast<size_t>(future)].fail(message.c_str()) == RONDO_OK;
    }
    bool cancel(const Name &name, const std::string &message) override { return named(name).cancel(message.c_str()); }
    int uncancel(int task) override { return tasks_[static_cast<size_t>(task)].uncancel(); }
    void add_callback(const Name &name, int callback) override {
        EXPECT_EQ(rondo_future_add_done_callback(named(name).get(), called, site(callback), nullptr), RONDO_OK);
    }
    int remove_callback(const Name &name, int callback) override {
        return rondo_future_remove_done_callback(named(name).get(), called, site(callback));
    }
    void call_soon(int callback) override {
        handles_.push_back(w.soon([this, callback](rondo_call &call) { run_callback(callback, call); }));
    }
    void call_later(int64_t delay, int callback) override {
        handles_.push_back(w.later(delay, [this, callback](rondo_call &call) { run_callback(callback, call); }));
    }
    void cancel_handle(int handle) override {
        auto index = static_cast<size_t>(handle);
        if (index < handles_.size()) handles_[index].cancel();
    }
    void spawn(int body) override {
        auto number = static_cast<int>(tasks_.size());
        auto machine = std::make_shared<Machine>(*this, waits_, program_.tasks[static_cast<size_t>(body)],
                                                 "t" + std::to_string(number), number);
        tasks_.emplace_back();
        tasks_.back() = w.spawn([this, machine] { return drive(machine); });
    }
    void gather(const std::vector<Name> &children, bool return_errors) override {
        std::vector<Future> given;
        for (const Name &name : children) given.push_back(named(name));
        make_gather(given, return_errors);
    }
    void set_variable(int64_t value) override {
        rondo_value moved = rondo_i64(value);
        EXPECT_EQ(rondo_context_set(nullptr, variable_, &moved, nullptr), RONDO_OK);
    }
    int64_t variable() override {
        rondo_value view = rondo_none();
        rondo_context_get(nullptr, variable_, &view);
        return view.as.i64;
    }

    SomeWorld w;
    std::vector<std::string> trace;

private:
    // What a done callback is removed by.
    struct Site {
        Rondo *self;
        int callback;
    };
    Site *site(int callback) {
        while (sites_.size() <= static_cast<size_t>(callback)) {
            sites_.push_back(std::make_unique<Site>(Site{this, static_cast<int>(sites_.size())}));
        }
        return sites_[static_cast<size_t>(callback)].get();
    }
    static void called(void *user, rondo_call *call) {
        auto *site = static_cast<Site *>(user);
        site->self->run_callback(site->callback, *call);
    }

    Answer drive(std::shared_ptr<Machine> machine) {
        Resumed resumed;
        for (;;) {
            Verdict verdict = machine->step(resumed);
            Suspension what = yield();
            switch (verdict.kind) {
            case Verdict::give:
                co_return verdict.number;
            case Verdict::raise:
                throw Raised(verdict.failure.code, verdict.failure.message.c_str());
            case Verdict::yield:
                break;
            case Verdict::sleep:
                what = rondo::test::sleep(verdict.number);
                break;
            case Verdict::await:
                what = waiting_for(named(verdict.name));
                break;
            }
            Outcome outcome = co_await attempt(what);
            resumed = {{outcome.status, outcome.message}, outcome.value};
        }
    }

    void run_callback(int callback, rondo_call &call) {
        Machine machine(*this, waits_, program_.callbacks[static_cast<size_t>(callback)],
                        "cb" + std::to_string(callback), -1);
        Failure failure = machine.run();
        if (failure.code < 0) call.error = rondo_error_new(failure.code, failure.message.c_str());
    }

    void make_gather(const std::vector<Future> &children, bool return_errors) {
        std::vector<rondo_future *> given;
        for (const Future &child : children) given.push_back(child.get());
        rondo_future *made = nullptr;
        uint32_t flags = return_errors ? uint32_t{RONDO_GATHER_RETURN_ERRORS} : 0;
        EXPECT_EQ(rondo_gather(w.loop, given.data(), given.size(), flags, &made), RONDO_OK);
        gathers_.push_back(Future(made));
    }

    std::vector<Future> &list(Noun noun) {
        return noun == Noun::future ? futures_ : noun == Noun::task ? tasks_ : gathers_;
    }
    const Future &named(const Name &name) { return list(name.noun)[static_cast<size_t>(name.index)]; }

    const Program &program_;
    Waits waits_;
    rondo_ctxvar *variable_ = nullptr;
    std::vector<Future> futures_, tasks_, gathers_;
    std::vector<Handle> handles_;
    std::vector<std::unique_ptr<Site>> sites_;
};

int setting(const char *name, int otherwise) {
    const char *text = std::getenv(name);
    return text ? std::atoi(text) : otherwise;
}

template <class Engine>
std::string story_of(Engine &engine) {
    engine.run();
    for (int round = 0; round < 3 && engine.cancel_all(); ++round) {
        engine.trace.push_back("cancelled all");
        engine.run();
    }
    std::string text;
    for (const std::string &line : engine.trace) text += line + "\n";
    return text + engine.final_state();
}

// The lines around the first difference.
std::string difference(const std::string &ours, const std::string &theirs) {
    size_t at = 0;
    while (at < ours.size() && at < theirs.size() && ours[at] == theirs[at]) ++at;
    size_t begin = at;
    for (int lines = 0; begin > 0 && lines < 12; --begin) lines += ours[begin - 1] == '\n';
    auto part = [&](const std::string &text) { return text.substr(begin, 600); };
    return "Rondo:\n" + part(ours) + "\nreference:\n" + part(theirs);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int programs_at_most = 1500;
#else
constexpr int programs_at_most = 12000;
#endif

template <class SomeWorld, class... Args>
void compare(unsigned first_seed, Args... args) {
    auto only = static_cast<unsigned>(setting("RONDO_TEST_SEED", -1));
    auto count = static_cast<unsigned>(setting("RONDO_TEST_PROGRAMS", programs_at_most));
    bool one = only != static_cast<unsigned>(-1);
    size_t lines = 0;
    for (unsigned i = 0; i < (one ? 1 : count); ++i) {
        unsigned seed = one ? only : first_seed + i;
        Program program = random_program(seed);
        Reference reference(program);
        std::string theirs = story_of(reference);
        Rondo<SomeWorld> rondo(program, args...);
        std::string ours = story_of(rondo);
        lines += rondo.trace.size();
        if (one) std::printf("%s\n%s\n", text_of(program).c_str(), ours.c_str());
        ASSERT_EQ(ours == theirs, true) << "RONDO_TEST_SEED=" << seed << "\n" << difference(ours, theirs);
    }
    EXPECT_GT(lines, one ? 0 : count * 10) << "the programs do too little";
}

using Through = RingWorld::Through;

} // namespace

TEST(RandomPrograms, do_the_same_as_asyncio_in_step_coroutines) { compare<TaskWorld>(0); }

TEST(RandomPrograms, do_the_same_through_a_ring) { compare<RingWorld>(1'000'000, Through::ring); }

TEST(RandomPrograms, do_the_same_half_through_a_ring) { compare<RingWorld>(2'000'000, Through::every_second); }

TEST(RandomPrograms, do_the_same_through_a_ring_of_two_entries) { compare<RingWorld>(3'000'000, Through::ring, 2); }
