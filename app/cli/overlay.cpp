// SPDX-License-Identifier: Apache-2.0
#include "app/cli/overlay.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "app/capture/file_bytes.h"
#include "app/cli/console.h"
#include "app/cli/disk.h"
#include "app/cli/matroska_blocks.h"
#include "engine/core/class_colour.h"
#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

// Containers cannot count slower than this.
constexpr double kSlowestFps = 0.01;
constexpr std::int64_t kPicturesBetweenDiskChecks = 32;

// The window's colour of a class, BGR.
cv::Scalar colourOf(std::size_t class_index) {
    const SrgbColour colour = classColourOf(class_index);
    return {255.0 * colour.blue, 255.0 * colour.green, 255.0 * colour.red};
}

// OpenCV's built-in letters are ASCII.
std::string asciiText(const std::string& text) {
    std::string shown;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 && byte < 0xC0) continue;  // inside a character
        shown += byte >= 0x20 && byte < 0x7F ? c : '?';
    }
    return shown;
}

void draw(cv::Mat& picture, const Detection& found, const LabelSet& labels) {
    const double size = std::max(picture.rows, picture.cols);
    const double scale = std::clamp(size / 1000, 0.35, 3.0);
    const int thick = std::max(1, static_cast<int>(std::lround(2 * scale)));
    const cv::Scalar colour = colourOf(found.class_index);
    const cv::Point corner(static_cast<int>(found.box.x), static_cast<int>(found.box.y));
    const cv::Rect box(corner, cv::Size(static_cast<int>(std::ceil(found.box.width)),
                                        static_cast<int>(std::ceil(found.box.height))));
    cv::rectangle(picture, box, {0, 0, 0}, thick + 2, cv::LINE_AA);
    cv::rectangle(picture, box, colour, thick, cv::LINE_AA);

    const std::string text = asciiText(labels[found.class_index].label) + " " +
                             fixed(static_cast<double>(found.score), 2) + ", " +
                             (found.remembered()   ? "a moment ago"
                              : found.votes() == 1 ? "1 vote"
                                                   : std::to_string(found.votes()) + " votes");
    int below = 0;
    const cv::Size letters = cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, 0.6 * scale,
                                             std::max(1, thick - 1), &below);
    const int height = letters.height + below + 4;
    const int left = std::clamp(corner.x, 0, std::max(0, picture.cols - letters.width - 6));
    const int top = corner.y >= height ? corner.y - height : corner.y;
    cv::rectangle(picture, cv::Rect(left, top, letters.width + 6, height), {24, 24, 24},
                  cv::FILLED);
    cv::rectangle(picture, cv::Rect(left, top, 3, height), colour, cv::FILLED);
    cv::putText(picture, text, {left + 5, top + letters.height + 2}, cv::FONT_HERSHEY_SIMPLEX,
                0.6 * scale, {255, 255, 255}, std::max(1, thick - 1), cv::LINE_AA);
}

// The picture with its boxes, BGR.
cv::Mat drawn(const Image& image, const Recognition& seen) {
    const cv::Mat rgb(image.height(), image.width(), CV_8UC3,
                      const_cast<std::uint8_t*>(image.row(0)));  // only read
    cv::Mat picture;
    cv::cvtColor(rgb, picture, cv::COLOR_RGB2BGR);
    const auto& objects = seen.detections.objects;
    for (auto found = objects.rbegin(); found != objects.rend(); ++found)
        draw(picture, *found, *seen.labels);  // the best on top
    return picture;
}

}  // namespace

class OverlayVideo::Writer {
public:
    Writer(std::filesystem::path path, double fps, KeptFiles kept)
        : path_(std::move(path)), fps_(std::max(fps, kSlowestFps)), kept_(std::move(kept)) {}

    void add(const cv::Mat& picture) {
        if (!video_.isOpened()) {
            kept_.check(path_);
            size_ = picture.size();
            if (!video_.open(path_.string(), cv::CAP_FFMPEG,
                             cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), fps_, size_)) {
                throw Error(ErrorCode::kRuntime,
                            "The video " + capture::shown(path_) +
                                " cannot be written; check that its folder exists and can be "
                                "written to.",
                            path_.string());
            }
        }
        if (picture.size() != size_) {
            throw Error(ErrorCode::kInput,
                        "A picture of " + std::to_string(picture.cols) + "x" +
                            std::to_string(picture.rows) +
                            " does not fit into an overlay video of " +
                            std::to_string(size_.width) + "x" + std::to_string(size_.height) +
                            "; write pictures of different sizes as .png.",
                        path_.string());
        }
        video_.write(picture);
        if (++written_ % kPicturesBetweenDiskChecks == 0 && diskIsFull()) refuseFullDisk();
    }

    void finish() {
        if (!video_.isOpened()) return;
        video_.release();
        const MatroskaBlocks blocks = matroskaBlocks(path_);
        if (blocks.whole != written_ || !blocks.complete || !isOnDisk(path_)) refuseFullDisk();
    }

private:
    // OpenCV does not tell when a write fails. Without this a long run would go on for nothing.
    bool diskIsFull() const {
        std::error_code unknown;
        const auto folder = path_.has_parent_path() ? path_.parent_path() : ".";
        const auto space = std::filesystem::space(folder, unknown);
        return !unknown && isFull(space, ::geteuid() == 0);
    }
    [[noreturn]] void refuseFullDisk() const {
        throw Error(ErrorCode::kRuntime,
                    "The video " + capture::shown(path_) +
                        " could not be written to its end; check that its disk has room and the "
                        "file may grow.",
                    path_.string());
    }

    std::filesystem::path path_;
    double fps_;
    KeptFiles kept_;
    cv::Size size_;
    std::int64_t written_ = 0;
    cv::VideoWriter video_;
};

OverlayVideo::OverlayVideo(std::filesystem::path path, double fps, KeptFiles kept)
    : writer_(std::make_unique<Writer>(std::move(path), fps, std::move(kept))) {}
OverlayVideo::~OverlayVideo() = default;

void OverlayVideo::add(const Image& image, const Recognition& seen) {
    writer_->add(drawn(image, seen));
}

void OverlayVideo::finish() {
    writer_->finish();
}

bool isVideoOverlay(const std::string& path) {
    return std::filesystem::path(path).extension() == ".mkv";
}

std::string overlayProblem(const std::string& path) {
    const std::string extension = std::filesystem::path(path).extension().string();
    const bool known =
        extension == ".png" || extension == ".jpg" || extension == ".jpeg" || extension == ".mkv";
    return known ? std::string()
                 : "An overlay is written as .png, .jpg or .mkv, not as '" + path + "'";
}

std::string overlayBytes(const Image& image, const Recognition& seen, const std::string& path) {
    const cv::Mat picture = drawn(image, seen);
    std::vector<std::uint8_t> bytes;
    if (!cv::imencode(std::filesystem::path(path).extension().string(), picture, bytes)) {
        throw Error(ErrorCode::kRuntime, "The overlay cannot be encoded; choose another extension.",
                    path);
    }
    return {bytes.begin(), bytes.end()};
}

}  // namespace overfeat::cli
