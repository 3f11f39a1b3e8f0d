// as_completed: results as soon as they are there, whatever the order in which they were asked for.
#include <rondo/rondo.hpp>

#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

rondo::Coroutine<std::string> fetch(std::string name, std::chrono::milliseconds delay) {
    co_await rondo::sleep(delay);
    co_return name;
}

rondo::Coroutine<> show() {
    std::vector<rondo::Coroutine<std::string>> pages;
    pages.push_back(fetch("slow", 30ms));
    pages.push_back(fetch("fast", 10ms));
    pages.push_back(fetch("medium", 20ms));

    auto done = rondo::as_completed(std::move(pages));
    while (auto page = co_await done.next()) {
        std::cout << page->result() << " was number " << page->index() + 1 << "\n";
    }

    std::vector<rondo::Task<std::string>> mirrors{rondo::create_task(fetch("far", 20ms)),
                                                  rondo::create_task(fetch("near", 10ms))};
    auto [first, others] = co_await rondo::wait(mirrors, rondo::first_completed);
    std::cout << "first: " << first[0].result() << "\n";
    for (auto &other : others) other.cancel();
}

int main() { rondo::run(show()); }
