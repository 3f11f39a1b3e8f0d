// A thread without a loop hands lines to a coroutine, two at most on the way, and says when there are no more.
#include <rondo/rondo.hpp>

#include <iostream>
#include <thread>

rondo::Coroutine<> print(rondo::Channel<std::string> lines) {
    int number = 0;
    while (auto line = co_await lines.next()) std::cout << ++number << " " << *line << "\n";
    std::cout << "no more\n";
}

int main() {
    rondo::Channel<std::string> lines(2);
    std::thread reader([lines] {
        for (const char *line : {"first", "second", "third", "fourth"}) lines.send_blocking(line);
        lines.shutdown();
    });
    rondo::run(print(lines));
    reader.join();
}
