#include "base/output.h"

#include <algorithm>
#include <cerrno>
#include <io.h>

namespace rondo::core {

void write_all(int descriptor, const char *text, std::size_t length) noexcept {
    int before = errno;
    while (length > 0) {
        int written = _write(descriptor, text, static_cast<unsigned>(std::min<std::size_t>(length, 1u << 20)));
        if (written <= 0) break;
        text += written;
        length -= static_cast<std::size_t>(written);
    }
    errno = before;
}

} // namespace rondo::core
