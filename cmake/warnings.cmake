# Link rondo_warnings privately to a target of ours to have it compiled with our warnings.
add_library(rondo_warnings INTERFACE)
target_compile_options(rondo_warnings INTERFACE -Wall -Wextra -Wpedantic $<$<BOOL:${RONDO_WERROR}>:-Werror>)
