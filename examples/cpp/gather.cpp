// Three sleepers at once: they end as they wake, the results come in the order of the arguments.
#include <rondo/rondo.hpp>

#include <iostream>

using namespace std::chrono_literals;

rondo::Coroutine<char> sleeper(char name, std::chrono::milliseconds delay) {
    std::cout << name << " starts\n";
    co_await rondo::sleep(delay);
    std::cout << name << " ends\n";
    co_return static_cast<char>(name - 'a' + 'A');
}

rondo::Coroutine<> three() {
    auto [a, b, c] = co_await rondo::gather(sleeper('a', 200ms), sleeper('b', 100ms), sleeper('c', 300ms));
    std::cout << a << " " << b << " " << c << "\n";
}

int main() { rondo::run(three()); }
