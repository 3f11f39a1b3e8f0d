// The floor: for each workload a bare loop that does the least it could be made of, nothing general about it; and what
// the machine's own steps cost.
#include "../bench.h"

#include <atomic>
#include <barrier>
#include <boost/context/detail/fcontext.hpp>
#include <coroutine>
#include <memory>
#include <mutex>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <rondo/rondo.h>

namespace {

// The optimiser must not see through this.
template <class T>
void keep(T &&value) {
    asm volatile("" : : "g"(&value) : "memory");
}

// ---- A ready queue of tasks: a list, a function pointer, a state ----------------------------------------------------

struct Task {
    Task *next;
    bool (*step)(Task *); // true: again
    int64_t left;
};

struct Ready {
    Task *head = nullptr;
    Task **tail = &head;

    void push(Task *task) {
        task->next = nullptr;
        *tail = task;
        tail = &task->next;
    }
    Task *pop() {
        Task *task = head;
        head = task->next;
        if (head == nullptr) tail = &head;
        return task;
    }
    void run() {
        while (head != nullptr) {
            Task *task = pop();
            if (task->step(task)) push(task);
        }
    }
} ready;

bool countdown(Task *task) { return task->left-- > 0; }
bool countdown_and_free(Task *task) {
    if (task->left-- > 0) return true;
    free(task);
    return false;
}

Task *make_task(int64_t yields) {
    auto *task = static_cast<Task *>(malloc(96));
    *task = {nullptr, countdown_and_free, yields};
    return task;
}

void spawn(int64_t n, int64_t) {
    bench_start();
    for (int64_t i = 0; i < n; ++i) {
        ready.push(make_task(0));
        ready.run();
    }
    bench_stop(n);
}

void gather(int64_t n, int64_t size) {
    bench_start_bytes();
    bench_start();
    for (int64_t left = n; left >= size; left -= size) {
        for (int64_t i = 0; i < size; ++i) ready.push(make_task(1));
        ready.run();
    }
    bench_stop(n / size * size);
    bench_stop_bytes(size);
}

void yield(int64_t n, int64_t) {
    Task tasks[] = {{nullptr, countdown, n / 2}, {nullptr, countdown, n / 2}};
    for (Task &task : tasks) ready.push(&task);
    bench_start();
    ready.run();
    bench_stop(n);
}

// ---- handoff --------------------------------------------------------------------------------------------------------

struct Future {
    Task *waiter;
    int64_t value;
};

struct Side {
    Task task;
    Future *mine;
    Side *other;
};

Future *make_future(Task *waiter) {
    auto *future = static_cast<Future *>(malloc(96));
    *future = {waiter, 0};
    return future;
}

bool side_step(Task *task) {
    Side *side = reinterpret_cast<Side *>(task);
    free(side->mine);
    side->mine = make_future(task);
    Future *theirs = side->other->mine;
    theirs->value = task->left;
    if (task->left-- > 0) ready.push(theirs->waiter);
    return false;
}

void handoff(int64_t n, int64_t) {
    Side sides[2];
    for (int i = 0; i < 2; ++i) sides[i] = {{nullptr, side_step, n / 2}, make_future(&sides[i].task), &sides[1 - i]};
    ready.push(&sides[0].task);
    bench_start();
    ready.run();
    bench_stop(n);
}

// ---- timeout: a place in a heap of 64 deadlines, taken and given up, and a yield -----------------------------------------

void timeout(int64_t n, int64_t) {
    int64_t heap[128];
    int64_t count = 63;
    for (int64_t i = 0; i < count; ++i) heap[i] = i;
    Task task{nullptr, countdown, 0};
    bench_start();
    for (int64_t i = 0; i < n; ++i) {
        int64_t at = count++;
        const int64_t deadline = 3600000000000 + i;
        for (; at > 0 && heap[(at - 1) / 2] > deadline; at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
        heap[at] = deadline;
        keep(heap);
        ready.push(&task);
        ready.run();
        task.left = 0;
        heap[at] = heap[--count];
    }
    bench_stop(n);
}

// ---- post: a block each, pushed on a stack with one atomic exchange; the loop takes all there are ------------------------

void post(int64_t n, int64_t size) {
    struct Node {
        Node *next;
        int64_t *arrived;
    };
    std::atomic<Node *> inbox{nullptr};
    std::barrier go(size + 1);
    std::vector<std::thread> threads;
    int64_t arrived = 0;
    const int64_t total = n / size * size;
    for (int64_t t = 0; t < size; ++t) {
        threads.emplace_back([&] {
            go.arrive_and_wait();
            for (int64_t i = 0; i < n / size; ++i) {
                Node *node = static_cast<Node *>(malloc(32));
                *node = {inbox.load(std::memory_order_relaxed), &arrived};
                while (!inbox.compare_exchange_weak(node->next, node, std::memory_order_release)) {
                }
            }
        });
    }
    bench_start();
    go.arrive_and_wait();
    while (arrived < total) {
        Node *node = inbox.exchange(nullptr, std::memory_order_acquire);
        if (node == nullptr) std::this_thread::yield();
        while (node != nullptr) {
            ++*node->arrived;
            free(std::exchange(node, node->next));
        }
    }
    bench_stop(total);
    for (auto &thread : threads) thread.join();
}

// ---- thread: one thread wakes another and is woken by it -------------------------------------------------------------

void thread(int64_t n, int64_t) {
    sem_t there, back;
    sem_init(&there, 0, 0);
    sem_init(&back, 0, 0);
    std::thread worker([&] {
        for (int64_t i = 0; i < n; ++i) {
            sem_wait(&there);
            sem_post(&back);
        }
    });
    bench_start();
    for (int64_t i = 0; i < n; ++i) {
        sem_post(&there);
        sem_wait(&back);
    }
    bench_stop(n);
    worker.join();
}

// ---- fresh-io: an epoll descriptor for one look ---------------------------------------------------------------------

void fresh_io(int64_t n, int64_t) {
    const int fd = eventfd(1, EFD_NONBLOCK);
    bench_start();
    for (int64_t i = 0; i < n; ++i) {
        const int epoll = epoll_create1(EPOLL_CLOEXEC);
        epoll_event event{};
        event.events = EPOLLIN;
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        bench_check(epoll_wait(epoll, &event, 1, -1) == 1, "epoll_wait");
        close(epoll);
    }
    bench_stop(n);
}

// ---- queue: a ring, filled and emptied -------------------------------------------------------------------------------

void queue(int64_t n, int64_t size) {
    std::vector<int64_t> ring(static_cast<size_t>(size));
    int64_t sum = 0;
    bench_start();
    for (int64_t i = 0; i < n; i += size) {
        for (int64_t k = 0; k < size; ++k) ring[static_cast<size_t>(k)] = i + k;
        keep(ring);
        for (int64_t k = 0; k < size; ++k) sum += ring[static_cast<size_t>(k)];
        keep(sum);
    }
    bench_stop(n);
}

// ---- nap: a timerfd ----------------------------------------------------------------------------------------------------

void nap(int64_t n, int64_t) {
    const int timer = timerfd_create(CLOCK_MONOTONIC, 0), epoll = epoll_create1(0);
    epoll_event event{};
    event.events = EPOLLIN;
    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event);
    std::vector<int64_t> durations;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t began = bench_now();
        itimerspec when{};
        when.it_value.tv_nsec = BENCH_NAP;
        timerfd_settime(timer, 0, &when, nullptr);
        epoll_wait(epoll, &event, 1, -1);
        durations.push_back(bench_now() - began);
    }
    bench_print_naps(durations.data(), n);
}

// ---- The machine's own steps ---------------------------------------------------------------------------------------------

template <class Step>
void measure(int64_t n, Step step) {
    bench_start();
    for (int64_t i = 0; i < n; ++i) step();
    bench_stop(n);
}

void call(int64_t n, int64_t) {
    measure(n, [] { keep(rondo_version_number()); });
}

struct Forever {
    struct promise_type {
        Forever get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
    std::coroutine_handle<promise_type> handle;
};

Forever suspend_forever() {
    for (;;) co_await std::suspend_always{};
}

void resume(int64_t n, int64_t) {
    auto coroutine = suspend_forever();
    keep(coroutine);
    measure(n, [&] { coroutine.handle.resume(); });
    coroutine.handle.destroy();
}

void jump_back(boost::context::detail::transfer_t from) {
    for (;;) from = boost::context::detail::jump_fcontext(from.fctx, nullptr);
}

// To another stack and back.
void jump(int64_t n, int64_t) {
    constexpr size_t size = 65536;
    const auto stack = std::make_unique<char[]>(size);
    auto other = boost::context::detail::make_fcontext(stack.get() + size, size, jump_back);
    measure(n, [&] { other = boost::context::detail::jump_fcontext(other, nullptr).fctx; });
}

void epoll(int64_t n, int64_t) {
    const int fd = epoll_create1(0);
    epoll_event event{};
    measure(n, [&] { epoll_wait(fd, &event, 1, 0); });
}

void eventfd_pair(int64_t n, int64_t) {
    const int fd = eventfd(0, EFD_NONBLOCK);
    uint64_t one = 1;
    measure(n, [&] { bench_check(write(fd, &one, 8) == 8 && read(fd, &one, 8) == 8, "eventfd"); });
}

void clock_read(int64_t n, int64_t) {
    measure(n, [] { keep(bench_now()); });
}

void allocate(int64_t n, int64_t) {
    measure(n, [] {
        void *block = malloc(128);
        keep(block);
        free(block);
    });
}

void mutex(int64_t n, int64_t) {
    std::mutex mutex;
    std::thread([] {}).join(); // with one thread only, there is nothing to lock
    measure(n, [&] {
        mutex.lock();
        keep(mutex);
        mutex.unlock();
    });
}

void atomic_add(int64_t n, int64_t) {
    std::atomic<int64_t> counter{0};
    measure(n, [&] { counter.fetch_add(1); });
}

} // namespace

int main(int argc, char **argv) {
    const bench_workload workloads[] = {
        {"spawn", spawn},
        {"gather", gather},
        {"yield", yield},
        {"handoff", handoff},
        {"timeout", timeout},
        {"post", post},
        {"thread", thread},
        {"fresh-io", fresh_io},
        {"queue", queue},
        {"nap", nap},
        {"a call", call},
        {"a resume", resume},
        {"a switch", jump},
        {"a poll", epoll},
        {"an eventfd", eventfd_pair},
        {"a clock", clock_read},
        {"an allocation", allocate},
        {"a mutex", mutex},
        {"an atomic", atomic_add},
    };
    return bench_main(argc, argv, workloads, std::size(workloads));
}
