// shield: a future that ends as another does, and whose cancellation ends there.
#pragma once

#include "task/future.h"

namespace rondo::core {

// inner itself when it is done. RONDO_ENOMEM.
rondo_status shield(Future &inner, FutureRef &out);

} // namespace rondo::core
