# SPDX-License-Identifier: Apache-2.0
#
# Installs a component of a build folder somewhere without touching the list by which whoever has installed that build can
# remove it (uninstall.cmake). Every install writes that list, so several at once wait for one another.
#   install_apart(BUILD COMPONENT PREFIX LISTS [OPTION...])    the list of this install goes into the folder LISTS
#   cmake -D BUILD=... -D COMPONENT=... -D PREFIX=... -D LISTS=... -P install_apart.cmake
cmake_minimum_required(VERSION 3.25)

function(install_apart build component prefix lists)
  file(LOCK "${build}/installing.lock" GUARD FUNCTION)
  set(list "${build}/install_manifest_${component}.txt")
  set(theirs "${build}/installed_before_${component}.txt")
  if(EXISTS "${list}")
    file(RENAME "${list}" "${theirs}")
  endif()
  execute_process(COMMAND "${CMAKE_COMMAND}" --install "${build}" --component "${component}" --prefix "${prefix}" ${ARGN}
    RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(EXISTS "${list}")
    file(MAKE_DIRECTORY "${lists}")
    file(RENAME "${list}" "${lists}/install_manifest_${component}.txt")
  endif()
  if(EXISTS "${theirs}")
    file(RENAME "${theirs}" "${list}")
  endif()
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${component} could not be installed in ${prefix}:\n${said}")
  endif()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  install_apart("${BUILD}" "${COMPONENT}" "${PREFIX}" "${LISTS}")
endif()
