// Two runs on one Runner: one loop for both.
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
    rondo::Runner runner;
    runner.run(say("first run"));
    runner.run(say("second run"));
    const bool same = loops[0] == loops[1] && loops[1] == runner.get_loop();
    std::cout << "the same loop: " << (same ? "yes" : "no") << "\n";
}
