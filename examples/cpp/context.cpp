// Context variables: what a run sets, the next run sees; a run may be given a context of its own.
#include <rondo/rondo.hpp>

#include <iostream>
#include <string>

using namespace std::chrono_literals;

const rondo::ContextVar<std::string> user("user", "nobody");

rondo::Coroutine<> log_in(std::string name) {
    std::cout << "before: " << user.get() << "\n";
    user.set(name);
    co_await rondo::sleep(10ms);
    std::cout << "after: " << user.get() << "\n";
}

int main() {
    const auto outside = rondo::Context::create();
    const auto guest = outside.copy();
    guest.set(user, "guest");

    rondo::Runner runner({.context = outside});
    runner.run(log_in("ada"));
    runner.run(log_in("grace"));
    runner.run(log_in("alan"), {.context = guest});
    runner.run(log_in("edsger"));
    std::cout << "in the given context: " << guest.get(user) << "\n";
    std::cout << "outside: " << outside.get(user) << "\n";
}
