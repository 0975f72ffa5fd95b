// SPDX-License-Identifier: Apache-2.0
//
// The real program in a process of its own: exit codes, signals, no display, no home.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <QImage>
#include <QProcess>
#include <QProcessEnvironment>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <tuple>

#include "app/capture/picture_file.h"
#include "app/cli/program.h"
#include "app/video/writer.h"
#include "tests/app/cli/teach_fixture.h"
#include "tests/app/video/played.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::app {
namespace {

constexpr int kLimitMs = 60'000;

class ProgramTest : public ::testing::Test {
protected:
    ProgramTest() : model_(folder_.write("model.onnx", test::colourModel()).string()) {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "HOME", "XDG_CONFIG_HOME",
                                 "XDG_DATA_HOME", "QT_QPA_PLATFORM"}) {
            environment.remove(name);
        }
        // What a desktop would have Qt try instead.
        environment.remove("XDG_SESSION_TYPE");
        environment.remove("XDG_CURRENT_DESKTOP");
        process_.setProcessEnvironment(environment);
        process_.setWorkingDirectory(folder_.path().c_str());
    }
    ~ProgramTest() override {
        process_.kill();
        process_.waitForFinished(kLimitMs);
    }

    // Clips with as many frames, 25 per second.
    std::string redVideo(int frames) {
        return writeVideo("red clip \xC3\xA9.mp4", {64, 48}, frames,
                          [](int index) { return index % 3 == 0 ? 255 : 0; });
    }
    std::string noiseVideo(int frames) {
        std::uint32_t state = 1;
        return writeVideo("noise.mp4", {320, 240}, frames, [&state](int) {
            state = state * 1664525U + 1013904223U;
            return static_cast<int>(state >> 24U);
        });
    }
    template <class ByteAt>
    std::string writeVideo(const std::string& name, SizePx size, int frames, const ByteAt& byteAt) {
        const std::string file = (folder_.path() / name).string();
        video::Writer writer(file);
        Image image(size);
        for (int i = 0; i < frames; ++i) {
            for (int y = 0; y < size.height; ++y) {
                for (int x = 0; x < size.width * 3; ++x)
                    image.row(y)[x] = static_cast<std::uint8_t>(byteAt(x));
            }
            writer.add(video::pixelsOf(image), i / 25.0);
        }
        writer.finish();
        return file;
    }
    void start(const std::vector<std::string>& arguments) {
        QStringList list;
        for (const std::string& argument : arguments) {
            list.append(QString::fromUtf8(argument.c_str()));
        }
        process_.start(OVERFEAT_LIVE_PROGRAM, list);
        ASSERT_TRUE(process_.waitForStarted(kLimitMs));
    }
    int ending() {
        EXPECT_TRUE(process_.waitForFinished(kLimitMs));
        out_ += process_.readAllStandardOutput();
        log_ = process_.readAllStandardError();
        return process_.exitStatus() == QProcess::NormalExit ? process_.exitCode() : -1;
    }
    int run(const std::vector<std::string>& arguments) {
        start(arguments);
        return ending();
    }
    bool waitForOutput() {
        if (!process_.waitForReadyRead(kLimitMs)) return false;
        out_ += process_.readAllStandardOutput();
        return true;
    }
    // On a busy machine loading the libraries alone takes seconds; until the program asks for its
    // signals they kill it.
    bool waitForSignalHandlers() {
        for (int waited_ms = 0; waited_ms < kLimitMs; waited_ms += 20) {
            std::ifstream status("/proc/" + std::to_string(process_.processId()) + "/status");
            for (std::string key, value; status >> key && std::getline(status, value);) {
                if (key != "SigCgt:") continue;
                const auto caught = std::stoull(value, nullptr, 16);
                const auto has = [&](int number) { return (caught >> (number - 1) & 1U) != 0; };
                if (has(SIGINT) && has(SIGTERM)) return true;
            }
            if (process_.waitForFinished(20)) return false;
        }
        return false;
    }
    void setVariable(const char* name, const QString& value) {
        QProcessEnvironment environment = process_.processEnvironment();
        environment.insert(name, value);
        process_.setProcessEnvironment(environment);
    }
    void signal(int number) { ::kill(static_cast<pid_t>(process_.processId()), number); }
    static std::size_t countFrames(const std::filesystem::path& file) {
        return video::test::play(file).pictures.size();
    }

    test::TemporaryFolder folder_;
    std::string model_;
    QProcess process_;
    QByteArray out_;
    QByteArray log_;
};

TEST_F(ProgramTest, WrongOptionsEndWithTwo) {
    EXPECT_EQ(run({"--nonsense"}), 2);
    EXPECT_EQ(log_.count('\n'), 1) << log_.toStdString();
    EXPECT_TRUE(out_.isEmpty());
    EXPECT_EQ(run({"--help"}), 0) << "without a display, too";
    EXPECT_TRUE(out_.contains("--headless"));
}

TEST_F(ProgramTest, HeadlessPrintsAndRecordsWithoutDisplayAndHome) {
    const auto video = folder_.path() / "seen.mkv";
    EXPECT_EQ(run({"--headless", "--source", redVideo(30), "--model", model_, "--device",
                   "reference", "--record", video.string()}),
              0)
        << log_.toStdString();
    EXPECT_TRUE(out_.contains("red")) << out_.toStdString();
    EXPECT_GE(countFrames(video), 10U);
}

TEST_F(ProgramTest, HeadlessLooksForWhatWasTaught) {
    const std::string model =
        folder_.write("teachable.onnx", test::colourModel({.teachable = true})).string();
    const std::string library = (folder_.path() / "lib.overfeat").string();
    const std::string one = (folder_.path() / "one.png").string();
    const std::string two = (folder_.path() / "two.png").string();
    capture::writePicture(one, test::flagPicture(8, 30));
    capture::writePicture(two, test::flagPicture(48, 16));
    std::ostringstream said;
    cli::Console console{said, said, {}};
    ASSERT_EQ(
        cli::run({"teach", "flag", one + ":8,30,40,40", "--library", library, "--model", model},
                 store::ModelStore({}, {}), console),
        0)
        << said.str();
    EXPECT_EQ(run({"--headless", "--source", two, "--model", model, "--library", library,
                   "--only-taught", "--json"}),
              0)
        << log_.toStdString();
    const auto seen = nlohmann::json::parse(out_.toStdString());
    ASSERT_EQ(seen["classes"].size(), 1U) << out_.toStdString();
    EXPECT_EQ(seen["classes"][0]["label"], "flag");
    ASSERT_EQ(seen["detections"].size(), 1U) << out_.toStdString();
    EXPECT_EQ(seen["detections"][0]["taught"], true);
    // Not the one it was taught with: it lies elsewhere.
    EXPECT_NEAR(seen["detections"][0]["box"][0].get<double>(), 48, 12);

    EXPECT_EQ(run({"--headless", "--source", two, "--model", model, "--library",
                   (folder_.path() / "none").string()}),
              3);
    EXPECT_TRUE(log_.contains("no class library")) << log_.toStdString();
    EXPECT_EQ(run({"--headless", "--source", two, "--model", model_, "--library", library}), 4);
    EXPECT_TRUE(log_.contains("Nothing can be taught")) << log_.toStdString();
    EXPECT_EQ(run({"--library", library}), 2) << "the window has its own";
    EXPECT_EQ(run({"--headless", "--source", two, "--model", model_, "--only-taught"}), 2);
}

// One form of every object: what `overfeat` prints of a picture is what the headless run prints of
// it, key by key and digit by digit.
TEST_F(ProgramTest, BothProgramsPrintTheSameOfOnePicture) {
    using Json = nlohmann::ordered_json;  // keys in the order they are printed in
    const std::string model =
        folder_.write("teachable.onnx", test::colourModel({.boxes = true, .teachable = true}))
            .string();
    const std::string library = (folder_.path() / "lib.overfeat").string();
    const std::string one = (folder_.path() / "one.png").string();
    std::filesystem::create_directory(folder_.path() / "pictures");
    const std::string two = (folder_.path() / "pictures" / "two \xC3\xA9.png").string();
    capture::writePicture(one, test::flagPicture(8, 30));
    capture::writePicture(two, test::flagPicture(48, 16));
    const std::string video = redVideo(3);
    const auto printed = [&](std::vector<std::string> arguments) {
        std::ostringstream out;
        std::ostringstream err;
        cli::Console console{out, err, {}};
        arguments.insert(arguments.end(), {"--library", library, "--model", model});
        EXPECT_EQ(cli::run(arguments, store::ModelStore({}, {}), console), 0) << err.str();
        return out.str();
    };
    const auto first = [](const std::string& text) {
        Json object = Json::parse(text.substr(0, text.find('\n')));
        EXPECT_TRUE(object["timings_ms"].contains("total"));
        for (auto& [stage, ms] : object["timings_ms"].items())
            ms = 0;  // the names count
        return object;
    };
    printed({"teach", "flag", one + ":8,30,40,40"});
    for (const std::string& source : {two, (folder_.path() / "pictures").string(), video}) {
        out_.clear();
        EXPECT_EQ(run({"--headless", "--source", source, "--model", model, "--library", library,
                       "--json", "--after", "1"}),
                  0)
            << log_.toStdString();
        Json live = first(out_.toStdString());
        Json found = first(printed({"detect", source, "--json"}));
        Json classes = first(printed({"classify", source, "--json", "--views", "dense"}));
        if (source == video) {  // objects are followed there
            EXPECT_EQ(live["frame"], 0);
            EXPECT_EQ(live["time"], 0.0);
            live.erase("detections");
            found.erase("detections");
        } else {
            EXPECT_NE(found["detections"].dump().find("\"taught\":true"), std::string::npos)
                << found.dump();
        }
        EXPECT_EQ(live["classes"].dump(), classes["classes"].dump());
        live.erase("classes");
        EXPECT_EQ(live.dump(), found.dump());
    }
}

TEST_F(ProgramTest, HeadlessSaysWhatIsWrong) {
    EXPECT_EQ(run({"--headless", "--source", "missing.mp4", "--model", model_}), 3);
    EXPECT_TRUE(log_.contains("missing.mp4")) << log_.toStdString();
    folder_.write("empty.mp4", "");
    EXPECT_EQ(run({"--headless", "--source", "empty.mp4", "--model", model_}), 3);
    const auto jpeg = capture::encodePicture(Image(SizePx{64, 48}), "whole.jpg");
    folder_.write("endless.jpg", std::string(jpeg.begin(), jpeg.end() - 2));
    EXPECT_EQ(run({"--headless", "--source", "endless.jpg", "--model", model_}), 0);
    EXPECT_TRUE(log_.contains("lacks its end mark")) << log_.toStdString();
    EXPECT_EQ(run({"--headless", "--model", "missing.onnx"}), 4);
    EXPECT_TRUE(log_.contains("missing.onnx")) << log_.toStdString();
    folder_.write("page.onnx", "<!DOCTYPE html><html></html>");
    EXPECT_EQ(run({"--headless", "--model", "page.onnx"}), 4);
    EXPECT_EQ(run({"--headless", "--model", model_, "--device", "abacus"}), 2);
    EXPECT_TRUE(log_.contains("abacus")) << log_.toStdString();
}

TEST_F(ProgramTest, AnInterruptionKeepsTheVideo) {
    const auto video = folder_.path() / "seen.mkv";
    for (const int number : {SIGINT, SIGTERM}) {
        start({"--headless", "--source", redVideo(1000), "--model", model_, "--record",
               video.string()});
        ASSERT_TRUE(waitForOutput());  // the first line
        ASSERT_TRUE(waitForOutput());  // a second later
        signal(number);
        EXPECT_EQ(ending(), 130) << log_.toStdString();
        EXPECT_GE(countFrames(video), 5U);
    }
}

// What has reached the file can be played.
TEST_F(ProgramTest, AKilledProgramLeavesAPlayableVideo) {
    const auto video = folder_.path() / "seen.mp4";
    start(
        {"--headless", "--source", noiseVideo(250), "--model", model_, "--record", video.string()});
    std::error_code not_yet;
    while (std::filesystem::file_size(video, not_yet) < 500'000 || not_yet) {
        ASSERT_FALSE(process_.waitForFinished(50)) << "ended before it was killed";
    }
    signal(SIGKILL);
    EXPECT_EQ(ending(), -1);
    EXPECT_GE(countFrames(video), 5U);
}

// A display that is named but cannot be used is one sentence, not a core dump.
TEST_F(ProgramTest, WithoutADisplayItNamesHeadless) {
    const auto refuses = [&] {
        EXPECT_EQ(run({"--source", "demo", "--model", model_}), 1) << log_.toStdString();
        EXPECT_EQ(log_.count('\n'), 1) << log_.toStdString();
        EXPECT_TRUE(log_.contains("give --headless")) << log_.toStdString();
        EXPECT_EQ(run({"--check-display"}), 1) << "what packaging/run asks";
    };
    refuses();  // none is named
    setVariable("DISPLAY", ":7654");
    refuses();
    EXPECT_TRUE(log_.contains(":7654")) << log_.toStdString();
    EXPECT_EQ(run({"--check-display", "-platform", "offscreen"}), 0) << "needs none";
    EXPECT_EQ(run({"--headless", "--source", redVideo(10), "--model", model_, "--device",
                   "reference", "--after", "1"}),
              0)
        << log_.toStdString();
}

// Whether Qt's plugin for Wayland is installed or not.
TEST_F(ProgramTest, AWaylandDisplayThatCannotBeReachedNamesHeadless) {
    setVariable("WAYLAND_DISPLAY", "wayland-of-nobody");
    setVariable("XDG_SESSION_TYPE", "wayland");
    EXPECT_EQ(run({"--source", "demo", "--model", model_}), 1) << log_.toStdString();
    EXPECT_EQ(log_.count('\n'), 1) << log_.toStdString();
    EXPECT_TRUE(log_.contains("give --headless")) << log_.toStdString();
}

// A server that takes the connection and then says nothing: Qt waits for it for ever, and whoever
// started the program must be able to end it.
TEST_F(ProgramTest, ADisplayThatNeverAnswersCanBeLeft) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_GE(listener, 0);
    // X's displays are the TCP ports from 6000.
    int display = 0;
    for (int number = 500; number < 600 && display == 0; ++number) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(6000 + number));
        if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
            display = number;
    }
    ASSERT_GT(display, 0);
    ASSERT_EQ(::listen(listener, 4), 0);
    setVariable("DISPLAY", QString("127.0.0.1:%1").arg(display));
    for (const int number : {SIGINT, SIGTERM}) {
        start({"--check-display"});
        pollfd waiting{listener, POLLIN, 0};
        ASSERT_EQ(::poll(&waiting, 1, kLimitMs), 1) << "it never asked the display";
        const int mute = ::accept(listener, nullptr, nullptr);
        signal(number);
        EXPECT_EQ(ending(), -1) << "ended by the signal";
        ::close(mute);
    }
    ::close(listener);
}

// A typing mistake costs nobody a video, a picture or a model.
TEST_F(ProgramTest, OutputsDoNotReplaceInputs) {
    const std::string video = redVideo(5);
    const auto picture = folder_.path() / "folder" / "a.png";
    std::filesystem::create_directory(picture.parent_path());
    QImage(32, 32, QImage::Format_RGB888).save(picture.c_str());
    std::filesystem::create_symlink(video, folder_.path() / "link.mkv");
    const auto size = [](const std::filesystem::path& file) {
        return std::filesystem::file_size(file);
    };
    const auto before = std::tuple(size(video), size(picture), size(model_));
    const std::string sidecar = folder_.write("model.onnx.json", "{}").string();
    for (const std::string& output : {video, std::string("link.mkv"), model_, sidecar}) {
        EXPECT_EQ(run({"--headless", "--source", video, "--model", model_, "--record", output}), 2);
        EXPECT_EQ(log_.count('\n'), 1) << log_.toStdString();
        const bool no_video = output == model_ || output == sidecar;
        EXPECT_TRUE(log_.contains(no_video ? "writes .mp4 or .mkv" : "would be replaced"))
            << log_.toStdString();
    }
    for (const std::string& source : {picture.string(), picture.parent_path().string()}) {
        EXPECT_EQ(run({"-platform", "offscreen", "--source", source, "--model", model_,
                       "--screenshot", picture.string()}),
                  2);
        EXPECT_TRUE(log_.contains("would be replaced")) << log_.toStdString();
    }
    EXPECT_EQ(before, std::tuple(size(video), size(picture), size(model_)));
    EXPECT_EQ(size(sidecar), 2U);
}

TEST_F(ProgramTest, SavesAScreenshotOfTheWindow) {
    const auto file = folder_.path() / "window.png";
    EXPECT_EQ(run({"-platform", "offscreen", "--source", redVideo(50), "--model", model_,
                   "--window-size", "1280x720", "--screenshot", file.string(), "--after", "3"}),
              0)
        << log_.toStdString();
    EXPECT_EQ(QImage(file.c_str()).size(), QSize(1280, 720));
}

TEST_F(ProgramTest, AScreenshotThatCannotBeTakenEndsWithItsCode) {
    EXPECT_EQ(run({"-platform", "offscreen", "--source", "missing.mp4", "--model", model_,
                   "--screenshot", "x.png"}),
              3);
    EXPECT_EQ(run({"-platform", "offscreen", "--source", redVideo(50), "--model", "missing.onnx",
                   "--screenshot", "x.png"}),
              4);
}

TEST_F(ProgramTest, SignalsCloseTheWindow) {
    start({"-platform", "offscreen", "--source", redVideo(1000), "--model", model_});
    ASSERT_TRUE(waitForSignalHandlers());
    EXPECT_FALSE(process_.waitForFinished(1500)) << log_.toStdString();
    signal(SIGTERM);
    EXPECT_EQ(ending(), 0);
    start({"-platform", "offscreen", "--source", redVideo(1000), "--model", model_});
    ASSERT_TRUE(waitForSignalHandlers());
    EXPECT_FALSE(process_.waitForFinished(1500));
    signal(SIGINT);
    EXPECT_EQ(ending(), 130);
}

}  // namespace
}  // namespace overfeat::app
