// Awaiting a coroutine is a call: no task, no trip through the loop.
#include <rondo/rondo.hpp>

#include <iostream>

using namespace std::chrono_literals;

rondo::Coroutine<int> leaf(int n) {
    if (n % 2 == 1) co_await rondo::sleep(10ms);
    co_return n;
}

rondo::Coroutine<int> branch(int n) { co_return co_await leaf(n) + co_await leaf(n + 1); }

rondo::Coroutine<> tree() {
    const int total = co_await branch(1) + co_await branch(3);
    std::cout << "the leaves add up to " << total << "\n";
}

int main() { rondo::run(tree()); }
