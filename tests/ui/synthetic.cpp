// SPDX-License-Identifier: Apache-2.0
#include "tests/ui/synthetic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace overfeat::test {
namespace {

ScoreMap syntheticMap(SizePx frame, const std::vector<Bump>& bumps, std::size_t classes,
                      double window_px) {
    const double step = window_px / 4;
    const auto cellsAlong = [&](int side) {
        return std::max(1, static_cast<int>((side - window_px) / step) + 1);
    };
    const SizePx cells{cellsAlong(frame.width), cellsAlong(frame.height)};
    const auto count =
        static_cast<std::size_t>(cells.width) * static_cast<std::size_t>(cells.height);
    std::vector<float> values(classes * count);
    const RectPx first{0, 0, window_px, window_px};
    for (std::size_t cell = 0; cell < count; ++cell) {
        const double x = first.centre().x +
                         step * static_cast<double>(cell % static_cast<std::size_t>(cells.width));
        const double y = first.centre().y +
                         step * static_cast<double>(cell / static_cast<std::size_t>(cells.width));
        float rest = 1;
        for (const Bump& bump : bumps) {
            const double away = std::hypot(x - bump.centre.x, y - bump.centre.y) / bump.radius_px;
            const auto score = static_cast<float>(bump.height * std::exp(-away * away / 2));
            values[bump.class_index * count + cell] = std::min(score, rest);
            rest -= std::min(score, rest);
        }
        for (std::size_t index = 0; index < classes; ++index) {
            values[index * count + cell] += rest / static_cast<float>(classes);
        }
    }
    return {cells, classes, first, step, step, std::move(values)};
}

}  // namespace

FramePtr plainFrame(SizePx size, std::uint8_t grey, std::uint64_t id,
                    std::chrono::steady_clock::time_point at) {
    auto frame = std::make_shared<Frame>();
    frame->id = id;
    frame->captured = at;
    frame->image = Image(size);
    for (int y = 0; y < size.height; ++y) {
        std::fill_n(frame->image.row(y), frame->image.rowBytes(), grey);
    }
    return frame;
}

std::shared_ptr<const LabelSet> syntheticLabels(std::size_t count) {
    static constexpr std::array<const char*, 12> kNames{
        "tennis ball", "coffee mug", "banana",     "golden retriever", "beer bottle", "teapot",
        "goldfish",    "sunglasses", "school bus", "umbrella",         "orange",      "lampshade"};
    static std::map<std::size_t, std::shared_ptr<const LabelSet>> made;
    if (made.contains(count)) return made[count];
    std::vector<ClassLabel> classes;
    for (std::size_t i = 0; i < count; ++i) {
        classes.push_back({"n" + std::to_string(10000000 + i),
                           i < kNames.size() ? kNames[i] : "thing " + std::to_string(i)});
    }
    return made[count] = std::make_shared<const LabelSet>(std::move(classes), std::nullopt);
}

std::shared_ptr<Recognition> syntheticRecognition(SizePx frame, const std::vector<Bump>& bumps,
                                                  const Pyramid& pyramid, std::uint64_t frame_id) {
    auto result = std::make_shared<Recognition>();
    result->frame_id = frame_id;
    result->frame_size = frame;
    result->labels = syntheticLabels(pyramid.classes);
    result->device = "synthetic";
    double window_px = pyramid.first_window_px;
    for (int scale = 0; scale < pyramid.scales; ++scale) {
        result->scales.push_back(syntheticMap(frame, bumps, pyramid.classes, window_px));
        window_px *= 0.6;
    }
    result->scores.assign(pyramid.classes, 0);
    for (std::size_t index = 0; index < pyramid.classes; ++index) {
        for (const ScoreMap& map : result->scales) {
            result->scores[index] +=
                map.spatialMax(index) / static_cast<float>(result->scales.size());
        }
    }
    return result;
}

void addDetections(Recognition& recognition, const std::vector<Bump>& bumps,
                   float window_threshold) {
    Detections& found = recognition.detections;
    for (const Bump& bump : bumps) {
        Detection object;
        object.class_index = bump.class_index;
        const double side = 2.2 * bump.radius_px;
        object.box = intersection({bump.centre.x - side / 2, bump.centre.y - side / 2, side, side},
                                  {0, 0, static_cast<double>(recognition.frame_size.width),
                                   static_cast<double>(recognition.frame_size.height)});
        for (std::size_t scale = 0; scale < recognition.scales.size(); ++scale) {
            const ScoreMap& map = recognition.scales[scale];
            for (int row = 0; row < map.rows(); ++row) {
                for (int column = 0; column < map.columns(); ++column) {
                    const float score = map.score(bump.class_index, {row, column});
                    const PointPx centre = map.windowAt({row, column}).centre();
                    if (score < window_threshold) continue;
                    // As a regressor: near the object, a little drawn towards the window.
                    RectPx box = object.box;
                    box.x += (centre.x - box.centre().x) * 0.25;
                    box.y += (centre.y - box.centre().y) * 0.25;
                    object.voters.push_back(static_cast<std::uint32_t>(found.raw.size()));
                    object.confidence += score;
                    found.raw.push_back({.box = box,
                                         .class_index = bump.class_index,
                                         .score = score,
                                         .scale = static_cast<int>(scale),
                                         .cell = {row, column}});
                }
            }
        }
        std::ranges::sort(object.voters, std::greater{},
                          [&](std::uint32_t voter) { return found.raw[voter].score; });
        object.score = object.confidence / (1 + object.confidence);
        if (!object.voters.empty()) found.objects.push_back(std::move(object));
    }
    std::ranges::sort(found.objects, std::greater{}, &Detection::score);
}

}  // namespace overfeat::test
