// with_group: tasks that end before the block does; one failure ends them all.
#include <rondo/rondo.hpp>

#include <iostream>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

rondo::Coroutine<int> count(std::string what, std::chrono::milliseconds delay, int n) {
    co_await rondo::sleep(delay);
    if (n < 0) throw std::runtime_error("cannot count " + what);
    std::cout << what << ": " << n << "\n";
    co_return n;
}

rondo::Coroutine<int> count_all(int pears) {
    co_return co_await rondo::with_group([&](rondo::TaskGroup &group) -> rondo::Coroutine<int> {
        auto apples = group.create_task(count("apples", 10ms, 3));
        auto fruit = group.create_task(count("pears", 20ms, pears));
        auto plums = group.create_task(count("plums", 30ms, 5));
        co_return co_await apples + co_await fruit + co_await plums;
    });
}

rondo::Coroutine<> show() {
    const int all = co_await count_all(4);
    std::cout << "together: " << all << "\n";
    try {
        co_await count_all(-1); // the plums are cancelled
    } catch (const rondo::GroupError &errors) {
        for (const rondo::ErrorPtr &error : errors.children()) std::cout << "failed: " << error.message() << "\n";
    }
}

int main() { rondo::run(show()); }
