// Asynchronous generators: values with awaits between them, and a cleanup that awaits too.
#include <rondo/rondo.hpp>

#include <exception>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

rondo::AsyncGenerator<int> ticks(int n) {
    for (int i = 1; i <= n; ++i) {
        co_await rondo::sleep(10ms);
        co_yield i;
    }
}

// A pipeline is a generator that consumes another.
rondo::AsyncGenerator<std::string> named(rondo::AsyncGenerator<int> numbers) {
    while (auto number = co_await numbers.next()) co_yield "tick " + std::to_string(*number);
}

rondo::AsyncGenerator<std::string> lines() {
    std::cout << "open\n";
    std::exception_ptr thrown;
    try {
        for (int i = 1;; ++i) co_yield "line " + std::to_string(i);
    } catch (...) {
        thrown = std::current_exception(); // nobody wants more
    }
    co_await rondo::sleep(10ms);
    std::cout << "closed\n";
    std::rethrow_exception(thrown);
}

rondo::Coroutine<> show() {
    auto all = named(ticks(3));
    while (auto text = co_await all.next()) std::cout << *text << "\n";

    co_await rondo::aclosing(lines(), [](auto &each) -> rondo::Coroutine<> {
        while (auto line = co_await each.next()) {
            std::cout << *line << "\n";
            if (*line == "line 2") co_return;
        }
    });
    std::cout << "done\n";
}

int main() { rondo::run(show()); }
