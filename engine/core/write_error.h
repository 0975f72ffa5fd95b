// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

// What errors of the system mean for a file that is being written.
namespace overfeat {

// What to do about it: "the disk is full; make room".
std::string writeProblem(int error);

// Whether this error of fsync() or close() says that something which was written is lost. Other
// errors say that the file system cannot be asked.
bool saysLost(int error) noexcept;

}  // namespace overfeat
