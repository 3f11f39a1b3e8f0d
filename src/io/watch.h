// Watching descriptors: the poller tells which are ready, which only makes the reader's and writer's handle ready. The
// user's functions run in their turn like every callback.
#pragma once

#include "task/handle.h"

namespace rondo::core {

enum class Direction { read, write };

// Takes over the place's reference on the handle when it succeeds. libuv's errors, RONDO_ENOMEM.
rondo_status add_watch(rondo_loop &loop, int fd, Direction direction, Handle &handle);
// True if there was one.
bool remove_watch(rondo_loop &loop, int fd, Direction direction);

} // namespace rondo::core
