// Rondo's C++ coroutines.
#include "bench.h"

#include <rondo/rondo.hpp>

#include <cstdint>
#include <vector>

namespace {

rondo::Coroutine<> countdown(int64_t yields) {
    for (; yields > 0; --yields) co_await rondo::yield();
}

rondo::Coroutine<int64_t> child(int64_t i) { co_return i; }

rondo::Coroutine<double> gathered(int64_t count, int64_t yields) {
    double start = bench_now_ns();
    std::vector<rondo::Task<>> tasks;
    tasks.reserve(static_cast<std::size_t>(count));
    for (int64_t i = 0; i < count; ++i) tasks.push_back(rondo::create_task(countdown(yields)));
    co_await rondo::gather(std::move(tasks));
    co_return bench_now_ns() - start;
}

rondo::Coroutine<> workloads() {
    double time = co_await gathered(2, BENCH_SWITCHES);
    bench_line("switch", "C++", time, 2 * (double)BENCH_SWITCHES);
    double start = bench_now_ns();
    for (int i = 0; i < BENCH_SPAWNS; ++i) co_await rondo::create_task(countdown(0));
    bench_line("spawn+await", "C++", bench_now_ns() - start, BENCH_SPAWNS);
    start = bench_now_ns();
    int64_t sum = 0;
    for (int64_t i = 0; i < BENCH_SPAWNS; ++i) sum += co_await child(i);
    bench_line("await a coroutine", "C++", bench_now_ns() - start, sum ? BENCH_SPAWNS : 1);
    time = co_await gathered(BENCH_GATHER, 1);
    bench_line("gather 1M", "C++", time, BENCH_GATHER);
}

} // namespace

int main() {
    rondo::run(workloads());
    rondo::RunnerOptions options;
    options.handle_sigint = false;
    rondo::Runner runner(options);
    double start = bench_now_ns();
    for (int i = 0; i < BENCH_RUNS; ++i) runner.run(countdown(0));
    bench_line("run, reused", "C++", bench_now_ns() - start, BENCH_RUNS);
}
