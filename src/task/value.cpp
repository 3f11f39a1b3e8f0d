#include "task/value.h"

#include <cstdlib>
#include <cstring>

namespace rondo::core {
namespace {

void drop_bytes(void *ptr, size_t) { std::free(ptr); }

void drop_object(void *object, size_t host_address) {
    release_object(*reinterpret_cast<const rondo_host *>(host_address), object);
}

} // namespace

rondo_status copy_bytes(uint32_t kind, const void *ptr, size_t len, rondo_value &out) {
    auto *copy = static_cast<char *>(std::malloc(len + 1));
    if (!copy) return RONDO_ENOMEM;
    if (len) std::memcpy(copy, ptr, len);
    copy[len] = '\0';
    out = rondo_value{kind, 0, {0}, len, drop_bytes};
    out.as.ptr = copy;
    return RONDO_OK;
}

rondo_value object_value(const rondo_host &host, void *object) {
    if (host.retain) host.retain(object);
    rondo_value value{RONDO_OBJECT, 0, {0}, reinterpret_cast<size_t>(&host), drop_object};
    value.as.ptr = object;
    return value;
}

void release_object(const rondo_host &host, void *object) {
    int32_t state = host.lock ? host.lock() : 0;
    if (host.release) host.release(object);
    if (host.unlock) host.unlock(state);
}

rondo_value share_object(const rondo_value &value) {
    const auto &host = *reinterpret_cast<const rondo_host *>(value.len);
    int32_t state = host.lock ? host.lock() : 0;
    rondo_value shared = object_value(host, value.as.ptr);
    if (host.unlock) host.unlock(state);
    return shared;
}

void *object_of(const rondo_value &value, const rondo_host *host) {
    bool ours = value.kind == RONDO_OBJECT && host && value.len == reinterpret_cast<size_t>(host);
    return ours ? value.as.ptr : nullptr;
}

} // namespace rondo::core
