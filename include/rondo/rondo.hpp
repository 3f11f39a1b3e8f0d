// rondo.hpp - Rondo for C++20: asyncio's Runner, one reusable loop, coroutines on it. Header-only, on top of rondo.h.
//
//     #include <rondo/rondo.hpp>
//     using namespace std::chrono_literals;
//
//     rondo::Coroutine<int> hello() {
//         co_await rondo::sleep(10ms);
//         co_return 42;
//     }
//
//     int main() { return rondo::run(hello()) == 42 ? 0 : 1; }
//
// How to read it: coroutine, runner, task, sleep first; then task_group, timeout, gather, wait, generator; then sync
// and queue, thread and channel; then future, loop, context, error, result, value, waker. box, callback and operation
// are machinery. Names, orders and outcomes are asyncio's (CPython 3.13); rondo.h is the manual.
//
// Threads     Handles may be made, copied and dropped anywhere; all else belongs to the loop's thread, unless the
//             name ends in _threadsafe or the text says otherwise (thread.hpp and channel.hpp are for that).
// Errors      A call that fails throws rondo::Error with the status as code() and its sentence as what().
//             rondo::Cancelled is not a std::exception: let it pass.
// Allocation  A coroutine costs its frame, a task one block more; awaiting, sleeping and yielding cost nothing.
#ifndef RONDO_HPP
#define RONDO_HPP

#if __cplusplus < 202002L
#error "rondo.hpp needs C++20: compile with -std=c++20"
#endif

#include "channel.hpp"
#include "context.hpp"
#include "coroutine.hpp"
#include "error.hpp"
#include "future.hpp"
#include "gather.hpp"
#include "generator.hpp"
#include "loop.hpp"
#include "queue.hpp"
#include "result.hpp"
#include "rondo.h"
#include "runner.hpp"
#include "sleep.hpp"
#include "sync.hpp"
#include "task.hpp"
#include "task_group.hpp"
#include "thread.hpp"
#include "timeout.hpp"
#include "value.hpp"
#include "wait.hpp"
#include "waker.hpp"

#endif // RONDO_HPP
