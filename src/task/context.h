// Contexts: immutable maps from variables to values, so that copying a context is taking one reference (setting a
// variable copies the map, which is small), and the two places that hold a map: a task's or callback's own slot, and a
// shared, mutable context object.
#pragma once

#include "base/object.h"
#include "base/ref.h"

#include "rondo/abi.h"

#include <cstdint>
#include <utility>

struct rondo_ctxvar : rondo::core::Object {
    rondo_ctxvar() : Object(rondo::core::Tag::ctxvar) {}
    void release();
    char *name = nullptr;
    rondo_value fallback{RONDO_NONE, 0, {0}, 0, nullptr};
    bool has_fallback = false;
};

namespace rondo::core {

struct ContextMap; // nullptr is the empty map
struct SharedValue;

void retain_map(ContextMap *map);
void release_map(ContextMap *map);

} // namespace rondo::core

struct rondo_context : rondo::core::Object {
    rondo_context() : Object(rondo::core::Tag::context) {}
    void release();
    rondo::core::ContextMap *map = nullptr;
    bool entered = false;
};

struct rondo_token : rondo::core::Object {
    rondo_token() : Object(rondo::core::Tag::token) {}
    void release();
    rondo_ctxvar *var = nullptr;
    rondo::core::SharedValue *before = nullptr; // nullptr: the variable had no value
    rondo_context *home = nullptr;              // the context it was made in
    bool used = false;
};

namespace rondo::core {

// The context a task or callback runs in: a map of its own, or a shared context object.
class ContextSlot {
public:
    ContextSlot() = default;
    ContextSlot(const ContextSlot &) = delete;
    ContextSlot &operator=(const ContextSlot &) = delete;
    ~ContextSlot() {
        if (bits_ != 0) clear();
    }

    // Shares the object when given, else copies the other slot's map.
    void init(rondo_context *object, const ContextSlot &other) {
        if (object) {
            share(*object);
        } else if (ContextMap *map = other.map()) {
            copy(map);
        }
    }
    void copy(ContextMap *map);
    void share(rondo_context &object);
    void clear();

    ContextMap *map() const {
        return bits_ & shared ? object()->map : reinterpret_cast<ContextMap *>(bits_);
    }
    void set_map(ContextMap *map); // takes over a reference
    rondo_context *object() const {
        return bits_ & shared ? reinterpret_cast<rondo_context *>(bits_ - shared) : nullptr;
    }
    // The slot's context as an object of its own: from now on the slot shares it. nullptr: out of memory.
    rondo_context *promote(bool entered);

    // False: the shared object is entered already.
    [[nodiscard]] bool enter() { return !(bits_ & shared) || !std::exchange(object()->entered, true); }
    void leave() {
        if (bits_ & shared) object()->entered = false;
    }

private:
    static constexpr uintptr_t shared = 1;
    uintptr_t bits_ = 0; // a map, or a context object with the lowest bit set
};

// While it lives, the slot is the current context of a thread that runs no loop.
class ThreadContext {
public:
    explicit ThreadContext(ContextSlot &slot);
    ~ThreadContext();
    ThreadContext(const ThreadContext &) = delete;
    ThreadContext &operator=(const ThreadContext &) = delete;
    static ContextSlot *current(); // nullptr: none

private:
    ContextSlot *outer_;
};

// nullptr: the variable has no value and no default.
const rondo_value *context_get(const ContextSlot &slot, const rondo_ctxvar &var);
// value is moved. RONDO_ENOMEM.
rondo_status context_set(ContextSlot &slot, rondo_ctxvar &var, rondo_value &value, rondo_token **token);
// RONDO_ETOKEN, RONDO_ENOMEM.
rondo_status context_reset(ContextSlot &slot, rondo_token &token);

} // namespace rondo::core
