#include "task/operation.h"


namespace rondo::core {
namespace {

// Nobody but its task can end it, through what it waits for.
bool cancel_operation(Future &, Error *) { return false; }

void end_operation(Future &future) {
    if (!end_future(future)) return;
    auto &operation = static_cast<Operation &>(future);
    drop_value(operation.result);
    destroy(&operation);
}

} // namespace

constinit const FutureClass operation_class{"Operation", false, cancel_operation, nullptr, end_operation};

Operation::Operation(rondo_loop &l) : Future(operation_class, l, nullptr), result(no_value()) {}

bool Operation::run(Routine main) {
    if (!main) return false;
    main_ = std::move(main);
    main_.handle_.promise().operation = this;
    return true;
}

void Operation::start() {
    wait_ = advance({});
    ahead_ = true;
}

FutureRef Operation::advance(ErrorRef error) {
    if (std::exchange(ahead_, false)) return std::move(wait_);
    if (!top_) top_ = main_.handle_;
    waited_ = std::move(error);
    for (;;) {
        top_.resume();
        if (wait_) return std::move(wait_);
        if (!top_.done()) continue; // a call has begun
        Routine::Handle caller = top_.promise().caller;
        if (!caller) break;
        top_ = caller;
    }
    end(std::move(main_.handle_.promise().error));
    return {};
}

void Operation::end(ErrorRef error) {
    if (!error) {
        finish(result);
    } else if (error->code == RONDO_ECANCELED) {
        cancel_now(std::move(error));
    } else {
        fail(std::move(error));
    }
}

} // namespace rondo::core
