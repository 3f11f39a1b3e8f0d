// Immutable, counted errors. The two that must never fail to be made are static: "cancelled" without a message, and
// "out of memory".
#pragma once

#include "base/object.h"
#include "base/ref.h"

#include "rondo/abi.h"

#include <cstddef>

struct rondo_error : rondo::core::Object {
    rondo_error() : Object(rondo::core::Tag::error) {}

    void retain();
    void release();

    rondo_status code = RONDO_EFAILED;
    bool immortal = false;
    const char *message = "";
    const char *domain = "rondo";
    rondo_error *cause = nullptr;
    rondo_error *context = nullptr;
    rondo_error **children = nullptr;
    std::size_t child_count = 0;
    rondo_value payload{RONDO_NONE, 0, {0}, 0, nullptr};
};

namespace rondo::core {

using Error = ::rondo_error;
using ErrorRef = Ref<Error>;

// nullptr when out of memory. The message, the children and the error are one block.
Error *make_error(const rondo_error_options &options);
// Never fails: answers the out-of-memory error instead. message nullptr: the code's text.
ErrorRef make_error(rondo_status code, const char *message = nullptr);
// The CancelledError for a cancel(message) request.
ErrorRef cancelled_error(const char *message = nullptr);

// What foreign code handed over as its error, with one reference; a handle of another kind becomes an error about that.
ErrorRef adopt_given(Error *error);

// Inside a catch block: what a C++ exception that left foreign code says.
ErrorRef stray_exception();

const char *status_text(rondo_status status);
const char *status_name(rondo_status status);

// KeyboardInterrupt and SystemExit: they leave the loop at once.
inline bool is_fatal(const Error &error) { return error.code == RONDO_EINTERRUPT || error.code == RONDO_EEXIT; }

} // namespace rondo::core
