// Prints the clock every second, ten times; then, on the same Runner, sleeps for five seconds.
//
// With RONDO_EXAMPLE_FAST in the environment the clock is virtual: it jumps when everyone sleeps.
#include <rondo/rondo.hpp>

#include <cstdlib>
#include <iostream>

using namespace std::chrono_literals;

auto whole_seconds_since(std::chrono::nanoseconds start) {
    return std::chrono::round<std::chrono::seconds>(rondo::get_running_loop().time() - start).count();
}

rondo::Coroutine<> show_clock() {
    const auto start = rondo::get_running_loop().time();
    for (int i = 0; i < 10; ++i) {
        std::cout << "clock: " << whole_seconds_since(start) << std::endl;
        co_await rondo::sleep(1s);
    }
}

rondo::Coroutine<> sleep_long() {
    const auto start = rondo::get_running_loop().time();
    co_await rondo::sleep(5s);
    std::cout << "slept for " << whole_seconds_since(start) << "\n";
}

int main() {
    const bool fast = std::getenv("RONDO_EXAMPLE_FAST") != nullptr;
    rondo::Runner runner({.loop = {.virtual_clock = fast}});
    runner.run(show_clock());
    runner.run(sleep_long());
}
