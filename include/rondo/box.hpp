// rondo/box.hpp - how a C++ object travels inside a rondo_value: one block holding the object and its type.
//
// Machinery; programs want value.hpp. Knows only the C ABI. A box is a RONDO_PTR whose `len` says "made by this
// header", so that a pointer of another language is never mistaken for one.
#ifndef RONDO_BOX_HPP
#define RONDO_BOX_HPP

#include <cstddef>
#include <cstdint>
#include <new>
#include <typeinfo>
#include <utility>

#include "rondo.h"

namespace rondo::detail {

// A struct of the C interface, zero but for its size.
template <class T>
[[nodiscard]] constexpr T sized() noexcept {
    T it{};
    it.size = sizeof(T);
    return it;
}

inline constexpr std::size_t box_mark = static_cast<std::size_t>(0x2b2b436f646e6f52u); // "RondoC++"

// The type is compared by std::type_info, which is equal across shared libraries; addresses of functions are not.
struct BoxHeader {
    const std::type_info *type;
};

template <class T>
struct Box : BoxHeader {
    T object;

    template <class... Args>
    explicit Box(Args &&...args) : BoxHeader{&typeid(T)}, object(std::forward<Args>(args)...) {}

    template <class... Args>
    [[nodiscard]] static rondo_value make(Args &&...args) {
        void *block = allocate();
        if (block == nullptr) throw std::bad_alloc();
        try {
            ::new (block) Box(std::forward<Args>(args)...);
        } catch (...) {
            deallocate(block);
            throw;
        }
        rondo_value value = rondo_ptr(block, &drop);
        value.len = box_mark;
        return value;
    }

    // The object inside, or null when the value is anything else.
    [[nodiscard]] static T *find(const rondo_value &value) noexcept {
        if (value.kind != RONDO_PTR || value.len != box_mark) return nullptr;
        auto *header = static_cast<BoxHeader *>(value.as.ptr);
        return *header->type == typeid(T) ? &static_cast<Box *>(header)->object : nullptr;
    }

private:
    static constexpr bool over_aligned = alignof(T) > 16; // rondo_alloc gives 16

    static void *allocate() noexcept {
        if constexpr (over_aligned) {
            return ::operator new(sizeof(Box), std::align_val_t{alignof(Box)}, std::nothrow);
        } else {
            return rondo_alloc(sizeof(Box));
        }
    }

    static void deallocate(void *block) noexcept {
        if constexpr (over_aligned) {
            ::operator delete(block, std::align_val_t{alignof(Box)});
        } else {
            rondo_free(block, sizeof(Box));
        }
    }

    static void drop(void *ptr, std::size_t) noexcept {
        static_cast<Box *>(static_cast<BoxHeader *>(ptr))->~Box();
        deallocate(ptr);
    }
};

} // namespace rondo::detail

#endif // RONDO_BOX_HPP
