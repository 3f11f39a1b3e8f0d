#include "task/context.h"

#include "base/pool.h"
#include "task/value.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <new>

namespace rondo::core {
namespace {

__attribute__((tls_model("initial-exec"))) thread_local ContextSlot *thread_context = nullptr;

} // namespace

ThreadContext::ThreadContext(ContextSlot &slot) : outer_(std::exchange(thread_context, &slot)) {}

ThreadContext::~ThreadContext() { thread_context = outer_; }

ContextSlot *ThreadContext::current() { return thread_context; }

struct SharedValue {
    Count refs;
    rondo_value value{};

    void retain() { refs.add(); }
    void release() {
        if (!refs.drop()) return;
        drop_value(value);
        destroy(this);
    }
};

// Sorted by the variable's address.
struct ContextMap {
    struct Entry {
        rondo_ctxvar *var;
        SharedValue *shared;
    };
    Count refs;
    uint32_t count = 0;

    Entry *entries() { return reinterpret_cast<Entry *>(this + 1); }

    Entry *find(const rondo_ctxvar &var) {
        Entry *end = entries() + count;
        Entry *at = lower_bound(var);
        return at != end && at->var == &var ? at : nullptr;
    }
    Entry *lower_bound(const rondo_ctxvar &var) {
        auto less = [](const Entry &entry, const rondo_ctxvar *v) {
            return std::less<const rondo_ctxvar *>()(entry.var, v);
        };
        return std::lower_bound(entries(), entries() + count, &var, less);
    }

    static ContextMap *create(uint32_t count) {
        void *block = std::malloc(sizeof(ContextMap) + count * sizeof(Entry));
        if (!block) return nullptr;
        auto *map = new (block) ContextMap;
        map->count = count;
        return map;
    }
};

void retain_map(ContextMap *map) {
    if (map) map->refs.add();
}

void release_map(ContextMap *map) {
    if (!map || !map->refs.drop()) return;
    for (uint32_t i = 0; i < map->count; ++i) {
        map->entries()[i].shared->release();
        map->entries()[i].var->release();
    }
    map->~ContextMap();
    std::free(map);
}

namespace {

// A copy of old in which var has this value (nullptr: none). false: out of memory.
bool replaced(ContextMap *old, rondo_ctxvar &var, SharedValue *shared, ContextMap *&out) {
    uint32_t count = old ? old->count : 0;
    bool present = old && old->find(var);
    uint32_t wanted = count + (shared && !present) - (!shared && present);
    out = nullptr;
    if (wanted == 0) return true;
    ContextMap *map = ContextMap::create(wanted);
    if (!map) return false;
    ContextMap::Entry *to = map->entries();
    bool placed = shared == nullptr;
    auto place = [&] {
        *to++ = {&var, shared};
        placed = true;
    };
    for (uint32_t i = 0; i < count; ++i) {
        const ContextMap::Entry &entry = old->entries()[i];
        if (!placed && !std::less<rondo_ctxvar *>()(entry.var, &var)) place();
        if (entry.var != &var) *to++ = entry;
    }
    if (!placed) place();
    for (uint32_t i = 0; i < wanted; ++i) {
        map->entries()[i].var->retain();
        map->entries()[i].shared->retain();
    }
    out = map;
    return true;
}

} // namespace

void ContextSlot::set_map(ContextMap *map) {
    release_map(this->map());
    if (rondo_context *shared_object = object()) {
        shared_object->map = map;
    } else {
        bits_ = reinterpret_cast<uintptr_t>(map);
    }
}

void ContextSlot::copy(ContextMap *map) {
    retain_map(map);
    clear();
    bits_ = reinterpret_cast<uintptr_t>(map);
}

void ContextSlot::share(rondo_context &object) {
    object.retain();
    clear();
    bits_ = reinterpret_cast<uintptr_t>(&object) | shared;
}

void ContextSlot::clear() {
    if (bits_ == 0) return;
    if (rondo_context *shared_object = object()) {
        shared_object->release();
    } else {
        release_map(map());
    }
    bits_ = 0;
}

rondo_context *ContextSlot::promote(bool entered) {
    if (rondo_context *shared_object = object()) return shared_object;
    auto *made = create<rondo_context>();
    if (!made) return nullptr;
    made->map = map();
    made->entered = entered;
    bits_ = reinterpret_cast<uintptr_t>(made) | shared;
    return made;
}

const rondo_value *context_get(const ContextSlot &slot, const rondo_ctxvar &var) {
    ContextMap *map = slot.map();
    ContextMap::Entry *entry = map ? map->find(var) : nullptr;
    if (entry) return &entry->shared->value;
    return var.has_fallback ? &var.fallback : nullptr;
}

rondo_status context_set(ContextSlot &slot, rondo_ctxvar &var, rondo_value &value, rondo_token **token) {
    auto *made = token ? create<rondo_token>() : nullptr;
    rondo_context *home = token ? slot.promote(true) : nullptr; // a slot without an object is the current one
    auto *shared = create<SharedValue>();
    ContextMap *map = nullptr;
    bool ok = shared && (!token || (made && home)) && replaced(slot.map(), var, shared, map);
    if (!ok) {
        destroy(made);
        destroy(shared);
        return RONDO_ENOMEM;
    }
    if (made) {
        ContextMap::Entry *old = slot.map() ? slot.map()->find(var) : nullptr;
        var.retain();
        made->var = &var;
        made->before = old ? old->shared : nullptr;
        if (made->before) made->before->retain();
        made->home = home;
        home->retain();
        *token = made;
    }
    shared->value = take_value(value);
    slot.set_map(map);
    shared->release();
    return RONDO_OK;
}

rondo_status context_reset(ContextSlot &slot, rondo_token &token) {
    if (token.used || token.home != slot.object()) return RONDO_ETOKEN;
    ContextMap *map = nullptr;
    if (!replaced(slot.map(), *token.var, token.before, map)) return RONDO_ENOMEM;
    token.used = true;
    slot.set_map(map);
    return RONDO_OK;
}

} // namespace rondo::core

using namespace rondo::core;

void rondo_ctxvar::release() {
    if (!drop_reference()) return;
    drop_value(fallback);
    std::free(name);
    tag = Tag::dead;
    destroy(this);
}

void rondo_context::release() {
    if (!drop_reference()) return;
    release_map(map);
    tag = Tag::dead;
    destroy(this);
}

void rondo_token::release() {
    if (!drop_reference()) return;
    if (before) before->release();
    home->release();
    var->release();
    tag = Tag::dead;
    destroy(this);
}
