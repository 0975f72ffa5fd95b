// SPDX-License-Identifier: Apache-2.0
#include "app/cli/disk.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "app/capture/file_bytes.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kGigabyte = std::uintmax_t{1} << 30;

TEST(Disk, IsFullWithoutRoomForAnotherPart) {
    EXPECT_FALSE(isFull({kGigabyte, kGigabyte / 2, kGigabyte / 2}, false));
    EXPECT_TRUE(isFull({kGigabyte, 0, 0}, false));
    EXPECT_TRUE(isFull({kGigabyte, 0, 0}, true));
    EXPECT_TRUE(isFull({kGigabyte, 65535, 65535}, false));
    EXPECT_FALSE(isFull({kGigabyte, 65536, 65536}, false));
}

TEST(Disk, WhatIsKeptBackIsForTheSuperuser) {
    EXPECT_TRUE(isFull({kGigabyte, kGigabyte / 20, 0}, false));
    EXPECT_FALSE(isFull({kGigabyte, kGigabyte / 20, 0}, true));
}

TEST(Disk, OfUnknownSizeIsNotFull) {
    EXPECT_FALSE(isFull({0, 0, 0}, false));
    EXPECT_FALSE(isFull({0, 0, 0}, true));
    // One that there is everywhere, and what it says.
    std::error_code unknown;
    const auto space = fs::space("/proc", unknown);
    ASSERT_FALSE(unknown);
    ASSERT_EQ(space.capacity, 0U);
    EXPECT_FALSE(isFull(space, false));
}

TEST(Disk, OnlySomeErrorsSayThatSomethingIsLost) {
    for (const int error : {ENOSPC, EDQUOT, EIO, EFBIG})
        EXPECT_TRUE(capture::saysLost(error)) << error;
    for (const int error : {EINVAL, ENOSYS, ENOTSUP, EROFS, EINTR, EBADF})
        EXPECT_FALSE(capture::saysLost(error)) << error;
}

TEST(Disk, HasWhatWasWritten) {
    const test::TemporaryFolder folder;
    EXPECT_TRUE(isOnDisk(folder.write("a", "bytes")));
    EXPECT_FALSE(isOnDisk(folder.path() / "missing"));
    EXPECT_TRUE(isOnDisk("/dev/null")) << "answers EINVAL, as file systems without fsync() do";
}

}  // namespace
}  // namespace overfeat::cli
