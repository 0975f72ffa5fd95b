// SPDX-License-Identifier: Apache-2.0
#include "engine/core/write_error.h"

#include <cerrno>
#include <system_error>

namespace overfeat {

bool saysLost(int error) noexcept {
    return error == ENOSPC || error == EDQUOT || error == EIO || error == EFBIG;
}

std::string writeProblem(int error) {
    switch (error) {
        case ENOSPC:
            return "the disk is full; make room";
        case EDQUOT:
            return "your share of the disk is full; make room";
        case EFBIG:
            return "the file may not grow any more; write to another disk";
        case ENOENT:
        case ENOTDIR:
            return "there is no such folder; make it or choose another";
        case EACCES:
        case EPERM:
        case EROFS:
            return "it may not be written there; choose another folder";
        case EISDIR:
            return "this is a folder; choose another name";
        default:
            return std::generic_category().message(error) + "; check the disk or choose another";
    }
}

}  // namespace overfeat
