// SPDX-License-Identifier: Apache-2.0
//
// overfeat evaluate few-shot, of whole pictures: which thing it is, and whether it is one at all.
#include "app/cli/few_shot.h"

#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/evaluate_support.h"
#include "app/cli/options.h"
#include "app/teach/teacher.h"
#include "engine/core/error.h"
#include "engine/evaluate/detection.h"
#include "engine/evaluate/few_shot.h"

namespace overfeat::cli {
namespace {

using Json = nlohmann::ordered_json;
using Options = FewShotOptions;

std::string percent(const std::optional<double>& share) {
    return padLeft(share ? fixed(*share * 100, 1) : "-", 12);
}

// One way of looking at whole pictures and comparing them.
struct Row {
    std::string embedding;
    std::string matching;
    evaluate::OneOfEachReport each;
    std::vector<std::pair<int, evaluate::EpisodeReport>> episodes;  // by shots
};

std::set<std::string> namesIn(const std::string& file) {
    std::ifstream stream(file);
    if (!stream) {
        throw Error(ErrorCode::kInput,
                    "The list of classes '" + file + "' cannot be read; check that it is there.",
                    file);
    }
    std::set<std::string> names;
    for (std::string line; std::getline(stream, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (!line.empty()) names.insert(line);
    }
    return names;
}

class ClassSet {
public:
    ClassSet(const Options& options, Console& console) : options_(options), console_(console) {
        if (!options.only.empty()) only_ = namesIn(options.only);
    }

    void measure(const std::string& embedding, const evaluate::PictureEmbedder& embed) {
        const auto pictures = shown(options_.data, embed, only_);
        std::vector<evaluate::ShownPicture> unknown;
        for (const std::string& set : options_.unknown) {
            auto more = shown(set, embed, {});
            std::ranges::move(more, std::back_inserter(unknown));
        }
        compare(embedding, pictures, unknown);
        if (unknown.empty()) return;
        const auto mean = evaluate::meanRow(unknown);
        compare(embedding + " CL2N", evaluate::centred(pictures, mean),
                evaluate::centred(unknown, mean));
    }

    void print(Results& results) const {
        if (results.json()) {
            results.object(json());
            return;
        }
        const evaluate::OneOfEachReport& set = rows_.front().each;
        results.line(std::to_string(set.pictures) + " pictures of " + std::to_string(set.classes) +
                     " classes, " + std::to_string(set.unknown) + " of unknown things");
        std::string heading = padRight("embedding, matching", 24) + "  one of each %" +
                              "  accepted %  AUROC unkn.  AUROC oth.     alone %  AUROC alone";
        for (const auto& [shots, episode] : rows_.front().episodes) {
            heading += padLeft(std::to_string(options_.episodes.ways) + "-way " +
                                   std::to_string(shots) + "-shot %",
                               18);
        }
        results.line(heading);
        for (const Row& row : rows_) {
            std::string line = padRight(row.embedding + ", " + row.matching, 24) + "   " +
                               percent(row.each.accuracy) + percent(row.each.accepted) +
                               percent(row.each.auroc_unknown) + percent(row.each.auroc_others) +
                               percent(row.each.accepted_alone) + percent(row.each.auroc_alone);
            for (const auto& [shots, episode] : row.episodes) {
                line += padLeft(
                    fixed(episode.accuracy * 100, 1) + " +- " + fixed(episode.interval95 * 100, 1),
                    18);
            }
            results.line(line);
        }
    }

private:
    void compare(const std::string& embedding, const std::vector<evaluate::ShownPicture>& pictures,
                 const std::vector<evaluate::ShownPicture>& unknown) {
        for (const auto& [name, matching] : {std::pair("nearest", evaluate::Matching::kNearest),
                                             std::pair("mean", evaluate::Matching::kMean)}) {
            Row row{.embedding = embedding, .matching = name, .each = {}, .episodes = {}};
            row.each = evaluate::oneOfEach(pictures, unknown, matching, options_.draws);
            for (const int shots : options_.shots) {
                evaluate::EpisodeOptions episodes = options_.episodes;
                episodes.shots = shots;
                row.episodes.emplace_back(shots,
                                          evaluate::playEpisodes(pictures, matching, episodes));
            }
            rows_.push_back(std::move(row));
        }
    }

    std::vector<evaluate::ShownPicture> shown(const std::string& set,
                                              const evaluate::PictureEmbedder& embed,
                                              const std::set<std::string>& only) {
        auto told = std::chrono::steady_clock::now();
        const auto tell = [&](std::size_t done) {
            const auto now = std::chrono::steady_clock::now();
            if (now - told < std::chrono::seconds(1)) return;
            told = now;
            console_.err << "\r" << done << " pictures" << std::flush;
        };
        auto pictures = evaluate::showPictures(set, decodePicture, embed,
                                               {.only = only, .progress = tell}, console_.stop);
        console_.err << "\r" << pictures.size() << " pictures of " << printable(set) << "\n"
                     << std::flush;
        return pictures;
    }

    Json json() const {
        const evaluate::OneOfEachReport& set = rows_.front().each;
        Json json{{"model", options_.common.model}, {"data", options_.data},
                  {"classes", set.classes},         {"pictures", set.pictures},
                  {"unknown", set.unknown},         {"rows", Json::array()}};
        for (const Row& row : rows_) {
            Json line{{"embedding", row.embedding},
                      {"matching", row.matching},
                      {"accuracy", rounded(row.each.accuracy)},
                      {"accepted", rounded(row.each.accepted)},
                      {"auroc_unknown", rounded(row.each.auroc_unknown)},
                      {"auroc_others", rounded(row.each.auroc_others)},
                      {"accepted_alone", rounded(row.each.accepted_alone)},
                      {"auroc_alone", rounded(row.each.auroc_alone)},
                      {"episodes", Json::array()}};
            for (const auto& [shots, episode] : row.episodes) {
                line["episodes"].push_back({{"ways", options_.episodes.ways},
                                            {"shots", shots},
                                            {"classes", episode.classes},
                                            {"accuracy", rounded(episode.accuracy)},
                                            {"interval95", rounded(episode.interval95)}});
            }
            json["rows"].push_back(std::move(line));
        }
        return json;
    }

    const Options& options_;
    Console& console_;
    std::set<std::string> only_;
    std::vector<Row> rows_;
};

}  // namespace

double rounded(double value) {
    return std::round(value * 10000) / 10000;
}
nlohmann::ordered_json rounded(const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(rounded(*value)) : nlohmann::ordered_json();
}

int measureClasses(const FewShotOptions& options, Context& context) {
    Console& console = context.console;
    auto models = loadModels(options.common, context.models, console);
    const auto first = models.front();
    detect::Recogniser recogniser = makeRecogniser(std::move(models), options.common);
    teach::requireTeachable(recogniser);
    ClassSet set(options, console);
    set.measure("object", evaluate::embedWhole(recogniser, console.stop));
    if (first->features) {
        detect::FeatureExtractor extractor(
            first, "", {.device = options.common.device, .threads = options.common.threads});
        set.measure("centre view", evaluate::embedCentre(extractor));
        set.measure("four views", evaluate::embedFourViews(extractor));
    }
    Results results(console, options.common.json);
    set.print(results);
    return 0;
}

}  // namespace overfeat::cli
