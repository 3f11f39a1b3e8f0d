// A future of one loop that ends as a future of another does (U6).
#pragma once

#include "task/future.h"

namespace rondo::core {

// On the destination's thread. A value that owns something is moved over. RONDO_ENOMEM, RONDO_ECLOSED: the source's loop.
rondo_status bridge(Future &source, rondo_loop &destination, FutureRef &out);

} // namespace rondo::core
