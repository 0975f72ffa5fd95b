// SPDX-License-Identifier: Apache-2.0
//
// What commands may write where: never over an input, never two things into one file, under numbers
// that do not depend on what goes well.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "app/cli/kept_files.h"
#include "app/cli/overlay.h"
#include "app/video/writer.h"
#include "engine/core/error.h"
#include "tests/app/cli/cli_fixture.h"
#include "tests/app/video/played.h"

namespace overfeat::test {
namespace {

namespace fs = std::filesystem;

std::size_t framesOf(const std::string& file) {
    return video::test::play(file).pictures.size();
}

class Outputs : public CliTest {
protected:
    Outputs() {
        folder_.write("models/boxes.onnx", colourModel({.boxes = true, .background = false}));
        folder_.write("models/squares.onnx", colourModel({.boxes = true, .background = true}));
    }

    Outcome detect(const std::vector<std::string>& inputs, const std::vector<std::string>& more) {
        std::vector<std::string> all{"detect",      "--json", "--model", path("models/boxes.onnx"),
                                     "--threshold", "0.01"};
        all.insert(all.end(), inputs.begin(), inputs.end());
        all.insert(all.end(), more.begin(), more.end());
        return run(all);
    }
    // A red square on black that jumps from the left to the right in the middle of the video, where
    // its red may be weaker.
    std::string clip(const std::string& name, int frames, int red_at_the_right = 255,
                     double fps = 25) {
        fs::create_directories((folder_.path() / name).parent_path());
        video::WriteOptions options;
        options.encoders = {"mjpeg"};  // which blurs nothing into the next picture
        video::Writer writer(path(name), options);
        for (int i = 0; i < frames; ++i) {
            Image picture(SizePx{96, 32});
            const int left = i < frames / 2 ? 4 : 68;
            const int red = i < frames / 2 ? 255 : red_at_the_right;
            for (int y = 4; y < 28; ++y) {
                for (int x = left; x < left + 24; ++x)
                    picture.row(y)[3 * x] = static_cast<std::uint8_t>(red);
            }
            writer.add(video::pixelsOf(picture), i / fps);
        }
        writer.finish();
        return path(name);
    }
};

TEST_F(Outputs, NumbersDoNotHideThatAnInputWouldBeReplaced) {
    const std::string model = path("models/boxes.onnx");
    const std::string first = red("frame-000000.png");
    const std::string second = blue("frame-000001.png");
    const std::string other = blue("other.png");
    expectOutputRefused({"detect", first, second, "--model", model, "--overlay", path("frame.png")},
                        "frame-00000");
    expectOutputRefused({"detect", other, second, "--model", model, "--overlay", path("frame.png")},
                        "frame-000001");
    expectOutputRefused({"classify", other, second, "--heatmap", "red=" + path("frame.png")},
                        "frame-000001");
}

TEST_F(Outputs, FilesOfInputFoldersAreKept) {
    const std::string file = clip("vv/clip.mkv", 3);
    red("vv/red.png");
    fs::create_directory_symlink(path("vv"), path("ways"));
    const std::vector<std::string> detect{"detect", path("vv"), "--model",
                                          path("models/boxes.onnx")};
    for (const std::vector<std::string>& more :
         std::vector<std::vector<std::string>>{{"--overlay", file},
                                               {"--overlay", path("ways/clip.mkv")},
                                               {"--format", "csv", "--out", path("vv/red.png")}}) {
        auto arguments = detect;
        arguments.insert(arguments.end(), more.begin(), more.end());
        expectOutputRefused(arguments, more.back());
    }
    expectOutputRefused({"features", path("vv"), "--out", path("vv/red.png")}, "red.png");
}

TEST_F(Outputs, ClassifyAndFeaturesKeepTheirInputs) {
    const std::string input = red("p.png");
    fs::create_hard_link(input, path("same.png"));
    expectOutputRefused({"classify", input, "--heatmap", "red=" + input}, "p.png");
    expectOutputRefused({"classify", input, "--heatmap", "red=" + path("same.png")}, "same.png");
    expectOutputRefused({"features", input, "--out", input}, "p.png");
}

TEST_F(Outputs, ModelsAreKept) {
    const std::string model = path("models/boxes.onnx");
    const std::string input = red();
    expectOutputRefused({"detect", input, "--model", model, "--format", "csv", "--out", model},
                        "boxes");
    expectOutputRefused({"features", input, "--model", model, "--out", model}, "boxes");
    // A name stands for a file, and the default is one, too.
    expectOutputRefused({"features", input, "--model", "boxes", "--out", model}, "boxes");
    expectOutputRefused({"features", input, "--out", path("models/default.onnx")}, "default");
    // Each of several.
    fs::create_symlink(path("models/squares.onnx"), path("link.csv"));
    expectOutputRefused({"detect", input, "--model", "boxes,squares", "--format", "csv", "--out",
                         path("models/squares.onnx")},
                        "squares");
    expectOutputRefused({"detect", input, "--model", model + "," + path("models/squares.onnx"),
                         "--format", "csv", "--out", path("link.csv")},
                        "link");
    fs::copy_file(model, path("h-000001.png"));
    expectOutputRefused({"classify", input, blue(), "--model", path("h-000001.png"), "--heatmap",
                         "red=" + path("h.png")},
                        "h-000001");
    // One that is not used is a file like any other.
    EXPECT_EQ(
        run({"features", input, "--model", "boxes", "--out", path("models/squares.onnx")}).code, 0);
}

TEST_F(Outputs, DescriptionsAndLabelsOfModelsAreKept) {
    folder_.write("models/boxes.json", R"({"labels_file": "names.txt"})");
    folder_.write("models/names.txt", "red\ngreen\nblue\n");
    const std::string input = red();
    const std::vector<std::string> files{path("models/boxes.json"), path("models/names.txt")};
    for (const std::string& file : files) {
        expectOutputRefused(
            {"detect", input, "--model", "boxes", "--format", "coco", "--out", file},
            fs::path(file).filename());
        expectOutputRefused({"features", input, "--model", "squares,boxes", "--out", file},
                            fs::path(file).filename());
    }
    EXPECT_EQ(run({"features", input, "--model", "squares", "--out", files[0]}).code, 0);
}

TEST_F(Outputs, FoldersOfResultsKeepWhatIsInThem) {
    folder_.write("models/boxes.json", R"({"labels_file": "p.txt"})");
    folder_.write("models/p.txt", "red\ngreen\nblue\n");
    red("vv/a.png");
    const auto yolo = [&](const std::vector<std::string>& inputs, const std::string& format) {
        std::vector<std::string> all{"detect", "--model", "boxes",       "--format",
                                     format,   "--out",   path("models")};
        all.insert(all.end(), inputs.begin(), inputs.end());
        return all;
    };
    expectOutputRefused(yolo({path("vv"), blue("p.png")}, "yolo"), "p.txt");
    blue("vv/p.png");
    expectOutputRefused(yolo({path("vv")}, "yolo"), "p.txt");
    folder_.write("models/boxes.json", R"({"labels_file": "p-000002.txt"})");
    fs::rename(path("models/p.txt"), path("models/p-000002.txt"));
    expectOutputRefused(yolo({path("vv")}, "yolo"), "p-000002.txt");
    // Nothing that is written has that name.
    EXPECT_EQ(run(yolo({path("vv/a.png")}, "yolo")).code, 0);
    EXPECT_EQ(run(yolo({path("vv")}, "voc")).code, 0);
    EXPECT_TRUE(fs::exists(path("models/a.txt")) && fs::exists(path("models/p.xml")));
    EXPECT_EQ(bytesOf(path("models/p-000002.txt")), "red\ngreen\nblue\n");
}

TEST_F(Outputs, AMissingModelIsStillSaidToBeMissing) {
    const auto outcome =
        run({"features", red(), "--model", "nobody", "--out", path("features.txt")});
    EXPECT_EQ(outcome.code, 4) << outcome.err;
    EXPECT_NE(outcome.err.find("nobody"), std::string::npos) << outcome.err;
}

TEST_F(Outputs, LookingAtTheFilesThatAreKeptCanBeStopped) {
    std::ostringstream nobody;
    const cli::Console console{nobody, nobody, stop_.get_token()};
    const std::vector<fs::path> inputs{red(), blue()};
    EXPECT_NO_THROW(cli::KeptFiles(inputs, console));
    stop_.request_stop();
    const auto codeOf = [&](const std::vector<fs::path>& files) {
        try {
            const cli::KeptFiles kept(files, console);
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::kRuntime;
    };
    EXPECT_EQ(codeOf(inputs), ErrorCode::kCancelled);
}

TEST_F(Outputs, AnEarlierResultMayBeReplaced) {
    folder_.write("h.png", "old");
    folder_.write("h-000000.png", "old");
    EXPECT_EQ(run({"classify", red(), "--heatmap", "red=" + path("h.png")}).code, 0);
    EXPECT_EQ(run({"classify", red(), blue(), "--heatmap", "red=" + path("h.png")}).code, 0);
    EXPECT_NE(bytesOf(path("h.png")), "old");
    EXPECT_NE(bytesOf(path("h-000000.png")), "old");
}

TEST_F(Outputs, TwoOutputsNeverShareAFile) {
    const std::string model = path("models/boxes.onnx");
    const std::string h = path("h.png");
    expectOutputRefused(
        {"detect", red(), "--model", model, "--heatmap", "red=" + h, "--overlay", h},
        "Two outputs");
    expectOutputRefused({"classify", red(), "--heatmap", "red=" + h, "--heatmap",
                         "blue=" + path("models/../h.png")},
                        "Two outputs");
    expectOutputRefused({"detect", red(), blue(), "--model", model, "--heatmap", "red=" + h,
                         "--format", "csv", "--out", path("h-000001.png")},
                        "Two outputs");
}

TEST_F(Outputs, ALinkDoesNotHideThatTwoOutputsShareAFile) {
    fs::create_directories(path("far"));
    folder_.write("far/x.png", "x");
    folder_.write("far/y.png", "y");
    const std::string h = path("h.png");
    // The unnumbered name is a link; what is numbered is written beside it.
    fs::create_symlink("far/x.png", h);
    const std::vector<std::string> detect{"detect", red(), blue(), "--model",
                                          path("models/boxes.onnx")};
    const auto with = [&](const std::vector<std::string>& more) {
        auto all = detect;
        all.insert(all.end(), more.begin(), more.end());
        return all;
    };
    expectOutputRefused(with({"--overlay", h, "--format", "csv", "--out", path("h-000001.png")}),
                        "Two outputs");
    expectOutputRefused(with({"--overlay", h, "--heatmap", "red=" + path("far/../h.png")}),
                        "Two outputs");
    // Two links to one file are two places for numbered files, in one folder or in two.
    fs::create_symlink("far/x.png", path("g.png"));
    EXPECT_EQ(run(with({"--overlay", h, "--heatmap", "red=" + path("g.png")})).code, 0);
    EXPECT_TRUE(fs::exists(path("h-000001.png")) && fs::exists(path("g-000001.png")));
    EXPECT_EQ(bytesOf(path("far/x.png")), "x");
    // The file is written in the place of its link, which has a number.
    fs::create_symlink("far/y.png", path("i-000001.png"));
    expectOutputRefused(
        with({"--overlay", path("i.png"), "--format", "csv", "--out", path("i-000001.png")}),
        "Two outputs");
    // A video follows its link, also to where nothing is yet.
    fs::create_symlink("far/new.csv", path("o.mkv"));
    expectOutputRefused(
        with({"--overlay", path("o.mkv"), "--format", "csv", "--out", path("far/new.csv")}),
        "Two outputs");
    // A link of a folder is another spelling.
    fs::create_directory_symlink("far", path("near"));
    expectOutputRefused(
        with({"--overlay", path("far/h.png"), "--heatmap", "red=" + path("near/h.png")}),
        "Two outputs");
}

TEST_F(Outputs, ABadPictureKeepsItsNumber) {
    const std::string wide = picture("wide.png", {255, 0, 0}, {64, 16});
    const auto outcome = detect({red(), wide, path("missing.png"), blue()},
                                {"--overlay", path("o.mkv"), "--heatmap", "red=" + path("h.npy"),
                                 "--format", "coco", "--out", path("all.json")});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_NE(bytesOf(path("h-000001.npy")).find("(16, 64)"), std::string::npos);
    EXPECT_FALSE(fs::exists(path("h-000002.npy")));
    EXPECT_TRUE(fs::exists(path("h-000003.npy")));
    const auto results = nlohmann::json::parse(bytesOf(path("all.json")));
    ASSERT_FALSE(results.empty());
    EXPECT_EQ(results.front()["image_id"], 1);
    EXPECT_EQ(results.back()["image_id"], 4);
    EXPECT_EQ(framesOf(path("o.mkv")), 3U) << "of which one is fitted into the first one's size";

    EXPECT_EQ(detect({path("missing.png"), blue()}, {"--overlay", path("o.png")}).code, 3);
    EXPECT_FALSE(fs::exists(path("o-000000.png")));
    EXPECT_TRUE(fs::exists(path("o-000001.png")));
    EXPECT_EQ(
        run({"classify", path("missing.png"), blue(), "--heatmap", "red=" + path("c.npy")}).code,
        3);
    EXPECT_TRUE(fs::exists(path("c-000001.npy")));
}

TEST_F(Outputs, FramesOfVideosAndPicturesCountTogether) {
    const std::string file = clip("clip.mkv", 4);
    EXPECT_EQ(detect({file, red()}, {"--every", "2", "--overlay", path("o.png")}).code, 0);
    for (const char* name : {"o-000000.png", "o-000001.png", "o-000002.png"})
        EXPECT_TRUE(fs::exists(path(name))) << name;
    EXPECT_FALSE(fs::exists(path("o-000003.png")));
}

// How many it should have is not known, so what follows is numbered from there (README.md).
TEST_F(Outputs, AVideoThatBreaksOffCountsTheFramesThatWereRead) {
    const std::string whole = bytesOf(clip("clip.mkv", 30));
    const auto cut = folder_.write("cut.mkv", whole.substr(0, whole.size() * 2 / 3));
    const auto outcome = detect({cut, red()}, {"--overlay", path("o.png")});
    EXPECT_EQ(outcome.code, 3) << outcome.err;
    const std::size_t count = outcome.objects().size();  // frames, and the picture
    ASSERT_GT(count, 2U);
    ASSERT_LT(count, 31U);
    const auto name = [&](std::size_t number) {
        const std::string digits = std::to_string(number);
        return path("o-" + std::string(6 - digits.size(), '0') + digits + ".png");
    };
    EXPECT_TRUE(fs::exists(name(count - 1)));
    EXPECT_FALSE(fs::exists(name(count)));
}

TEST_F(Outputs, BadPicturesDoNotShiftRowsOfFeatures) {
    const auto outcome = run({"features", path("missing.png"), red(), path("gone.png"), blue(),
                              path("lost.png"), "--out", path("all.npy")});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_NE(outcome.err.find("Rows of NaN"), std::string::npos) << outcome.err;
    const std::string npy = bytesOf(path("all.npy"));
    EXPECT_NE(npy.find("'shape': (5, 3)"), std::string::npos);
    std::array<float, 15> values{};
    ASSERT_GT(npy.size(), sizeof values);
    std::memcpy(values.data(), npy.data() + npy.size() - sizeof values, sizeof values);
    for (const std::size_t row : {0U, 2U, 4U}) {
        for (std::size_t i = 0; i < 3; ++i)
            EXPECT_TRUE(std::isnan(values[row * 3 + i])) << row;
    }
    EXPECT_NEAR(values[3], 1, 1e-5);
    EXPECT_NEAR(values[11], 1, 1e-5);
}

TEST_F(Outputs, WhatARunWritesIsNotItsInput) {
    red("vv/red.png");
    const auto outcome = detect({blue(), path("vv")}, {"--overlay", path("vv/o.png")});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.objects().size(), 2U);
    EXPECT_FALSE(fs::exists(path("vv/o-000002.png")));
    fs::create_directories(path("empty"));
    const auto none = detect({blue(), path("empty")}, {"--overlay", path("empty/o.png")});
    EXPECT_EQ(none.code, 3);
    EXPECT_EQ(none.objects().size(), 1U);
}

TEST_F(Outputs, AMistypedInputDoesNotEmptyAnEarlierResult) {
    folder_.write("r.json", "earlier");
    folder_.write("r.csv", "earlier");
    for (const std::string format : {"coco", "csv"}) {
        const std::string file = path(format == "coco" ? "r.json" : "r.csv");
        EXPECT_EQ(detect({path("missing.jpg")}, {"--format", format, "--out", file}).code, 3);
        EXPECT_EQ(bytesOf(file), "earlier");
    }
}

TEST_F(Outputs, SteadyLeavesPicturesAlone) {
    red("folder/a.png");
    red("folder/b.png");
    const auto plain = detect({path("folder")}, {}).objects();
    const auto steady = detect({path("folder")}, {"--steady"}).objects();
    ASSERT_EQ(steady.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_FALSE(steady[i]["detections"].empty());
        EXPECT_EQ(steady[i]["detections"], plain[i]["detections"]);
    }
}

TEST_F(Outputs, SteadyKeepsToMaxObjects) {
    const std::string file = clip("clip.mkv", 12);
    const auto most = [&](const char* limit) {
        const auto outcome =
            run({"detect", "--json", "--model", path("models/squares.onnx"), "--threshold", "0.1",
                 "--min-votes", "1", "--steady", file, "--max-objects", limit});
        std::size_t count = 0;
        for (const auto& frame : outcome.objects())
            count = std::max(count, frame["detections"].size());
        return count;
    };
    EXPECT_GT(most("100"), 1U) << "the square where it was a moment ago, and where it is";
    EXPECT_EQ(most("1"), 1U);
}

// What was there a moment ago is remembered for half a second of the file, not for so many frames.
TEST_F(Outputs, SteadyGoesByTheTimesOfTheFile) {
    const auto remembered = [&](double fps) {
        const auto outcome =
            run({"detect", "--json", "--model", path("models/squares.onnx"), "--threshold", "0.1",
                 "--min-votes", "1", "--steady", clip("clip.mkv", 12, 255, fps)});
        const auto objects = outcome.objects().at(7)["detections"];
        return std::ranges::any_of(objects, [](const auto& o) { return o["votes"] == 0; });
    };
    EXPECT_TRUE(remembered(25));
    EXPECT_FALSE(remembered(1));
}

TEST_F(Outputs, SteadyDropsWhatItOnlyRemembersFirst) {
    const std::string file = clip("clip.mkv", 12, 200);
    // The objects when the square has been at the right for a moment.
    const auto objects = [&](const std::string& limit) -> nlohmann::json {
        const auto outcome =
            run({"detect", "--json", "--model", path("models/squares.onnx"), "--threshold", "0.1",
                 "--min-votes", "1", "--steady", file, "--max-objects", limit});
        return outcome.objects().at(9)["detections"];
    };
    const auto isThere = [](const nlohmann::json& object) {
        return object["votes"] > 0 && object["box"][0] > 48;
    };
    const auto all = objects("100");
    ASSERT_FALSE(isThere(all[0])) << "the best score is a moment ago: " << all;
    const auto there = static_cast<std::size_t>(std::ranges::count_if(all, isThere));
    ASSERT_GT(there, 1U);
    ASSERT_GT(all.size(), there + 2);
    // All that are there, and the best two of the others, still in the order of their scores.
    nlohmann::json expected;
    std::size_t others = 0;
    for (const auto& object : all) {
        if (isThere(object) || ++others <= 2) expected.push_back(object);
    }
    EXPECT_EQ(objects(std::to_string(there + 2)), expected);
    const auto one = objects("1");
    ASSERT_EQ(one.size(), 1U);
    EXPECT_TRUE(isThere(one[0])) << one;
}

TEST_F(Outputs, AVideoOverlayHasTheTimesOfItsFile) {
    const std::string file = clip("clip.mkv", 30);
    for (const char* name : {"o.mkv", "o.mp4"}) {
        const auto outcome = detect({file}, {"--every", "10", "--overlay", path(name)});
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        const auto played = video::test::play(path(name));
        ASSERT_EQ(played.pictures.size(), 3U);
        EXPECT_NEAR(played.pictures[1].time_s, 0.4, 0.002);
        EXPECT_NEAR(played.pictures[2].time_s, 0.8, 0.002);
        EXPECT_NEAR(played.duration_s, 1.2, 0.002);
        EXPECT_GT(played.pictures[2].at(80, 16)[0], 100) << "red is red";
    }
}

TEST_F(Outputs, VideosOfSeveralFilesFollowEachOther) {
    Recognition seen;
    cli::OverlayVideo overlay(path("o.mkv"));
    const Image image(SizePx{64, 48});
    overlay.add(image, seen, "a.mp4", 0.0);
    overlay.add(image, seen, "a.mp4", 0.5);
    overlay.add(image, seen, "b.png", std::nullopt);
    overlay.add(Image(SizePx{32, 48}), seen, "c.mp4", 0.0);  // of another size
    overlay.add(image, seen, "c.mp4", 0.1);
    overlay.finish();
    std::vector<double> times;
    for (const auto& picture : video::test::play(path("o.mkv")).pictures) {
        times.push_back(std::round(picture.time_s * 100) / 100);
        EXPECT_EQ(picture.image.size(), image.size());
    }
    EXPECT_EQ(times, (std::vector<double>{0, 0.5, 1, 1.03, 1.13}))
        << "a last frame stays as long as the one before it";
}

TEST_F(Outputs, AVideoThatCannotBeWrittenEndsTheRun) {
    fs::create_symlink("/dev/full", path("full.mp4"));
    const auto outcome = detect({clip("clip.mkv", 30)}, {"--overlay", path("full.mp4")});
    EXPECT_EQ(outcome.code, 1);
    expectOneSentence(outcome.err);
    EXPECT_NE(outcome.err.find("the disk is full"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace overfeat::test
