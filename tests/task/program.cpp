#include "program.h"

#include <algorithm>
#include <array>

namespace rondo::test {

namespace {

constexpr int most_tasks = 14;
constexpr int most_gathers = 6;

const char *const verbs[] = {"yield",           "sleep",     "await",      "set_result",    "set_error", "cancel", "uncancel",
                             "look",            "add_callback", "remove_callback", "call_soon", "call_later",
                             "cancel_handle",   "spawn",     "gather",     "set_variable",  "give",      "raise",  "raise_fatal"};
const char *const reactions[] = {"passes on", "swallows", "cleans up", "translates"};

std::string text_of(const Name &name) {
    static const char *const nouns[] = {"f", "t", "g"};
    return nouns[static_cast<int>(name.noun)] + std::to_string(name.index);
}

class Generator {
public:
    explicit Generator(unsigned seed) : random_(seed) {}

    Program program() {
        Program made;
        made.futures = 1 + below(4);
        int bodies = 2 + below(6);
        callbacks_ = 1 + below(4);
        bodies_ = bodies;
        futures_ = made.futures;
        fatal_ = below(8) == 0;
        for (int i = 0; i < bodies; ++i) made.tasks.push_back(body(i == 0));
        for (int i = 0; i < callbacks_; ++i) {
            Body actions;
            for (int n = 1 + below(3); n > 0; --n) actions.push_back(action());
            if (below(12) == 0) actions.push_back(ending());
            made.callbacks.push_back(actions);
        }
        return made;
    }

private:
    int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

    Body body(bool first) {
        Body made;
        if (first) {
            for (int i = 1 + below(bodies_); i > 0; --i) made.push_back(spawning());
        }
        for (int n = 2 + below(7); n > 0; --n) made.push_back(below(5) < 2 ? suspension() : action());
        if (below(2)) made.push_back(ending());
        return made;
    }

    Name name() {
        switch (below(7)) {
        case 0:
        case 1:
            return {Noun::future, below(futures_)};
        case 2:
            return {Noun::gather, below(3)};
        default:
            return {Noun::task, below(bodies_ + 2)};
        }
    }

    Op suspension() {
        Op op;
        static constexpr std::array kinds{Op::yield, Op::sleep, Op::await, Op::await, Op::await};
        op.verb = kinds[static_cast<size_t>(below(kinds.size()))];
        op.name = name();
        op.number = below(6) - 1;
        op.reaction = static_cast<Op::Reaction>(below(4));
        return op;
    }

    Op spawning() {
        Op op;
        op.verb = Op::spawn;
        op.number = below(bodies_);
        return op;
    }

    Op action() {
        static constexpr std::array kinds{
            Op::set_result,    Op::set_result,   Op::set_error,       Op::cancel,    Op::cancel,     Op::cancel,
            Op::cancel,        Op::uncancel,     Op::look,            Op::look,      Op::add_callback, Op::add_callback,
            Op::call_soon,     Op::call_later,   Op::cancel_handle,   Op::spawn,     Op::gather,     Op::gather,
            Op::set_variable,  Op::remove_callback};
        Op op;
        op.verb = kinds[static_cast<size_t>(below(kinds.size()))];
        op.name = name();
        op.number = below(5);
        switch (op.verb) {
        case Op::set_result:
        case Op::set_error:
            op.name = {Noun::future, below(futures_)};
            break;
        case Op::uncancel:
            op.name = {Noun::task, below(bodies_)};
            break;
        case Op::add_callback:
        case Op::remove_callback:
        case Op::call_soon:
        case Op::call_later:
            op.number = below(callbacks_);
            op.flag = below(2);
            break;
        case Op::spawn:
            return spawning();
        case Op::gather:
            for (int n = below(4); n > 0; --n) op.names.push_back(name());
            op.flag = below(2);
            break;
        default:
            break;
        }
        return op;
    }

    Op ending() {
        Op op;
        op.verb = below(3) ? Op::give : Op::raise;
        if (fatal_ && below(3) == 0) op.verb = Op::raise_fatal;
        op.number = below(100);
        return op;
    }

    std::mt19937 random_;
    int bodies_ = 0;
    int callbacks_ = 0;
    int futures_ = 0;
    bool fatal_ = false;
};

std::string text_of(const Op &op) {
    std::string text = std::string(verbs[op.verb]) + " " + text_of(op.name) + " " + std::to_string(op.number);
    if (op.verb <= Op::await) text += std::string(" ") + reactions[op.reaction];
    for (const Name &name : op.names) text += " " + text_of(name);
    return text + (op.flag ? " !" : "");
}

} // namespace

Program random_program(unsigned seed) { return Generator(seed).program(); }

std::string text_of(const Program &program) {
    std::string text;
    auto add = [&](const std::vector<Body> &bodies, const char *kind) {
        for (size_t i = 0; i < bodies.size(); ++i) {
            text += std::string(kind) + " " + std::to_string(i) + "\n";
            for (const Op &op : bodies[i]) text += "    " + text_of(op) + "\n";
        }
    };
    add(program.tasks, "task body");
    add(program.callbacks, "callback");
    return text;
}

void Waits::begin(int task, const Name &what) {
    if (static_cast<size_t>(task) >= of_tasks_.size()) of_tasks_.resize(static_cast<size_t>(task) + 1, nothing);
    of_tasks_[static_cast<size_t>(task)] = what;
}

bool Waits::reaches(const Name &from, int task) const {
    auto index = static_cast<size_t>(from.index);
    if (from.noun == Noun::task) {
        if (from.index == task) return true;
        return index < of_tasks_.size() && reaches(of_tasks_[index], task);
    }
    if (from.noun == Noun::gather) {
        auto &children = gathers_[index];
        return std::any_of(children.begin(), children.end(), [&](const Name &child) { return reaches(child, task); });
    }
    return false;
}

Verdict Machine::step(const Resumed &resumed) {
    waits_.end(task_);
    if (!begun_) {
        begun_ = true;
        if (resumed.failure.code < 0) return {Verdict::raise, 0, resumed.failure, {}};
    } else {
        const Op &op = body_[at_];
        const Failure &failure = resumed.failure;
        std::string outcome = failure.code < 0 ? std::string(rondo_status_name(failure.code)) + " " + failure.message
                                               : std::to_string(resumed.value);
        say((cleanup_left_ > 0 ? "cleaning " : "resumed ") + outcome + " v" + std::to_string(engine_.variable()));
        if (cleanup_left_ > 0) {
            --cleanup_left_;
            if (failure.code < 0) return {Verdict::raise, 0, failure, {}};
            if (cleanup_left_ > 0) return {Verdict::yield, 0, {}, {}};
            return {Verdict::raise, 0, cleaning_after_, {}};
        }
        if (failure.code < 0 && op.reaction != Op::swallows) return react(op, failure);
        ++at_;
    }
    for (; at_ < body_.size(); ++at_) {
        const Op &op = body_[at_];
        switch (op.verb) {
        case Op::yield:
        case Op::sleep:
        case Op::await: {
            Verdict verdict = suspension(op);
            if (verdict.kind != Verdict::give) return verdict;
            say("skipped");
            break;
        }
        case Op::give:
            return {Verdict::give, op.number, {}, {}};
        case Op::raise:
            return {Verdict::raise, 0, {RONDO_EFAILED, "raised " + std::to_string(op.number)}, {}};
        case Op::raise_fatal:
            return {Verdict::raise, 0, {RONDO_EINTERRUPT, "fatal"}, {}};
        default:
            if (!act(op)) say("skipped");
        }
    }
    return {Verdict::give, task_, {}, {}};
}

// Kind give: nothing to suspend on.
Verdict Machine::suspension(const Op &op) {
    if (op.verb == Op::yield) return {Verdict::yield, 0, {}, {}};
    if (op.verb == Op::sleep) return {Verdict::sleep, op.number * int64_t{1'000'000}, {}, {}};
    if (!engine_.exists(op.name)) return {};
    bool itself = op.name == Name{Noun::task, task_};
    if (!itself && waits_.reaches(op.name, task_)) return {};
    if (!itself) waits_.begin(task_, op.name);
    return {Verdict::await, 0, {}, op.name};
}

Verdict Machine::react(const Op &op, const Failure &failure) {
    switch (op.reaction) {
    case Op::cleans_up:
        cleaning_after_ = failure;
        cleanup_left_ = 1 + op.number % 2;
        if (cleanup_left_ < 1) cleanup_left_ = 1;
        return {Verdict::yield, 0, {}, {}};
    case Op::translates:
        if (failure.code != RONDO_EINTERRUPT) return {Verdict::raise, 0, {RONDO_EFAILED, "translated"}, {}};
        [[fallthrough]];
    default:
        return {Verdict::raise, 0, failure, {}};
    }
}

Failure Machine::run() {
    say("called v" + std::to_string(engine_.variable()));
    for (; at_ < body_.size(); ++at_) {
        const Op &op = body_[at_];
        if (op.verb == Op::give) return {};
        if (op.verb == Op::raise) return {RONDO_EFAILED, "raised " + std::to_string(op.number)};
        if (op.verb == Op::raise_fatal) return {RONDO_EINTERRUPT, "fatal"};
        if (!act(op)) say("skipped");
    }
    return {};
}

bool Machine::act(const Op &op) {
    bool named = op.verb != Op::spawn && op.verb != Op::gather && op.verb != Op::call_soon && op.verb != Op::call_later &&
                 op.verb != Op::cancel_handle && op.verb != Op::set_variable;
    if (named && !engine_.exists(op.name)) return false;
    int index = op.name.index;
    auto yes_or_no = [](bool answer) { return std::string(answer ? " yes" : " no"); };
    std::string text = std::string(verbs[op.verb]) + " " + text_of(op.name);
    switch (op.verb) {
    case Op::set_result:
        say(text + yes_or_no(engine_.set_result(index, op.number)));
        return true;
    case Op::set_error:
        say(text + yes_or_no(engine_.set_error(index, "error " + std::to_string(op.number))));
        return true;
    case Op::cancel:
        say(text + yes_or_no(engine_.cancel(op.name, op.number ? "c" + std::to_string(op.number) : "")));
        return true;
    case Op::uncancel:
        say(text + " " + std::to_string(engine_.uncancel(index)));
        return true;
    case Op::look:
        say(text + " " + engine_.look(op.name));
        return true;
    case Op::add_callback:
        engine_.add_callback(op.name, op.number);
        return true;
    case Op::remove_callback:
        say(text + " " + std::to_string(engine_.remove_callback(op.name, op.number)));
        return true;
    case Op::call_soon:
        engine_.call_soon(op.number);
        return true;
    case Op::call_later:
        engine_.call_later(op.flag ? 2'000'000 : 0, op.number);
        return true;
    case Op::cancel_handle:
        engine_.cancel_handle(op.number);
        return true;
    case Op::spawn:
        if (engine_.exists({Noun::task, most_tasks})) return false;
        engine_.spawn(op.number);
        return true;
    case Op::gather: {
        std::vector<Name> children;
        for (const Name &name : op.names) {
            if (engine_.exists(name)) children.push_back(name);
        }
        if (engine_.exists({Noun::gather, most_gathers})) return false;
        waits_.add_gather(children);
        engine_.gather(children, op.flag);
        return true;
    }
    case Op::set_variable:
        engine_.set_variable(op.number);
        return true;
    default:
        return false;
    }
}

} // namespace rondo::test
