#include "task/error.h"

#include "task/value.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

using namespace rondo::core;

void rondo_error::retain() {
    if (!immortal) Object::retain();
}

// Not recursive along the causes: their chain may be long.
void rondo_error::release() {
    for (rondo_error *error = this; error && !error->immortal && error->drop_reference();) {
        rondo_error *next = error->cause;
        if (error->context) error->context->release();
        for (std::size_t i = 0; i < error->child_count; ++i) error->children[i]->release();
        drop_value(error->payload);
        error->~rondo_error();
        std::free(error);
        error = next;
    }
}

namespace rondo::core {
namespace {

struct Immortal : Error {
    Immortal(rondo_status c, const char *text) {
        code = c;
        message = text;
        immortal = true;
    }
};

Error &static_error(rondo_status code) {
    static Immortal cancelled(RONDO_ECANCELED, "");
    static Immortal no_memory(RONDO_ENOMEM, "out of memory");
    return code == RONDO_ECANCELED ? cancelled : no_memory;
}

Error *retained(rondo_error *error) {
    if (error) error->retain();
    return error;
}

} // namespace

Error *make_error(const rondo_error_options &o) {
    const char *message = o.message ? o.message : status_text(o.code);
    std::size_t length = std::strlen(message) + 1;
    std::size_t children_size = o.child_count * sizeof(Error *);
    auto *block = static_cast<char *>(std::malloc(sizeof(Error) + children_size + length));
    if (!block) return nullptr;
    auto *error = new (block) Error;
    error->code = o.code;
    error->children = reinterpret_cast<Error **>(block + sizeof(Error));
    error->child_count = o.child_count;
    for (std::size_t i = 0; i < o.child_count; ++i) error->children[i] = retained(o.children[i]);
    char *text = block + sizeof(Error) + children_size;
    std::memcpy(text, message, length);
    error->message = text;
    if (o.domain) error->domain = o.domain;
    error->cause = retained(o.cause);
    error->context = retained(o.context);
    if (o.payload) error->payload = take_value(*o.payload);
    return error;
}

ErrorRef make_error(rondo_status code, const char *message) {
    if (code == RONDO_ECANCELED && message && !*message) return cancelled_error();
    rondo_error_options options{};
    options.code = code < 0 ? code : RONDO_EINVAL;
    options.message = message;
    Error *error = make_error(options);
    return ErrorRef::adopt(error ? error : &static_error(RONDO_ENOMEM));
}

ErrorRef cancelled_error(const char *message) {
    if (!message || !*message) return ErrorRef::adopt(&static_error(RONDO_ECANCELED));
    return make_error(RONDO_ECANCELED, message);
}

ErrorRef adopt_given(Error *error) {
    if (error && error->tag != Tag::error) return make_error(RONDO_EKIND, "what was raised is no rondo_error");
    return ErrorRef::adopt(error);
}

ErrorRef stray_exception() {
    try {
        throw;
    } catch (const std::exception &exception) {
        return make_error(RONDO_EFAILED, exception.what());
    } catch (...) {
        return make_error(RONDO_EFAILED, "an exception that is no std::exception left a step or callback");
    }
}

} // namespace rondo::core
