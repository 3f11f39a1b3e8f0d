// A Runner closed by the end of its block.
#include <rondo/rondo.hpp>

#include <iostream>
#include <optional>
#include <string>

using namespace std::chrono_literals;

rondo::Coroutine<> work(std::string name) {
    co_await rondo::sleep(10ms);
    std::cout << "working on " << name << "\n";
}

int main() {
    std::optional<rondo::Loop> loop;
    {
        rondo::Runner runner;
        runner.run(work("the first thing"));
        runner.run(work("the second thing"));
        loop = runner.get_loop();
        std::cout << "inside: closed is " << (loop->is_closed() ? "yes" : "no") << "\n";
    }
    std::cout << "outside: closed is " << (loop->is_closed() ? "yes" : "no") << "\n";
}
