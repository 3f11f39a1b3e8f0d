// A counted pointer to anything with retain() and release().
#pragma once

#include <utility>

namespace rondo::core {

template <class T>
class Ref {
public:
    Ref() = default;
    // Takes over a reference the caller owns.
    static Ref adopt(T *object) {
        Ref ref;
        ref.object_ = object;
        return ref;
    }
    static Ref share(T *object) {
        if (object) object->retain();
        return adopt(object);
    }
    Ref(Ref &&other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Ref &operator=(Ref &&other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Ref() {
        if (object_) object_->release();
    }

    T *get() const { return object_; }
    T *operator->() const { return object_; }
    T &operator*() const { return *object_; }
    explicit operator bool() const { return object_ != nullptr; }
    [[nodiscard]] T *detach() { return std::exchange(object_, nullptr); }

private:
    T *object_ = nullptr;
};

} // namespace rondo::core
