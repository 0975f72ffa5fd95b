// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/live_like.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numbers>
#include <random>
#include <string>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/taught_classes.h"
#include "engine/detect/resampler.h"

namespace overfeat::evaluate {
namespace {

constexpr double kPart = 0.7;
// The longer side of an object of its usual size, in shorter sides of the background.
constexpr double kUsualSize = 0.3;
constexpr double kMostDegrees = 30;
constexpr double kLeastLight = 0.6;
constexpr double kMostLight = 1.4;
constexpr std::size_t kMostBackgrounds = 200;
// Of the shorter side: a scene's largest object is then 384 px, and more is looked at only by
// networks with windows of more than 180 px.
constexpr int kMostSidePx = 640;

std::uint8_t toByte(double value) noexcept {
    return static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0));
}

// Between 0 and 1, the same with every standard library.
double share(std::mt19937_64& random) {
    return static_cast<double>(random() >> 11U) / static_cast<double>(std::uint64_t{1} << 53U);
}

// Means over 2 * reach + 1 pixels, along rows and then along columns.
void blur(Image& image, int reach) {
    const Image from = image;
    const auto pass = [&](const Image& source, Image& to, int right, int down) {
        for (int y = 0; y < to.height(); ++y) {
            for (int x = 0; x < to.width(); ++x) {
                for (int c = 0; c < 3; ++c) {
                    int sum = 0;
                    for (int i = -reach; i <= reach; ++i) {
                        const int at_x = std::clamp(x + i * right, 0, to.width() - 1);
                        const int at_y = std::clamp(y + i * down, 0, to.height() - 1);
                        sum += source.row(at_y)[3 * at_x + c];
                    }
                    to.row(y)[3 * x + c] = toByte(static_cast<double>(sum) / (2 * reach + 1));
                }
            }
        }
    };
    Image between(image.size());
    pass(from, between, 1, 0);
    pass(between, image, 0, 1);
}

void throwIfStopped(const std::stop_token& stop) {
    if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "Measuring was stopped.");
}

struct Teacher {
    Image image;
    RectPx part;
};

std::map<std::string, Teacher> firstOfEach(const std::filesystem::path& set,
                                           const PictureDecoder& decode,
                                           const std::stop_token& stop) {
    std::map<std::string, std::pair<std::string, Image>> first;
    forEachFolderPicture(set, decode,
                         [&](const std::string& name, const std::string& file, const Image& image) {
                             if (stop.stop_requested()) return false;
                             auto& known = first[name];
                             if (known.second.empty() || file < known.first)
                                 known = {file, pictureToUse(image)};
                             return true;
                         });
    std::map<std::string, Teacher> teachers;
    for (auto& [name, picture] : first) {
        const Image& image = picture.second;
        const double width = kPart * image.width();
        const double height = kPart * image.height();
        const RectPx part{(image.width() - width) / 2, (image.height() - height) / 2, width,
                          height};
        teachers.emplace(name, Teacher{std::move(picture.second), part});
    }
    return teachers;
}

Pose drawn(SizePx scene, std::mt19937_64& random) {
    Pose pose;
    const double usual = kUsualSize * std::min(scene.width, scene.height);
    pose.longer_side_px = usual * std::exp2(2 * share(random) - 1);
    pose.degrees = kMostDegrees * (2 * share(random) - 1);
    pose.light = kLeastLight + (kMostLight - kLeastLight) * share(random);
    pose.blur_px = static_cast<int>(random() % 2);
    const double half = pose.longer_side_px / 2;
    pose.centre = {half + share(random) * std::max(scene.width - 2 * half, 0.0),
                   half + share(random) * std::max(scene.height - 2 * half, 0.0)};
    return pose;
}

}  // namespace

RectPx paste(const Image& picture, const RectPx& part, const Pose& pose, Image& scene) {
    const double scale = pose.longer_side_px / std::max(part.width, part.height);
    const SizePx size{std::max(2, static_cast<int>(std::lround(part.width * scale))),
                      std::max(2, static_cast<int>(std::lround(part.height * scale)))};
    detect::Resampler resampler;
    resampler.begin(picture, {});
    const detect::PixelView pixels =
        resampler.part({static_cast<int>(part.x),
                        static_cast<int>(part.y),
                        {static_cast<int>(part.width), static_cast<int>(part.height)}},
                       size);
    Image object(size);
    for (int y = 0; y < size.height; ++y) {
        for (int i = 0; i < 3 * size.width; ++i) {
            const auto at = static_cast<std::size_t>(y) * pixels.row_bytes;
            object.row(y)[i] = toByte(pose.light * pixels.rgb[at + static_cast<std::size_t>(i)]);
        }
    }
    if (pose.blur_px > 0) blur(object, pose.blur_px);
    const double angle = pose.degrees * std::numbers::pi / 180;
    const double cosine = std::cos(angle);
    const double sine = std::sin(angle);
    const double half_x = (size.width * std::abs(cosine) + size.height * std::abs(sine)) / 2;
    const double half_y = (size.width * std::abs(sine) + size.height * std::abs(cosine)) / 2;
    const RectPx box = intersection(
        {pose.centre.x - half_x, pose.centre.y - half_y, 2 * half_x, 2 * half_y},
        {0, 0, static_cast<double>(scene.width()), static_cast<double>(scene.height())});
    for (int y = static_cast<int>(box.y); y < box.bottom(); ++y) {
        for (int x = static_cast<int>(box.x); x < box.right(); ++x) {
            const double right = x + 0.5 - pose.centre.x;
            const double down = y + 0.5 - pose.centre.y;
            const double from_x = right * cosine + down * sine + size.width / 2.0;
            const double from_y = down * cosine - right * sine + size.height / 2.0;
            if (from_x < 0 || from_y < 0 || from_x >= size.width || from_y >= size.height) continue;
            const int left = std::clamp(static_cast<int>(from_x - 0.5), 0, size.width - 2);
            const int top = std::clamp(static_cast<int>(from_y - 0.5), 0, size.height - 2);
            const double x_share = std::clamp(from_x - 0.5 - left, 0.0, 1.0);
            const double y_share = std::clamp(from_y - 0.5 - top, 0.0, 1.0);
            for (int c = 0; c < 3; ++c) {
                const auto mixed = [&](int row) {
                    const std::uint8_t* at =
                        object.row(row) + static_cast<std::ptrdiff_t>(3) * left + c;
                    return std::lerp(static_cast<double>(at[0]), static_cast<double>(at[3]),
                                     x_share);
                };
                scene.row(y)[3 * x + c] = toByte(std::lerp(mixed(top), mixed(top + 1), y_share));
            }
        }
    }
    return box;
}

Image pictureToUse(const Image& picture) {
    const int shorter = std::min(picture.width(), picture.height());
    if (shorter <= kMostSidePx) return picture;
    const auto scaled = [&](int side) {
        return static_cast<int>(std::lround(double{kMostSidePx} * side / shorter));
    };
    const SizePx size{scaled(picture.width()), scaled(picture.height())};
    detect::Resampler resampler;
    resampler.begin(picture, {});
    const detect::PixelView pixels = resampler.part({0, 0, picture.size()}, size);
    Image smaller(size);
    for (int y = 0; y < size.height; ++y) {
        std::copy_n(pixels.rgb + static_cast<std::size_t>(y) * pixels.row_bytes, 3 * size.width,
                    smaller.row(y));
    }
    return smaller;
}

LiveLikeReport evaluateLiveLike(const std::filesystem::path& objects,
                                std::span<const std::filesystem::path> backgrounds,
                                const PictureDecoder& decode, detect::Recogniser& recogniser,
                                const LiveLikeOptions& options, const std::stop_token& stop) {
    const auto teachers = firstOfEach(objects, decode, stop);
    throwIfStopped(stop);
    std::vector<Image> behind;
    for (const std::filesystem::path& set : backgrounds) {
        if (behind.size() >= kMostBackgrounds) break;
        forEachFolderPicture(set, decode,
                             [&](const std::string&, const std::string&, const Image& image) {
                                 behind.push_back(pictureToUse(image));
                                 return behind.size() < kMostBackgrounds && !stop.stop_requested();
                             });
        throwIfStopped(stop);
    }
    if (teachers.size() < 2 || behind.empty()) {
        throw Error(ErrorCode::kUsage,
                    "Scenes need two classes of objects and a picture to put them in; choose other "
                    "sets.");
    }
    auto taught = std::make_shared<TaughtClasses>();
    taught->space = recogniser.info().embedding_space;
    for (const auto& [name, teacher] : teachers) {
        EmbeddedClass one;
        one.id = one.name = name;
        one.threshold = options.threshold;
        one.examples.push_back(
            recogniser.embed({.image = teacher.image, .box = teacher.part}, stop));
        taught->classes.push_back(std::move(one));
    }
    Look look = options.look;
    look.taught = taught;
    look.network_classes = false;
    look.detection.emplace();

    LiveLikeReport report{.classes = teachers.size()};
    const std::size_t all =
        behind.size() + teachers.size() * static_cast<std::size_t>(options.scenes);
    std::size_t done = 0;
    const auto shownIn = [&](const Image& scene) {
        auto seen = recogniser.recognise(scene, look, stop);
        if (options.progress) options.progress(++done, all);
        return std::move(seen.detections.objects);
    };
    for (const Image& picture : behind) {
        ++report.backgrounds;
        report.background_shown += shownIn(picture).size();
    }
    std::mt19937_64 random(options.seed);
    for (int round = 0; round < options.scenes; ++round) {
        std::size_t k = 0;
        for (const auto& [name, teacher] : teachers) {
            Image scene = behind[random() % behind.size()];
            const RectPx box =
                paste(teacher.image, teacher.part, drawn(scene.size(), random), scene);
            bool found = false;
            for (const Detection& object : shownIn(scene)) {
                const bool right = !found && object.class_index == k &&
                                   intersectionOverUnion(object.box, box) >= 0.5;
                found = found || right;
                if (!right) ++report.false_shown;
                report.shown.push_back({similarityOfScore(object.score, options.threshold), right});
            }
            ++report.scenes;
            if (found) ++report.found;
            ++k;
        }
    }
    return report;
}

}  // namespace overfeat::evaluate
