// The part of the machine that is about what tasks share, and about threads: the twin of shared.py and threads.py.
#include "machine.hpp"

#include <algorithm>
#include <thread>

namespace rondo::model {

namespace {

std::string text(const std::string &item) { return item; }
std::string text(std::uint64_t index) { return std::to_string(index); }
std::string text(bool truth) { return truth ? "True" : "False"; }

// Awaits what wait() returns: its result as text; of one without a result, what asyncio's answers with.
template <class Wait>
Coroutine<std::string> perform(Wait wait, std::string otherwise) {
    try {
        if constexpr (std::is_void_v<detail::StartedResult<decltype(wait())>>) {
            co_await wait();
            co_return otherwise;
        } else {
            co_return text(co_await wait());
        }
    } catch (const InvalidState &) {
        throw std::runtime_error("RuntimeError");
    }
}

template <class Wait>
Coroutine<std::string> perform_in_time(Wait wait, std::string otherwise, std::chrono::nanoseconds limit) {
    try {
        if constexpr (std::is_void_v<detail::StartedResult<decltype(wait())>>) {
            co_await rondo::wait_for(wait(), limit);
            co_return otherwise;
        } else {
            co_return text(co_await rondo::wait_for(wait(), limit));
        }
    } catch (const InvalidState &) {
        throw std::runtime_error("RuntimeError");
    }
}

// What a call answers in asyncio, or what it raises there.
template <class Call>
std::string outcome(Call call) {
    try {
        if constexpr (std::is_void_v<decltype(call())>) {
            call();
            return "None";
        } else {
            return call();
        }
    } catch (const InvalidState &) {
        return "RuntimeError";
    } catch (const QueueFull &) {
        return "QueueFull";
    } catch (const QueueEmpty &) {
        return "QueueEmpty";
    } catch (const QueueShutDown &) {
        return "QueueShutDown";
    } catch (const Error &error) {
        if (error.code() != RONDO_EINVAL) throw;
        return "ValueError";
    }
}

std::string with_waiters(const std::string &state, std::uint64_t count) {
    return count > 0 ? state + ", waiters:" + std::to_string(count) : state;
}

std::string described(const Lock &lock) {
    return with_waiters(lock.locked() ? "locked" : "unlocked", lock.waiting());
}
std::string described(const Event &event) { return with_waiters(event.is_set() ? "set" : "unset", event.waiting()); }
std::string described(const Condition &condition) {
    return with_waiters(condition.locked() ? "locked" : "unlocked", condition.waiting());
}
std::string described(const Semaphore &semaphore) {
    const std::string value = std::to_string(semaphore.value());
    return with_waiters(semaphore.locked() ? "locked" : "unlocked, value:" + value, semaphore.waiting());
}
std::string described(const Barrier &barrier) {
    const char *states[] = {"filling", "draining", "resetting", "broken"};
    const std::string state = states[static_cast<rondo_status>(barrier.state())];
    if (barrier.broken()) return state;
    return state + ", waiters:" + std::to_string(barrier.waiting()) + "/" + std::to_string(barrier.parties());
}
std::string described(const Queue<std::string> &queue) {
    std::string words = "maxsize=" + std::to_string(queue.maxsize());
    if (!queue.empty()) words += " size=" + std::to_string(queue.size());
    const std::uint64_t getters = rondo_queue_getters(queue.native()), putters = rondo_queue_putters(queue.native());
    if (getters > 0) words += " _getters[" + std::to_string(getters) + "]";
    if (putters > 0) words += " _putters[" + std::to_string(putters) + "]";
    if (queue.unfinished() > 0) words += " tasks=" + std::to_string(queue.unfinished());
    if (queue.is_shutdown()) words += " shutdown";
    return words;
}

} // namespace

// ---- what is shared

Machine::Thing Machine::make_thing(const Json &entry) const {
    const std::string &kind = entry[0].text();
    const std::int64_t argument = entry[1].is_null() ? 0 : entry[1].number();
    if (kind == "lock") return Lock();
    if (kind == "event") return Event();
    if (kind == "semaphore") return Semaphore(argument);
    if (kind == "bounded") return BoundedSemaphore(argument);
    if (kind == "barrier") return Barrier(static_cast<std::uint64_t>(argument));
    if (kind == "queue") return Queue<Value>(argument);
    if (kind == "lifo") return LifoQueue<Value>(argument);
    if (kind == "priority") return PriorityQueue<Value>(argument);
    if (entry[1].is_null()) return Condition();
    return Condition(std::get<Lock>(shared_.at(static_cast<std::size_t>(argument))));
}

void Machine::make_shared() {
    const Json *entries = program_.find("shared");
    if (entries == nullptr) return;
    for (const Json &entry : entries->items()) shared_.push_back(make_thing(entry));
    counts_.resize(shared_.size());
}

template <class T>
T &Machine::thing(const Json &s) {
    return std::get<T>(shared_.at(static_cast<std::size_t>(s[1].number())));
}

void Machine::free_locks() {
    for (const Thing &one : shared_) {
        if (const Lock *lock = std::get_if<Lock>(&one); lock != nullptr && lock->locked()) lock->release();
        if (const Condition *condition = std::get_if<Condition>(&one); condition != nullptr && condition->locked())
            condition->release();
    }
}

void Machine::log_shared() {
    for (std::size_t p = 0; p < shared_.size(); ++p) {
        const std::string &kind = (*program_.find("shared"))[p][0].text();
        trace_.push_back(kind + " " + std::to_string(p) + " is " + look_at(shared_[p]));
    }
}

std::string Machine::look_at(const Thing &thing) {
    return std::visit([](const auto &one) { return described(one); }, thing);
}

// Calls use with a function that makes what a statement awaits, and with what asyncio's answers with if that is nothing
// here.
template <class Use>
Coroutine<Machine::Value> Machine::operation(const Json &s, Use use) {
    const std::string &verb = s[0].text();
    if (verb == "put") {
        return use([queue = thing<Queue<Value>>(s), item = s[2].text()] { return queue.put(item); }, "None");
    }
    if (verb == "get") return use([queue = thing<Queue<Value>>(s)] { return queue.get(); }, "");
    if (verb == "join") return use([queue = thing<Queue<Value>>(s)] { return queue.join(); }, "None");
    if (verb == "reset") return use([barrier = thing<Barrier>(s)] { return barrier.reset(); }, "None");
    if (verb == "abort") return use([barrier = thing<Barrier>(s)] { return barrier.abort(); }, "None");
    if (verb == "wait_until") {
        const auto enough = [this, p = s[1].number(), wanted = s[2].number()] {
            const std::int64_t count = counts_[static_cast<std::size_t>(p)];
            log("count " + std::to_string(p) + " is " + std::to_string(count));
            return count >= wanted;
        };
        return use([condition = thing<Condition>(s), enough] { return condition.wait_for(enough); }, "");
    }
    return std::visit(
        [&](auto &thing) -> Coroutine<Value> {
            if constexpr (requires { thing.acquire(); }) {
                if (verb == "acquire") return use([thing] { return thing.acquire(); }, "True");
            }
            if constexpr (requires { thing.wait(); }) {
                if (verb == "wait_on") return use([thing] { return thing.wait(); }, "True");
            }
            throw std::logic_error("unknown statement: " + verb);
        },
        shared_.at(static_cast<std::size_t>(s[1].number())));
}

Coroutine<Machine::Value> Machine::operate(const Json &s) {
    return operation(s, [](auto wait, const char *otherwise) { return perform(std::move(wait), otherwise); });
}

Coroutine<Machine::Value> Machine::operate_in_time(const Json &s, std::chrono::nanoseconds limit) {
    return operation(
        s, [limit](auto wait, const char *otherwise) { return perform_in_time(std::move(wait), otherwise, limit); });
}

Coroutine<> Machine::do_operation(ActorPtr me, const Json &s) {
    const Value value = co_await operate(s);
    log(me->label + " " + s[0].text() + " " + std::to_string(s[1].number()) + " " + value);
}

template <class Lockable>
Coroutine<Machine::Returned> Machine::inside(ActorPtr me, const Json &s, Lockable lockable) {
    auto held = co_await lockable.scoped();
    log(me->label + " holds " + std::to_string(s[1].number()) + " None");
    std::exception_ptr failed;
    Returned value;
    try {
        value = co_await block(me, s[2]);
    } catch (...) {
        failed = std::current_exception();
    }
    const std::string released = outcome([&] { held.release(); });
    if (released != "None") throw std::runtime_error(released);
    if (failed) std::rethrow_exception(failed);
    co_return value;
}

Coroutine<Machine::Returned> Machine::meet(ActorPtr me, const Json &s) {
    const std::uint64_t index = co_await thing<Barrier>(s).wait();
    log(me->label + " holds " + std::to_string(s[1].number()) + " " + std::to_string(index));
    co_return co_await block(me, s[2]);
}

Coroutine<Machine::Returned> Machine::hold(ActorPtr me, const Json &s) {
    return std::visit(
        [&](auto &thing) -> Coroutine<Returned> {
            if constexpr (requires { thing.scoped(); }) {
                return inside(me, s, thing);
            } else {
                return meet(me, s);
            }
        },
        shared_.at(static_cast<std::size_t>(s[1].number())));
}

Coroutine<Machine::Returned> Machine::do_hold(ActorPtr me, const Json &s) {
    std::exception_ptr failed;
    Returned value;
    try {
        value = co_await hold(me, s);
    } catch (...) {
        failed = std::current_exception();
    }
    log(me->label + " leaves " + std::to_string(s[1].number()));
    if (failed) std::rethrow_exception(failed);
    co_return value;
}

std::string Machine::call(const Json &s) {
    const std::string &verb = s[0].text();
    if (verb == "set_event") return outcome([&] { thing<Event>(s).set(); });
    if (verb == "clear_event") return outcome([&] { thing<Event>(s).clear(); });
    if (verb == "notify") {
        return outcome([&] { thing<Condition>(s).notify(static_cast<std::uint64_t>(s[2].number())); });
    }
    if (verb == "notify_all") return outcome([&] { thing<Condition>(s).notify_all(); });
    if (verb == "put_nowait") return outcome([&] { thing<Queue<Value>>(s).put_nowait(s[2].text()); });
    if (verb == "get_nowait") return outcome([&] { return thing<Queue<Value>>(s).get_nowait(); });
    if (verb == "task_done") return outcome([&] { thing<Queue<Value>>(s).task_done(); });
    if (verb == "shutdown") return outcome([&] { thing<Queue<Value>>(s).shutdown(s[2].truth()); });
    if (verb != "release") return {};
    return std::visit(
        [](auto &thing) -> std::string {
            if constexpr (requires { thing.release(); }) {
                return outcome([&] { thing.release(); });
            } else {
                return {};
            }
        },
        shared_.at(static_cast<std::size_t>(s[1].number())));
}

bool Machine::quick_shared(const Actor &me, const Json &s) {
    const std::string &verb = s[0].text();
    if (verb == "bump") {
        ++counts_.at(static_cast<std::size_t>(s[1].number()));
    } else if (verb == "peek") {
        const std::int64_t p = s[1].number();
        log(me.label + " sees " + std::to_string(p) + " " + look_at(shared_.at(static_cast<std::size_t>(p))));
    } else {
        const std::string answer = call(s);
        if (answer.empty()) return false;
        log(me.label + " " + verb + " " + std::to_string(s[1].number()) + " " + answer);
    }
    return true;
}

// ---- threads

void Machine::hear_threads(Runner &runner) {
    static const Json yields =
        Json::parse(R"([["yield"],["yield"],["yield"],["yield"],["yield"],["yield"],["yield"],["yield"]])");
    for (int i = 0; threads_told_ && i < hearings; ++i) {
        run(runner, yields);
        if (jobs_.empty()) break;
    }
}

Awaitable<Machine::Value> Machine::start_job(const JobPtr &job, bool look) {
    threads_told_ = true;
    jobs_.push_back(job);
    return to_thread(pool_, [this, job, look] {
        if (look) job->context = variable_.get();
        job->begun.count_down();
        job->may_end.wait();
        if (job->outcome.front() == 'e') throw Oops(job->outcome);
        return job->outcome;
    });
}

void Machine::ripen(const JobPtr &job, std::int64_t turns) {
    if (turns > 0) {
        loop_->call_soon([this, job, turns] { ripen(job, turns - 1); });
    } else {
        job->ripe = true;
        end_jobs();
    }
}

void Machine::end_jobs() {
    while (!jobs_.empty() && jobs_.front()->ripe && withdrawing_.empty() && !withdraw()) {
        const JobPtr job = jobs_.front();
        jobs_.pop_front();
        job->may_end.count_down();
        if (!jobs_.empty()) {
            jobs_.front()->begun.wait();
        } else {
            std::latch passed(1);
            (void)to_thread(pool_, [&] { passed.count_down(); });
            passed.wait();
        }
        log("j" + std::to_string(job->name) + " ran " + job->context);
    }
}

bool Machine::withdraw() {
    std::copy_if(jobs_.begin() + 1, jobs_.end(), std::back_inserter(withdrawing_),
                 [](const JobPtr &job) { return job->future.done(); });
    if (withdrawing_.empty()) return false;
    loop_->call_soon([this] { go_on(); });
    return true;
}

void Machine::go_on() {
    for (const JobPtr &job : withdrawing_) std::erase(jobs_, job);
    withdrawing_.clear();
    end_jobs();
}

void Machine::do_job(const Json &s) {
    if (closing_) return;
    const auto job = std::make_shared<Job>(s[1].number(), s[2].text());
    const Awaitable<Value> future = start_job(job, false);
    job->future = future;
    if (jobs_.size() == 1) job->begun.wait();
    slots_[s[1].number()] = {future, any_rank};
    ripen(job, s[3].number());
}

Coroutine<> Machine::do_to_thread(ActorPtr me, const Json &s) {
    if (!jobs_.empty() || closing_) co_return;
    const auto job = std::make_shared<Job>(s[1].number(), s[2].text());
    const std::int64_t turns = s[3].number();
    loop_->call_soon([this, job, turns] { ripen(job, turns); });
    const Awaitable<Value> future = start_job(job, true);
    job->begun.wait();
    const Value value = co_await future;
    log(me->label + " got " + value);
}

void Machine::do_submit(const Json &s) {
    const int j = static_cast<int>(s[2].number());
    if (!claim(j)) return;
    threads_told_ = true;
    Coroutine<Value> coroutine = body(j, strangers_);
    std::optional<Submission<Value>> submission;
    std::thread([&] { submission = submit(*loop_, std::move(coroutine)); }).join();
    submissions_.insert_or_assign(s[1].number(), Submitted{*submission, j, {}});
}

void Machine::do_unsubmit(const Json &s) {
    const auto found = submissions_.find(s[1].number());
    if (found == submissions_.end() || !strangers_.contains(found->second.body) || closing_) return;
    std::thread([submission = found->second.submission] { submission.cancel(); }).join();
    submissions_.erase(found);
}

void Machine::do_submission(const Actor &me, const Json &s) {
    const auto found = submissions_.find(s[1].number());
    if (found == submissions_.end()) return;
    log(me.label + " sees s" + std::to_string(s[1].number()) + " " + state(found->second));
}

// Its result can be had once.
std::string Machine::state(Submitted &submitted) {
    if (!submitted.submission.done()) return "pending";
    if (!submitted.state.empty()) return submitted.state;
    try {
        submitted.state = "done " + submitted.submission.get();
    } catch (const Cancelled &) {
        submitted.state = "cancelled";
    } catch (...) {
        submitted.state = "failed " + describe(std::current_exception());
    }
    return submitted.state;
}

bool Machine::quick_threads(const Actor &me, const Json &s) {
    const std::string &verb = s[0].text();
    if (verb == "job") {
        do_job(s);
    } else if (verb == "submit") {
        do_submit(s);
    } else if (verb == "unsubmit") {
        do_unsubmit(s);
    } else if (verb == "submission") {
        do_submission(me, s);
    } else {
        return false;
    }
    return true;
}

} // namespace rondo::model
