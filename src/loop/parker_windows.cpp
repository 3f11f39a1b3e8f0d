// An event that resets itself; waits are whole milliseconds.
#include "loop/parker.h"

#include <algorithm>
#include <new>
#include <windows.h>

namespace rondo::core {

struct Parker::State {
    HANDLE event;
};

Parker::Parker() {
    static_assert(sizeof(State) <= sizeof room_);
    new (room_) State{CreateEventW(nullptr, FALSE, FALSE, nullptr)};
}

Parker::~Parker() {
    if (state().event) CloseHandle(state().event);
}

void Parker::park(int64_t deadline) noexcept {
    int64_t left = deadline == forever ? 0 : deadline - monotonic_now();
    int64_t milliseconds = left <= 0 ? 0 : (left - 1) / 1'000'000 + 1;
    DWORD timeout =
        deadline == forever ? INFINITE : static_cast<DWORD>(std::min<int64_t>(milliseconds, INFINITE - 1));
    if (!state().event) { // out of handles: look again and again
        Sleep(std::min<DWORD>(timeout, 1));
    } else {
        WaitForSingleObject(state().event, timeout);
    }
}

void Parker::unpark() noexcept {
    if (state().event) SetEvent(state().event);
}

} // namespace rondo::core
