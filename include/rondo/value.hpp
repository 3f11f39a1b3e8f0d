// rondo/value.hpp - how C++ values cross to other coroutines, whatever their language.
//
// Booleans, integers, enumerations, floating point, std::string and std::vector<std::byte> become the matching kinds
// of rondo_value: every language can read them. Any other type travels in a box that only C++ opens, with its type
// checked. Specialise rondo::ValueTraits for a type of yours to choose another form.
#ifndef RONDO_VALUE_HPP
#define RONDO_VALUE_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#if __has_include(<cxxabi.h>)
#include <cstdlib>
#include <cxxabi.h>
#endif

#include "box.hpp"
#include "error.hpp"

namespace rondo {

namespace detail {

[[nodiscard]] inline std::string type_name(const std::type_info &type) {
#if __has_include(<cxxabi.h>)
    int status = 0;
    if (char *readable = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status)) {
        std::string name = readable;
        std::free(readable);
        return name;
    }
#endif
    return type.name();
}

[[nodiscard]] inline std::string describe(const rondo_value &value) {
    switch (value.kind) {
    case RONDO_NONE: return "none";
    case RONDO_BOOL: return "a boolean";
    case RONDO_I64:
    case RONDO_U64: return "the integer " + (value.kind == RONDO_I64 ? std::to_string(value.as.i64)
                                                                       : std::to_string(value.as.u64));
    case RONDO_F64: return "a floating point number";
    case RONDO_BYTES: return "bytes";
    case RONDO_STR: return "text";
    case RONDO_OBJECT: return "an object of another language";
    default: break;
    }
    if (value.kind != RONDO_PTR || value.len != box_mark) return "a pointer of another language";
    return "a C++ " + type_name(*static_cast<BoxHeader *>(value.as.ptr)->type);
}

template <class T>
[[noreturn, gnu::cold, gnu::noinline]] void wrong_type(const rondo_value &value) {
    throw Error(RONDO_EKIND, "the value is " + describe(value) + ", not a C++ " + type_name(typeid(T)));
}

} // namespace detail

// The two ways of a type across the border. The primary form boxes the object: one block.
//   put   makes the rondo_value (its drop included)
//   copy  reads a borrowed view; absent for types that only move
//   take  reads and may ruin the value; the caller drops what is left
template <class T>
struct ValueTraits {
    static_assert(std::is_object_v<T> && !std::is_array_v<T> && std::is_move_constructible_v<T>,
                  "a value must be a movable object type (return a pointer or std::ref instead of a reference)");

    [[nodiscard]] static rondo_value put(T &&object) { return detail::Box<T>::make(std::move(object)); }
    [[nodiscard]] static T copy(const rondo_value &value)
        requires std::copy_constructible<T>
    {
        return *find(value);
    }
    [[nodiscard]] static T take(rondo_value &value) { return std::move(*find(value)); }

private:
    static T *find(const rondo_value &value) {
        T *object = detail::Box<T>::find(value);
        if (object == nullptr) detail::wrong_type<T>(value);
        return object;
    }
};

// Base of the traits of types for which moving out is no better than copying: their readers always copy.
template <class T>
struct CopiedValue {
    [[nodiscard]] static T take(rondo_value &value) { return ValueTraits<T>::copy(value); }
};

namespace detail {

template <class T>
concept WholeNumber = std::integral<T> && !std::same_as<T, bool>;

} // namespace detail

template <>
struct ValueTraits<bool> : CopiedValue<bool> {
    [[nodiscard]] static rondo_value put(bool x) noexcept { return rondo_bool(x); }
    [[nodiscard]] static bool copy(const rondo_value &value) {
        if (value.kind != RONDO_BOOL) detail::wrong_type<bool>(value);
        return value.as.i64 != 0;
    }
};

template <detail::WholeNumber T>
struct ValueTraits<T> : CopiedValue<T> {
    static_assert(sizeof(T) <= sizeof(std::int64_t), "wider than any integer of the border");

    [[nodiscard]] static rondo_value put(T x) noexcept {
        if constexpr (std::unsigned_integral<T> && sizeof(T) == sizeof(std::uint64_t)) {
            return rondo_u64(x);
        } else {
            return rondo_i64(static_cast<std::int64_t>(x));
        }
    }
    // An integer that does not fit is a wrong type too, never a wrapped number.
    [[nodiscard]] static T copy(const rondo_value &value) {
        if (value.kind == RONDO_I64 || value.kind == RONDO_BOOL) {
            const auto x = static_cast<T>(value.as.i64);
            const bool fits = static_cast<std::int64_t>(x) == value.as.i64;
            if (fits && (std::is_signed_v<T> || value.as.i64 >= 0)) return x;
        } else if (value.kind == RONDO_U64) {
            const auto x = static_cast<T>(value.as.u64);
            if (static_cast<std::uint64_t>(x) == value.as.u64 && x >= T{}) return x;
        }
        detail::wrong_type<T>(value);
    }
};

template <class T>
    requires std::is_enum_v<T>
struct ValueTraits<T> : CopiedValue<T> {
    using Number = std::underlying_type_t<T>;
    [[nodiscard]] static rondo_value put(T x) noexcept {
        return ValueTraits<Number>::put(static_cast<Number>(x));
    }
    [[nodiscard]] static T copy(const rondo_value &value) {
        return static_cast<T>(ValueTraits<Number>::copy(value));
    }
};

// Integers read as floating point too.
template <class T>
    requires std::same_as<T, double> || std::same_as<T, float>
struct ValueTraits<T> : CopiedValue<T> {
    [[nodiscard]] static rondo_value put(T x) noexcept { return rondo_f64(x); }
    [[nodiscard]] static T copy(const rondo_value &value) {
        switch (value.kind) {
        case RONDO_F64: return static_cast<T>(value.as.f64);
        case RONDO_I64: return static_cast<T>(value.as.i64);
        case RONDO_U64: return static_cast<T>(value.as.u64);
        default: detail::wrong_type<T>(value);
        }
    }
};

template <>
struct ValueTraits<std::string> : CopiedValue<std::string> {
    [[nodiscard]] static rondo_value put(const std::string &text) {
        rondo_value value = rondo_none();
        detail::check(rondo_value_copy(RONDO_STR, text.data(), text.size(), &value));
        return value;
    }
    [[nodiscard]] static std::string copy(const rondo_value &value) {
        if (value.kind != RONDO_STR) detail::wrong_type<std::string>(value);
        return std::string(static_cast<const char *>(value.as.ptr), value.len);
    }
};

template <>
struct ValueTraits<std::vector<std::byte>> : CopiedValue<std::vector<std::byte>> {
    [[nodiscard]] static rondo_value put(const std::vector<std::byte> &bytes) {
        rondo_value value = rondo_none();
        detail::check(rondo_value_copy(RONDO_BYTES, bytes.data(), bytes.size(), &value));
        return value;
    }
    [[nodiscard]] static std::vector<std::byte> copy(const rondo_value &value) {
        if (value.kind != RONDO_BYTES) detail::wrong_type<std::vector<std::byte>>(value);
        const auto *first = static_cast<const std::byte *>(value.as.ptr);
        return std::vector<std::byte>(first, first + value.len);
    }
};

// A rondo_value with its destructor: for results whose type is not known beforehand, and for borders of your own.
// Moves only. `co_await rondo::Awaitable<rondo::Value>(...)` hands out whatever the future holds.
class Value {
public:
    Value() noexcept : raw_(rondo_none()) {}
    explicit Value(rondo_value &&raw) noexcept : raw_(std::exchange(raw, rondo_none())) {}
    Value(Value &&other) noexcept : raw_(std::exchange(other.raw_, rondo_none())) {}
    Value &operator=(Value &&other) noexcept {
        std::swap(raw_, other.raw_);
        return *this;
    }
    ~Value() {
        if (raw_.drop != nullptr) rondo_value_drop(&raw_);
    }

    template <class T>
    [[nodiscard]] static Value of(T object) {
        return Value(ValueTraits<T>::put(std::move(object)));
    }

    [[nodiscard]] std::uint32_t kind() const noexcept { return raw_.kind; }
    [[nodiscard]] bool is_none() const noexcept { return raw_.kind == RONDO_NONE; }

    // A copy of what is inside, or the thing itself. Error: RONDO_EKIND when it is no T.
    template <class T>
    [[nodiscard]] T get() const {
        return ValueTraits<T>::copy(raw_);
    }
    template <class T>
    [[nodiscard]] T take() && {
        return ValueTraits<T>::take(raw_);
    }

    [[nodiscard]] rondo_value *raw() noexcept { return &raw_; }
    [[nodiscard]] const rondo_value *raw() const noexcept { return &raw_; }

private:
    rondo_value raw_;
};

template <>
struct ValueTraits<Value> {
    [[nodiscard]] static rondo_value put(Value &&value) noexcept {
        return std::exchange(*value.raw(), rondo_none());
    }
    [[nodiscard]] static Value take(rondo_value &value) noexcept { return Value(std::move(value)); }
};

namespace detail {

// Results that can be read again and again; the others are moved out by the first reader.
template <class T>
concept Copyable = std::is_void_v<T> || requires(const rondo_value &value) { ValueTraits<T>::copy(value); };

// Results that are never moved out.
template <class T>
concept AlwaysCopied = std::is_void_v<T> || std::derived_from<ValueTraits<T>, CopiedValue<T>>;

} // namespace detail

} // namespace rondo

#endif // RONDO_VALUE_HPP
