# SPDX-License-Identifier: Apache-2.0
#
# liboverfeat.so: the rooms of the engine as one library, which shows what is marked OVERFEAT_API
# (engine/core/api.h) and nothing else; found by find_package(overfeat) and by pkg-config. Its headers
# are the rooms' own, and are included as <overfeat/detect/recogniser.h>. What runs is the component
# "library", what is needed to compile against it "development".
include(CMakePackageConfigHelpers)

# overfeat_shared_library(ROOMS ... HEADERS ...): headers are named from engine/ on. They include no
# header that is not among them (tests/engine/library checks it).
function(overfeat_shared_library)
  cmake_parse_arguments(PARSE_ARGV 0 LIBRARY "" "" "ROOMS;HEADERS")
  add_library(overfeat_library SHARED)
  add_library(overfeat::overfeat ALIAS overfeat_library)
  set_target_properties(overfeat_library PROPERTIES
    OUTPUT_NAME overfeat EXPORT_NAME overfeat LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
    LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
  foreach(room IN LISTS LIBRARY_ROOMS)
    target_sources(overfeat_library PRIVATE $<TARGET_OBJECTS:overfeat_${room}>)
    target_link_libraries(overfeat_library PRIVATE overfeat_${room})  # for what they link
  endforeach()
  target_compile_features(overfeat_library INTERFACE cxx_std_20)
  set(map "${PROJECT_SOURCE_DIR}/packaging/cmake/liboverfeat.map")
  target_link_options(overfeat_library PRIVATE "LINKER:--version-script=${map}")
  set_property(TARGET overfeat_library APPEND PROPERTY LINK_DEPENDS "${map}")

  # In this tree a header <overfeat/...> leads to the one in the room.
  foreach(header IN LISTS LIBRARY_HEADERS)
    file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/include/overfeat/${header}"
      CONTENT "#include \"engine/${header}\"\n")
  endforeach()
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/include/overfeat.h"
    CONTENT "#include \"engine/c/overfeat.h\"\n")
  install(FILES "${PROJECT_SOURCE_DIR}/engine/c/overfeat.h"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development)
  target_include_directories(overfeat_library INTERFACE
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR};${PROJECT_BINARY_DIR}/include>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")

  set(package "${CMAKE_INSTALL_LIBDIR}/cmake/overfeat")
  install(TARGETS overfeat_library EXPORT overfeat
    LIBRARY COMPONENT library NAMELINK_COMPONENT development)
  install(EXPORT overfeat NAMESPACE overfeat:: FILE overfeatTargets.cmake
    DESTINATION "${package}" COMPONENT development)
  set(made "${PROJECT_BINARY_DIR}/package")
  file(CONFIGURE OUTPUT "${made}/overfeatConfig.cmake" @ONLY
    CONTENT "include(\"\${CMAKE_CURRENT_LIST_DIR}/overfeatTargets.cmake\")\n")
  write_basic_package_version_file("${made}/overfeatConfigVersion.cmake"
    VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
  install(FILES "${made}/overfeatConfig.cmake" "${made}/overfeatConfigVersion.cmake"
    DESTINATION "${package}" COMPONENT development)
  # Where the folder of overfeat.pc is decides where everything else is, so that it can be moved.
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY
    "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" OUTPUT_VARIABLE up)
  file(CONFIGURE OUTPUT "${made}/overfeat.pc" @ONLY CONTENT
    "prefix=\${pcfiledir}/${up}
Name: overfeat
Description: @PROJECT_DESCRIPTION@
Version: @PROJECT_VERSION@
Cflags: -I\${prefix}/@CMAKE_INSTALL_INCLUDEDIR@
Libs: -L\${prefix}/@CMAKE_INSTALL_LIBDIR@ -loverfeat
")
  install(FILES "${made}/overfeat.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)

  # Where they are installed, they include one another as everybody includes them.
  install(CODE "
    foreach(header IN ITEMS ${LIBRARY_HEADERS})
      file(READ \"${PROJECT_SOURCE_DIR}/engine/\${header}\" text)
      string(REGEX REPLACE \"#include \\\"engine/([^\\\"]*)\\\"\" \"#include <overfeat/\\\\1>\" text \"\${text}\")
      set(file \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}/overfeat/\${header}\")
      message(STATUS \"Installing: \${file}\")
      file(WRITE \"\${file}\" \"\${text}\")
      list(APPEND CMAKE_INSTALL_MANIFEST_FILES \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}/overfeat/\${header}\")
    endforeach()" COMPONENT development)
endfunction()
