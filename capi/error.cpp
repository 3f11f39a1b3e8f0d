#include "border.h"

#include <cstdio>

namespace rondo::capi {
namespace {

const char *remedy_for(rondo_status status) {
    switch (status) {
    case RONDO_EINVAL:
        return "do not pass NULL";
    case RONDO_EKIND:
        return "pass the handle that its own create function gave";
    case RONDO_ETHREAD:
        return "call from the thread that runs the loop, or use a _threadsafe function";
    case RONDO_ECLOSED:
        return "create a new one";
    case RONDO_ERUNNING:
        return "await inside it, or call again when its run has returned";
    case RONDO_EREENTRANT:
        return "return first, and call again later";
    case RONDO_EOTHERLOOP:
        return "use it with the loop it was created on";
    case RONDO_E2BIG:
        return "set what this library does not know to zero, or use the library of your header";
    case RONDO_ESTATE:
        return "await it, or run its loop until it is done";
    case RONDO_ETAKEN:
        return "where several want it, read it with rondo_future_result";
    case RONDO_ENOLOOP:
        return "pass a loop, or call from inside one";
    case RONDO_EFAULT:
        return "store one reference to a loop in *out";
    default:
        return nullptr;
    }
}

} // namespace

rondo_status refuse(rondo_status status, rondo_error **err, const char *argument, const char *range) {
    if (!err) return status;
    const char *remedy = range && status == RONDO_EINVAL ? range : remedy_for(status);
    char text[256];
    const char *fault = status == RONDO_EFAULT ? "the loop factory gave no loop" : status_text(status);
    std::snprintf(text, sizeof text, "%s: %s%s%s", argument, fault, remedy ? "; " : "", remedy ? remedy : "");
    *err = make_error(status, status == RONDO_ENOMEM ? nullptr : text).detach();
    return status;
}

} // namespace rondo::capi

using namespace rondo::capi;

rondo_status rondo_error_create(const rondo_error_options *options, rondo_error **out) {
    if (!options) return RONDO_EINVAL;
    rondo_error_options o;
    RONDO_TRY(read_struct(options, o));
    if (o.code >= 0 || (o.child_count > 0 && (o.code != RONDO_EGROUP || !o.children))) return RONDO_EINVAL;
    for (size_t i = 0; i < o.child_count; ++i) RONDO_TRY(check(o.children[i]));
    if (o.cause) RONDO_TRY(check(o.cause));
    if (o.context) RONDO_TRY(check(o.context));
    rondo_error *error = make_error(o);
    if (!error) return RONDO_ENOMEM;
    give(out, error);
    return RONDO_OK;
}

rondo_error *rondo_error_new(rondo_status code, const char *message) { return make_error(code, message).detach(); }

rondo_error *rondo_error_retain(const rondo_error *error) {
    auto *mutable_error = const_cast<rondo_error *>(error);
    if (check(error) == RONDO_OK) mutable_error->retain();
    return mutable_error;
}

void rondo_error_release(rondo_error *error) {
    if (check(error) == RONDO_OK) error->release();
}

rondo_status rondo_error_code(const rondo_error *error) { return check(error) == RONDO_OK ? error->code : RONDO_OK; }

const char *rondo_error_message(const rondo_error *error) {
    return check(error) == RONDO_OK ? error->message : nullptr;
}

const char *rondo_error_domain(const rondo_error *error) {
    return check(error) == RONDO_OK ? error->domain : nullptr;
}

const rondo_error *rondo_error_cause(const rondo_error *error) {
    return check(error) == RONDO_OK ? error->cause : nullptr;
}

const rondo_error *rondo_error_context(const rondo_error *error) {
    return check(error) == RONDO_OK ? error->context : nullptr;
}

size_t rondo_error_child_count(const rondo_error *error) { return check(error) == RONDO_OK ? error->child_count : 0; }

const rondo_error *rondo_error_child(const rondo_error *error, size_t index) {
    return index < rondo_error_child_count(error) ? error->children[index] : nullptr;
}

const rondo_value *rondo_error_payload(const rondo_error *error) {
    return check(error) == RONDO_OK && error->payload.kind != RONDO_NONE ? &error->payload : nullptr;
}

const rondo_error *rondo_error_unwrap(const rondo_error *error) {
    if (check(error) < 0) return nullptr;
    while (error->code == RONDO_EGROUP && error->child_count == 1) error = error->children[0];
    return error;
}
