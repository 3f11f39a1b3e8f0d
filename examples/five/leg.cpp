#include "relay.h"

#include <rondo/rondo.hpp>

#include <iostream>

static rondo::Coroutine<std::string> leg(rondo::Awaitable<std::string> baton) {
    try {
        co_return co_await baton + ", C++";
    } catch (const rondo::Cancelled &) {
        std::cout << "C++: cancelled" << std::endl;
        throw;
    }
}

rondo_task *cpp_leg(rondo_future *baton) {
    return rondo::create_task(leg(rondo::Awaitable<std::string>::share(baton)), {.name = "C++"}).release();
}
