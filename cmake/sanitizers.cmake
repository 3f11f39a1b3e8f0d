# Every target of ours links rondo_sanitizers, so that the library itself is instrumented, not only its tests.
add_library(rondo_sanitizers INTERFACE)
if(RONDO_SANITIZE)
  target_compile_options(rondo_sanitizers INTERFACE
    -fsanitize=${RONDO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(rondo_sanitizers INTERFACE -fsanitize=${RONDO_SANITIZE})
endif()
