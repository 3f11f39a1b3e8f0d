include(CMakePackageConfigHelpers)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rondo)

install(TARGETS ${rondo_targets} EXPORT rondoTargets)
install(DIRECTORY include/rondo TYPE INCLUDE FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(FILES LICENSE TYPE DOC)
install(EXPORT rondoTargets NAMESPACE rondo:: DESTINATION ${config_dir})

# What bindings are generated from; and the reference that is made of it, where there is a Python to make it.
install(FILES capi/rondo.abi.json DESTINATION ${CMAKE_INSTALL_DATADIR}/rondo)
install(FILES capi/README.md TYPE DOC RENAME abi.md)
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

# A static library asks its users to link what it is made of.
if("rondo_static" IN_LIST rondo_targets OR NOT BUILD_SHARED_LIBS)
  set(RONDO_HAS_STATIC ON)
else()
  set(RONDO_HAS_STATIC OFF)
endif()
configure_package_config_file(cmake/rondoConfig.cmake.in rondoConfig.cmake INSTALL_DESTINATION ${config_dir}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(rondoConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/rondoConfig.cmake ${PROJECT_BINARY_DIR}/rondoConfigVersion.cmake
  DESTINATION ${config_dir})

# The way from rondo.pc back to the prefix, so that the installed tree may be moved.
file(RELATIVE_PATH pc_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${pc_prefix}")
configure_file(pkgconfig/rondo.pc.in rondo.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/rondo.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
