# SPDX-License-Identifier: Apache-2.0
#
# overfeat_room(NAME SOURCES ... [PUBLIC libs...] [PRIVATE libs...])
#   One folder = one static library `overfeat_NAME` with the alias `overfeat::NAME`.
#   Includes are written from the repository root: "engine/core/frame.h".

find_package(Threads REQUIRED)
include(OverFeatCompiling)

add_library(overfeat_build_flags INTERFACE)
target_compile_features(overfeat_build_flags INTERFACE cxx_std_20)
target_include_directories(overfeat_build_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(overfeat_build_flags INTERFACE
  # Everywhere, as some libraries ask for it: precompiled headers fit only equal flags.
  -pthread
  # liboverfeat.so shows what it says it shows.
  -fvisibility=hidden -fvisibility-inlines-hidden
  -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Wnon-virtual-dtor
  # GCC 12 sees overlaps in std::string's operator+ at -O2 and above that are not there (GCC 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-restrict>
  # In a batch every source looks like a header, where a member of a local type would be a fault.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${OVERFEAT_BATCHES}>>:-Wno-subobject-linkage>
  # So that ccache sees precompiled headers.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${OVERFEAT_PRECOMPILE}>>:-fpch-preprocess>
  $<$<BOOL:${OVERFEAT_WARNINGS_AS_ERRORS}>:-Werror>)
if(OVERFEAT_SANITIZE)
  target_compile_options(overfeat_build_flags INTERFACE
    -fsanitize=${OVERFEAT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  target_link_options(overfeat_build_flags INTERFACE -fsanitize=${OVERFEAT_SANITIZE})
endif()
target_link_libraries(overfeat_build_flags INTERFACE Threads::Threads)

function(overfeat_room name)
  cmake_parse_arguments(PARSE_ARGV 1 ROOM "" "" "SOURCES;PUBLIC;PRIVATE")
  add_library(overfeat_${name} STATIC ${ROOM_SOURCES})
  add_library(overfeat::${name} ALIAS overfeat_${name})
  set_target_properties(overfeat_${name} PROPERTIES
    CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(overfeat_${name}
    PUBLIC overfeat_build_flags ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE})
  overfeat_header_kind(kind ${ROOM_PUBLIC} ${ROOM_PRIVATE})
  overfeat_compile_quickly(overfeat_${name} ${kind} ${ROOM_SOURCES})
endfunction()

# overfeat_program(NAME SOURCES ... LIBS ...)
function(overfeat_program name)
  cmake_parse_arguments(PARSE_ARGV 1 PROGRAM "" "" "SOURCES;LIBS")
  add_executable(${name} ${PROGRAM_SOURCES})
  set_target_properties(${name} PROPERTIES
    CXX_EXTENSIONS OFF RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  target_link_libraries(${name} PRIVATE overfeat_build_flags ${PROGRAM_LIBS})
  if(TARGET overfeat_cuda_module)
    add_dependencies(${name} overfeat_cuda_module)  # which they look for beside themselves
  endif()
endfunction()
