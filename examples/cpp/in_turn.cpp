// A coroutine awaits two others, one after the other.
#include <rondo/rondo.hpp>

#include <iostream>
#include <string>

using namespace std::chrono_literals;

rondo::Coroutine<std::size_t> fetch(std::string what, std::chrono::milliseconds delay) {
    std::cout << "fetching " << what << "\n";
    co_await rondo::sleep(delay);
    std::cout << "fetched " << what << "\n";
    co_return what.size();
}

rondo::Coroutine<> breakfast() {
    const auto bread = co_await fetch("bread", 20ms);
    const auto butter = co_await fetch("butter", 10ms);
    std::cout << "together: " << bread + butter << "\n";
}

int main() { rondo::run(breakfast()); }
