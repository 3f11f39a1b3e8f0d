#include "base/thread.h"

#include <thread>
#include <windows.h>

namespace rondo::core {

static const DWORD loaded_in = GetCurrentThreadId();

bool in_main_thread() noexcept { return GetCurrentThreadId() == loaded_in; }

bool start_thread(void *(*run)(void *), void *argument) noexcept {
    try {
        std::thread(run, argument).detach();
        return true;
    } catch (...) {
        return false;
    }
}

void name_this_thread(const char *) noexcept {} // SetThreadDescription is newer than the Windows we ask for

void at_fork(void (*)(), void (*)(), void (*)()) noexcept {} // there is none

} // namespace rondo::core
