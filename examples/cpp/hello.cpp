// A coroutine, run: says hello after ten milliseconds.
#include <rondo/rondo.hpp>

#include <iostream>

using namespace std::chrono_literals;

rondo::Coroutine<int> hello() {
    co_await rondo::sleep(10ms);
    std::cout << "hello from a coroutine\n";
    co_return 42;
}

int main() {
    const int answer = rondo::run(hello());
    std::cout << "run returned " << answer << "\n";
}
