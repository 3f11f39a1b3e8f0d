// What main leaves running is cancelled when the runner closes, and gets to clean up.
#include <rondo/rondo.hpp>

#include <iostream>
#include <string>

using namespace std::chrono_literals;

rondo::Coroutine<> background(std::string name) {
    std::cout << name << " starts\n";
    auto outcome = co_await rondo::as_result(rondo::sleep(1h)); // not a try block: a catch cannot await
    co_await rondo::yield();
    std::cout << name << " cleans up\n";
    outcome.value(); // throws the cancellation on
}

rondo::Coroutine<std::string> leave_work_behind() {
    rondo::create_task(background("first"));
    rondo::create_task(background("second"));
    co_await rondo::sleep(10ms);
    std::cout << "main ends\n";
    co_return "result";
}

int main() {
    const std::string result = rondo::run(leave_work_behind());
    std::cout << "after the run: " << result << "\n";
}
