// SPDX-License-Identifier: Apache-2.0
#include "app/cli/recognition_output.h"

#include <cmath>

namespace overfeat::cli {

nlohmann::ordered_json frameJson(const InputFrame& input) {
    nlohmann::ordered_json json{{"file", input.file}, {"frame", input.frame}, {"time", nullptr}};
    if (input.time_s) json["time"] = std::round(*input.time_s * 1e6) / 1e6;
    return json;
}

nlohmann::ordered_json classJson(const LabelSet& labels, std::size_t index) {
    const ClassLabel& label = labels[index];
    nlohmann::ordered_json json{{"index", index}, {"id", label.id}, {"label", label.label}};
    if (label.taught) json["taught"] = true;
    return json;
}

nlohmann::ordered_json timingsJson(const StageTimings& timings) {
    nlohmann::ordered_json json;
    for (int i = 0; i < kStageCount; ++i) {
        const auto stage = static_cast<Stage>(i);
        json[std::string(name(stage))] = thousandths(timings[stage]);
    }
    json["total"] = thousandths(timings.total_ms());
    return json;
}

void printClasses(Results& results, const InputFrame& input, const Recognition& seen,
                  std::size_t top) {
    const LabelSet& labels = *seen.labels;
    const auto best = topClasses(seen.scores, labels, top);
    if (results.json()) {
        auto classes = nlohmann::ordered_json::array();
        for (const ScoredClass& found : best) {
            classes.push_back(classJson(labels, found.index));
            classes.back()["score"] = shortest(found.score);
        }
        nlohmann::ordered_json json = frameJson(input);
        json["classes"] = std::move(classes);
        json["timings_ms"] = timingsJson(seen.timings);
        results.object(json);
        return;
    }
    std::string text = printable(input.file);
    if (input.frame > 0) text += " frame " + std::to_string(input.frame);
    for (const ScoredClass& found : best) {
        const ClassLabel& label = labels[found.index];
        text += "\n  " + fixed(found.score, 3) + "  " + label.label;
        if (label.taught) {
            text += "  (taught)";
        } else if (!label.id.empty()) {
            text += "  (" + label.id + ")";
        }
    }
    results.line(text);
}

}  // namespace overfeat::cli
