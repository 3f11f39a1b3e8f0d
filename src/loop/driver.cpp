#include "loop/driver.h"

#include "base/pool.h"
#include "loop/uv_driver.h"

#include <thread>

namespace rondo::core {

Driver::~Driver() { close(); }

void Driver::going_to_sleep() {
    Bed bed = uv_ ? Bed::uv : poller_.is_open() ? Bed::poller : Bed::parker;
    bed_.store(bed, std::memory_order_release); // a waker of an earlier sleep may still be on its way
    asleep_.store(true, std::memory_order_seq_cst);
}

void Driver::wait(int64_t deadline) {
    if (uv_) {
        uv_->wait(deadline);
    } else if (poller_.is_open()) {
        poller_.wait(deadline);
    } else {
        parker_.park(deadline);
    }
}

void Driver::wake_sleeper() noexcept {
    hold();
    if (asleep_.exchange(false, std::memory_order_seq_cst)) {
        switch (bed_.load(std::memory_order_acquire)) {
        case Bed::parker: parker_.unpark(); break;
        case Bed::poller: poller_.ring(); break;
        case Bed::uv: uv_->ring(); break;
        }
    }
    let_go();
}

void Driver::poll() { uv_ ? uv_->poll() : poller_.poll(); }

bool Driver::watching() const { return uv_ ? uv_->watching() : poller_.is_open() && poller_.watching(); }

rondo_status Driver::be_guest() {
    if (rondo_status s = open_uv(); s < 0) return s;
    if (uv_->descriptor() < 0) return RONDO_ENOTSUP;
    uv_->be_guest();
    return RONDO_OK;
}

int Driver::descriptor() const { return uv_->descriptor(); }

int64_t Driver::get_ready_to_wait(int64_t deadline) { return uv_->get_ready_to_wait(deadline); }

rondo_status Driver::open_uv() {
    if (uv_) return RONDO_OK;
    auto *driver = create<UvDriver>();
    if (!driver) return RONDO_ENOMEM;
    rondo_status status = driver->open();
    if (status < 0) {
        destroy(driver);
        return status;
    }
    if (poller_.is_open()) status = poller_.join(*driver->loop());
    if (status < 0) {
        driver->close();
        destroy(driver);
        return status;
    }
    uv_ = driver;
    return RONDO_OK;
}

rondo_status Driver::open_poller(Poller::ReportFn report, void *user) {
    if (poller_.is_open()) return RONDO_OK;
    if (Poller::needs_uv) {
        if (rondo_status s = open_uv(); s < 0) return s;
    }
    rondo_status status = poller_.open(report, user);
    if (status < 0 || !uv_) return status;
    status = poller_.join(*uv_->loop());
    if (status < 0) poller_.close();
    return status;
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
    if (uv_) uv_->close();
    destroy(uv_);
    uv_ = nullptr;
    poller_.close();
}

} // namespace rondo::core
