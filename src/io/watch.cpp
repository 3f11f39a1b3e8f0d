#include "io/watch.h"

#include "base/pool.h"
#include "task/ring.h"

#include <uv.h>

#include <unordered_map>

namespace rondo::core {
namespace {

struct Watch {
    Watch(rondo_loop &l, int f) : loop(l), fd(f) {}
    rondo_loop &loop;
    int fd; // a socket on Windows
    uv_poll_t poll{};
    Handle *handles[2] = {nullptr, nullptr}; // read, write; one reference each

    Handle *&of(Direction direction) { return handles[direction == Direction::read ? 0 : 1]; }
};

struct Watches : CloseHook {
    explicit Watches(rondo_loop &l);
    rondo_loop &loop;
    std::unordered_map<int, Watch *> by_fd;
};

void make_handle_ready(Watch &watch, Direction direction) {
    Handle *handle = watch.of(direction);
    if (handle && handle->cancelled) {
        remove_watch(watch.loop, watch.fd, direction);
    } else if (handle && !handle->linked() && handle->slot == Node::none) {
        watch.loop.ready(*handle);
    }
}

void on_event(uv_poll_t *poll, int status, int events);

rondo_status rearm(Watch &watch) {
    int events = (watch.handles[0] ? UV_READABLE : 0) | (watch.handles[1] ? UV_WRITABLE : 0);
    return uv_poll_start(&watch.poll, events, on_event);
}

void on_event(uv_poll_t *poll, int status, int events) {
    auto &watch = *static_cast<Watch *>(poll->data);
    auto *handle = reinterpret_cast<uv_handle_t *>(poll);
    bool error = status < 0; // let both find out by themselves
    if (error || (events & UV_READABLE)) make_handle_ready(watch, Direction::read);
    if (error || (events & UV_WRITABLE)) make_handle_ready(watch, Direction::write);
    if (error && !uv_is_closing(handle)) rearm(watch); // libuv has stopped it
}

void close_watch(Watch &watch) {
    uv_close(reinterpret_cast<uv_handle_t *>(&watch.poll),
             [](uv_handle_t *handle) { destroy(static_cast<Watch *>(handle->data)); });
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
    for (auto &[fd, watch] : watches.by_fd) {
        drop_handle(watch->handles[0]);
        drop_handle(watch->handles[1]);
        close_watch(*watch);
    }
    watches.loop.watches = nullptr;
    destroy(&watches);
}

Watches::Watches(rondo_loop &l) : loop(l) {
    at_close = close_all;
    l.close_hooks.push_back(*this);
}

rondo_status find_or_make(rondo_loop &loop, int fd, Watch *&out) {
    if (rondo_status s = loop.open_uv(); s < 0) return s;
    if (!loop.watches) loop.watches = create<Watches>(loop);
    if (!loop.watches) return RONDO_ENOMEM;
    auto &by_fd = static_cast<Watches *>(loop.watches)->by_fd;
    Watch *&place = by_fd[fd]; // throws before anything is to be undone
    if (!place) {
        auto *watch = create<Watch>(loop, fd);
        rondo_status s = watch ? uv_poll_init_socket(loop.uv(), &watch->poll, static_cast<uv_os_sock_t>(fd)) : RONDO_ENOMEM;
        if (s < 0) {
            destroy(watch);
            by_fd.erase(fd);
            return s;
        }
        watch->poll.data = watch;
        place = watch;
    }
    out = place;
    return RONDO_OK;
}

void forget_if_unused(rondo_loop &loop, int fd, Watch &watch) {
    if (watch.handles[0] || watch.handles[1]) {
        rearm(watch);
        return;
    }
    static_cast<Watches *>(loop.watches)->by_fd.erase(fd);
    close_watch(watch);
}

} // namespace

rondo_status add_watch(rondo_loop &loop, int fd, Direction direction, Handle &handle) {
    Watch *watch = nullptr;
    if (rondo_status s = find_or_make(loop, fd, watch); s < 0) return s;
    Handle *before = std::exchange(watch->of(direction), &handle);
    if (rondo_status s = rearm(*watch); s < 0) {
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
    if (!loop.watches) return false;
    auto &by_fd = static_cast<Watches *>(loop.watches)->by_fd;
    auto found = by_fd.find(fd);
    if (found == by_fd.end() || !found->second->of(direction)) return false;
    Watch &watch = *found->second;
    drop_handle(watch.of(direction));
    forget_if_unused(loop, fd, watch);
    return true;
}

} // namespace rondo::core
