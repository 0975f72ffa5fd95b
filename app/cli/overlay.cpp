// SPDX-License-Identifier: Apache-2.0
#include "app/cli/overlay.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

#include "app/capture/picture_file.h"
#include "app/cli/console.h"
#include "engine/core/class_colour.h"
#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

// The window's colour of a class, RGB.
cv::Scalar colourOf(std::size_t number) {
    const SrgbColour colour = classColourOf(number);
    return {255.0 * colour.red, 255.0 * colour.green, 255.0 * colour.blue};
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
    const cv::Scalar colour = colourOf(labels.colourIndex(found.class_index));
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

void drawOn(Image& image, const Recognition& seen) {
    cv::Mat picture(image.height(), image.width(), CV_8UC3, image.row(0));
    const auto& objects = seen.detections.objects;
    for (auto found = objects.rbegin(); found != objects.rend(); ++found)
        draw(picture, *found, *seen.labels);  // the best on top
}

}  // namespace

OverlayVideo::OverlayVideo(std::filesystem::path path, KeptFiles kept)
    : path_(std::move(path)), kept_(std::move(kept)), writer_(path_) {}

void OverlayVideo::add(const Image& image, const Recognition& seen, const std::string& file,
                       std::optional<double> time_s) {
    if (!has_last_) kept_.check(path_);
    Image picture(image.size(), image.bytes());
    drawOn(picture, seen);
    writer_.add(video::pixelsOf(picture), timeOf(file, time_s));
}

void OverlayVideo::finish() {
    writer_.finish();
}

double OverlayVideo::timeOf(const std::string& file, std::optional<double> time_s) {
    const double next_s = has_last_ ? last_s_ + period_s_ : 0;
    const bool other_file = file != file_ || !has_last_;
    if (other_file) start_s_ = next_s;
    const double shown_s = time_s ? start_s_ + *time_s : next_s;
    period_s_ = other_file || !time_s ? 1 / kUsualFps : std::max(0.0, shown_s - last_s_);
    file_ = file;
    last_s_ = shown_s;
    has_last_ = true;
    return shown_s;
}

bool isVideoOverlay(const std::string& path) {
    return video::isVideoName(path);
}

std::string overlayProblem(const std::string& path) {
    const std::string extension = std::filesystem::path(path).extension().string();
    const bool known =
        extension == ".png" || extension == ".jpg" || extension == ".jpeg" || isVideoOverlay(path);
    return known ? std::string()
                 : "An overlay is written as .png, .jpg, .mp4 or .mkv, not as '" + path + "'";
}

std::string overlayBytes(const Image& image, const Recognition& seen, const std::string& path) {
    Image picture(image.size(), image.bytes());
    drawOn(picture, seen);
    const auto bytes = capture::encodePicture(picture, path);
    return {bytes.begin(), bytes.end()};
}

}  // namespace overfeat::cli
