// SPDX-License-Identifier: Apache-2.0
//
// What commands may write where: never over an input, never two things into one file, under numbers
// that do not depend on what goes well.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include "app/cli/kept_files.h"
#include "app/cli/overlay.h"
#include "engine/core/error.h"
#include "tests/app/cli/cli_fixture.h"

namespace overfeat::test {
namespace {

namespace fs = std::filesystem;

int framesOf(const std::string& file) {
    cv::VideoCapture video(file, cv::CAP_FFMPEG);
    int frames = 0;
    for (cv::Mat frame; video.read(frame);)
        ++frames;
    return frames;
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
    std::string video(const std::string& name, int frames, int red_at_the_right = 255) {
        fs::create_directories((folder_.path() / name).parent_path());
        cv::VideoWriter writer(path(name), cv::CAP_FFMPEG,
                               cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 25, cv::Size(96, 32));
        for (int i = 0; i < frames; ++i) {
            cv::Mat picture(32, 96, CV_8UC3, cv::Scalar(0, 0, 0));
            const cv::Rect square(i < frames / 2 ? 4 : 68, 4, 24, 24);
            const int red = i < frames / 2 ? 255 : red_at_the_right;
            cv::rectangle(picture, square, cv::Scalar(0, 0, red), cv::FILLED);
            writer.write(picture);
        }
        writer.release();
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
    const std::string clip = video("vv/clip.mkv", 3);
    red("vv/red.png");
    fs::create_directory_symlink(path("vv"), path("ways"));
    const std::vector<std::string> detect{"detect", path("vv"), "--model",
                                          path("models/boxes.onnx")};
    for (const std::vector<std::string>& more :
         std::vector<std::vector<std::string>>{{"--overlay", clip},
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
    EXPECT_EQ(framesOf(path("o.mkv")), 2);

    EXPECT_EQ(detect({path("missing.png"), blue()}, {"--overlay", path("o.png")}).code, 3);
    EXPECT_FALSE(fs::exists(path("o-000000.png")));
    EXPECT_TRUE(fs::exists(path("o-000001.png")));
    EXPECT_EQ(
        run({"classify", path("missing.png"), blue(), "--heatmap", "red=" + path("c.npy")}).code,
        3);
    EXPECT_TRUE(fs::exists(path("c-000001.npy")));
}

TEST_F(Outputs, FramesOfVideosAndPicturesCountTogether) {
    const std::string clip = video("clip.mkv", 4);
    EXPECT_EQ(detect({clip, red()}, {"--every", "2", "--overlay", path("o.png")}).code, 0);
    for (const char* name : {"o-000000.png", "o-000001.png", "o-000002.png"})
        EXPECT_TRUE(fs::exists(path(name))) << name;
    EXPECT_FALSE(fs::exists(path("o-000003.png")));
}

// How many it should have is not known, so what follows is numbered from there (README.md).
TEST_F(Outputs, AVideoThatBreaksOffCountsTheFramesThatWereRead) {
    const std::string whole = bytesOf(video("clip.avi", 30));
    const auto cut = folder_.write("cut.avi", whole.substr(0, whole.size() * 2 / 3));
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
    const std::string clip = video("clip.mkv", 12);
    const auto most = [&](const char* limit) {
        const auto outcome =
            run({"detect", "--json", "--model", path("models/squares.onnx"), "--threshold", "0.1",
                 "--min-votes", "1", "--steady", clip, "--max-objects", limit});
        std::size_t count = 0;
        for (const auto& frame : outcome.objects())
            count = std::max(count, frame["detections"].size());
        return count;
    };
    EXPECT_GT(most("100"), 1U) << "the square where it was a moment ago, and where it is";
    EXPECT_EQ(most("1"), 1U);
}

TEST_F(Outputs, SteadyDropsWhatItOnlyRemembersFirst) {
    const std::string clip = video("clip.mkv", 12, 200);
    // The objects when the square has been at the right for a moment.
    const auto objects = [&](const std::string& limit) -> nlohmann::json {
        const auto outcome =
            run({"detect", "--json", "--model", path("models/squares.onnx"), "--threshold", "0.1",
                 "--min-votes", "1", "--steady", clip, "--max-objects", limit});
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

TEST_F(Outputs, VideosOfFewFramesASecond) {
    const std::string clip = video("clip.mkv", 3);
    const auto outcome = detect({clip}, {"--every", "1000000", "--overlay", path("o.mkv")});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(framesOf(path("o.mkv")), 1);
}

Image noise(SizePx size) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size.width) *
                                    static_cast<std::size_t>(size.height) * 3);
    std::uint32_t state = 1;
    for (std::uint8_t& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<std::uint8_t>(state >> 24U);
    }
    return {size, std::move(bytes)};
}

// A limit on the size of files fails as a full disk does. In a child, because the limit stays.
int writeWithLimit(const std::string& file, rlim_t limit, int pictures) {
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit most{limit, limit};
        if (::setrlimit(RLIMIT_FSIZE, &most) != 0) ::_exit(100);
        try {
            const Image image = noise({100, 80});
            Recognition seen;
            seen.frame_size = image.size();
            cli::OverlayVideo video(file, 10);
            for (int i = 0; i < pictures; ++i)
                video.add(image, seen);
            video.finish();
        } catch (const Error& error) {
            ::_exit(exitCode(error.code()));
        }
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(Outputs, AVideoThatIsCutByAFullDiskIsAnError) {
    const std::string whole = path("whole.mkv");
    ASSERT_EQ(writeWithLimit(whole, RLIM_INFINITY, 10), 0);
    EXPECT_EQ(framesOf(whole), 10);
    const auto size = static_cast<rlim_t>(fs::file_size(whole));
    EXPECT_EQ(writeWithLimit(path("exact.mkv"), size, 10), 0);
    // From nothing at all to a lack of only the index's last byte.
    for (const rlim_t limit : {rlim_t{0}, rlim_t{1000}, size / 2, size - 100, size - 1})
        EXPECT_EQ(writeWithLimit(path("cut.mkv"), limit, 10), 1) << limit << " of " << size;
}

}  // namespace
}  // namespace overfeat::test
