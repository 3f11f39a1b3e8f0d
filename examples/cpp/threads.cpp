// A job that blocks for 200 ms beside a coroutine that sleeps for 100: neither waits for the other.
#include <rondo/rondo.hpp>

#include <iostream>
#include <thread>

using namespace std::chrono_literals;

std::string block(std::chrono::milliseconds duration) {
    std::this_thread::sleep_for(duration); // in a thread: the loop goes on
    return "the job has ended";
}

rondo::Coroutine<> sleeper() {
    std::cout << "the sleeper sleeps\n";
    co_await rondo::sleep(100ms);
    std::cout << "the sleeper is awake\n";
}

rondo::Coroutine<> both() {
    auto [said, nothing] = co_await rondo::gather(rondo::to_thread(block, 200ms), sleeper());
    std::cout << said << "\n";
}

int main() { rondo::run(both()); }
