#include "loop/driver.h"

#include "base/pool.h"
#include "loop/uv_driver.h"

#include <thread>

namespace rondo::core {

Driver::~Driver() { close(); }

void Driver::going_to_sleep() {
    polling_.store(uv_ != nullptr, std::memory_order_release); // a waker of an earlier sleep may still be on its way
    asleep_.store(true, std::memory_order_seq_cst);
}

void Driver::wait(int64_t deadline) {
    if (uv_) {
        uv_->wait(deadline);
    } else {
        parker_.park(deadline);
    }
}

void Driver::wake() noexcept {
    if (!asleep_.load(std::memory_order_seq_cst)) return;
    hold();
    if (asleep_.exchange(false, std::memory_order_seq_cst)) {
        if (polling_.load(std::memory_order_acquire)) {
            uv_->ring();
        } else {
            parker_.unpark();
        }
    }
    let_go();
}

void Driver::poll() { uv_->poll(); }

bool Driver::watching() const { return uv_ && uv_->watching(); }

rondo_status Driver::be_guest() {
    if (rondo_status s = open(); s < 0) return s;
    if (uv_->descriptor() < 0) return RONDO_ENOTSUP;
    uv_->be_guest();
    return RONDO_OK;
}

int Driver::descriptor() const { return uv_->descriptor(); }

int64_t Driver::get_ready_to_wait(int64_t deadline) { return uv_->get_ready_to_wait(deadline); }

rondo_status Driver::open() {
    if (uv_) return RONDO_OK;
    auto *driver = create<UvDriver>();
    if (!driver) return RONDO_ENOMEM;
    if (rondo_status s = driver->open(); s < 0) {
        destroy(driver);
        return s;
    }
    uv_ = driver;
    return RONDO_OK;
}

// Threads that were ringing have stayed with the parent.
void Driver::part_from_parent() {
    ringing_.store(0, std::memory_order_relaxed);
    if (uv_) uv_->part_from_parent();
}

uv_loop_s *Driver::uv() { return uv_ ? uv_->loop() : nullptr; }

void Driver::close() {
    awake();
    while (ringing_.load(std::memory_order_seq_cst) != 0) std::this_thread::yield();
    if (!uv_) return;
    uv_->close();
    destroy(uv_);
    uv_ = nullptr;
}

} // namespace rondo::core
