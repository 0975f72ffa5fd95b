// SPDX-License-Identifier: Apache-2.0
#include "app/report/recognition_json.h"

#include <cmath>
#include <utility>

#include "app/report/numbers.h"

namespace overfeat::report {
namespace {

Json boxJson(const RectPx& box) {
    return {hundredths(box.x), hundredths(box.y), hundredths(box.width), hundredths(box.height)};
}

}  // namespace

Json frameJson(const std::string& file, std::int64_t frame, std::optional<double> time_s) {
    Json json{{"file", file}, {"frame", frame}, {"time", nullptr}};
    if (time_s) json["time"] = std::round(*time_s * 1e6) / 1e6;
    return json;
}

Json classJson(const LabelSet& labels, std::size_t index) {
    const ClassLabel& label = labels[index];
    Json json{{"index", index}, {"id", label.id}, {"label", label.label}};
    if (label.taught) json["taught"] = true;
    return json;
}

Json classesJson(const Recognition& seen, std::size_t top) {
    Json classes = Json::array();
    for (const ScoredClass& found : topClasses(seen.scores, *seen.labels, top)) {
        classes.push_back(classJson(*seen.labels, found.index));
        classes.back()["score"] = shortest(found.score);
    }
    return classes;
}

Json objectJson(const Detection& found, const LabelSet& labels) {
    Json json = classJson(labels, found.class_index);
    json["score"] = shortest(found.score);
    json["votes"] = found.votes();
    json["box"] = boxJson(found.box);
    json["confidence"] = shortest(found.confidence);
    if (found.track) json["track"] = *found.track;
    for (const Detection& other : found.alternatives)
        json["alternatives"].push_back(objectJson(other, labels));
    return json;
}

void addDetections(Json& frame, const Recognition& seen) {
    frame["width"] = seen.frame_size.width;
    frame["height"] = seen.frame_size.height;
    Json objects = Json::array();
    for (const Detection& found : seen.detections.objects)
        objects.push_back(objectJson(found, *seen.labels));
    frame["detections"] = std::move(objects);
}

Json rawBoxesJson(const Recognition& seen) {
    Json boxes = Json::array();
    for (const RawBox& raw : seen.detections.raw) {
        boxes.push_back({{"index", raw.class_index},
                         {"score", shortest(raw.score)},
                         {"scale", raw.scale},
                         {"box", boxJson(raw.box)},
                         {"window", boxJson(seen.mapOf(raw)->windowAt(raw.cell))}});
    }
    return boxes;
}

Json timingsJson(const StageTimings& timings) {
    Json json;
    for (int i = 0; i < kStageCount; ++i) {
        const auto stage = static_cast<Stage>(i);
        json[std::string(name(stage))] = thousandths(timings[stage]);
    }
    json["total"] = thousandths(timings.total_ms());
    return json;
}

std::string lineOf(const Json& object) {
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace overfeat::report
