# SPDX-License-Identifier: Apache-2.0
#
# What makes compiling quicker. Every source compiles without either; the presets say who uses which
# (CMakePresets.json), and engine-only and tidy use none, so that a missing include is found.

option(OVERFEAT_PRECOMPILE "Precompile the headers of other people that most sources include" OFF)
option(OVERFEAT_BATCHES "Compile the sources of a room in batches: the shortest way from nothing" OFF)

# The headers of each kind: standard library, and what else dominates.
set(OVERFEAT_HEADERS_std
  <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <condition_variable> <cstddef> <cstdint>
  <cstring> <deque> <exception> <filesystem> <fstream> <functional> <limits> <map> <memory> <mutex>
  <numeric> <optional> <set> <span> <sstream> <stop_token> <string> <string_view> <system_error>
  <thread> <tuple> <unordered_map> <utility> <variant> <vector>)
set(OVERFEAT_HEADERS_json ${OVERFEAT_HEADERS_std} <nlohmann/json.hpp>)
set(OVERFEAT_HEADERS_cli ${OVERFEAT_HEADERS_json} <CLI/App.hpp> <CLI/Option.hpp> <CLI/Validators.hpp>)
set(OVERFEAT_HEADERS_qt ${OVERFEAT_HEADERS_std}
  <QAction> <QApplication> <QCheckBox> <QColor> <QComboBox> <QFrame> <QGridLayout> <QHBoxLayout>
  <QImage> <QKeyEvent> <QLabel> <QList> <QListView> <QLocale> <QMainWindow> <QObject> <QPainter>
  <QPushButton> <QRectF> <QSignalBlocker> <QSlider> <QStandardItemModel> <QString> <QTimer>
  <QToolButton> <QVBoxLayout> <QWidget>)
set(OVERFEAT_HEADERS_tests ${OVERFEAT_HEADERS_std} <gtest/gtest.h>)
set(OVERFEAT_HEADERS_qt_tests ${OVERFEAT_HEADERS_qt} <gtest/gtest.h>)

# Precompiled headers fit only sources compiled with the same flags, so their libraries are theirs, too.
set(OVERFEAT_LIBRARIES_json nlohmann_json::nlohmann_json)
set(OVERFEAT_LIBRARIES_cli nlohmann_json::nlohmann_json CLI11::CLI11)
set(OVERFEAT_LIBRARIES_qt Qt6::Widgets)
set(OVERFEAT_LIBRARIES_tests GTest::gtest)
set(OVERFEAT_LIBRARIES_qt_tests GTest::gtest Qt6::Widgets)  # Qt6::Test has flags for every folder

# overfeat_compile_quickly(TARGET KIND SOURCE...): the headers of KIND, compiled once for all targets
# that ask for them, and batches of the sources. KIND may be "none".
function(overfeat_compile_quickly target kind)
  overfeat_batch(${target} ${ARGN})
  if(NOT OVERFEAT_PRECOMPILE OR kind STREQUAL "none")
    return()
  endif()
  set(owner overfeat_headers_${kind})
  if(NOT TARGET ${owner})
    set(empty "${PROJECT_BINARY_DIR}/headers/${kind}.cpp")
    file(CONFIGURE OUTPUT "${empty}" CONTENT "// Only the headers matter.\n")
    add_library(${owner} OBJECT EXCLUDE_FROM_ALL "${empty}")
    set_target_properties(${owner} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${owner} PRIVATE overfeat_build_flags ${OVERFEAT_LIBRARIES_${kind}})
    target_precompile_headers(${owner} PRIVATE ${OVERFEAT_HEADERS_${kind}})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
  # When the folder has said everything about its sources.
  cmake_language(EVAL CODE "cmake_language(DEFER CALL overfeat_leave_out_special ${target})")
endfunction()

# Sources with options of their own do not fit the headers. (CMake leaves them out of batches, too.)
function(overfeat_leave_out_special target)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    get_source_file_property(options "${source}" COMPILE_OPTIONS)
    if(options)
      set_source_files_properties("${source}" PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    endif()
  endforeach()
endfunction()

# The kind of a room's headers, from the libraries it names.
function(overfeat_header_kind result)
  set(kind std)
  if("OpenMP::OpenMP_CXX" IN_LIST ARGN)
    set(kind none)  # other flags, one room
  elseif("Qt6::Widgets" IN_LIST ARGN)
    set(kind qt)
  elseif("CLI11::CLI11" IN_LIST ARGN)
    set(kind cli)
  elseif("nlohmann_json::nlohmann_json" IN_LIST ARGN)
    set(kind json)
  endif()
  set(${result} ${kind} PARENT_SCOPE)
endfunction()

# overfeat_batch(TARGET SOURCE...): adds the sources to the batches of the target. What a source keeps to
# itself is seen by its whole batch, so sources of which one keeps a name to itself that the other has,
# too, come into different ones. That is stricter than the language: of two functions of one name
# another one might be called.
function(overfeat_batch target)
  if(NOT OVERFEAT_BATCHES)
    return()
  endif()
  set(most 10)  # sources: more take too much memory, and are too few for all processors
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(batches ${target} OVERFEAT_BATCHES)
  if(NOT batches)
    set(batches 0)
  endif()
  foreach(source IN LISTS ARGN)
    if(NOT source MATCHES "\\.cpp$")
      continue()
    endif()
    overfeat_declared_names(own shown ${source})
    set(batch 0)
    while(batch LESS batches)
      foreach(what count own shown)
        get_target_property(batch_${what} ${target} OVERFEAT_BATCH_${batch}_${what})
      endforeach()
      overfeat_have_in_common(own_clash "${own}" "${batch_own};${batch_shown}")
      overfeat_have_in_common(shown_clash "${shown}" "${batch_own}")
      if(batch_count LESS most AND NOT own_clash AND NOT shown_clash)
        break()
      endif()
      math(EXPR batch "${batch} + 1")
    endwhile()
    if(batch EQUAL batches)
      math(EXPR batches "${batches} + 1")
      set(batch_count 0)
      set(batch_own "-")
      set(batch_shown "-")
    endif()
    math(EXPR batch_count "${batch_count} + 1")
    set_target_properties(${target} PROPERTIES
      OVERFEAT_BATCH_${batch}_count ${batch_count}
      OVERFEAT_BATCH_${batch}_own "${batch_own};${own}"
      OVERFEAT_BATCH_${batch}_shown "${batch_shown};${shown}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${batch})
  endforeach()
  set_target_properties(${target} PROPERTIES OVERFEAT_BATCHES ${batches})
endfunction()

function(overfeat_have_in_common result one other)
  set(rest ${one})
  list(REMOVE_ITEM rest ${other})
  if("${rest}" STREQUAL "${one}")
    set(${result} FALSE PARENT_SCOPE)
  else()
    set(${result} TRUE PARENT_SCOPE)
  endif()
endfunction()

# The names that a source declares outside functions and classes, where lines begin in the first column:
# those it keeps to itself, and the others. Read again when the source changes.
function(overfeat_declared_names own_result shown_result source)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
  file(STRINGS "${source}" lines REGEX "^([A-Za-z[].*[({=;[]|}  // namespace$)")
  set(own)
  set(shown)
  set(unnamed FALSE)
  foreach(line IN LISTS lines)
    if(line MATCHES "^(namespace {|}  // namespace$)")
      if(line MATCHES "{$")
        set(unnamed TRUE)
      else()
        set(unnamed FALSE)
      endif()
    elseif(NOT line MATCHES "^(using ([a-z_]+::|namespace)|namespace|template|extern|static_assert|[A-Z_]+\\()")
      string(REGEX REPLACE "^\\[\\[[a-z_]+\\]\\] " "" line "${line}")
      string(REGEX REPLACE " (final|:) .*" "" line "${line}")
      if(line MATCHES "^([^({=;[]*[ *&])?([A-Za-z_0-9]+) ?($|[({=;[])")
        set(name ${CMAKE_MATCH_2})
        set(after "${CMAKE_MATCH_3}")
        if(unnamed OR line MATCHES "^static " OR
           (line MATCHES "^const(expr)? " AND NOT after STREQUAL "("))
          list(APPEND own ${name})
        else()
          list(APPEND shown ${name})
        endif()
      endif()
    endif()
  endforeach()
  set(${own_result} "${own}" PARENT_SCOPE)
  set(${shown_result} "${shown}" PARENT_SCOPE)
endfunction()
