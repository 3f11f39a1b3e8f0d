// Debug mode: entries that keep the loop for too long (D4).
#pragma once

#include "loop/loop.h"

namespace rondo::core {

extern const EntryWatch slow_entries;

} // namespace rondo::core
