// A Runner closed by hand.
#include <rondo/rondo.hpp>

#include <iostream>

using namespace std::chrono_literals;

rondo::Coroutine<> work() {
    co_await rondo::sleep(10ms);
    std::cout << "working\n";
}

int main() {
    rondo::Runner runner;
    runner.run(work());
    runner.close(); // throws what went wrong; the destructor, which closes too, could not

    try {
        runner.run(work());
    } catch (const rondo::Error &) {
        std::cout << "a closed runner runs nothing\n";
    }
}
