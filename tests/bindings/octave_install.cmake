# SPDX-License-Identifier: Apache-2.0
#
# The Octave package as people get it: made, and installed by `pkg install` against a library that is installed
# somewhere. PLACE is emptied first; the other tests of Octave use what lies there then.
cmake_minimum_required(VERSION 3.25)

include("${SOURCE}/tests/support/run.cmake")
include("${SOURCE}/packaging/cmake/install_apart.cmake")

file(REMOVE_RECURSE "${PLACE}")
file(MAKE_DIRECTORY "${PLACE}/home")
foreach(component library development)
  install_apart("${BUILD}" ${component} "${PLACE}/library" "${PLACE}/lists")
endforeach()
run("${SOURCE}/packaging/octave/make-package" "${PLACE}")
file(GLOB package "${PLACE}/overfeat-*.tar.gz")
file(GLOB_RECURSE description "${PLACE}/library/overfeat.pc")
cmake_path(GET description PARENT_PATH folder)
set(ENV{PKG_CONFIG_PATH} "${folder}")
set(ENV{HOME} "${PLACE}/home")
run("${OCTAVE}" --norc --eval "pkg install -local -verbose ${package}")
run("${OCTAVE}" --norc --eval "pkg load overfeat, disp (which ('overfeat_mex'))")
if(NOT said MATCHES "overfeat_mex\\.mex")
  message(FATAL_ERROR "It is not there: ${said}")
endif()
