// Rondo's C++20 coroutines.
#include "../bench.h"

#include <barrier>
#include <chrono>
#include <sys/eventfd.h>
#include <thread>
#include <vector>

#include <rondo/rondo.hpp>

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using Tasks = std::vector<rondo::Task<>>;

rondo::Coroutine<> countdown(int64_t yields) {
    for (; yields > 0; --yields) co_await rondo::yield();
}

template <class... Coroutines>
Tasks start(Coroutines &&...coroutines) {
    Tasks tasks;
    (tasks.push_back(rondo::create_task(std::move(coroutines))), ...);
    return tasks;
}

rondo::Coroutine<> spawn(int64_t n, int64_t) {
    bench_start();
    for (int64_t i = 0; i < n; ++i) co_await rondo::create_task(countdown(0));
    bench_stop(n);
}

rondo::Coroutine<> gather(int64_t n, int64_t size) {
    bench_start_bytes();
    bench_start();
    for (int64_t left = n; left >= size; left -= size) {
        Tasks tasks;
        tasks.reserve(static_cast<size_t>(size));
        for (int64_t i = 0; i < size; ++i) tasks.push_back(rondo::create_task(countdown(1)));
        co_await rondo::gather(std::move(tasks));
    }
    bench_stop(n / size * size);
    bench_stop_bytes(size);
}

rondo::Coroutine<> yield(int64_t n, int64_t) {
    Tasks tasks = start(countdown(n / 2), countdown(n / 2));
    bench_start();
    co_await rondo::gather(std::move(tasks));
    bench_stop(n);
}

using Baton = rondo::Future<int64_t>;

rondo::Coroutine<> first_side(Baton &mine, Baton &other, int64_t n) {
    for (; n > 0; --n) {
        other.set_result(n);
        co_await mine;
        mine = Baton();
    }
}

rondo::Coroutine<> second_side(Baton &mine, Baton &other, int64_t n) {
    for (; n > 0; --n) {
        co_await mine;
        mine = Baton();
        other.set_result(n);
    }
}

rondo::Coroutine<> handoff(int64_t n, int64_t) {
    Baton a, b;
    Tasks tasks = start(first_side(a, b, n / 2), second_side(b, a, n / 2));
    bench_start();
    co_await rondo::gather(std::move(tasks));
    bench_stop(n);
}

bench_sleepers sleepers_seen;

rondo::Coroutine<> sleeper(int64_t i) {
    co_await rondo::sleep(nanoseconds(bench_sleeper_begins(&sleepers_seen, i)));
    bench_sleeper_wakes(&sleepers_seen, i);
}

rondo::Coroutine<> sleepers(int64_t n, int64_t) {
    bench_sleepers_begin(&sleepers_seen, n);
    Tasks tasks;
    tasks.reserve(static_cast<size_t>(n));
    for (int64_t i = 0; i < n; ++i) tasks.push_back(rondo::create_task(sleeper(i)));
    co_await rondo::gather(std::move(tasks));
    bench_sleepers_end(&sleepers_seen);
}

rondo::Coroutine<> timeout(int64_t n, int64_t) {
    bench_start();
    for (int64_t i = 0; i < n; ++i) co_await rondo::with_timeout(1h, countdown(1));
    bench_stop(n);
}

rondo::Coroutine<> post(int64_t n, int64_t size) {
    struct Posts {
        int64_t n, arrived;
        rondo::Future<> done;
    } posts{n / size * size, 0, {}};
    rondo::Loop loop = rondo::get_running_loop();
    std::barrier go(size + 1);
    std::vector<std::thread> threads;
    for (int64_t t = 0; t < size; ++t) {
        threads.emplace_back([&] {
            go.arrive_and_wait();
            Posts *p = &posts;
            for (int64_t i = 0; i < posts.n / size; ++i) {
                loop.post([p] {
                    if (++p->arrived == p->n) p->done.set_result();
                });
            }
        });
    }
    bench_start();
    go.arrive_and_wait();
    co_await posts.done;
    bench_stop(posts.n);
    for (auto &thread : threads) thread.join();
}

rondo::Coroutine<> jobs(int64_t n) {
    for (; n > 0; --n) co_await rondo::to_thread([] {});
}

rondo::Coroutine<> thread(int64_t n, int64_t size) {
    Tasks tasks;
    bench_start();
    for (int64_t i = 0; i < size; ++i) tasks.push_back(rondo::create_task(jobs(n / size)));
    co_await rondo::gather(std::move(tasks));
    bench_stop(n / size * size);
}

rondo::Coroutine<> wait_for_descriptor() {
    static const int fd = eventfd(1, EFD_NONBLOCK);
    rondo::Loop loop = rondo::get_running_loop();
    rondo::Future<> readable;
    loop.add_reader(fd, [&] {
        loop.remove_reader(fd);
        readable.set_result();
    });
    co_await readable;
}

rondo::Coroutine<> producer(rondo::Queue<int64_t> queue, int64_t n) {
    for (; n > 0; --n) co_await queue.put(n);
}

rondo::Coroutine<> consumer(rondo::Queue<int64_t> queue, int64_t n) {
    int64_t sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += co_await queue.get();
    bench_check(sum == n * (n + 1) / 2, "the sum of the items");
}

rondo::Coroutine<> queue(int64_t n, int64_t size) {
    rondo::Queue<int64_t> items(size);
    Tasks tasks = start(producer(items, n), consumer(items, n));
    bench_start();
    co_await rondo::gather(std::move(tasks));
    bench_stop(n);
}

rondo::Coroutine<> nap(int64_t n, int64_t) {
    std::vector<int64_t> durations;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t began = bench_now();
        co_await rondo::sleep(nanoseconds(BENCH_NAP));
        durations.push_back(bench_now() - began);
    }
    bench_print_naps(durations.data(), n);
}

rondo::Coroutine<> locker(rondo::Lock lock, int64_t n) {
    co_await lock.acquire();
    co_await rondo::yield(); // now the other one is in line
    while (--n > 0) {
        lock.release();
        co_await lock.acquire();
    }
    lock.release();
}

rondo::Coroutine<> lock(int64_t n, int64_t) {
    rondo::Lock shared;
    Tasks tasks = start(locker(shared, n / 2), locker(shared, n / 2));
    bench_start();
    co_await rondo::gather(std::move(tasks));
    bench_stop(n);
}

rondo::Coroutine<> members(rondo::TaskGroup &group, int64_t size) {
    for (int64_t i = 0; i < size; ++i) group.create_task(countdown(1));
    co_return;
}

rondo::Coroutine<> group(int64_t n, int64_t size) {
    bench_start();
    for (int64_t left = n; left >= size; left -= size)
        co_await rondo::with_group([size](rondo::TaskGroup &group) { return members(group, size); });
    bench_stop(n / size * size);
}

rondo::Coroutine<> victim() { co_await rondo::sleep(1h); }

rondo::Coroutine<> cancel(int64_t n, int64_t) {
    Tasks tasks;
    for (int64_t i = 0; i < n; ++i) tasks.push_back(rondo::create_task(victim()));
    co_await rondo::yield();
    bench_start();
    for (const auto &task : tasks) task.cancel();
    co_await rondo::gather_results(std::move(tasks));
    bench_stop(n);
}

void run(int64_t n, int64_t) {
    rondo::Runner runner({.handle_sigint = false});
    bench_start();
    for (int64_t i = 0; i < n; ++i) runner.run(countdown(0));
    bench_stop(n);
}

void fresh(int64_t n, int64_t) {
    bench_start();
    for (int64_t i = 0; i < n; ++i) rondo::Runner({.handle_sigint = false}).run(countdown(0));
    bench_stop(n);
}

void fresh_io(int64_t n, int64_t) {
    bench_start();
    for (int64_t i = 0; i < n; ++i) rondo::run(wait_for_descriptor());
    bench_stop(n);
}

template <auto workload>
void on_a_loop(int64_t n, int64_t size) {
    rondo::run(workload(n, size));
}

} // namespace

int main(int argc, char **argv) {
    const bench_workload workloads[] = {
        {"spawn", on_a_loop<spawn>},
        {"gather", on_a_loop<gather>},
        {"yield", on_a_loop<yield>},
        {"handoff", on_a_loop<handoff>},
        {"sleepers", on_a_loop<sleepers>},
        {"timeout", on_a_loop<timeout>},
        {"post", on_a_loop<post>},
        {"thread", on_a_loop<thread>},
        {"run", run},
        {"fresh", fresh},
        {"fresh-io", fresh_io},
        {"queue", on_a_loop<queue>},
        {"nap", on_a_loop<nap>},
        {"lock", on_a_loop<lock>},
        {"group", on_a_loop<group>},
        {"cancel", on_a_loop<cancel>},
    };
    return bench_main(argc, argv, workloads, std::size(workloads));
}
