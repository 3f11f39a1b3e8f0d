// Any machine that Boost.Context knows.
#pragma once

#include <boost/context/detail/fcontext.hpp>

#include <cstddef>

namespace rondo::core {

class JumpPair {
public:
    using Entry = void (*)(JumpPair *) noexcept;

    void create(char *low, char *top, Entry entry) noexcept {
        entry_ = entry;
        inside_ = boost::context::detail::make_fcontext(top, static_cast<std::size_t>(top - low), begin);
    }
    void enter() noexcept { inside_ = boost::context::detail::jump_fcontext(inside_, this).fctx; }
    void leave() noexcept { outside_ = boost::context::detail::jump_fcontext(outside_, nullptr).fctx; }

private:
    static void begin(boost::context::detail::transfer_t from) noexcept {
        auto *self = static_cast<JumpPair *>(from.data);
        self->outside_ = from.fctx;
        self->entry_(self);
    }

    Entry entry_ = nullptr;
    void *inside_ = nullptr;
    void *outside_ = nullptr;
};

} // namespace rondo::core
