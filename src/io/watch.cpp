#include "io/watch.h"

#include "base/pool.h"
#include "loop/poller.h"
#include "task/ring.h"

#include <new>
#include <unordered_map>

namespace rondo::core {
namespace {

struct Watch {
    Handle *handles[2] = {nullptr, nullptr}; // read, write; one reference each
    int watched = 0;                         // what the poller looks for

    Handle *&of(Direction direction) { return handles[direction == Direction::read ? 0 : 1]; }
    int wanted() const { return (handles[0] ? Poller::readable : 0) | (handles[1] ? Poller::writable : 0); }
};

struct Watches : CloseHook {
    explicit Watches(rondo_loop &l);
    Watch *find(int fd) {
        auto found = by_fd.find(fd);
        return found == by_fd.end() ? nullptr : &found->second;
    }
    rondo_loop &loop;
    std::unordered_map<int, Watch> by_fd; // sockets on Windows
};

Watches *watches_of(rondo_loop &loop) { return static_cast<Watches *>(loop.watches); }

void make_handle_ready(rondo_loop &loop, int fd, Direction direction) {
    Watch *watch = watches_of(loop)->find(fd);
    Handle *handle = watch ? watch->of(direction) : nullptr;
    if (handle && handle->cancelled) {
        remove_watch(loop, fd, direction);
    } else if (handle && !handle->linked() && handle->slot == Node::none) {
        loop.ready(*handle);
    }
}

void on_event(void *user, int fd, int events) {
    auto &loop = static_cast<rondo_loop &>(*static_cast<Loop *>(user));
    if (events & Poller::readable) make_handle_ready(loop, fd, Direction::read);
    if (events & Poller::writable) make_handle_ready(loop, fd, Direction::write);
}

// Tells the poller what is wanted now.
rondo_status update(rondo_loop &loop, int fd, Watch &watch) {
    int wanted = watch.wanted();
    rondo_status status = RONDO_ENOMEM;
    try {
        status = loop.poller().watch(fd, watch.watched, wanted);
    } catch (const std::bad_alloc &) {
    }
    if (status == RONDO_OK) watch.watched = wanted;
    return status;
}

void drop_handle(Handle *&place) {
    Handle *handle = std::exchange(place, nullptr);
    if (!handle) return;
    handle->cancelled = true;
    if (handle->linked()) {
        handle->unlink();
    } else if (handle->loop && handle->slot != Node::none && ring_published(*handle->loop, *handle)) {
        handle->repeating = false;
        return;
    }
    handle->discard();
}

void close_all(CloseHook &hook) {
    auto &watches = static_cast<Watches &>(hook);
    watches.loop.watches = nullptr; // for those who are dropped now
    for (auto &[fd, watch] : watches.by_fd) {
        for (Handle *&handle : watch.handles) drop_handle(handle);
        update(watches.loop, fd, watch);
    }
    destroy(&watches);
}

Watches::Watches(rondo_loop &l) : loop(l) {
    at_close = close_all;
    l.close_hooks.push_back(*this);
}

rondo_status find_or_make(rondo_loop &loop, int fd, Watch *&out) {
    if (rondo_status s = loop.open_poller(on_event); s < 0) return s;
    if (!loop.watches) loop.watches = create<Watches>(loop);
    if (!loop.watches) return RONDO_ENOMEM;
    out = &watches_of(loop)->by_fd[fd];
    return RONDO_OK;
}

void forget_if_unused(rondo_loop &loop, int fd, Watch &watch) {
    if (watch.wanted() == 0) watches_of(loop)->by_fd.erase(fd);
}

} // namespace

rondo_status add_watch(rondo_loop &loop, int fd, Direction direction, Handle &handle) {
    Watch *watch = nullptr;
    if (rondo_status s = find_or_make(loop, fd, watch); s < 0) return s;
    Handle *before = std::exchange(watch->of(direction), &handle);
    if (rondo_status s = update(loop, fd, *watch); s < 0) {
        watch->of(direction) = before;
        forget_if_unused(loop, fd, *watch);
        return s;
    }
    handle.repeating = true;
    drop_handle(before);
    loop.poll_soon();
    return RONDO_OK;
}

bool remove_watch(rondo_loop &loop, int fd, Direction direction) {
    Watch *watch = loop.watches ? watches_of(loop)->find(fd) : nullptr;
    if (!watch || !watch->of(direction)) return false;
    Handle *handle = std::exchange(watch->of(direction), nullptr);
    update(loop, fd, *watch);
    forget_if_unused(loop, fd, *watch);
    drop_handle(handle);
    return true;
}

} // namespace rondo::core
