// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/few_shot.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::evaluate {
namespace {

std::vector<float> at(double degrees) {
    const double radians = degrees * 3.14159265358979 / 180;
    return {static_cast<float>(std::cos(radians)), static_cast<float>(std::sin(radians))};
}

ShownPicture picture(const std::string& of, int number, double degrees) {
    return {of, of + "/" + std::to_string(number), {at(degrees)}};
}

// Two classes, at 0 and at 90 degrees, and one of its pictures that is nearer to the other.
std::vector<ShownPicture> twoClasses() {
    return {picture("a", 0, 0),  picture("a", 1, 0),  picture("a", 2, 0),
            picture("b", 0, 90), picture("b", 1, 90), picture("b", 2, 30)};
}

TEST(FewShot, OneOfEachIsTheShareOfTheOthersThatAreFound) {
    // Where one of the two at 90 degrees teaches, the one at 30 is called a: 3 of 4 are right.
    // Where that one teaches, everything is right: 0 to 0 degrees is nearer than to 30, and 90 is
    // nearer to 30 than to 0.
    const auto pictures = twoClasses();
    const auto report = oneOfEach(pictures, {}, Matching::kNearest, 3000);
    EXPECT_EQ(report.classes, 2U);
    EXPECT_EQ(report.pictures, 6U);
    EXPECT_NEAR(report.accuracy, 2.0 / 3 * 0.75 + 1.0 / 3, 0.02);
    EXPECT_FALSE(report.accepted.has_value());
    EXPECT_FALSE(report.auroc_unknown.has_value());
}

TEST(FewShot, AnUnknownThingThatIsNearTakesTheAcceptanceAway) {
    const std::vector<ShownPicture> pictures{picture("a", 0, 0), picture("a", 1, 10),
                                             picture("b", 0, 90), picture("b", 1, 85)};
    const auto with = [&](double degrees) {
        const std::vector<ShownPicture> unknown{picture("", 0, degrees)};
        return oneOfEach(pictures, unknown, Matching::kNearest, 50);
    };
    EXPECT_EQ(with(180).accuracy, 1);
    EXPECT_EQ(with(180).accepted, 1);
    EXPECT_EQ(with(180).auroc_unknown, 1);
    // 93 degrees are 3 from one that teaches b, or 8 from the other, and the two are 5 apart.
    EXPECT_EQ(with(93).accuracy, 1);
    EXPECT_LT(*with(93).accepted, 0.6);
    EXPECT_EQ(with(93).unknown, 1U);
}

// What is near a is far from b: asked about one class at a time, half of the pairs are no danger.
TEST(FewShot, AClassAloneIsAskedForWithoutTheOthers) {
    const std::vector<ShownPicture> pictures{picture("a", 0, 0), picture("a", 1, 10),
                                             picture("b", 0, 90), picture("b", 1, 60)};
    std::vector<ShownPicture> unknown(246, picture("", 0, 180));
    for (const int near_a : {12, 14, 16, 18})  // four of 250, but of 500 pairs
        unknown.push_back(picture("", near_a, near_a));
    const auto report = oneOfEach(pictures, unknown, Matching::kNearest, 50);
    EXPECT_LT(*report.accepted, 0.6) << "2 to 18 degrees are less than b's 30";
    EXPECT_EQ(report.accepted_alone, 1);
    EXPECT_LT(*report.auroc_unknown, *report.auroc_alone);
    EXPECT_FALSE(oneOfEach(pictures, {}, Matching::kNearest, 5).accepted_alone.has_value());
}

TEST(FewShot, TheMeanOfTheRowsIsComparedWhereThatIsWanted) {
    // The rows of b reach to a's picture at one size, but not on the whole.
    std::vector<ShownPicture> pictures{picture("a", 0, 0), picture("a", 1, 40), picture("b", 0, 0),
                                       picture("b", 1, 0)};
    pictures[2].rows = {at(42), at(120)};
    pictures[3].rows = {at(42), at(120)};
    EXPECT_LT(oneOfEach(pictures, {}, Matching::kNearest, 200).accuracy, 1);
    EXPECT_EQ(oneOfEach(pictures, {}, Matching::kMean, 200).accuracy, 1);
}

TEST(FewShot, EpisodesHaveAnIntervalThatShrinksWithTheirNumber) {
    const auto pictures = twoClasses();
    const EpisodeOptions few{.ways = 2, .shots = 1, .queries = 2, .episodes = 100};
    EpisodeOptions many = few;
    many.episodes = 1600;
    const EpisodeReport report = playEpisodes(pictures, Matching::kMean, many);
    EXPECT_EQ(report.classes, 2U);
    EXPECT_NEAR(report.accuracy, 2.0 / 3 * 0.75 + 1.0 / 3, 3 * report.interval95);
    // 1/4 is missed in two thirds of the episodes: a standard deviation of 0.118.
    EXPECT_NEAR(report.interval95, 1.96 * 0.118 / 40, 0.001);
    EXPECT_NEAR(playEpisodes(pictures, Matching::kMean, few).interval95, 4 * report.interval95,
                0.008);
    const EpisodeReport again = playEpisodes(pictures, Matching::kMean, many);
    EXPECT_EQ(again.accuracy, report.accuracy) << "the same seed, the same episodes";
}

TEST(FewShot, SetsThatAreTooSmallAreRefused) {
    const auto pictures = twoClasses();
    EXPECT_THROW(playEpisodes(pictures, Matching::kMean, {.ways = 3}), Error);
    EXPECT_THROW(playEpisodes(pictures, Matching::kMean, {.ways = 2, .shots = 3}), Error);
    EXPECT_THROW(oneOfEach(std::span(pictures).first(3), {}, Matching::kMean, 1), Error);
}

class ClassFoldersTest : public ::testing::Test {
protected:
    using Seen = std::vector<std::pair<std::string, std::string>>;  // class, file

    Seen seen(const std::filesystem::path& set) {
        Seen all;
        forEachFolderPicture(
            set,
            [](std::span<const std::byte>, const std::string&) {
                return Image({1, 1});
            },
            [&](const std::string& class_name, const std::string& file, const Image&) {
                all.emplace_back(class_name, file);
                return true;
            });
        return all;
    }
    test::TemporaryFolder folder_;
};

TEST_F(ClassFoldersTest, TheFolderIsTheClass) {
    folder_.write("set/cup/1.jpg", "x");
    folder_.write("set/cup/notes.txt", "x");
    folder_.write("set/dog/a.png", "x");
    folder_.write("set/top.jpg", "x");
    const Seen expected{{"cup", "cup/1.jpg"}, {"dog", "dog/a.png"}, {"", "top.jpg"}};
    EXPECT_EQ(seen(folder_.path() / "set"), expected);
    folder_.write("none/notes.txt", "x");
    EXPECT_THROW(seen(folder_.path() / "none"), Error);
    EXPECT_THROW(seen(folder_.path() / "missing"), Error);
}

TEST_F(ClassFoldersTest, AlsoInAnArchive) {
    const std::string file = (folder_.path() / "set.tar").string();
    archive* tar = archive_write_new();
    archive_write_set_format_pax_restricted(tar);
    ASSERT_EQ(archive_write_open_filename(tar, file.c_str()), ARCHIVE_OK);
    for (const char* name : {"./dog/a.png", "deep/cup/1.jpg", "cup/notes.txt"}) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, name);
        archive_entry_set_size(entry, 1);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_write_header(tar, entry);
        archive_write_data(tar, "x", 1);
        archive_entry_free(entry);
    }
    archive_write_close(tar);
    archive_write_free(tar);
    const Seen expected{{"dog", "dog/a.png"}, {"cup", "deep/cup/1.jpg"}};
    EXPECT_EQ(seen(file), expected);
}

}  // namespace
}  // namespace overfeat::evaluate
