// SPDX-License-Identifier: Apache-2.0
#include "engine/core/error.h"

#include <gtest/gtest.h>

#include <string>

namespace overfeat {
namespace {

// Data sets, models and servers choose names, and their errors are printed to terminals.
TEST(Error, SaysNothingThatSteersATerminal) {
    const std::string name =
        "a\x1B[2Jb\r\n\xE2\x80\xAE"
        "c\xFF.png";
    const Error error(ErrorCode::kInput, "The data set has no file '" + name + "'.", name);
    EXPECT_STREQ(error.what(), "The data set has no file 'a[2Jbc?.png'.");
    EXPECT_EQ(error.where(), name) << "for programs, as it is";
}

}  // namespace
}  // namespace overfeat
