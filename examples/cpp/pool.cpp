// Four blocking jobs in a pool of two threads, gathered beside sleepers, which they do not hold up.
#include <rondo/rondo.hpp>

#include <iostream>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

int square(int number) {
    std::this_thread::sleep_for(200ms);
    return number * number;
}

rondo::Coroutine<> sleeper(int number) {
    co_await rondo::sleep(number * 20ms);
    std::cout << "sleeper " << number << " is awake\n";
}

rondo::Coroutine<> squares(const rondo::Executor &pool) {
    std::vector<rondo::Awaitable<int>> jobs;
    for (int number = 1; number <= 4; ++number) jobs.push_back(rondo::to_thread(pool, square, number));
    for (const int result : co_await rondo::gather(std::move(jobs))) std::cout << result << " ";
    std::cout << "\n";
}

rondo::Coroutine<> side_by_side() {
    const rondo::Executor pool({.threads = 2, .name = "squares"});
    co_await rondo::gather(squares(pool), sleeper(3), sleeper(1), sleeper(2));
}

int main() { rondo::run(side_by_side()); }
