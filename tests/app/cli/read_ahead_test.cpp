// SPDX-License-Identifier: Apache-2.0
#include "app/cli/read_ahead.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "engine/core/error.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::cli {
namespace {

class ReadAheadTest : public ::testing::Test {
protected:
    // A picture of one pixel, whose red says which.
    std::filesystem::path picture(const std::string& name, char red) {
        const std::string bytes = std::string("P6\n1 1\n255\n") + red + "gb";
        folder_.write(name, {bytes.begin(), bytes.end()});
        return folder_.path() / name;
    }

    test::TemporaryFolder folder_;
};

TEST_F(ReadAheadTest, GivesWhatWasBegunWithAndWhatWasNot) {
    const auto first = picture("first.ppm", 'a');
    const auto second = picture("second.ppm", 'b');
    ReadAhead ahead;
    EXPECT_EQ(ahead.take(first).picture.row(0)[0], 'a') << "nothing was begun with";
    ahead.begin(second);
    EXPECT_EQ(ahead.take(second).picture.row(0)[0], 'b');
    ahead.begin(second);
    EXPECT_EQ(ahead.take(first).picture.row(0)[0], 'a') << "another one was begun with";
    ahead.begin(first);
    ahead.begin(second);
    EXPECT_EQ(ahead.take(second).picture.row(0)[0], 'b') << "the last one counts";
}

TEST_F(ReadAheadTest, AFaultIsTheOneOfItsTurn) {
    const auto gone = folder_.path() / "gone.png";
    const auto good = picture("good.ppm", 'a');
    ReadAhead ahead;
    ahead.begin(gone);
    EXPECT_THROW(ahead.take(gone), Error);
    ahead.begin(good);
    EXPECT_EQ(ahead.take(good).picture.row(0)[0], 'a') << "a fault ends nothing";
}

TEST_F(ReadAheadTest, EndsWithWhatNobodyTook) {
    const auto one = picture("one.ppm", 'a');
    ReadAhead ahead;
    ahead.begin(one);
}

}  // namespace
}  // namespace overfeat::cli
