// A task runs beside its creator.
#include <rondo/rondo.hpp>

#include <iostream>
#include <string>

using namespace std::chrono_literals;

rondo::Coroutine<std::string> child() {
    std::cout << "child: starts\n";
    co_await rondo::sleep(10ms);
    std::cout << "child: ends\n";
    co_return "done";
}

rondo::Coroutine<> parent() {
    auto task = rondo::create_task(child());
    std::cout << "main: the child has not started\n";
    co_await rondo::yield();
    std::cout << "main: the child has started\n";
    const std::string answer = co_await task;
    std::cout << "main: the child says " << answer << "\n";
}

int main() { rondo::run(parent()); }
