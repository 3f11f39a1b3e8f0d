// Two runs: each makes a loop of its own and closes it.
#include <rondo/rondo.hpp>

#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

std::vector<rondo::Loop> loops;

rondo::Coroutine<> say(std::string text) {
    loops.push_back(rondo::get_running_loop());
    co_await rondo::sleep(10ms);
    std::cout << text << "\n";
}

int main() {
    rondo::run(say("first run"));
    rondo::run(say("second run"));
    std::cout << "the same loop: " << (loops[0] == loops[1] ? "yes" : "no") << "\n";
}
