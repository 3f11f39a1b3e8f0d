// Random programs for a loop, in a language of their own: bodies of tasks and of callbacks are lists of operations.
// A Machine runs one body; what it asks for is done by an Engine: Rondo, or the reference interpreter.
#pragma once

#include "rondo/rondo.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace rondo::test {

struct Failure {
    rondo_status code = RONDO_OK;
    std::string message;
};

enum class Noun : uint8_t { future, task, gather };

// The index-th thing of its kind, in the order of creation.
struct Name {
    Noun noun = Noun::future;
    int index = 0;
    bool operator==(const Name &) const = default;
};

struct Op {
    enum Verb : uint8_t {
        // suspend
        yield,
        sleep,
        await,
        // do not
        set_result,
        set_error,
        cancel,
        uncancel,
        look,
        add_callback,
        remove_callback,
        call_soon,
        call_later,
        cancel_handle,
        spawn,
        gather,
        set_variable,
        // end
        give,
        raise,
        raise_fatal,
    };
    enum Reaction : uint8_t { passes_on, swallows, cleans_up, translates }; // when a suspension raises

    Verb verb = yield;
    Name name;
    int number = 0;
    Reaction reaction = passes_on;
    std::vector<Name> names;
    bool flag = false;
};

using Body = std::vector<Op>;

struct Program {
    std::vector<Body> tasks;
    std::vector<Body> callbacks;
    int futures = 3;
};

Program random_program(unsigned seed);
std::string text_of(const Program &program);

// What a body can ask for. Answers stand in the trace.
class Engine {
public:
    virtual ~Engine() = default;

    virtual void say(const std::string &what) = 0;
    virtual bool exists(const Name &name) = 0;
    virtual std::string look(const Name &name) = 0; // state, result, requests
    virtual bool set_result(int future, int64_t value) = 0;
    virtual bool set_error(int future, const std::string &message) = 0;
    virtual bool cancel(const Name &name, const std::string &message) = 0;
    virtual int uncancel(int task) = 0;
    virtual void add_callback(const Name &name, int callback) = 0;
    virtual int remove_callback(const Name &name, int callback) = 0;
    virtual void call_soon(int callback) = 0; // makes the next handle
    virtual void call_later(int64_t delay, int callback) = 0;
    virtual void cancel_handle(int handle) = 0;
    virtual void spawn(int body) = 0;
    virtual void gather(const std::vector<Name> &children, bool return_errors) = 0;
    virtual void set_variable(int64_t value) = 0;
    virtual int64_t variable() = 0;
};

// Who waits for whom: programs never make tasks wait in a ring.
class Waits {
public:
    void add_gather(const std::vector<Name> &children) { gathers_.push_back(children); }
    void begin(int task, const Name &what);
    void end(int task) { begin(task, nothing); }
    bool reaches(const Name &from, int task) const;

private:
    static constexpr Name nothing{Noun::future, 0};
    std::vector<Name> of_tasks_;
    std::vector<std::vector<Name>> gathers_;
};

struct Verdict {
    enum Kind { give, raise, yield, sleep, await } kind = give;
    int64_t number = 0; // result, delay
    Failure failure;
    Name name;
};

// How a suspension ended.
struct Resumed {
    Failure failure; // code RONDO_OK: none
    int64_t value = 0;
};

class Machine {
public:
    Machine(Engine &engine, Waits &waits, const Body &body, const std::string &who, int task)
        : engine_(engine), waits_(waits), body_(body), who_(who), task_(task) {}

    Verdict step(const Resumed &resumed);
    // The whole body of a callback; what it raised.
    Failure run();

private:
    bool act(const Op &op); // false: nothing to do it with
    Verdict react(const Op &op, const Failure &failure);
    Verdict suspension(const Op &op);
    void say(const std::string &what) { engine_.say(who_ + "." + std::to_string(at_) + " " + what); }

    Engine &engine_;
    Waits &waits_;
    const Body &body_;
    std::string who_;
    int task_;
    size_t at_ = 0;
    bool begun_ = false;
    int cleanup_left_ = 0;
    Failure cleaning_after_;
};

} // namespace rondo::test
