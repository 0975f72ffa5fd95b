# SPDX-License-Identifier: Apache-2.0
#
# Removes what `cmake --install` of this build folder has installed: cmake --build build/release --target
# uninstall. What people taught, fetched and set lies in their homes and stays.
cmake_minimum_required(VERSION 3.25)

file(GLOB lists "${BUILD}/install_manifest*.txt")
if(NOT lists)
  message(FATAL_ERROR "Nothing was installed from ${BUILD}.")
endif()
set(count 0)
foreach(list IN LISTS lists)
  file(STRINGS "${list}" files ENCODING UTF-8)
  foreach(file IN LISTS files)
    set(file "$ENV{DESTDIR}${file}")
    if(EXISTS "${file}" OR IS_SYMLINK "${file}")
      file(REMOVE "${file}")
      math(EXPR count "${count} + 1")
    endif()
    # Folders that are empty now; those of the system are not ours, even then.
    cmake_path(GET file PARENT_PATH folder)
    while(IS_DIRECTORY "${folder}" AND NOT folder STREQUAL "$ENV{HOME}")
      file(GLOB inside "${folder}/*" "${folder}/.*")
      list(FILTER inside EXCLUDE REGEX "/\\.\\.?$")
      if(inside OR folder MATCHES "^/[^/]*$" OR (folder MATCHES "^/(usr|opt|etc|var)/" AND NOT folder MATCHES "overfeat"))
        break()
      endif()
      file(REMOVE_RECURSE "${folder}")
      cmake_path(GET folder PARENT_PATH folder)
    endwhile()
  endforeach()
  file(REMOVE "${list}")
endforeach()
message(STATUS "${count} files are removed.")
