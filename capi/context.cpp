#include "border.h"

#include "base/pool.h"

#include <cstdlib>

using namespace rondo::capi;

namespace {

// The slot a call works on: a given context, or the current one of the running loop.
class Place {
public:
    rondo_status open(rondo_context *given) {
        if (given) {
            RONDO_TRY(check(given));
            own_.share(*given);
            slot_ = &own_;
            rondo_loop *loop = rondo_loop::current();
            return loop ? enter(*loop) : RONDO_OK;
        }
        rondo_loop *loop = rondo_loop::current();
        if (!loop && (slot_ = ThreadContext::current())) return RONDO_OK;
        RONDO_TRY(enter(loop));
        slot_ = &loop->context();
        return RONDO_OK;
    }
    ContextSlot &slot() { return *slot_; }

private:
    ContextSlot own_;
    ContextSlot *slot_ = nullptr;
};

} // namespace

rondo_status rondo_ctxvar_create(const char *name, rondo_value *fallback, rondo_ctxvar **out) {
    if (!name) return RONDO_EINVAL;
    char *copy = strdup(name);
    auto *var = create<rondo_ctxvar>();
    if (!copy || !var) {
        std::free(copy);
        destroy(var);
        return RONDO_ENOMEM;
    }
    var->name = copy;
    if (fallback) {
        var->fallback = take_value(*fallback);
        var->has_fallback = true;
    }
    give(out, var);
    return RONDO_OK;
}

rondo_ctxvar *rondo_ctxvar_retain(rondo_ctxvar *var) {
    if (check(var) == RONDO_OK) var->retain();
    return var;
}

void rondo_ctxvar_release(rondo_ctxvar *var) {
    if (check(var) == RONDO_OK) var->release();
}

const char *rondo_ctxvar_name(const rondo_ctxvar *var) { return check(var) == RONDO_OK ? var->name : nullptr; }

rondo_status rondo_context_create(rondo_context **out) {
    auto *context = create<rondo_context>();
    if (!context) return RONDO_ENOMEM;
    give(out, context);
    return RONDO_OK;
}

rondo_status rondo_context_copy(rondo_context *context, rondo_context **out) {
    Place place;
    RONDO_TRY(place.open(context));
    auto *copy = create<rondo_context>();
    if (!copy) return RONDO_ENOMEM;
    copy->map = place.slot().map();
    retain_map(copy->map);
    give(out, copy);
    return RONDO_OK;
}

rondo_context *rondo_context_retain(rondo_context *context) {
    if (check(context) == RONDO_OK) context->retain();
    return context;
}

void rondo_context_release(rondo_context *context) {
    if (check(context) == RONDO_OK) context->release();
}

rondo_status rondo_context_get(rondo_context *context, rondo_ctxvar *var, rondo_value *view) {
    RONDO_TRY(check(var));
    Place place;
    RONDO_TRY(place.open(context));
    const rondo_value *value = context_get(place.slot(), *var);
    if (!value) return RONDO_ENOVALUE;
    if (view) {
        *view = *value;
        view->drop = nullptr;
    }
    return RONDO_OK;
}

rondo_status rondo_context_set(rondo_context *context, rondo_ctxvar *var, rondo_value *value, rondo_token **token) {
    RONDO_TRY(check(var));
    Place place;
    RONDO_TRY(place.open(context));
    rondo_value none = no_value();
    return context_set(place.slot(), *var, value ? *value : none, token);
}

rondo_status rondo_context_reset(rondo_context *context, rondo_token *token) {
    RONDO_TRY(check(token));
    Place place;
    RONDO_TRY(place.open(context));
    return context_reset(place.slot(), *token);
}

void rondo_token_release(rondo_token *token) {
    if (check(token) == RONDO_OK) token->release();
}

rondo_status rondo_context_run(rondo_context *context, rondo_callback_fn fn, void *user) {
    if (context) RONDO_TRY(check(context));
    if (!fn) return RONDO_EINVAL;
    rondo_loop *loop = nullptr;
    RONDO_TRY(enter(loop));
    if (!context) return RONDO_EENTERED; // the current one
    ContextSlot slot;
    slot.share(*context);
    EnterContext inside(*loop, slot, loop->current_task);
    if (!inside.entered()) return RONDO_EENTERED;
    fn(user, nullptr);
    return RONDO_OK;
}
