// From one stack to another: two contexts that take turns. jump_*.h know the machines; Boost.Context those we do not.
//
// Ours jump inline and do not call: the processor predicts returns by counting calls, and a call that never returns
// makes it guess wrong in every frame above. This saves a quarter of the time of a yield. The floating-point control
// words stay as they are: they belong to the thread, for all kinds of coroutines alike.
#pragma once

// CET and BTI want landing pads, SVE has registers that only a call is known to change: there Boost.Context is called.
#if defined(RONDO_FIBER_BOOST)
#include "fiber/jump_boost.h"
#elif defined(__x86_64__) && defined(_WIN64)
#include "fiber/jump_win64.h"
#elif defined(__x86_64__) && defined(__LP64__) && !(defined(__CET__) && __CET__ >= 2)
#include "fiber/jump_x86_64.h"
#elif defined(__aarch64__) && !defined(__ARM_FEATURE_BTI_DEFAULT) && !defined(__ARM_FEATURE_SVE)
#include "fiber/jump_aarch64.h"
#else
#define RONDO_FIBER_BOOST 1
#include "fiber/jump_boost.h"
#endif

#ifndef RONDO_FIBER_BOOST

namespace rondo::core {

class JumpPair {
public:
    using Entry = void (*)(JumpPair *) noexcept;

    // entry runs at the first enter(), from top (aligned to 16) downwards, and never returns.
    void create(char *low, char *top, Entry entry) noexcept {
        inside_ = prepare_jump(low, top, reinterpret_cast<void *>(entry));
    }
    // From the outer stack to the inner one, to the place of its last leave(); and back.
    __attribute__((always_inline)) void enter() noexcept { jump(outside_, inside_, this); }
    __attribute__((always_inline)) void leave() noexcept { jump(inside_, outside_, this); }

private:
    void *inside_ = nullptr;
    void *outside_ = nullptr;
};

} // namespace rondo::core

#endif
