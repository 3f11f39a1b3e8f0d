include(CMakePackageConfigHelpers)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rondo)

install(TARGETS ${rondo_targets} EXPORT rondoTargets)
install(DIRECTORY include/rondo TYPE INCLUDE FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(FILES LICENSE TYPE DOC)
install(EXPORT rondoTargets NAMESPACE rondo:: DESTINATION ${config_dir})

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
