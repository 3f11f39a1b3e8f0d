// Timeouts: around one thing, around a block, moved while it runs; and what a block may do when its time is over.
#include <rondo/rondo.hpp>

#include <iostream>
#include <string>

using namespace std::chrono_literals;

rondo::Coroutine<std::string> answer(std::chrono::milliseconds delay) {
    co_await rondo::sleep(delay);
    co_return "an answer";
}

rondo::Coroutine<> show() {
    std::cout << co_await rondo::wait_for(answer(10ms), 1s) << "\n";

    try {
        co_await rondo::wait_for(answer(1s), 10ms);
    } catch (const rondo::TimeoutError &) {
        std::cout << "too late\n";
    }

    co_await rondo::with_timeout(20ms, [](rondo::Timeout &limit) -> rondo::Coroutine<> {
        for (int part = 1; part <= 3; ++part) {
            co_await rondo::sleep(10ms);
            std::cout << "part " << part << "\n";
            limit.reschedule_after(20ms); // as long as something comes, there is time
        }
    });

    const bool saved = co_await rondo::with_timeout(10ms, []() -> rondo::Coroutine<bool> {
        const auto outcome = co_await rondo::as_result(answer(1s));
        co_return outcome.has_value(); // the block has dealt with it: no error
    });
    std::cout << "saved: " << (saved ? "yes" : "no") << "\n";
}

int main() { rondo::run(show()); }
