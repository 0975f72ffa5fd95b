# SPDX-License-Identifier: Apache-2.0
#
# packaging/python without pip: built by plain CMake against a library that is installed somewhere, installed there,
# and imported.
cmake_minimum_required(VERSION 3.25)

include("${SOURCE}/tests/support/run.cmake")
include("${SOURCE}/packaging/cmake/install_apart.cmake")

file(REMOVE_RECURSE "${PLACE}")
foreach(component library development)
  install_apart("${BUILD}" ${component} "${PLACE}/prefix" "${PLACE}/lists")
endforeach()
run("${CMAKE_COMMAND}" -G "${GENERATOR}" -S "${SOURCE}/packaging/python" -B "${PLACE}/build" "-DCMAKE_PREFIX_PATH=${PLACE}/prefix"
  "-DPython3_EXECUTABLE=${PYTHON}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${CCACHE}")
run("${CMAKE_COMMAND}" --build "${PLACE}/build")
run("${CMAKE_COMMAND}" --install "${PLACE}/build" --prefix "${PLACE}/prefix")
set(ENV{PYTHONPATH} "${PLACE}/prefix/lib/python3/dist-packages")
run("${PYTHON}" -c "import overfeat
print(overfeat.__file__, len(overfeat.Recogniser(threads=1).labels), 'classes')")
if(NOT said MATCHES "python-install/prefix.* [0-9]+ classes")
  message(FATAL_ERROR "${said}")
endif()
file(REMOVE_RECURSE "${PLACE}")
