#include "base/output.h"

#include <cerrno>
#include <unistd.h>

namespace rondo::core {

void write_all(int descriptor, const char *text, std::size_t length) noexcept {
    int before = errno;
    while (length > 0) {
        ssize_t written = write(descriptor, text, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        text += written;
        length -= static_cast<std::size_t>(written);
    }
    errno = before;
}

} // namespace rondo::core
