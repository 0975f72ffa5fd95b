// SPDX-License-Identifier: Apache-2.0
#include "app/capture/folder_scan.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <string>

#include "engine/core/error.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::capture::test {
namespace {

namespace fs = std::filesystem;
using overfeat::test::TemporaryFolder;

constexpr std::chrono::seconds kLong{60};

void touch(const fs::path& path) {
    ::close(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

std::vector<std::string> all(FolderScan& scan) {
    std::vector<std::string> names;
    while (scan.next(Clock::now() + kLong, {}) == FolderScan::Step::kFile) {
        names.push_back(scan.file().filename().string());
    }
    return names;
}

TEST(FolderScan, CountsTheWayPeopleDo) {
    const TemporaryFolder folder;
    for (const char* name : {"10.png", "9.JPG", "1.webp", "a.txt", "b"})
        touch(folder.path() / name);
    FolderScan scan(folder.path());
    EXPECT_EQ(all(scan), (std::vector<std::string>{"1.webp", "9.JPG", "10.png", "b"}));
    EXPECT_EQ(scan.length(), 4);
    EXPECT_EQ(scan.skipped(), 1U);
}

TEST(FolderScan, ManyNamesAreReadInBatches) {
    const TemporaryFolder folder;
    constexpr std::size_t kNames = 5000;
    for (std::size_t i = 0; i < kNames; ++i)
        touch(folder.path() / (std::to_string(i) + ".png"));
    FolderScan scan(folder.path(), 512);
    ASSERT_EQ(scan.next(Clock::now() + kLong, {}), FolderScan::Step::kFile);
    EXPECT_EQ(scan.length(), -1);  // the first picture is there long before the last name is known
    const auto rest = all(scan);
    EXPECT_EQ(std::set<std::string>(rest.begin(), rest.end()).size(), kNames - 1);
    EXPECT_EQ(scan.length(), static_cast<std::int64_t>(kNames));
}

TEST(FolderScan, GivesUpAtTheDeadlineAndGoesOnLater) {
    const TemporaryFolder folder;
    for (int i = 0; i < 50; ++i)
        touch(folder.path() / (std::to_string(i) + ".png"));
    FolderScan scan(folder.path());
    EXPECT_EQ(scan.next(Clock::now(), {}), FolderScan::Step::kNotYet);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(scan.next(Clock::now() + kLong, stop.get_token()), FolderScan::Step::kNotYet);
    EXPECT_EQ(all(scan).size(), 50U);
}

TEST(FolderScan, BatchesEndExactlyAtTheEnd) {
    const TemporaryFolder folder;
    for (int i = 0; i < 6; ++i)
        touch(folder.path() / (std::to_string(i) + ".png"));
    FolderScan scan(folder.path(), 3);
    EXPECT_EQ(all(scan).size(), 6U);
}

TEST(FolderScan, PassesOverWhatCannotBeAPicture) {
    const TemporaryFolder folder;
    fs::create_directory(folder.path() / "folder.png");
    fs::create_symlink("self.png", folder.path() / "self.png");
    fs::create_symlink("nothing", folder.path() / "dangling.png");
    fs::create_directory_symlink("..", folder.path() / "up");
    ASSERT_EQ(::mkfifo((folder.path() / "pipe.png").c_str(), 0600), 0);
    touch(folder.path() / "\xFF\xFE \xF0\x9F\x8D\x8E.png");
    FolderScan scan(folder.path());
    EXPECT_EQ(all(scan), std::vector<std::string>{"\xFF\xFE \xF0\x9F\x8D\x8E.png"});
    EXPECT_EQ(scan.skipped(), 3U);  // both links and the pipe; folders are no files
}

TEST(FolderScan, RefusesWhatIsNoFolder) {
    const TemporaryFolder folder;
    EXPECT_THROW(FolderScan(folder.path() / "no"), Error);
    touch(folder.path() / "file");
    EXPECT_THROW(FolderScan(folder.path() / "file"), Error);
}

}  // namespace
}  // namespace overfeat::capture::test
