# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)

set(scratch "${BUILD}/tests/engine/library/scratch")
file(REMOVE_RECURSE "${scratch}")

include("${SOURCE}/tests/support/run.cmake")
include("${SOURCE}/packaging/cmake/install_apart.cmake")

# Nothing but the library comes with it, and it works where it was not installed. What runs is a part of its own.
install_apart("${BUILD}" library "${scratch}/before" "${scratch}/lists")
file(GLOB_RECURSE alone RELATIVE "${scratch}/before" "${scratch}/before/*")
list(LENGTH alone count)
if(NOT count EQUAL 2 OR NOT alone MATCHES "^[^;]*/liboverfeat\\.so\\.[0-9]+;[^;]*/liboverfeat\\.so\\.[0-9.]+$")
  message(FATAL_ERROR "The component library is not the library alone: ${alone}")
endif()
install_apart("${BUILD}" development "${scratch}/before" "${scratch}/lists")
file(RENAME "${scratch}/before" "${scratch}/place")
set(prefix "${scratch}/place")

# Every header can be the first one, and leads to no header that is not there.
file(GLOB_RECURSE headers RELATIVE "${prefix}/include" "${prefix}/include/overfeat/*.h")
list(LENGTH headers count)
if(count LESS 20)
  message(FATAL_ERROR "Only ${count} headers were installed.")
endif()
foreach(header IN LISTS headers)
  file(STRINGS "${prefix}/include/${header}" lines REGEX "^#include [\"<](engine|overfeat)/")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^#include [\"<]([^\">]*).*" "\\1" other "${line}")
    if(NOT EXISTS "${prefix}/include/${other}")
      message(SEND_ERROR "${header} includes ${other}, which is not installed.")
    endif()
  endforeach()
  string(APPEND all "#include <${header}>\n")
endforeach()
file(WRITE "${scratch}/all.cpp" "${all}int main() {}\n")
run("${COMPILER}" -std=c++20 -Wall -Wextra -Werror -fsyntax-only "-I${prefix}/include" "${scratch}/all.cpp")

# It shows what is ours and nothing else.
run("${NM}" -D --defined-only --demangle "${LIBRARY}")
string(REGEX REPLACE "\n" ";" lines "${said}")
set(shown 0)
foreach(line IN LISTS lines)
  if(line MATCHES "^[0-9a-f]+ [A-Za-z] (.*)$")
    set(name "${CMAKE_MATCH_1}")
    if(name MATCHES "^overfeat_[a-z_]+$")
      string(APPEND c_names "${name}\n")
    elseif(name MATCHES "^((vtable|typeinfo|typeinfo name|VTT) for )?overfeat::")
      math(EXPR shown "${shown} + 1")
    else()
      message(SEND_ERROR "liboverfeat.so shows ${name}")
    endif()
  endif()
endforeach()
if(shown LESS 50)
  message(FATAL_ERROR "liboverfeat.so shows only ${shown} names of its own.")
endif()

# What C programs were linked with stays: a name that goes, or is another's, needs another SOVERSION.
file(READ "${CMAKE_CURRENT_LIST_DIR}/../c/symbols.txt" known)
if(NOT c_names STREQUAL known)
  message(FATAL_ERROR "The C names are not those of tests/engine/c/symbols.txt:\n${c_names}")
endif()

# Somebody's project finds it and runs.
run("${CMAKE_COMMAND}" -G "${GENERATOR}" -S "${SOURCE}/engine/examples" -B "${scratch}/theirs"
  "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_FLAGS=${FLAGS}")
run("${CMAKE_COMMAND}" --build "${scratch}/theirs")
file(WRITE "${scratch}/grey.ppm" "P6 2 2 255\nabcdefghijkl")
run("${scratch}/theirs/recognise_picture" "${SOURCE}/models/default.onnx" "${scratch}/grey.ppm")
if(NOT said MATCHES "ms on ")
  message(FATAL_ERROR "recognise_picture said: ${said}")
endif()

run("${scratch}/theirs/recognise_picture_in_c" "${SOURCE}/models/default.onnx" "${scratch}/grey.ppm")
string(REGEX MATCHALL "0\\.[0-9]+\t" scores "${said}")
list(LENGTH scores count)
if(NOT count EQUAL 5)
  message(FATAL_ERROR "recognise_picture_in_c said: ${said}")
endif()

# The same by pkg-config, where there is one.
find_program(PKG_CONFIG pkg-config)
if(PKG_CONFIG)
  file(GLOB_RECURSE description "${prefix}/overfeat.pc")
  cmake_path(GET description PARENT_PATH folder)
  set(ENV{PKG_CONFIG_PATH} "${folder}")
  run("${PKG_CONFIG}" --cflags --libs overfeat)
  string(STRIP "${said}" flags)
  separate_arguments(flags UNIX_COMMAND "${flags} ${FLAGS}")
  run("${COMPILER}" -std=c++20 "${SOURCE}/engine/examples/recognise_picture.cpp"
    -o "${scratch}/by_pkg_config" ${flags})
endif()

# Removed, nothing is left.
file(RENAME "${prefix}" "${scratch}/before")
run("${CMAKE_COMMAND}" -D "BUILD=${scratch}/lists" -P "${SOURCE}/packaging/cmake/uninstall.cmake")
if(EXISTS "${scratch}/before")
  file(GLOB_RECURSE left "${scratch}/before/*")
  message(FATAL_ERROR "After the removal there is: ${left}")
endif()
file(REMOVE_RECURSE "${scratch}")
