// Two downloads as tasks, then gathered.
#include <rondo/rondo.hpp>

#include <iostream>
#include <string>

using namespace std::chrono_literals;

rondo::Coroutine<int> download(std::string name, int parts) {
    for (int part = 1; part <= parts; ++part) {
        co_await rondo::sleep(20ms * parts);
        std::cout << name << ": " << part << "/" << parts << "\n";
    }
    co_return parts * 100;
}

rondo::Coroutine<> both() {
    auto first = rondo::create_task(download("atlas", 3));
    auto second = rondo::create_task(download("poem", 2));
    auto [atlas, poem] = co_await rondo::gather(first, second);
    std::cout << "sizes: " << atlas << " " << poem << "\n";
}

int main() { rondo::run(both()); }
