#include <chrono>
#include <iostream>
#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

rondo::Coroutine<int> answer() {
    co_await rondo::sleep(1ms);
    co_return 42;
}

int main() {
    int result = rondo::run(answer());
    std::cout << "C++ " << result << "\n";
    return result == 42 ? 0 : 1;
}
