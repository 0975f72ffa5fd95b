// SPDX-License-Identifier: Apache-2.0
//
// video_speed VIDEO [ROUNDS]: processor time of reading and recording by app/video beside what was
// used before it: OpenCV's videoio (VideoCapture to RGB; VideoWriter with motion JPEG).
// Alternating, so that what else the machine does hits both; the ratio is before / now, above 1 =
// faster now.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <string>
#include <utility>
#include <vector>

#include "app/video/reader.h"
#include "app/video/writer.h"
#include "engine/core/error.h"

namespace {

using overfeat::Image;
using overfeat::SizePx;
namespace video = overfeat::video;

// Of all threads of this process.
double processorSeconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

using OnPicture = std::function<void(const Image&)>;

int readNow(const std::string& file, const OnPicture& onPicture) {
    auto opened = video::Reader::openFile(file, {.name = file}, {});
    video::Reader& reader = *std::get<0>(opened);
    Image image;
    int count = 0;
    while (reader.read({}) == video::Outcome::kPicture) {
        if (image.size() != reader.size()) image = Image(reader.size());
        reader.copyTo(image);
        onPicture(image);
        ++count;
    }
    return count;
}

int readBefore(const std::string& file) {
    cv::VideoCapture capture(file, cv::CAP_FFMPEG);
    cv::Mat bgr;
    Image image;
    int count = 0;
    for (; capture.read(bgr); ++count) {
        const SizePx size{bgr.cols, bgr.rows};
        if (image.size() != size) image = Image(size);
        cv::Mat rgb(bgr.rows, bgr.cols, CV_8UC3, image.row(0));
        cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
    }
    return count;
}

void recordNow(const std::vector<Image>& images, const std::string& file, const char* encoder) {
    video::Writer writer(file, {.encoders = {encoder}, .fps = 30});
    for (std::size_t i = 0; i < images.size(); ++i)
        writer.add(video::pixelsOf(images[i]), static_cast<double>(i) / 30);
    writer.finish();
}

void recordBefore(const std::vector<Image>& images, const std::string& file) {
    const SizePx size = images.front().size();
    cv::VideoWriter writer(file, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 30,
                           {size.width, size.height});
    cv::Mat bgr;
    for (const Image& image : images) {
        const cv::Mat rgb(size.height, size.width, CV_8UC3,
                          const_cast<std::uint8_t*>(image.row(0)));  // only read
        cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
        writer.write(bgr);
    }
}

double timeOf(const std::function<void()>& work) {
    const double start = processorSeconds();
    work();
    return processorSeconds() - start;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void compare(const char* what, int rounds, std::size_t pictures,
             const std::function<void()>& before, const std::function<void()>& now) {
    std::vector<double> before_s;
    std::vector<double> now_s;
    std::vector<double> ratios;
    for (int i = 0; i < rounds; ++i) {
        before_s.push_back(timeOf(before));
        now_s.push_back(timeOf(now));
        ratios.push_back(before_s.back() / now_s.back());
    }
    const double ms = 1000 / static_cast<double>(pictures);
    std::printf("%-22s before %6.2f ms a picture, now %6.2f, ratio %.2f\n", what,
                ms * median(before_s), ms * median(now_s), median(ratios));
    std::fflush(stdout);
}

int run(const std::string& file, int rounds) {
    constexpr std::size_t kRecorded = 150;
    video::quietFfmpeg();
    std::vector<Image> images;
    const int count = readNow(file, [&](const Image& image) {
        if (images.size() < kRecorded) images.push_back(image);
    });
    if (count == 0 || readBefore(file) != count) {
        std::fprintf(stderr, "Both must read the same pictures; choose another video.\n");
        return 1;
    }
    const auto all = static_cast<std::size_t>(count);
    compare(
        "reading", rounds, all, [&] { readBefore(file); },
        [&] { readNow(file, [](const Image&) {}); });
    const auto folder = std::filesystem::temp_directory_path();
    const std::string old_file = folder / "video_speed-before.mkv";
    const std::string new_file = folder / "video_speed-now.mkv";
    for (const char* encoder : {"mjpeg", "libx264"}) {
        compare((std::string("recording, ") + encoder).c_str(), rounds, images.size(),
                [&] { recordBefore(images, old_file); },
                [&] { recordNow(images, new_file, encoder); });
        std::printf("%22s before %.1f MB, now %.1f MB\n", "",
                    1e-6 * static_cast<double>(std::filesystem::file_size(old_file)),
                    1e-6 * static_cast<double>(std::filesystem::file_size(new_file)));
    }
    std::filesystem::remove(old_file);
    std::filesystem::remove(new_file);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    try {
        return run(arguments[1], count > 2 ? std::atoi(arguments[2]) : 5);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
