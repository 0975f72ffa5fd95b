// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/core/geometry.h"
#include "engine/core/image.h"
#include "engine/detect/recogniser.h"
#include "engine/evaluate/class_folders.h"
#include "engine/evaluate/reliability.h"

namespace overfeat::evaluate {

// How something taught is found as a camera would meet it: at half to twice the size, turned,
// lighter or darker, out of focus, before something else. What is turned and pasted is flat, and
// what was around it in its own picture has gone.

// How an object stands in a scene.
struct Pose {
    PointPx centre;
    double longer_side_px = 100;
    double degrees = 0;
    double light = 1;  // factor
    int blur_px = 0;   // boxes of so many pixels to each side, twice
};
// Pastes a part of a picture into the scene. Returns the box of what can be seen of it.
RectPx paste(const Image& picture, const RectPx& part, const Pose& pose, Image& scene);

// A picture as large as it is used here, at most: hundreds are kept, and cameras make 40 MB of one.
Image pictureToUse(const Image& picture);

struct LiveLikeOptions {
    int scenes = 4;  // of each class
    double threshold = 0.5;
    Look look;
    std::uint64_t seed = 0;
    std::function<void(std::size_t done, std::size_t all)> progress = {};
};
struct LiveLikeReport {
    std::size_t classes = 0;
    std::size_t scenes = 0;
    std::size_t found = 0;        // of the one object in each, with an IoU of 0.5
    std::size_t false_shown = 0;  // anything else that was shown
    std::size_t backgrounds = 0;  // the pictures behind, alone
    std::size_t background_shown = 0;
    std::vector<Accepted> shown = {};
};
// The middle of one picture of each class of `objects` (7/10 of its sides) teaches the class and is
// pasted into pictures of `backgrounds` (sets, the first 200 pictures); all classes are looked for
// at once. Throws Error(kUsage) for fewer than two classes or no background, Error(kCancelled)
// after a stop request.
LiveLikeReport evaluateLiveLike(const std::filesystem::path& objects,
                                std::span<const std::filesystem::path> backgrounds,
                                const PictureDecoder& decode, detect::Recogniser& recogniser,
                                const LiveLikeOptions& options, const std::stop_token& stop = {});

}  // namespace overfeat::evaluate
