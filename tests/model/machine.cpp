#include "machine.hpp"

#include <algorithm>

namespace rondo::model {

namespace {

std::string joined(const std::vector<std::string> &words, const char *between) {
    std::string text;
    for (const std::string &word : words) {
        if (!text.empty()) text += between;
        text += word;
    }
    return text;
}

std::string name_of(const Json &reference) {
    std::string text;
    for (const Json &part : reference.items()) text += part.is_text() ? part.text() : std::to_string(part.number());
    return text;
}

} // namespace

std::vector<std::string> Machine::play() {
    RunnerOptions options;
    options.handle_sigint = false;
    options.loop.virtual_clock = true;
    options.loop.slow_callback = std::chrono::hours(1); // whether debug mode reports one depends on the machine
    options.loop.exception_handler = [this](const Report &report) { on_report(report); };
    if (program_["debug"].truth()) options.debug = true;
    Runner runner(options);
    loop_ = runner.get_loop();
    eager_ = program_["eager"].truth();
    for (std::int64_t k = 0; k < program_["futures"].number(); ++k) futures_.push_back(loop_->create_future<Value>());
    make_shared();
    loop_->call_later(ticks(reap_after), [this] { reap(); });
    for (const Json &block : program_["runs"].items()) run(runner, block);
    hear_threads(runner);
    closing_ = true;
    try {
        runner.close();
    } catch (...) {
        log("close raises " + describe(std::current_exception()));
    }
    log_ends();
    return std::move(trace_);
}

void Machine::run(Runner &runner, const Json &statements) {
    const int number = runs_++;
    const std::string label = "run " + std::to_string(number);
    try {
        log(label + " returns " + runner.run(run_main(number, statements)));
    } catch (...) {
        log(label + " raises " + describe(std::current_exception()));
    }
}

// ---- writing it down

void Machine::log(const std::string &event) {
    const std::int64_t now = loop_->time() / ticks(1);
    if (now != now_) {
        now_ = now;
        trace_.push_back("@" + std::to_string(now));
    }
    trace_.push_back(event);
}

void Machine::log_ends() {
    for (const auto &[j, task] : tasks_) {
        trace_.push_back("t" + std::to_string(j) + " is " + state(task) + " " + std::to_string(task.cancelling()));
    }
    for (std::size_t k = 0; k < futures_.size(); ++k) {
        trace_.push_back("f" + std::to_string(k) + " is " + state(futures_[k]));
    }
    for (auto &[name, submitted] : submissions_) {
        trace_.push_back("s" + std::to_string(name) + " is " + state(submitted));
    }
    log_shared();
}

std::string Machine::describe(const std::exception_ptr &exception) {
    try {
        std::rethrow_exception(exception);
    } catch (const Oops &oops) {
        return oops.what();
    } catch (const Cancelled &cancelled) {
        const std::string message = cancelled.message();
        return message.empty() || message == "cancelled" ? "Cancelled" : "Cancelled(" + message + ")";
    } catch (const TimeoutError &) {
        return "Timeout";
    } catch (const InvalidState &) {
        return "InvalidState";
    } catch (const ExitRequested &) {
        return "Exit";
    } catch (const BrokenBarrier &broken) {
        return "BrokenBarrier(" + std::string(broken.message()) + ")";
    } catch (const QueueShutDown &) {
        return "QueueShutDown";
    } catch (const BaseError &error) {
        return describe(error.error());
    } catch (const std::exception &error) {
        return error.what();
    }
}

std::string Machine::describe(const ErrorPtr &error) {
    if (error.child_count() == 0) {
        if (rondo_error_payload(error.get()) == nullptr && error.code() != RONDO_ECANCELED &&
            error.code() != RONDO_EEXIT && error.code() != RONDO_ETIMEDOUT && error.code() != RONDO_ESTATE &&
            error.code() != RONDO_EBROKEN && error.code() != RONDO_ESHUTDOWN)
            return "RuntimeError";
        try {
            error.raise();
        } catch (...) {
            return describe(std::current_exception());
        }
    }
    std::vector<std::string> children;
    for (std::size_t i = 0; i < error.child_count(); ++i) children.push_back(describe(error.child(i)));
    return "Group[" + joined(children, ", ") + "]";
}

std::string Machine::outcome_of(const AnyFuture &future) {
    rondo_error *error = nullptr;
    if (rondo_future_result(future.native(), nullptr, &error) < 0) return describe(ErrorPtr::adopt(error));
    return value_of(future);
}

std::string Machine::label_of(const AnyFuture &future) {
    for (const auto &[j, task] : tasks_) {
        if (task == future) return "t" + std::to_string(j);
    }
    return "?";
}

std::string Machine::value_of(const AnyFuture &future) {
    if (const auto inner = shielded_.find(future.native()); inner != shielded_.end()) return value_of(inner->second);
    if (gathers_.contains(future.native())) {
        std::vector<std::string> values;
        for (std::size_t i = 0; i < rondo_gather_count(future.native()); ++i) {
            values.push_back(outcome_of(AnyFuture::share(rondo_gather_child(future.native(), i))));
        }
        return "[" + joined(values, ", ") + "]";
    }
    return Awaitable<Value>(future).result();
}

std::string Machine::state(const AnyFuture &future) {
    if (!future.done()) return "pending";
    if (future.cancelled()) return "cancelled";
    const ErrorPtr error = future.error();
    return error ? "failed " + describe(error) : "done " + value_of(future);
}

void Machine::on_report(const Report &report) {
    std::string message = report.message();
    for (const char *word : {"never retrieved", "was destroyed", "never awaited"}) {
        if (message.find(word) != message.npos) return;
    }
    for (const char *word : {"callback", "shutdown", "asynchronous generator"}) {
        if (message.find(word) != message.npos) message = word;
    }
    log("report " + message + " " + (report.error() ? describe(report.error()) : ""));
}

void Machine::reap() {
    if (++reaps_ > most_reaps) {
        log("endless");
        return;
    }
    log("reap");
    for (const Future<Value> &future : futures_) future.cancel();
    for (const auto &[j, task] : tasks_) task.cancel();
    for (const auto &[j, task] : strangers_) task.cancel();
    for (const AnyTask &task : main_tasks_) task.cancel();
    free_locks();
    loop_->call_later(ticks(reap_after), [this] { reap(); });
}

// ---- coroutines

Coroutine<Machine::Value> Machine::run_main(int number, const Json &statements) {
    const auto me = std::make_shared<const Actor>(Actor{"m" + std::to_string(number), -1});
    main_tasks_.push_back(current_task());
    Returned value = co_await life(me, statements);
    co_return value.value_or("r" + std::to_string(number));
}

Coroutine<Machine::Value> Machine::body(int j, std::map<int, AnyTask> &tasks) {
    tasks.try_emplace(j, current_task());
    const auto me = std::make_shared<const Actor>(Actor{"t" + std::to_string(j), j});
    Returned value = co_await life(me, program_["bodies"][static_cast<std::size_t>(j)]);
    co_return value.value_or("r" + std::to_string(j));
}

Coroutine<Machine::Returned> Machine::life(ActorPtr me, const Json &statements) {
    log(me->label + " starts " + variable_.get());
    Returned value;
    try {
        value = co_await block(me, statements);
    } catch (const ExitRequested &) {
        log(me->label + " fails Exit");
        if (!closing_) throw;
        co_return std::nullopt; // asyncio would give up closing (R26, B8)
    } catch (...) {
        log(me->label + " fails " + describe(std::current_exception()));
        throw;
    }
    log(me->label + " ends");
    co_return value;
}

Coroutine<Machine::Returned> Machine::block(ActorPtr me, const Json &statements) {
    for (const Json &one : statements.items()) {
        if (quick(*me, one)) continue;
        if (Returned value = co_await statement(me, one)) co_return value;
    }
    co_return std::nullopt;
}

Coroutine<Machine::Value> Machine::nested(ActorPtr me, const Json &statements) {
    Returned value = co_await block(std::move(me), statements);
    co_return value.value_or("nothing");
}

Coroutine<Machine::Returned> Machine::statement(ActorPtr me, const Json &s) {
    const std::string &verb = s[0].text();
    if (verb == "return") co_return s[1].text();
    if (verb == "try") co_return co_await do_try(std::move(me), s);
    if (verb == "finally") co_return co_await do_finally(std::move(me), s);
    if (verb == "yield") {
        co_await yield();
        log(me->label + " yielded");
    } else if (verb == "sleep") {
        co_await sleep(ticks(s[1].number()));
        log(me->label + " slept");
    } else if (verb == "await") {
        co_await do_await(std::move(me), s[1]);
    } else if (verb == "call") {
        const Value value = co_await nested(me, s[1]);
        log(me->label + " called " + value);
    } else if (verb == "wait") {
        co_await do_wait(std::move(me), s);
    } else if (verb == "wait_for") {
        co_await do_wait_for(std::move(me), s);
    } else if (verb == "as_completed") {
        co_await do_as_completed(std::move(me), s);
    } else if (verb == "timeout") {
        co_return co_await do_timeout(std::move(me), s);
    } else if (verb == "group") {
        co_return co_await do_group(std::move(me), s);
    } else if (verb == "agen") {
        co_await do_agen(std::move(me), s);
    } else if (verb == "hold") {
        co_return co_await do_hold(std::move(me), s);
    } else if (verb == "to_thread") {
        co_await do_to_thread(std::move(me), s);
    } else {
        co_await do_operation(std::move(me), s);
    }
    co_return std::nullopt;
}

Coroutine<> Machine::do_wait(ActorPtr me, const Json &s) {
    std::vector<AnyFuture> futures;
    std::map<std::string, AnyFuture> by_label;
    for (const Found &found : resolve_all(*me, s[1])) {
        futures.push_back(found.future);
        by_label.emplace(found.label, found.future);
    }
    if (futures.empty()) co_return;
    const std::string &word = s[2].text();
    const ReturnWhen when = word == "FIRST_COMPLETED"   ? first_completed
                            : word == "FIRST_EXCEPTION" ? first_exception
                                                        : all_completed;
    const auto waited = co_await rondo::wait(std::move(futures), when, ticks_or_never(s[3]));
    std::vector<std::string> done, pending;
    for (const auto &[label, future] : by_label) {
        const bool is_done = std::find(waited.done.begin(), waited.done.end(), future) != waited.done.end();
        (is_done ? done : pending).push_back(label);
    }
    log(me->label + " waited " + joined(done, " ") + " / " + joined(pending, " "));
}

Coroutine<> Machine::do_wait_for(ActorPtr me, const Json &s) {
    std::optional<Found> found = resolve(*me, s[1]);
    if (!found) co_return;
    Value value;
    if (found->block != nullptr) {
        auto coroutine = nested(me, *found->block);
        if (s[2].is_null()) {
            value = co_await std::move(coroutine);
        } else if (eager_ && s[2].number() <= 0) { // there asyncio makes a task of it
            const TaskOptions eager{.eager = true};
            value = co_await rondo::wait_for(create_task(std::move(coroutine), eager), ticks(0));
        } else {
            value = co_await rondo::wait_for(std::move(coroutine), ticks(s[2].number()));
        }
    } else if (found->operation != nullptr) {
        if (s[2].is_null()) {
            value = co_await operate(*found->operation);
        } else if (eager_ && s[2].number() <= 0) {
            begin(*found);
            value = co_await rondo::wait_for(Awaitable<Value>(found->future), ticks(0));
        } else {
            value = co_await operate_in_time(*found->operation, ticks(s[2].number()));
        }
    } else {
        Awaitable<void> future(found->future);
        if (s[2].is_null()) {
            co_await future;
        } else {
            co_await rondo::wait_for(future, ticks(s[2].number()));
        }
        value = value_of(found->future);
    }
    log(me->label + " got " + value);
}

Coroutine<> Machine::do_as_completed(ActorPtr me, const Json &s) {
    std::vector<Awaitable<void>> futures;
    std::set<std::string> labels;
    for (Found &found : resolve_all(*me, s[1])) {
        labels.insert(found.label);
        futures.emplace_back(std::move(found.future));
    }
    auto finished = rondo::as_completed(futures, ticks_or_never(s[2]));
    bool more = true;
    for (auto left = s[4].is_null() ? labels.size() : static_cast<std::size_t>(s[4].number()); more && left > 0;
         --left) {
        if (s[3].truth()) {
            more = co_await take_value(me, finished);
        } else {
            more = co_await take_future(me, finished);
        }
    }
}

// What the plain iteration of asyncio's as_completed hands out: a value or an error. False at the end.
Coroutine<bool> Machine::take_value(ActorPtr me, AsCompleted<void> finished) {
    std::string found;
    try {
        const auto completed = co_await finished.next();
        if (!completed) co_return false;
        completed->result();
        found = value_of(*completed);
    } catch (const Cancelled &) {
        throw;
    } catch (const ExitRequested &) {
        throw;
    } catch (...) {
        found = describe(std::current_exception());
    }
    log(me->label + " takes " + found);
    co_return true;
}

// What its async iteration does: the future itself.
Coroutine<bool> Machine::take_future(ActorPtr me, AsCompleted<void> finished) {
    const auto completed = co_await finished.next();
    if (!completed) co_return false;
    log(me->label + " takes " + label_of(*completed) + " " + state(*completed));
    co_return true;
}

Coroutine<Machine::Returned> Machine::do_timeout(ActorPtr me, const Json &s) {
    const std::chrono::nanoseconds delay = ticks_or_never(s[2]);
    const bool absolute = s[4].truth() && !s[2].is_null();
    const Timeout limit = absolute ? Timeout::at(loop_->time() + delay) : Timeout(delay);
    scopes_.insert_or_assign(s[1].number(), limit);
    if (!s[5].is_null()) co_await sleep(ticks(s[5].number()));
    std::exception_ptr failed;
    Returned value;
    try {
        value = co_await with_timeout(limit, block(me, s[3]));
    } catch (...) {
        failed = std::current_exception();
    }
    const std::string when = limit.when() == never ? "never" : std::to_string(limit.when() / ticks(1));
    log(me->label + " leaves " + std::to_string(s[1].number()) + (limit.expired() ? " expired " : " in time ") +
        when + " " + std::to_string(current_task().cancelling()));
    if (failed) std::rethrow_exception(failed);
    co_return value;
}

Coroutine<Machine::Returned> Machine::do_group(ActorPtr me, const Json &s) {
    std::exception_ptr failed;
    Returned value;
    try {
        value = co_await with_group([&](TaskGroup &group) -> Coroutine<Returned> {
            groups_.insert_or_assign(s[1].number(), Group{group, me->rank});
            for (const Json &j : s[2].items()) spawn_in(*me, s[1].number(), static_cast<int>(j.number()));
            return block(me, s[3]);
        });
    } catch (...) {
        failed = std::current_exception();
    }
    log(me->label + " leaves " + std::to_string(s[1].number()) + " " + std::to_string(current_task().cancelling()));
    if (failed) std::rethrow_exception(failed);
    co_return value;
}

Coroutine<> Machine::do_agen(ActorPtr me, const Json &s) {
    const auto generator = std::make_shared<AsyncGenerator<int>>(items(s[1].number(), s[2], s[3]));
    const bool close = closing_ || s[5].text() == "close";
    generators_.push_back(generator);
    auto left = s[4].is_null() ? -1 : s[4].number();
    while (left != 0) {
        const std::optional<int> item = co_await generator->next();
        if (!item) break;
        log(me->label + " takes " + std::to_string(*item));
        --left;
    }
    if (close) co_await generator->aclose();
}

AsyncGenerator<int> Machine::items(std::int64_t name, const Json &blocks, const Json &cleanup) {
    const auto me = std::make_shared<const Actor>(Actor{"g" + std::to_string(name), any_rank});
    std::exception_ptr failed;
    try {
        for (std::size_t item = 0; item < blocks.size(); ++item) {
            co_await block(me, blocks[item]);
            co_yield static_cast<int>(item);
        }
    } catch (...) {
        failed = std::current_exception();
    }
    log(me->label + " cleans up");
    co_await block(me, cleanup);
    if (failed) std::rethrow_exception(failed);
}

Coroutine<> Machine::do_await(ActorPtr me, const Json &reference) {
    std::optional<Found> found = resolve(*me, reference);
    if (!found) co_return;
    if (found->block != nullptr) {
        const Value value = co_await nested(me, *found->block);
        log(me->label + " got " + value);
    } else {
        co_await Awaitable<void>(found->future);
        log(me->label + " got " + value_of(found->future));
    }
}

Coroutine<Machine::Returned> Machine::do_try(ActorPtr me, const Json &s) {
    const std::string &kind = s[2].text();
    std::exception_ptr caught;
    try {
        co_return co_await block(me, s[1]);
    } catch (const Cancelled &) {
        if (kind == "errors") throw;
        caught = std::current_exception();
    } catch (const ExitRequested &) {
        if (kind != "all") throw;
        caught = std::current_exception();
    } catch (...) {
        if (kind == "cancelled") throw;
        caught = std::current_exception();
    }
    log(me->label + " catches " + describe(caught));
    Returned value = co_await block(me, s[3]);
    if (s[4].truth() && !value) std::rethrow_exception(caught);
    co_return value;
}

Coroutine<Machine::Returned> Machine::do_finally(ActorPtr me, const Json &s) {
    std::exception_ptr failed;
    Returned value;
    try {
        value = co_await block(me, s[1]);
    } catch (...) {
        failed = std::current_exception();
    }
    log(me->label + " cleans up");
    Returned instead = co_await block(me, s[2]);
    if (failed) std::rethrow_exception(failed);
    co_return value ? value : instead;
}

// ---- names

bool Machine::claim(int j) { return !closing_ && begun_.insert(j).second; }

Task<Machine::Value> Machine::start(int j, TaskOptions options) {
    options.eager = eager_;
    return create_task(body(j, tasks_), options);
}

void Machine::spawn(int j, TaskOptions options) {
    if (claim(j)) tasks_.try_emplace(j, start(j, std::move(options)));
}

std::optional<Machine::Found> Machine::resolve(const Actor &me, const Json &reference) {
    const std::string &kind = reference[0].text();
    if (kind == "c") return Found{.future = {}, .block = &reference[1]};
    if (kind == "w") {
        if (closing_) return std::nullopt;
        return Found{.future = {}, .operation = &reference[1], .label = name_of(reference[1])};
    }
    const int name = static_cast<int>(reference[1].number());
    const std::string label = (kind == "b" ? "t" : kind) + std::to_string(name);
    if (kind == "f") return Found{.future = futures_[static_cast<std::size_t>(name)], .label = label};
    if (kind == "o") {
        const auto slot = slots_.find(name);
        if (slot == slots_.end() || slot->second.rank <= me.rank) return std::nullopt;
        return Found{.future = slot->second.future, .rank = slot->second.rank, .label = label};
    }
    if (name <= me.rank) return std::nullopt;
    if (kind == "b") {
        if (!claim(name)) return std::nullopt;
        return Found{.future = {}, .body = name, .rank = name, .label = label};
    }
    const auto task = tasks_.find(name);
    if (task == tasks_.end()) return std::nullopt;
    return Found{.future = task->second, .rank = name, .label = label};
}

// What asyncio does with a coroutine it is given, after the last one was named: an eager task begins here.
void Machine::begin(Found &found) {
    if (found.body >= 0) found.future = start(found.body, {});
    if (found.operation != nullptr) found.future = create_task(operate(*found.operation), {.eager = eager_});
}

std::vector<Machine::Found> Machine::resolve_all(const Actor &me, const Json &references) {
    std::vector<Found> all;
    for (const Json &reference : references.items()) {
        if (std::optional<Found> found = resolve(me, reference)) all.push_back(*std::move(found));
    }
    for (Found &found : all) begin(found);
    return all;
}

AnyFuture Machine::look_up(const Json &reference) {
    const std::string &kind = reference[0].text();
    if (kind == "m") return main_tasks_.back();
    const std::int64_t name = reference[1].number();
    if (kind == "f") return futures_[static_cast<std::size_t>(name)];
    if (kind == "o") {
        const auto slot = slots_.find(name);
        return slot != slots_.end() ? slot->second.future : AnyFuture();
    }
    const auto task = tasks_.find(static_cast<int>(name));
    return task != tasks_.end() ? AnyFuture(task->second) : AnyFuture();
}

// ---- statements that do not suspend

// False if the statement is none of these.
bool Machine::quick(const Actor &me, const Json &s) {
    const std::string &verb = s[0].text();
    if (verb == "soon" || verb == "later" || verb == "at") {
        schedule(s);
    } else if (verb == "drop") {
        if (const auto handle = handles_.find(s[1].number()); handle != handles_.end()) handle->second.cancel();
    } else if (verb == "watch") {
        watch(s);
    } else if (verb == "watch_again") {
        watch_again(s[1].number());
    } else if (verb == "unwatch") {
        unwatch(me, s[1].number());
    } else if (verb == "ticks") {
        loop_->call_soon([this, left = s[1].number()] { tick(left); });
    } else if (verb == "spawn") {
        spawn(static_cast<int>(s[1].number()), {});
    } else if (verb == "spawn_in_context") {
        spawn_in_context(static_cast<int>(s[1].number()), s[2].text());
    } else if (verb == "cancel") {
        cancel(me, s[1], s[2]);
    } else if (verb == "set") {
        set(me, s);
    } else if (verb == "fail") {
        fail(me, s);
    } else if (verb == "fresh") {
        Future<Value> &future = futures_[static_cast<std::size_t>(s[1].number())];
        if (future.done()) future = loop_->create_future<Value>();
    } else if (verb == "var") {
        log(me.label + " had " + variable_.get());
        variable_.set(s[1].text());
    } else if (verb == "look") {
        look(me, s[1]);
    } else if (verb == "all_tasks") {
        all_tasks(me);
    } else if (verb == "raise") {
        throw Oops(s[1].text());
    } else if (verb == "raise_cancelled") {
        throw Cancelled(s[1].is_null() ? nullptr : s[1].text().c_str());
    } else if (verb == "exit") {
        if (!closing_) throw ExitRequested();
    } else if (verb == "stop") {
        if (!closing_) loop_->stop();
    } else if (verb == "gather") {
        gather(me, s);
    } else if (verb == "shield") {
        shield(me, s);
    } else if (verb == "reschedule") {
        reschedule(me, s);
    } else if (verb == "spawn_in") {
        spawn_in(me, s[1].number(), static_cast<int>(s[2].number()));
    } else if (verb == "factory") {
        eager_ = s[1].truth();
    } else if (verb == "uncancel") {
        log(me.label + " uncancels " + std::to_string(current_task().uncancel()));
    } else if (verb == "cancelling") {
        log(me.label + " counts " + std::to_string(current_task().cancelling()));
    } else {
        return quick_shared(me, s) || quick_threads(me, s);
    }
    return true;
}

void Machine::act(std::int64_t name, const Json &acts) {
    const Actor me{"c" + std::to_string(name), any_rank};
    for (const Json &one : acts.items()) quick(me, one);
}

void Machine::schedule(const Json &s) {
    const std::int64_t name = s[1].number();
    const Json &acts = s.items().back();
    const auto callback = [this, name, &acts] {
        log("c" + std::to_string(name) + " runs " + variable_.get());
        act(name, acts);
    };
    if (s[0].text() == "soon") {
        handles_[name] = loop_->call_soon(callback);
    } else if (s[0].text() == "later") {
        handles_[name] = loop_->call_later(ticks(s[2].number()), callback);
    } else {
        handles_[name] = loop_->call_at(loop_->time() + ticks(s[2].number()), callback);
    }
}

void Machine::watch(const Json &s) {
    AnyFuture future = look_up(s[2]);
    if (!future) return;
    watches_[s[1].number()] = Watch{std::move(future), &s[3], {}};
    watch_again(s[1].number());
}

void Machine::watch_again(std::int64_t name) {
    const auto found = watches_.find(name);
    if (found == watches_.end()) return;
    Watch &watch = found->second;
    watch.entries.push_back(watch.future.add_done_callback([this, name, acts = watch.acts](AnyFuture future) {
        log("c" + std::to_string(name) + " sees " + state(future) + " " + variable_.get());
        act(name, *acts);
    }));
}

void Machine::unwatch(const Actor &me, std::int64_t name) {
    const auto found = watches_.find(name);
    if (found == watches_.end()) return;
    Watch &watch = found->second;
    const auto removed = std::count_if(watch.entries.begin(), watch.entries.end(), [&](const DoneCallback &entry) {
        return watch.future.remove_done_callback(entry);
    });
    watch.entries.clear();
    log(me.label + " unwatches " + std::to_string(name) + " " + std::to_string(removed));
}

void Machine::tick(std::int64_t left) {
    log("|");
    if (left > 1) loop_->call_soon([this, left] { tick(left - 1); });
}

void Machine::spawn_in_context(int j, const Value &value) {
    const Context context = copy_context();
    context.set(variable_, value);
    spawn(j, {.context = context});
}

void Machine::cancel(const Actor &me, const Json &reference, const Json &message) {
    const AnyFuture future = look_up(reference);
    if (!future) return;
    const bool accepted = future.cancel(message.is_null() ? nullptr : message.text().c_str());
    log(me.label + " cancels " + name_of(reference) + (accepted ? " True" : " False"));
}

void Machine::set(const Actor &me, const Json &s) {
    const auto k = static_cast<std::size_t>(s[1].number());
    try {
        futures_[k].set_result(s[2].text());
    } catch (const InvalidState &) {
        log(me.label + " sets f" + std::to_string(k) + " too late");
    }
}

void Machine::fail(const Actor &me, const Json &s) {
    const auto k = static_cast<std::size_t>(s[1].number());
    try {
        if (s[2].is_null()) {
            futures_[k].set_exception(Cancelled());
        } else {
            futures_[k].set_exception(Oops(s[2].text()));
        }
    } catch (const InvalidState &) {
        log(me.label + " fails f" + std::to_string(k) + " too late");
    }
}

void Machine::look(const Actor &me, const Json &reference) {
    const AnyFuture future = look_up(reference);
    if (!future) return;
    const std::string count = reference[0].text() == "t" ? std::to_string(AnyTask(future).cancelling()) : "";
    log(me.label + " looks " + name_of(reference) + " " + state(future) + " " + count);
}

void Machine::all_tasks(const Actor &me) {
    const std::vector<AnyTask> living = rondo::all_tasks(*loop_);
    std::vector<std::string> known;
    for (const auto &[j, task] : tasks_) {
        if (std::find(living.begin(), living.end(), task) != living.end()) known.push_back("t" + std::to_string(j));
    }
    log(me.label + " knows " + joined(known, " "));
}

void Machine::gather(const Actor &me, const Json &s) {
    int lowest = any_rank;
    std::vector<Awaitable<void>> children;
    for (Found &found : resolve_all(me, s[2])) {
        lowest = std::min(lowest, found.rank);
        children.emplace_back(std::move(found.future));
    }
    AnyFuture outer = s[3].truth() ? AnyFuture(gather_results(children)) : AnyFuture(rondo::gather(children));
    gathers_.insert(outer.native());
    slots_[s[1].number()] = {std::move(outer), lowest};
}

void Machine::shield(const Actor &me, const Json &s) {
    std::optional<Found> found = resolve(me, s[2]);
    if (!found) return;
    begin(*found);
    AnyFuture outer = rondo::shield(Awaitable<void>(found->future));
    if (!(outer == found->future)) shielded_.insert_or_assign(outer.native(), found->future);
    slots_[s[1].number()] = {std::move(outer), found->rank};
}

void Machine::reschedule(const Actor &me, const Json &s) {
    const auto scope = scopes_.find(s[1].number());
    if (scope == scopes_.end()) return;
    try {
        scope->second.reschedule(s[2].is_null() ? never : loop_->time() + ticks(s[2].number()));
    } catch (const InvalidState &) {
        log(me.label + " reschedules " + std::to_string(s[1].number()) + " in vain");
    }
}

void Machine::spawn_in(const Actor &me, std::int64_t name, int j) {
    const auto found = groups_.find(name);
    if (found == groups_.end() || j <= found->second.rank || closing_) return;
    try {
        spawn(j, {.group = found->second.group});
    } catch (const InvalidState &) {
        log(me.label + " adds t" + std::to_string(j) + " in vain");
    }
}

} // namespace rondo::model
