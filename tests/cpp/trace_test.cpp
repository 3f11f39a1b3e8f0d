// The trace tables of semantics.md, appendix A: exact orders, turn by turn.
#include "support.hpp"

#include <optional>
#include <unistd.h>

namespace rondo::test {
namespace {

Coroutine<> step_thrice(Trace &trace, std::string name) {
    for (int i = 0; i < 3; ++i) {
        trace(name + std::to_string(i));
        if (i < 2) co_await yield();
    }
}

TEST(Trace, A1_S5_yield_goes_round_robin) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  auto a = create_task(step_thrice(trace, "A"));
                  auto b = create_task(step_thrice(trace, "B"));
                  auto c = create_task(step_thrice(trace, "C"));
                  trace("M0");
                  co_await yield();
                  trace("M1");
                  std::vector<Task<>> all{a, b, c};
                  (void)co_await wait(all);
                  trace("M2");
              }),
              "M0 | A0 B0 C0 M1 | A1 B1 C1 | A2 B2 C2 | | M2");
}

Coroutine<> two_steps(Trace &trace, std::string name) {
    trace(name + "0");
    co_await yield();
    trace(name + "1");
}

Coroutine<> wait_for(Trace &trace, std::string name, Task<> task) {
    co_await task;
    trace(name);
}

TEST(Trace, A2_F5_waiters_wake_in_registration_order) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  auto t = create_task(two_steps(trace, "T"));
                  t.add_done_callback([&trace] { trace("cb1"); });
                  auto a = create_task(wait_for(trace, "A", t));
                  auto b = create_task(wait_for(trace, "B", t));
                  trace("M0");
                  co_await t;
                  trace("M1");
                  co_await a;
                  co_await b;
                  trace("M2");
              }),
              "M0 | T0 | T1 | cb1 M1 A B | M2");
}

Coroutine<> yield_then(Trace &trace, std::string name, int yields, bool fail) {
    trace(name);
    for (int i = 0; i < yields; ++i) co_await yield();
    trace(name + (fail ? "!" : "."));
    if (fail) throw std::runtime_error(name);
}

TEST(Trace, A3_G6_gather_fails_at_once_and_cancels_nobody) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  trace("M");
                  try {
                      co_await gather(yield_then(trace, "A", 1, false), yield_then(trace, "B", 1, true),
                                      yield_then(trace, "C", 3, false));
                  } catch (const std::runtime_error &error) {
                      trace("M:" + std::string(error.what()));
                  }
                  co_await turns(2);
              }),
              "M | A B C | A. B! | | M:B C.");
}

Coroutine<> clean_up_slowly(Trace &trace, std::string name) {
    auto outcome = co_await as_result(forever());
    trace(name + "!");
    co_await yield();
    trace(name + "~");
    std::move(outcome).value();
}

Coroutine<> gather_two(Trace &trace) {
    try {
        co_await gather(clean_up_slowly(trace, "A"), clean_up_slowly(trace, "B"));
    } catch (const Cancelled &) {
        trace("O!");
        throw;
    }
}

TEST(Trace, A4_G10_G12_cancelling_a_gather_cancels_its_children_first) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  auto o = create_task(gather_two(trace));
                  co_await turns(3);
                  trace(o.cancel() ? "cancel" : "refused");
                  if (o.done()) trace("done?");
                  try {
                      co_await o;
                  } catch (const Cancelled &) {
                      trace("M!");
                  }
              }),
              "cancel | A! B! | A~ B~ | | O! | M!");
}

TEST(Trace, A5_K4_K21_a_failing_member_cancels_members_then_the_body) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  try {
                      co_await with_group([&](TaskGroup &group) -> Coroutine<> {
                          group.create_task([&trace]() -> Coroutine<> {
                              trace("A");
                              co_await clean_up_slowly(trace, "A");
                          });
                          group.create_task([&trace]() -> Coroutine<> {
                              trace("Bad");
                              co_await yield();
                              trace("Bad!");
                              throw std::runtime_error("bad");
                          });
                          trace("body");
                          const auto outcome = co_await as_result(forever());
                          trace("body!");
                          outcome.value();
                      });
                  } catch (const GroupError &error) {
                      trace("M:" + std::string(error.sole().message()));
                  }
              }),
              "body | A Bad | Bad! | | A! body! | A~ | | M:bad");
}

Coroutine<> tell_cancel(Trace &trace, std::string name) {
    try {
        co_await forever();
    } catch (const Cancelled &) {
        trace(name + "!");
        throw;
    }
}

TEST(Trace, A6_cancellations_arrive_in_the_order_of_the_calls) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  auto a = create_task(tell_cancel(trace, "A"));
                  auto b = create_task(tell_cancel(trace, "B"));
                  auto c = create_task(tell_cancel(trace, "C"));
                  co_await turns(2);
                  trace("M");
                  c.cancel();
                  a.cancel();
                  b.cancel();
                  a.add_done_callback([&trace] { trace("a"); });
                  b.add_done_callback([&trace] { trace("b"); });
                  c.add_done_callback([&trace] { trace("c"); });
                  auto outcomes = co_await gather_results(a, b, c);
                  if (std::get<0>(outcomes).is_cancelled()) trace("M.");
              }),
              "M | C! A! B! | c a b | M.");
}

TEST(Trace, A8_L3_ready_then_descriptors_then_timers) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    EXPECT_EQ(traced([&](Trace &trace) -> Coroutine<> {
                  const Loop loop = get_running_loop();
                  trace("M");
                  loop.add_reader(ends[0], [&] {
                      trace("IO");
                      loop.remove_reader(ends[0]);
                  });
                  struct Chain {
                      Trace &trace;
                      int i;
                      void operator()() {
                          trace("soon" + std::to_string(i));
                          if (i < 3) get_running_loop().call_soon(Chain{trace, i + 1});
                      }
                  };
                  loop.call_soon(Chain{trace, 0});
                  loop.call_later(0ms, [&trace] { trace("T0"); });
                  co_await sleep(1ms);
              }),
              "M | soon0 IO T0 | soon1 | soon2 | soon3");
    close(ends[0]);
    close(ends[1]);
}

TEST(Trace, A9_E1_E3_eager_against_lazy) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  trace("M1");
                  auto e = create_task(two_steps(trace, "E"), {.eager = true});
                  trace("M2");
                  auto z = create_task(two_steps(trace, "Z"));
                  trace("M3");
                  co_await e;
                  trace("M4");
                  co_await z;
                  trace("M5");
              }),
              "M1 E0 M2 M3 | E1 Z0 | M4 Z1 | M5");
}

TEST(Trace, A11_W41_cancelling_the_waiter_of_a_shield) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  auto inner = create_task([&trace]() -> Coroutine<> {
                      co_await sleep(10ms);
                      trace("I.");
                  });
                  auto outer = create_task([&]() -> Coroutine<> {
                      const auto outcome = co_await as_result(shield(inner));
                      trace(outcome.is_cancelled() ? "O!" : "wrong");
                      outcome.value();
                  });
                  co_await turns(2);
                  trace("M");
                  outer.cancel();
                  const auto outcome = co_await as_result(outer);
                  trace(outcome.is_cancelled() && !inner.done() ? "M!" : "wrong");
                  co_await inner;
                  trace("M.");
              }),
              "M | O! | M! | | I. | M."); // (the silent turn is the timer's)
}

// W has a timeout around f. Its deadline passes: before a callback sets f (a), behind M, which sets f (b), alone (c).
Coroutine<> deadline_against(Trace &trace, char who) {
    Future<int> f;
    const Timeout limit(5ms);
    auto w = create_task([&]() -> Coroutine<> {
        try {
            const int value = co_await with_timeout(limit, [&]() -> Coroutine<int> { co_return co_await f; });
            trace("value" + std::to_string(value));
        } catch (const TimeoutError &) {
            trace("timeout");
        }
    });
    const auto set = [&](int value) {
        trace("set");
        f.set_result(value);
    };
    if (who == 'a') get_running_loop().call_later(5ms, [&] { set(1); });
    co_await turns(2);
    if (who == 'b') {
        set(2);
        limit.reschedule(-1ns); // due: in the next turn, behind what is ready
    }
    co_await w;
    trace(f.cancelled() ? "f!" : "f" + std::to_string(f.result()));
}

TEST(Trace, A12_O10_deadline_against_result) {
    EXPECT_EQ(traced([](Trace &trace) { return deadline_against(trace, 'a'); }), "set | timeout | f1");
    EXPECT_EQ(traced([](Trace &trace) { return deadline_against(trace, 'b'); }), "set | value2 | f2");
    EXPECT_EQ(traced([](Trace &trace) { return deadline_against(trace, 'c'); }), "timeout | f!");
}

Coroutine<> finally_inner(Trace &trace) {
    struct Finally {
        Trace &trace;
        ~Finally() { trace("inner~"); }
    } finally{trace};
    co_await tell_cancel(trace, "inner");
}

Coroutine<> await_inner(Trace &trace, Task<> inner) {
    try {
        co_await inner;
    } catch (const Cancelled &) {
        trace(inner.done() ? "mid!" : "mid too early");
        throw;
    }
}

TEST(Trace, A13_T35_T40_cancel_goes_to_the_innermost_first) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  auto inner = create_task(finally_inner(trace));
                  auto mid = create_task(await_inner(trace, inner));
                  co_await turns(2);
                  trace(mid.cancel("m") ? "cancel" : "refused");
                  try {
                      co_await mid;
                  } catch (const Cancelled &cancelled) {
                      trace("M:" + std::string(cancelled.message()));
                  }
              }),
              "cancel | inner! inner~ | mid! | M:m");
}

TEST(Trace, A14_T33_cancel_before_the_first_step_runs_no_line) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  auto w = create_task(step_thrice(trace, "W"));
                  trace(w.cancel("m") && !w.done() && w.cancelling() == 1 ? "M" : "wrong");
                  try {
                      co_await w;
                  } catch (const Cancelled &cancelled) {
                      trace("M:" + std::string(cancelled.message()));
                  }
              }),
              "M | | M:m");
}

Coroutine<> swallow(Trace &trace, Future<int> future) {
    auto outcome = co_await as_result(future);
    trace(outcome.is_cancelled() ? "W!" : "W got the value");
    co_await yield();
    trace("W.");
}

TEST(Trace, A15_T32_cancel_while_ready_drops_the_value) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Future<int> f;
                  auto w = create_task(swallow(trace, f));
                  co_await yield();
                  f.set_result(1);
                  trace(w.cancel() && f.result() == 1 ? "M" : "wrong");
                  co_await w;
                  trace(!w.cancelled() && w.cancelling() == 1 ? "M." : "wrong");
              }),
              "M | W! | W. | M.");
}

Coroutine<> await_directly(Trace &trace, Future<> f) {
    co_await f;
    trace("direct");
}

// Awaits through something else and tells when it goes on.
template <class F>
Task<> latency(Trace &trace, std::string name, F await) {
    return create_task([&trace, name, await]() -> Coroutine<> {
        co_await await();
        trace(name);
    });
}

TEST(Trace, A16_G16_W3_W42_K21_wake_up_latency) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  Future<> f;
                  std::vector<Future<>> list{f};
                  const auto simply = [&]() -> Coroutine<> { co_await f; };
                  auto direct = latency(trace, "direct", simply);
                  auto limited = latency(trace, "wait_for", [&] { return wait_for(f, 1h); });
                  auto inside = latency(trace, "timeout", [&] { return with_timeout(1h, simply); });
                  auto gathered = latency(trace, "gather", [&]() -> Coroutine<> { co_await gather(f); });
                  auto waited = latency(trace, "wait", [&] { return wait(list); });
                  auto shielded = latency(trace, "shield", [&]() -> Coroutine<> { co_await shield(f); });
                  auto task = latency(trace, "task",
                                      [&]() -> Coroutine<> { co_await create_task(await_directly(trace, f)); });
                  auto group = latency(trace, "group", [&] {
                      return with_group([&](TaskGroup &members) -> Coroutine<> {
                          members.create_task(simply);
                          co_return;
                      });
                  });
                  co_await turns(3);
                  f.set_result();
                  trace("set");
                  co_await gather(direct, limited, inside, gathered, waited, shielded, task, group);
              }),
              "set | direct wait_for timeout direct | gather wait shield task | group");
}

Coroutine<> say(Trace &trace, std::string what) {
    trace(what);
    co_return;
}

TEST(Trace, A17_T1_T20_one_queue_for_everything) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  const Loop loop = get_running_loop();
                  trace("M");
                  auto a = create_task(say(trace, "A"));
                  loop.call_soon([&trace] { trace("cs1"); });
                  auto b = create_task(say(trace, "B"));
                  loop.call_soon([&trace] { trace("cs2"); });
                  co_await b;
                  trace("M:B");
                  co_await a;
                  trace("M:A");
              }),
              "M | A cs1 B cs2 | M:B M:A");
}

Coroutine<std::string> start_end(Trace &trace, std::string name, int yields) {
    trace(name);
    for (int i = 0; i < yields; ++i) co_await yield();
    trace(name + ".");
    co_return name;
}

AsyncGenerator<int> open_generator(std::vector<std::string> &log) {
    std::exception_ptr thrown;
    try {
        co_yield 1;
    } catch (...) {
        thrown = std::current_exception();
    }
    log.push_back("generator!");
    co_await yield();
    log.push_back("generator.");
    std::rethrow_exception(thrown);
}

// Without the worker job, which has no counterpart yet.
TEST(Trace, A19_R20_the_end_of_a_run) {
    std::vector<std::string> log;
    const auto end_with = [&log](char name) -> Coroutine<> {
        const auto outcome = co_await as_result(forever());
        log.push_back(name + std::string("!"));
        if (name == 'a') outcome.value();
        if (name == 'b') throw std::runtime_error("b's");
        co_await sleep(10ms);
        log.push_back("c.");
    };
    std::optional<AsyncGenerator<int>> generator;
    const int result = play(
        [&]() -> Coroutine<int> {
            for (const char name : {'a', 'b', 'c'}) create_task(end_with(name));
            generator = open_generator(log);
            (void)co_await generator->next();
            co_await yield();
            log.push_back("M.");
            co_return 7;
        },
        [&log](const Report &report) {
            log.push_back(report.message());
            log.push_back(report.error().message());
        });
    EXPECT_EQ(result, 7);
    EXPECT_EQ(log, (std::vector<std::string>{"M.", "a!", "b!", "c!", "c.",
                                             "unhandled exception during asyncio.run() shutdown", "b's", "generator!",
                                             "generator."}));
}

TEST(Trace, A20_gather_children_and_callbacks) {
    EXPECT_EQ(traced([](Trace &trace) -> Coroutine<> {
                  auto a = create_task(start_end(trace, "A", 2));
                  auto b = create_task(start_end(trace, "B", 1));
                  b.add_done_callback([&trace] { trace("b"); });
                  auto outer = gather(a, b, start_end(trace, "C", 1));
                  a.add_done_callback([&trace] { trace("a"); });
                  outer.add_done_callback([&trace, &outer] {
                      auto [x, y, z] = outer.result();
                      trace("[" + x + y + z + "]");
                  });
                  trace("M");
                  co_await outer;
                  trace("M.");
              }),
              "M | A B C | B. C. | A. b | a | [ABC] M.");
}

} // namespace
} // namespace rondo::test
