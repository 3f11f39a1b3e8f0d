// Boost.Asio's C++20 coroutines (Boost 1.74, as Debian has it). It has no futures, queues or locks, and its
// coroutines cannot be cancelled one by one: those workloads are left out.
#include <utility> // Boost 1.74 forgets it

#include "../bench.h"

#include <barrier>
#include <boost/asio.hpp>
#include <boost/asio/thread_pool.hpp>
#include <sys/eventfd.h>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::co_spawn;
using asio::detached;
using asio::io_context;
using asio::use_awaitable;
using std::chrono::nanoseconds;

constexpr int one_thread = 1; // a hint: only one thread runs the loop

awaitable<void> countdown(io_context &loop, int64_t yields) {
    for (; yields > 0; --yields) co_await asio::post(loop, use_awaitable);
}

awaitable<void> spawn(io_context &loop, int64_t n, int64_t) {
    bench_start();
    for (int64_t i = 0; i < n; ++i) co_await co_spawn(loop, countdown(loop, 0), use_awaitable);
    bench_stop(n);
}

// Waits for many: the last to end cancels a timer that never fires.
struct Latch {
    Latch(io_context &loop, int64_t count) : left(count), timer(loop, asio::steady_timer::time_point::max()) {}
    void count_down() {
        if (--left == 0) timer.cancel();
    }
    awaitable<void> wait() {
        boost::system::error_code cancelled;
        co_await timer.async_wait(asio::redirect_error(use_awaitable, cancelled));
    }
    int64_t left;
    asio::steady_timer timer;
};

awaitable<void> countdown_then(io_context &loop, int64_t yields, Latch &latch) {
    co_await countdown(loop, yields);
    latch.count_down();
}

awaitable<void> gather(io_context &loop, int64_t n, int64_t size) {
    bench_start_bytes();
    bench_start();
    for (int64_t left = n; left >= size; left -= size) {
        Latch latch(loop, size);
        for (int64_t i = 0; i < size; ++i) co_spawn(loop, countdown_then(loop, 1, latch), detached);
        co_await latch.wait();
    }
    bench_stop(n / size * size);
    bench_stop_bytes(size);
}

awaitable<void> yield(io_context &loop, int64_t n, int64_t) {
    Latch latch(loop, 2);
    bench_start();
    for (int i = 0; i < 2; ++i) co_spawn(loop, countdown_then(loop, n / 2, latch), detached);
    co_await latch.wait();
    bench_stop(n);
}

bench_sleepers sleepers_seen;

awaitable<void> sleeper(io_context &loop, int64_t i, Latch &latch) {
    asio::steady_timer timer(loop, nanoseconds(bench_sleeper_begins(&sleepers_seen, i)));
    co_await timer.async_wait(use_awaitable);
    bench_sleeper_wakes(&sleepers_seen, i);
    latch.count_down();
}

awaitable<void> sleepers(io_context &loop, int64_t n, int64_t) {
    Latch latch(loop, n);
    bench_sleepers_begin(&sleepers_seen, n);
    for (int64_t i = 0; i < n; ++i) co_spawn(loop, sleeper(loop, i, latch), detached);
    co_await latch.wait();
    bench_sleepers_end(&sleepers_seen);
}

awaitable<void> timeout(io_context &loop, int64_t n, int64_t) {
    asio::steady_timer limit(loop);
    bench_start();
    for (int64_t i = 0; i < n; ++i) {
        limit.expires_after(std::chrono::hours(1));
        limit.async_wait([](boost::system::error_code) {});
        co_await asio::post(loop, use_awaitable);
        limit.cancel();
    }
    bench_stop(n);
}

awaitable<void> post(io_context &loop, int64_t n, int64_t size) {
    const int64_t total = n / size * size;
    Latch arrivals(loop, total);
    std::barrier go(size + 1);
    std::vector<std::thread> threads;
    for (int64_t t = 0; t < size; ++t) {
        threads.emplace_back([&] {
            go.arrive_and_wait();
            for (int64_t i = 0; i < n / size; ++i) asio::post(loop, [&arrivals] { arrivals.count_down(); });
        });
    }
    bench_start();
    go.arrive_and_wait();
    co_await arrivals.wait();
    bench_stop(total);
    for (auto &thread : threads) thread.join();
}

// Runs `job` in the pool and goes on in the loop.
template <class Job>
awaitable<void> in_thread(asio::thread_pool &pool, Job job) {
    co_await asio::async_initiate<decltype(use_awaitable), void()>(
        [&pool, job](auto handler) {
            auto work = asio::make_work_guard(handler);
            asio::post(pool, [job, handler = std::move(handler), work]() mutable {
                job();
                auto loop = work.get_executor();
                asio::post(loop, std::move(handler));
            });
        },
        use_awaitable);
}

awaitable<void> jobs(asio::thread_pool &pool, int64_t n, Latch &latch) {
    for (; n > 0; --n) co_await in_thread(pool, [] {});
    latch.count_down();
}

awaitable<void> thread(io_context &loop, int64_t n, int64_t size) {
    asio::thread_pool pool(4); // as many as libuv has
    Latch latch(loop, size);
    bench_start();
    for (int64_t i = 0; i < size; ++i) co_spawn(loop, jobs(pool, n / size, latch), detached);
    co_await latch.wait();
    bench_stop(n / size * size);
}

awaitable<void> nap(io_context &loop, int64_t n, int64_t) {
    std::vector<int64_t> durations;
    asio::steady_timer timer(loop);
    for (int64_t i = 0; i < n; ++i) {
        const int64_t began = bench_now();
        timer.expires_after(nanoseconds(BENCH_NAP));
        co_await timer.async_wait(use_awaitable);
        durations.push_back(bench_now() - began);
    }
    bench_print_naps(durations.data(), n);
}

void run(int64_t n, int64_t) {
    io_context loop(one_thread);
    bench_start();
    for (int64_t i = 0; i < n; ++i) {
        co_spawn(loop, countdown(loop, 0), detached);
        loop.run();
        loop.restart();
    }
    bench_stop(n);
}

void fresh(int64_t n, int64_t) {
    bench_start();
    for (int64_t i = 0; i < n; ++i) {
        io_context loop(one_thread);
        co_spawn(loop, countdown(loop, 0), detached);
        loop.run();
    }
    bench_stop(n);
}

awaitable<void> wait_for_descriptor(io_context &loop, int fd) {
    asio::posix::stream_descriptor descriptor(loop, fd);
    co_await descriptor.async_wait(asio::posix::stream_descriptor::wait_read, use_awaitable);
    descriptor.release();
}

void fresh_io(int64_t n, int64_t) {
    const int fd = eventfd(1, EFD_NONBLOCK);
    bench_start();
    for (int64_t i = 0; i < n; ++i) {
        io_context loop(one_thread);
        co_spawn(loop, wait_for_descriptor(loop, fd), detached);
        loop.run();
    }
    bench_stop(n);
}

template <auto workload>
void on_a_loop(int64_t n, int64_t size) {
    io_context loop(one_thread);
    co_spawn(loop, workload(loop, n, size), detached);
    loop.run();
}

} // namespace

int main(int argc, char **argv) {
    const bench_workload workloads[] = {
        {"spawn", on_a_loop<spawn>},
        {"gather", on_a_loop<gather>},
        {"group", on_a_loop<gather>},
        {"yield", on_a_loop<yield>},
        {"sleepers", on_a_loop<sleepers>},
        {"timeout", on_a_loop<timeout>},
        {"post", on_a_loop<post>},
        {"thread", on_a_loop<thread>},
        {"run", run},
        {"fresh", fresh},
        {"fresh-io", fresh_io},
        {"nap", on_a_loop<nap>},
    };
    return bench_main(argc, argv, workloads, std::size(workloads));
}
