# SPDX-License-Identifier: Apache-2.0
#
# The programs installed somewhere, moved, used and removed.
cmake_minimum_required(VERSION 3.25)

set(scratch "${BUILD}/tests/packaging/scratch")
file(REMOVE_RECURSE "${scratch}")
file(MAKE_DIRECTORY "${scratch}/home")
include("${SOURCE}/packaging/cmake/install_apart.cmake")

function(run)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E env --unset=XDG_DATA_HOME --unset=XDG_CONFIG_HOME --unset=DISPLAY
      --unset=WAYLAND_DISPLAY "HOME=${scratch}/home" ${ARGN}
    RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE complained)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n${said}\n${complained}")
  endif()
  set(said "${said}" PARENT_SCOPE)
endfunction()

function(expect text part)
  string(FIND "${text}" "${part}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "'${part}' is not in:\n${text}")
  endif()
endfunction()

install_apart("${BUILD}" app "${scratch}/before" "${scratch}/lists" --strip)
file(RENAME "${scratch}/before" "${scratch}/place")
set(prefix "${scratch}/place")

# Where they were moved to they find what belongs to them.
run("${prefix}/bin/overfeat" models list)
expect("${said}" "light")
expect("${said}" "efficientnet-lite0")
run("${prefix}/bin/overfeat" classify --model light --json --top 1 "${SOURCE}/resources/demo/table.png")
expect("${said}" "\"classes\":[{")
run("${prefix}/bin/overfeat-live" --headless --source demo --after 1 --json)
expect("${said}" "\"classes\":[{")
if(EXISTS "${prefix}/lib/overfeat-live/liboverfeat_cuda.so")
  run("${prefix}/bin/overfeat" devices)
  if(said MATCHES "not beside the program")
    message(FATAL_ERROR "The module for cards is installed and not found: ${said}")
  endif()
endif()
run("${prefix}/bin/overfeat" teach orange "${SOURCE}/resources/demo/table.png:519,185,121,138")

# What others read is as they want it.
function(validated tool)
  find_program(found_${tool} ${tool})
  if(found_${tool})
    run("${found_${tool}}" ${ARGN})
  else()
    message("SKIPPED-CAPABILITY packaging-tools: ${tool}")
  endif()
endfunction()
validated(desktop-file-validate "${prefix}/share/applications/overfeat-live.desktop")
# From 1.0 on it asks for a homepage, of which there is none; before that it does not know that it could.
set(homepage)
find_program(appstreamcli appstreamcli)
if(appstreamcli)
  run("${appstreamcli}" --version)
  if(NOT said MATCHES "version: 0\\.")
    set(homepage --override=url-homepage-missing=info)
  endif()
endif()
validated(appstreamcli validate --no-net ${homepage} "${prefix}/share/metainfo/org.overfeat.Live.metainfo.xml")
validated(xmllint --noout "${prefix}/share/mime/packages/overfeat-live.xml"
  "${prefix}/share/metainfo/org.overfeat.Live.metainfo.xml" "${prefix}/share/icons/hicolor/scalable/apps/overfeat-live.svg")
file(STRINGS "${prefix}/share/applications/overfeat-live.desktop" started REGEX "^(Exec|Icon)=")
expect("${started}" "Exec=overfeat-live %u")
foreach(icon 48x48/apps/overfeat-live.png 128x128/apps/overfeat-live.png 256x256/apps/overfeat-live.png
    scalable/apps/overfeat-live.svg)
  if(NOT EXISTS "${prefix}/share/icons/hicolor/${icon}")
    message(FATAL_ERROR "There is no icon ${icon}.")
  endif()
endforeach()

# A class library is known by what is in it, whatever it is called.
find_program(update_mime update-mime-database)
find_program(gio gio)
if(update_mime AND gio)
  run("${update_mime}" "${prefix}/share/mime")
  file(RENAME "${scratch}/home/.local/share/overfeat-live/classes.overfeat" "${scratch}/unnamed")
  run("XDG_DATA_DIRS=${prefix}/share:/usr/share" "${gio}" info -a standard::content-type "${scratch}/unnamed")
  expect("${said}" "application/x-overfeat-classes")
  file(RENAME "${scratch}/unnamed" "${scratch}/home/.local/share/overfeat-live/classes.overfeat")
  # That tool leaves its own files.
  file(RENAME "${prefix}/share/mime/packages" "${scratch}/packages")
  file(REMOVE_RECURSE "${prefix}/share/mime")
  file(MAKE_DIRECTORY "${prefix}/share/mime")
  file(RENAME "${scratch}/packages" "${prefix}/share/mime/packages")
else()
  message("SKIPPED-CAPABILITY packaging-tools: update-mime-database or gio")
endif()

# Removed, nothing is left but what the user has taught, and other people's files.
file(RENAME "${prefix}" "${scratch}/before")
file(WRITE "${scratch}/before/share/applications/another.desktop" "[Desktop Entry]\n")
run("${CMAKE_COMMAND}" -D "BUILD=${scratch}/lists" -P "${SOURCE}/packaging/cmake/uninstall.cmake")
file(GLOB_RECURSE left LIST_DIRECTORIES true RELATIVE "${scratch}/before" "${scratch}/before/*")
if(NOT left STREQUAL "share;share/applications;share/applications/another.desktop")
  message(FATAL_ERROR "After the removal there is: ${left}")
endif()
if(NOT EXISTS "${scratch}/home/.local/share/overfeat-live/classes.overfeat")
  message(FATAL_ERROR "What was taught is gone.")
endif()
file(REMOVE_RECURSE "${scratch}")
