#include "border.h"

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
