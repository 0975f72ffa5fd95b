// SPDX-License-Identifier: Apache-2.0
#include "app/cli/recognition_output.h"

#include "app/report/recognition_json.h"

namespace overfeat::cli {

void printClasses(Results& results, const InputFrame& input, const Recognition& seen,
                  std::size_t top) {
    const LabelSet& labels = *seen.labels;
    if (results.json()) {
        report::Json json = report::frameJson(input.file, input.frame, input.time_s);
        json["classes"] = report::classesJson(seen, top);
        json["timings_ms"] = report::timingsJson(seen.timings);
        results.object(json);
        return;
    }
    std::string text = printable(input.file);
    if (input.frame > 0) text += " frame " + std::to_string(input.frame);
    for (const ScoredClass& found : topClasses(seen.scores, labels, top)) {
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
