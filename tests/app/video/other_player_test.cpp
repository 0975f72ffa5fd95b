// SPDX-License-Identifier: Apache-2.0
//
// Recordings in a player that has nothing of FFmpeg's: GStreamer's own readers of MP4 and Matroska,
// and OpenH264.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "app/video/writer.h"
#include "tests/support/capability.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::video {
namespace {

namespace fs = std::filesystem;
using overfeat::test::missing;
using overfeat::test::TemporaryFolder;
using Colour = std::array<int, 3>;

constexpr SizePx kSize{128, 96};
constexpr std::array<Colour, 3> kColours{{{230, 30, 20}, {20, 180, 40}, {30, 40, 220}}};
constexpr int kPictures = 61;

double timeOf(int number) {
    return number * 0.1 + (number % 3) * 0.013;
}

const Colour& colourOf(std::size_t number) {
    return kColours[number % kColours.size()];
}

void add(Writer& writer, int number) {
    Image image(kSize);
    const Colour& colour = colourOf(static_cast<std::size_t>(number));
    for (int y = 0; y < kSize.height; ++y) {
        for (int i = 0; i < kSize.width * 3; ++i)
            image.row(y)[i] = static_cast<std::uint8_t>(colour[static_cast<std::size_t>(i % 3)]);
    }
    writer.add(pixelsOf(image), timeOf(number));
}

bool hasPlayer() {
    for (const char* part : {"qtdemux", "matroskademux", "h264parse", "openh264dec"}) {
        const std::string ask = std::string("gst-inspect-1.0 --exists ") + part + " 2>/dev/null";
        if (std::system(ask.c_str()) != 0) return false;
    }
    return true;
}

struct Seen {
    std::vector<double> times_s;
    std::vector<Colour> colours;  // of the middle of each picture
};

Seen playedByGStreamer(const fs::path& video) {
    const fs::path pixels = video.string() + ".rgb";
    const std::string demuxer = video.extension() == ".mp4" ? "qtdemux" : "matroskademux";
    const std::string command =
        "gst-launch-1.0 -v filesrc location=" + video.string() + " ! " + demuxer +
        " ! h264parse ! openh264dec ! videoconvert ! video/x-raw,format=RGB ! identity silent=false"
        " ! filesink location=" +
        pixels.string() + " 2>/dev/null";
    Seen seen;
    FILE* said = ::popen(command.c_str(), "r");
    if (said == nullptr) return seen;
    const std::regex time(R"(chain .* pts: (\d+):(\d+):(\d+\.\d+))");
    char line[4096];
    while (std::fgets(line, sizeof line, said) != nullptr) {
        std::cmatch found;
        if (!std::regex_search(line, found, time)) continue;
        seen.times_s.push_back(3600 * std::stod(found[1]) + 60 * std::stod(found[2]) +
                               std::stod(found[3]));
    }
    ::pclose(said);
    std::ifstream stream(pixels, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
    constexpr std::size_t kPicture_bytes = std::size_t{3} * kSize.width * kSize.height;
    for (std::size_t start = 0; start + kPicture_bytes <= bytes.size(); start += kPicture_bytes) {
        const std::size_t middle =
            start + 3 * (std::size_t{kSize.width} * kSize.height / 2 + kSize.width / 2);
        Colour colour{};
        for (std::size_t i = 0; i < 3; ++i)
            colour[i] = static_cast<unsigned char>(bytes[middle + i]);
        seen.colours.push_back(colour);
    }
    return seen;
}

void expectTheFirst(const Seen& seen, std::size_t at_least) {
    ASSERT_GE(seen.colours.size(), at_least);
    ASSERT_EQ(seen.times_s.size(), seen.colours.size());
    for (std::size_t i = 0; i < seen.colours.size(); ++i) {
        EXPECT_NEAR(seen.times_s[i], timeOf(static_cast<int>(i)), 0.0011) << i;
        for (std::size_t c = 0; c < 3; ++c)
            EXPECT_NEAR(seen.colours[i][c], colourOf(i)[c], 10) << i;
    }
}

class OtherPlayer : public ::testing::TestWithParam<const char*> {
protected:
    fs::path file() const { return folder_.path() / (std::string("out") + GetParam()); }
    TemporaryFolder folder_;
};
INSTANTIATE_TEST_SUITE_P(Container, OtherPlayer, ::testing::Values(".mp4", ".mkv"),
                         [](const auto& tested) { return std::string(tested.param + 1); });

TEST_P(OtherPlayer, ShowsARecordingAtItsTimes) {
    if (missing("gstreamer", hasPlayer())) return;
    Writer writer(file());
    for (int i = 0; i < kPictures; ++i)
        add(writer, i);
    writer.finish();
    ASSERT_EQ(writer.codec(), "h264");
    const Seen seen = playedByGStreamer(file());
    expectTheFirst(seen, kPictures);
    EXPECT_EQ(seen.colours.size(), std::size_t{kPictures});
}

TEST_P(OtherPlayer, ShowsWhatAKilledProgramHadWritten) {
    if (missing("gstreamer", hasPlayer())) return;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        auto* writer = new Writer(file());  // nothing ends it
        for (int i = 0; i < kPictures; ++i)
            add(*writer, i);
        if (::write(ends[1], "!", 1) != 1) ::_exit(1);
        for (;;)
            ::pause();
    }
    ASSERT_GT(child, 0);
    ::close(ends[1]);
    char told = 0;
    EXPECT_EQ(::read(ends[0], &told, 1), 1);
    ::close(ends[0]);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    expectTheFirst(playedByGStreamer(file()), 50);
    // And where the kill hit a write.
    fs::resize_file(file(), fs::file_size(file()) - 100);
    expectTheFirst(playedByGStreamer(file()), 40);
}

}  // namespace
}  // namespace overfeat::video
