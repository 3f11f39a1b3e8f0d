include(CMakePackageConfigHelpers)

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME dev)
set(prefix_component dev) # what only an installation into a prefix has
if(RONDO_PACKAGES)
  set(prefix_component prefix)
endif()
set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rondo)

if(BUILD_SHARED_LIBS)
  set(shared_target rondo)
endif()
install(TARGETS ${shared_target} rondo_cpp EXPORT rondoTargets
  LIBRARY COMPONENT runtime NAMELINK_COMPONENT dev)
install(EXPORT rondoTargets NAMESPACE rondo:: DESTINATION ${config_dir})
export(EXPORT rondoTargets NAMESPACE rondo:: FILE rondoTargets.cmake)
if(static_target)
  install(TARGETS ${static_target} EXPORT rondoStaticTargets)
  install(EXPORT rondoStaticTargets NAMESPACE rondo:: DESTINATION ${config_dir})
  export(EXPORT rondoStaticTargets NAMESPACE rondo:: FILE rondoStaticTargets.cmake)
endif()
install(DIRECTORY include/rondo TYPE INCLUDE FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(FILES LICENSE TYPE DOC COMPONENT ${prefix_component})

# What bindings are generated from; and the reference that is made of it, where there is a Python to make it.
install(FILES capi/rondo.abi.json DESTINATION ${CMAKE_INSTALL_DATADIR}/rondo)
install(FILES capi/README.md TYPE DOC RENAME abi.md)

# The bindings that are compiled with the programs that use them.
set(source_dir ${CMAKE_INSTALL_DATADIR}/rondo)
install(DIRECTORY capi/go DESTINATION ${source_dir}
  PATTERN internal EXCLUDE PATTERN "*_test.go" EXCLUDE)
install(DIRECTORY capi/rust DESTINATION ${source_dir}
  PATTERN target EXCLUDE PATTERN tests EXCLUDE PATTERN generate.py EXCLUDE PATTERN rustfmt.toml EXCLUDE)
find_package(Python3 3.8 QUIET COMPONENTS Interpreter)
if(Python3_Interpreter_FOUND)
  set(description ${PROJECT_SOURCE_DIR}/capi/rondo.abi.json)
  set(maker ${PROJECT_SOURCE_DIR}/capi/abi)
  set(reference ${PROJECT_BINARY_DIR}/reference)
  add_custom_command(OUTPUT ${reference}/rondo.html
    COMMAND ${Python3_EXECUTABLE} ${maker}/reference.py ${description} ${reference}
    DEPENDS ${description} ${maker}/reference.py ${maker}/reference.css ${maker}/reference.js
    COMMENT "Making the reference of the C API" VERBATIM)
  add_custom_target(rondo_reference ALL DEPENDS ${reference}/rondo.html)
  install(FILES ${reference}/rondo.html TYPE DOC)
  install(DIRECTORY ${reference}/man3 TYPE MAN)
endif()

string(REPLACE _ - static_libuv_pc ${static_libuv})
set(static_export rondo::${static_target})
configure_package_config_file(cmake/rondoConfig.cmake.in rondoConfig.cmake INSTALL_DESTINATION ${config_dir}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(rondoConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/rondoConfig.cmake ${PROJECT_BINARY_DIR}/rondoConfigVersion.cmake
  DESTINATION ${config_dir})

# Those who link the archive need what it is made of; with the shared library beside it they ask for it (--static).
set(pc_kind "")
if(BUILD_SHARED_LIBS)
  set(pc_kind _private)
endif()
if(static_target)
  set(pc_requires${pc_kind} ${static_libuv_pc})
  set(pc_libs${pc_kind} "-lstdc++ -lm -pthread")
endif()

# rondo.pc finds the prefix from where it is, so that the installed tree may be moved.
file(RELATIVE_PATH up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${up}")
set(pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
set(pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
configure_file(pkgconfig/rondo.pc.in rondo.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/rondo.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT ${prefix_component})
if(RONDO_PACKAGES)
  include(cmake/packages.cmake)
endif()

# For programs that use the build tree: pkg-config prefers this one.
set(pc_prefix ${PROJECT_SOURCE_DIR})
set(pc_libdir ${PROJECT_BINARY_DIR})
configure_file(pkgconfig/rondo.pc.in rondo-uninstalled.pc @ONLY)
