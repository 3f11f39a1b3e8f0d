// gather and errors: the first one is thrown while the others run on, or all of them are results.
#include <rondo/rondo.hpp>

#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;

rondo::Coroutine<std::string> work(std::string name, std::chrono::milliseconds delay) {
    co_await rondo::sleep(delay);
    if (name == "bad") throw std::runtime_error("bad luck");
    std::cout << name << " is done\n";
    co_return name;
}

rondo::Coroutine<> thrown() {
    auto good = rondo::create_task(work("good", 10ms));
    auto bad = rondo::create_task(work("bad", 20ms));
    auto slow = rondo::create_task(work("slow", 30ms));
    try {
        co_await rondo::gather(good, bad, slow);
    } catch (const std::runtime_error &error) {
        std::cout << "raised: " << error.what() << "\n";
    }
    std::cout << "slow was cancelled: " << (slow.cancelled() ? "yes" : "no") << "\n";
    co_await slow;
}

rondo::Coroutine<> returned() {
    std::vector<rondo::Coroutine<std::string>> works;
    works.push_back(work("good", 10ms));
    works.push_back(work("bad", 20ms));
    works.push_back(work("slow", 30ms));
    const auto results = co_await rondo::gather_results(std::move(works));
    for (const rondo::Result<std::string> &result : results) {
        if (result) {
            std::cout << "result: " << *result << "\n";
        } else {
            std::cout << "error: " << result.error().message() << "\n";
        }
    }
}

int main() {
    rondo::run(thrown());
    rondo::run(returned());
}
