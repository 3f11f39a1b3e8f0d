// A Runner in debug mode, and one that is not.
#include <rondo/rondo.hpp>

#include <iostream>

using namespace std::chrono_literals;

rondo::Coroutine<bool> look() {
    co_await rondo::sleep(10ms);
    co_return rondo::get_running_loop().get_debug();
}

int main() {
    for (const bool debug : {true, false}) {
        rondo::Runner runner({.debug = debug});
        std::cout << "debug mode: " << (runner.run(look()) ? "on" : "off") << "\n";
    }
}
