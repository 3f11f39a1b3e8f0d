// Who is told of a SIGINT. sigint_*.cpp.
#pragma once

namespace rondo::core {

using SigintHandler = void (*)(int);

// Only over the default action: else false, and nothing changes. The handler may run in any thread, or inside one.
[[nodiscard]] bool take_sigint(SigintHandler handler) noexcept;
// The default action again, unless somebody has put something else in place.
void give_sigint_back(SigintHandler handler) noexcept;

} // namespace rondo::core
