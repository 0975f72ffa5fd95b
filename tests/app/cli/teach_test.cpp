// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>

#include "app/capture/video_file.h"
#include "tests/app/cli/teach_fixture.h"
#include "tests/support/capability.h"

namespace overfeat::test {
namespace {

class Teach : public TeachCliTest {
protected:
    // Nothing is taught, with one sentence, and the library is what it was.
    void expectRefused(std::vector<std::string> arguments, int code, const std::string& word) {
        const auto before = bytesOf(library());
        arguments.insert(arguments.end(), {"--library", library()});
        const auto outcome = run(arguments);
        EXPECT_EQ(outcome.code, code) << outcome.err;
        EXPECT_NE(outcome.err.find(word), std::string::npos) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        EXPECT_EQ(bytesOf(library()), before);
    }
};

TEST_F(Teach, AnObjectOfOnePictureIsFoundInOthers) {
    const auto taught = run(
        {"teach", "flag", boxed(flag("one.png", 8, 30), 8, 30), "--library", library(), "--json"});
    ASSERT_EQ(taught.code, 0) << taught.err;
    const auto made = taught.objects().at(0);
    EXPECT_EQ(made["label"], "flag");
    EXPECT_EQ(made["captures"], 1);
    EXPECT_EQ(made["added"], 1);

    const auto found = run({"detect", flag("two.png", 48, 16), "--library", library(), "--json",
                            "--class-threshold", "flag=0.5"});
    ASSERT_EQ(found.code, 0) << found.err;
    const auto objects = taughtIn(found.objects().at(0));
    ASSERT_EQ(objects.size(), 1U) << found.out;
    EXPECT_EQ(objects[0]["label"], "flag");
    EXPECT_EQ(objects[0]["id"], made["id"]);
    EXPECT_EQ(objects[0]["taught"], true);
    EXPECT_EQ(objects[0]["index"], 3) << "behind red, green and blue";
    EXPECT_GT(intersectionOverUnion(rect(objects[0]["box"]), {48, 16, kFlag, kFlag}), 0.5)
        << found.out;
}

TEST_F(Teach, WhatIsAnotherThingIsNotFound) {
    teachFlag();
    const auto other = run({"detect", flag("other.png", 30, 30, true), "--library", library(),
                            "--json", "--only-taught"});
    ASSERT_EQ(other.code, 0) << other.err;
    EXPECT_TRUE(taughtIn(other.objects().at(0)).empty()) << other.out;
}

TEST_F(Teach, WithoutALibraryNothingTaughtIsLookedFor) {
    // Not even what lies in the person's own.
    const auto taught = run({"teach", "flag", boxed(flag("one.png", 8, 30), 8, 30)});
    ASSERT_EQ(taught.code, 0) << taught.err;
    EXPECT_TRUE(std::filesystem::exists(folder_.path() / "home/own.overfeat"));
    const auto found = run({"detect", flag("two.png", 48, 16), "--json"});
    ASSERT_EQ(found.code, 0) << found.err;
    EXPECT_TRUE(taughtIn(found.objects().at(0)).empty());
    EXPECT_EQ(run({"classes", "list", "--json"}).objects().at(0)["label"], "flag");
}

TEST_F(Teach, OnlyWhatIsTaughtIfThatIsWanted) {
    teachFlag();
    const auto seen = run(
        {"classify", flag("two.png", 48, 16), "--library", library(), "--only-taught", "--json"});
    ASSERT_EQ(seen.code, 0) << seen.err;
    const auto classes = seen.objects().at(0)["classes"];
    ASSERT_EQ(classes.size(), 1U);
    EXPECT_EQ(classes[0]["label"], "flag");
    EXPECT_EQ(classes[0]["taught"], true);
    EXPECT_GT(classes[0]["score"].get<double>(), 0.5);

    const auto all = run({"classify", flag("two.png", 48, 16), "--library", library(), "--json"});
    EXPECT_EQ(all.objects().at(0)["classes"].size(), 4U);
    EXPECT_EQ(run({"classify", path("two.png"), "--only-taught"}).code, 2);
    EXPECT_EQ(run({"classify", path("two.png"), "--library", library(), "--views", "center"}).code,
              2);
}

TEST_F(Teach, ATaughtClassHasAHeatMap) {
    teachFlag();
    const auto outcome = run({"detect", flag("two.png", 48, 16), "--library", library(),
                              "--heatmap", "flag=" + path("map.npy")});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const std::string bytes = bytesOf(path("map.npy"));
    ASSERT_EQ(bytes.substr(1, 5), "NUMPY");
    const std::size_t start = bytes.find('\n') + 1;
    std::vector<float> values((bytes.size() - start) / sizeof(float));
    std::memcpy(values.data(), bytes.data() + start, values.size() * sizeof(float));
    ASSERT_EQ(values.size(), 96U * 96U);
    const auto hottest = std::ranges::max_element(values) - values.begin();
    EXPECT_NEAR(static_cast<double>(hottest % 96), 48 + kFlag / 2, 20);
    EXPECT_NEAR(static_cast<double>(hottest / 96), 16 + kFlag / 2, 20);
}

TEST_F(Teach, TheSecondTimeAddsToTheClass) {
    teachFlag();
    teachFlag("FLAG");
    const auto classes = listed();
    ASSERT_EQ(classes.size(), 1U);
    EXPECT_EQ(classes[0]["captures"], 2);
}

TEST_F(Teach, AFolderGivesAllItsPictures) {
    flag("many/a.png", 20, 20);
    flag("many/b.png", 30, 20);
    folder_.write("many/notes.txt", "nothing to see");
    const auto outcome = run({"teach", "flag", path("many"), "--library", library(), "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.objects().at(0)["added"], 2);
    EXPECT_NE(outcome.err.find("1 files"), std::string::npos) << outcome.err;
    expectRefused({"teach", "flag", path("many") + ":1,1,5,5"}, 2, "folder");
    folder_.write("empty/notes.txt", "nothing to see");
    expectRefused({"teach", "flag", path("empty")}, 3, "no pictures");
}

TEST_F(Teach, WhatItIsNotBelongsToAClassThatIsThere) {
    const std::string turned = boxed(flag("turned.png", 20, 20, true), 20, 20);
    teachFlag();
    expectRefused({"teach", "flags", turned, "--negative"}, 2, "no class 'flags'");
    const auto outcome =
        run({"teach", "flag", turned, "--negative", "--library", library(), "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.objects().at(0)["captures"], 1);
    EXPECT_EQ(outcome.objects().at(0)["negatives"], 1);
    EXPECT_EQ(outcome.objects().at(0)["added_negative"], true);
    EXPECT_EQ(run({"teach", "flag", turned, "--negative", "--library", path("none")}).code, 3);
    EXPECT_FALSE(std::filesystem::exists(path("none")));
}

TEST_F(Teach, AMistakeInTheLastPictureLeavesEverythingAsItWas) {
    const std::string good = boxed(flag("one.png", 8, 30), 8, 30);
    expectRefused({"teach", "flag", good, path("missing.png")}, 3, "missing.png");
    EXPECT_FALSE(std::filesystem::exists(library())) << "not even an empty one is made";
    teachFlag();
    expectRefused({"teach", "flag", good, path("missing.png")}, 3, "missing.png");
    expectRefused({"teach", "flag", good, path("one.png") + ":96,0,20,20"}, 3, "outside");
    expectRefused({"teach", "flag", good, path("one.png") + ":-30,-30,20,20"}, 3, "outside");
    expectRefused({"teach", "flag", path("one.png") + ":10,10,0,20"}, 2, "empty");
    expectRefused({"teach", "flag", path("one.png") + ":10,10,20"}, 3, "one.png:10,10,20");
    expectRefused({"teach", "flag", path("one.png") + ":nan,10,20,20"}, 3, "one.png:nan");
    expectRefused({"teach", "flag", path("one.png") + ":1e999,10,20,20"}, 3, "one.png:1e999");
    expectRefused({"teach", "flag", good, "--model", "plain"}, 4, "Nothing can be taught");
    expectRefused({"teach", "flag"}, 2, "pictures");
    expectRefused({"teach", " ", good}, 2, "name");
    folder_.write("text.png", "no picture at all");
    expectRefused({"teach", "flag", good, path("text.png")}, 3, "text.png");
}

TEST_F(Teach, ALibraryThatCannotBeChanged) {
    teachFlag();
    {  // SQLite keeps the schema's version at this place
        std::fstream file(library(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(60);
        file.write("\0\0\3\xE7", 4);
    }
    expectRefused({"teach", "flag", path("one.png")}, 3, "later version");
    // What it knows can be looked for all the same.
    const auto found = run({"detect", flag("two.png", 48, 16), "--library", library(), "--json"});
    ASSERT_EQ(found.code, 0) << found.err;
    EXPECT_EQ(taughtIn(found.objects().at(0)).size(), 1U);
    folder_.write("photo.overfeat", "this is no library");
    EXPECT_EQ(run({"teach", "x", path("one.png"), "--library", path("photo.overfeat")}).code, 3);
    EXPECT_EQ(bytesOf(path("photo.overfeat")), "this is no library");
}

TEST_F(Teach, ALibraryThatIsNotThereIsNotMadeByLookingForIt) {
    for (const char* command : {"detect", "classify"}) {
        const auto outcome = run({command, red(), "--library", library()});
        EXPECT_EQ(outcome.code, 3);
        expectOneSentence(outcome.err);
        EXPECT_FALSE(std::filesystem::exists(library()));
    }
    teachFlag();
    const auto plain = run({"detect", red(), "--library", library(), "--model", "plain"});
    EXPECT_EQ(plain.code, 4);
    expectOneSentence(plain.err);
}

TEST_F(Teach, AnotherNetworkLearnsFromTheCapturesWhenItIsFirstUsed) {
    teachFlag();
    folder_.write("models/other.onnx", colourModel({.background = true, .teachable = true}));
    const std::vector<std::string> look{
        "detect", flag("two.png", 48, 16), "--library", library(), "--model", "other", "--json"};
    const auto first = run(look);
    ASSERT_EQ(first.code, 0) << first.err;
    EXPECT_EQ(taughtIn(first.objects().at(0)).size(), 1U) << first.out;
    EXPECT_NE(first.err.find("1 of 1 captures"), std::string::npos) << first.err;
    const auto second = run(look);
    EXPECT_EQ(second.err, "") << "it was stored";
    EXPECT_EQ(taughtIn(second.objects().at(0)).size(), 1U);
}

TEST_F(Teach, NoOutputReplacesTheLibrary) {
    teachFlag();
    expectOutputRefused(
        {"detect", red(), "--library", library(), "--format", "csv", "--out", library()},
        "lib.overfeat");
}

// One water bottle of the first frame; then the three of later ones, by the network that is built
// into the program.
TEST_F(Teach, OneBottleOfAVideoFindsTheOthers) {
    const auto data = sharedData();
    if (missing("shared-data", data.has_value())) return;
    const auto video = *data / "videos" / "bottle-detection.mp4";
    const std::string model =
        (std::filesystem::path(OVERFEAT_ROOT) / "models/default.onnx").string();
    capture::readVideo(video, {}, [&](const capture::VideoFrame& frame) {
        capture::writePicture(path("first.png"), frame.image);
        return false;
    });
    const auto taught = run({"teach", "bottle", path("first.png") + ":287,109,58,204", "--library",
                             library(), "--model", model});
    ASSERT_EQ(taught.code, 0) << taught.err;
    const auto seen = run({"detect", video.string(), "--every", "40", "--frames", "4", "--library",
                           library(), "--only-taught", "--model", model, "--json"});
    ASSERT_EQ(seen.code, 0) << seen.err;
    ASSERT_EQ(seen.objects().size(), 4U);
    for (const auto& frame : seen.objects()) {
        const auto bottles = taughtIn(frame);
        for (const RectPx& bottle :
             {RectPx{56, 108, 66, 204}, RectPx{287, 109, 58, 204}, RectPx{509, 106, 63, 208}}) {
            EXPECT_EQ(std::ranges::count_if(bottles,
                                            [&](const nlohmann::json& one) {
                                                return intersectionOverUnion(rect(one["box"]),
                                                                             bottle) >= 0.5;
                                            }),
                      1)
                << frame;
        }
        EXPECT_EQ(bottles.size(), 3U) << frame;
    }
}

}  // namespace
}  // namespace overfeat::test
