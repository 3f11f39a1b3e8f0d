// rondo/site.hpp - where a coroutine waits, for Loop::dump(): the function, file and line of its last co_await.
//
// Machinery. An awaiter takes a Site as the default argument of its await_suspend, which the compiler fills in at the
// co_await: one pointer to static data, stored when a coroutine suspends and not before. Compilers without
// std::source_location (clang 14) know no sites, and dumps show tasks alone.
#ifndef RONDO_SITE_HPP
#define RONDO_SITE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string_view>
#include <version>

#ifdef __cpp_lib_source_location
#include <source_location>
#endif

namespace rondo::detail {

#ifdef __cpp_lib_source_location
using Site = std::source_location;
#else
class Site {
public:
    [[nodiscard]] static constexpr Site current() noexcept { return {}; }
    [[nodiscard]] constexpr const char *function_name() const noexcept { return ""; }
    [[nodiscard]] constexpr const char *file_name() const noexcept { return ""; }
    [[nodiscard]] constexpr unsigned line() const noexcept { return 0; }

private:
    [[maybe_unused]] const void *nothing_ = nullptr; // the same size everywhere
};
#endif
static_assert(sizeof(Site) == sizeof(void *));

// "app::fetch" of "void app::fetch(app::fetch(int)::_Zn3app5fetchEi.Frame*)", which is how g++ calls a coroutine's
// body.
[[nodiscard]] inline std::string_view readable_name(std::string_view function) noexcept {
    if (function.ends_with(')')) {
        std::size_t open = function.size();
        for (int depth = 0; open-- > 0;) {
            depth += (function[open] == ')') - (function[open] == '(');
            if (depth == 0) break;
        }
        function = function.substr(0, open);
    }
    if (function.starts_with("void ")) function.remove_prefix(5);
    if (function.ends_with("::operator()")) function.remove_suffix(12);
    return function;
}

// Writes "app::fetch, download.cpp:17" and answers the length; nothing for the library's own coroutines.
[[nodiscard]] inline std::size_t describe_site(const Site &site, char *text, std::size_t capacity) noexcept {
    const std::string_view name = readable_name(site.function_name());
    if (site.line() == 0 || name.starts_with("rondo::detail::") || capacity == 0) return 0;
    std::string_view file = site.file_name();
    file.remove_prefix(std::min(file.size(), file.find_last_of('/') + 1));
    const int length = std::snprintf(text, capacity, "%.*s, %.*s:%u", static_cast<int>(name.size()), name.data(),
                                     static_cast<int>(file.size()), file.data(), static_cast<unsigned>(site.line()));
    return length > 0 ? std::min(static_cast<std::size_t>(length), capacity - 1) : 0;
}

} // namespace rondo::detail

#endif // RONDO_SITE_HPP
