# The Debian packages librondo0, librondo-dev and python3-rondo, made by cpack -G DEB. What is installed as component
# dev or as none goes into librondo-dev.
set(debian ${PROJECT_BINARY_DIR}/debian)
set(library_package librondo${PROJECT_VERSION_MAJOR})

# rondo.pc names /usr, so that pkg-config leaves out the directories every compiler searches.
set(pc_prefix /usr)
configure_file(pkgconfig/rondo.pc.in debian/rondo.pc @ONLY)
install(FILES ${debian}/rondo.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev EXCLUDE_FROM_ALL)

find_program(RONDO_PYTHON NAMES python3 REQUIRED)
execute_process(COMMAND ${RONDO_PYTHON} -B -c "import backend; print(backend.METADATA, end='')"
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/capi/python OUTPUT_FILE ${debian}/METADATA COMMAND_ERROR_IS_FATAL ANY)
set(python_dir lib/python3/dist-packages)
install(DIRECTORY capi/python/rondo DESTINATION ${python_dir} COMPONENT python EXCLUDE_FROM_ALL
  FILES_MATCHING PATTERN "*.py" PATTERN __pycache__ EXCLUDE)
install(FILES ${debian}/METADATA DESTINATION ${python_dir}/rondo-${PROJECT_VERSION}.dist-info
  COMPONENT python EXCLUDE_FROM_ALL)

set(examples_dir share/doc/librondo-dev/examples)
install(DIRECTORY examples/c examples/cpp DESTINATION ${examples_dir} COMPONENT dev EXCLUDE_FROM_ALL
  FILES_MATCHING PATTERN "*.c" PATTERN "*.cpp")
install(DIRECTORY examples/python/ DESTINATION share/doc/python3-rondo/examples COMPONENT python EXCLUDE_FROM_ALL
  FILES_MATCHING PATTERN "*.py" PATTERN __pycache__ EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package says its own
set(CPACK_PACKAGE_CONTACT "The Rondo authors <rondo@example.invalid>" CACHE STRING "Maintainer of the Debian packages")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL runtime dev python)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# rondo_debian_package(COMPONENT PACKAGE SECTION DEPENDS SUMMARY DESCRIPTION [CONTROL_FILE...])
function(rondo_debian_package component package section depends summary description)
  set(doc share/doc/${package})
  install(FILES cmake/debian/copyright DESTINATION ${doc} COMPONENT ${component} EXCLUDE_FROM_ALL)
  install(FILES ${debian}/changelog.gz DESTINATION ${doc} COMPONENT ${component} EXCLUDE_FROM_ALL)
  string(TOUPPER CPACK_DEBIAN_${component}_PACKAGE prefix)
  set(${prefix}_NAME ${package} PARENT_SCOPE)
  set(${prefix}_SECTION ${section} PARENT_SCOPE)
  set(${prefix}_DEPENDS "${depends}" PARENT_SCOPE)
  set(${prefix}_CONTROL_EXTRA ${ARGN} PARENT_SCOPE)
  string(TOUPPER CPACK_DEBIAN_${component}_DESCRIPTION variable)
  set(${variable} "${summary}\n${description}" PARENT_SCOPE)
endfunction()

configure_file(cmake/debian/changelog.in debian/changelog @ONLY)
execute_process(COMMAND gzip -9n INPUT_FILE ${debian}/changelog OUTPUT_FILE ${debian}/changelog.gz
  COMMAND_ERROR_IS_FATAL ANY)

rondo_debian_package(runtime ${library_package} libs ""
  "asyncio's Runner as a native library"
  "One reusable loop on libuv, and on it coroutines written in C, C++, Python, Rust
and Go, awaiting each other by the rules of asyncio.
.
This package contains the library."
  ${PROJECT_SOURCE_DIR}/cmake/debian/triggers)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")

rondo_debian_package(dev librondo-dev libdevel "${library_package} (= ${PROJECT_VERSION}), libuv1-dev"
  "asyncio's Runner as a native library (development files)"
  "One reusable loop on libuv, and on it coroutines written in C, C++, Python, Rust
and Go, awaiting each other by the rules of asyncio.
.
This package contains the headers for C and C++, the archive for static
linking, the CMake package and the description for pkg-config; manual pages,
rondo(3) first, and examples; and, as source in /usr/share/rondo, the crate for
Rust and the package for Go.")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "pkg-config, cargo, golang-go")

rondo_debian_package(python python3-rondo python
  "python3 (>= 3.11), ${library_package} (>= ${PROJECT_VERSION})"
  "asyncio on a native loop shared with C and C++"
  "One reusable loop on libuv, and on it coroutines written in C, C++, Python, Rust
and Go, awaiting each other by the rules of asyncio.
.
This package contains the module rondo, which has the names of asyncio."
  ${PROJECT_SOURCE_DIR}/cmake/debian/postinst ${PROJECT_SOURCE_DIR}/cmake/debian/prerm)
set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)

include(CPack)
