// Status codes that are not Rondo's: libuv's, which are the system's where it has them. system_status_*.cpp.
#pragma once

#include "rondo/abi.h"

namespace rondo::core {

// Of constant storage; nullptr: unknown.
const char *system_status_text(rondo_status status) noexcept;
const char *system_status_name(rondo_status status) noexcept;

} // namespace rondo::core
