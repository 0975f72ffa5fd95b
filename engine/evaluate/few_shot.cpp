// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/few_shot.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <tuple>
#include <utility>

#include "engine/core/error.h"
#include "engine/detect/example_views.h"
#include "engine/evaluate/detection_metrics.h"
#include "engine/evaluate/turned_example.h"

namespace overfeat::evaluate {
namespace {

constexpr double kFalseAccepts = 0.01;

void toUnitLength(std::vector<float>& row) {
    const float length = std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0F));
    if (length <= 0) return;
    for (float& value : row)
        value /= length;
}

void throwIfStopped(const std::stop_token& stop) {
    if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "Measuring was stopped.");
}

// The mean of rows of unit length, of unit length.
std::vector<float> meanOf(std::span<const std::vector<float>> rows) {
    std::vector<float> mean(rows.empty() ? 0 : rows.front().size());
    for (const auto& row : rows)
        std::ranges::transform(mean, row, mean.begin(), std::plus());
    toUnitLength(mean);
    return mean;
}

// What pictures are compared by.
Rows comparedRows(const Rows& rows, Matching matching) {
    return matching == Matching::kMean ? Rows{meanOf(rows)} : rows;
}

float nearest(const Rows& a, const Rows& b) {
    float most = -1;
    for (const auto& one : a) {
        for (const auto& other : b)
            most = std::max(most, std::inner_product(one.begin(), one.end(), other.begin(), 0.0F));
    }
    return most;
}

// The same numbers from the same seed with every standard library.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    std::size_t below(std::size_t count) { return engine_() % count; }
    // The first `count` of the values become random ones, the others follow.
    void draw(std::vector<std::size_t>& values, std::size_t count) {
        for (std::size_t i = 0; i < std::min(count, values.size()); ++i)
            std::swap(values[i], values[i + below(values.size() - i)]);
    }

private:
    std::mt19937_64 engine_;
};

using ByClass = std::vector<std::vector<std::size_t>>;  // numbers of pictures

ByClass classesOf(std::span<const ShownPicture> pictures, std::size_t least) {
    std::map<std::string, std::vector<std::size_t>> classes;
    for (std::size_t i = 0; i < pictures.size(); ++i)
        classes[pictures[i].class_name].push_back(i);
    ByClass found;
    for (auto& [name, members] : classes) {
        if (members.size() >= least) found.push_back(std::move(members));
    }
    return found;
}

std::vector<Rows> allRows(std::span<const ShownPicture> pictures, Matching matching) {
    std::vector<Rows> rows;
    for (const ShownPicture& picture : pictures)
        rows.push_back(comparedRows(picture.rows, matching));
    return rows;
}

// [a][b]
std::vector<std::vector<float>> similarities(const std::vector<Rows>& a,
                                             const std::vector<Rows>& b) {
    std::vector<std::vector<float>> all;
    for (const Rows& one : a) {
        std::vector<float>& row = all.emplace_back();
        for (const Rows& other : b)
            row.push_back(nearest(one, other));
    }
    return all;
}

// The value that this share of the values exceeds, between two of them as far as it lies there.
float upperQuantile(std::vector<float> values, double share) {
    std::ranges::sort(values);
    const double place = (1 - share) * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return std::lerp(values[below], values[above],
                     static_cast<float>(place - static_cast<double>(below)));
}

constexpr double kInnerView = 0.8;

// The middle of a picture, so much of its shorter side in both directions.
Image middleOf(const Image& picture, double share, bool mirrored) {
    const int side = std::max(
        1, static_cast<int>(std::lround(share * std::min(picture.width(), picture.height()))));
    const int left = (picture.width() - side) / 2;
    const int top = (picture.height() - side) / 2;
    Image middle({side, side});
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
            const int from = left + (mirrored ? side - 1 - x : x);
            std::copy_n(picture.row(top + y) + static_cast<std::ptrdiff_t>(3) * from, 3,
                        middle.row(y) + static_cast<std::ptrdiff_t>(3) * x);
        }
    }
    return middle;
}

Error tooFew(const std::string& what) {
    return {ErrorCode::kUsage, "The set has " + what + "; choose another set or smaller numbers."};
}

}  // namespace

PictureEmbedder embedWhole(detect::Recogniser& recogniser, std::stop_token stop) {
    return [&recogniser, stop = std::move(stop)](const Image& picture) {
        const SizePx size = picture.size();
        const ExampleEmbedding made = recogniser.embed(
            {.image = picture,
             .box = {0, 0, static_cast<double>(size.width), static_cast<double>(size.height)}},
            stop);
        const std::size_t row = made.size.row(made.grid());
        Rows rows;
        for (std::size_t i = 1; i <= detect::uprightRows(made); ++i) {
            const auto last = made.rows.begin() + static_cast<std::ptrdiff_t>(i * row);
            rows.emplace_back(last - static_cast<std::ptrdiff_t>(made.size.whole), last);
        }
        return rows;
    };
}

PictureEmbedder embedCentre(detect::FeatureExtractor& extractor) {
    return [&extractor](const Image& picture) {
        const Tensor features = extractor.extract(picture);
        std::vector<float> row(features.values().begin(), features.values().end());
        toUnitLength(row);
        return Rows{std::move(row)};
    };
}

PictureEmbedder embedFourViews(detect::FeatureExtractor& extractor) {
    return [&extractor](const Image& picture) {
        Rows rows;
        for (const double share : {1.0, kInnerView}) {
            for (const bool mirrored : {false, true}) {
                const Tensor features = extractor.extract(middleOf(picture, share, mirrored));
                rows.emplace_back(features.values().begin(), features.values().end());
                toUnitLength(rows.back());
            }
        }
        return rows;
    };
}

std::vector<ShownPicture> showPictures(const std::filesystem::path& set,
                                       const PictureDecoder& decode, const PictureEmbedder& embed,
                                       const ShowOptions& options, const std::stop_token& stop) {
    std::vector<ShownPicture> shown;
    forEachFolderPicture(
        set, decode,
        [&](const std::string& class_name, const std::string& file, const Image& picture) {
            throwIfStopped(stop);
            if (!options.only.empty() && !options.only.contains(class_name)) return true;
            shown.push_back({class_name, file, embed(picture)});
            if (options.progress) options.progress(shown.size());
            return true;
        });
    std::ranges::sort(shown, {}, [](const ShownPicture& picture) {
        return std::tie(picture.class_name, picture.file);
    });
    return shown;
}

std::vector<float> meanRow(std::span<const ShownPicture> pictures) {
    std::vector<float> mean;
    float count = 0;
    for (const ShownPicture& picture : pictures) {
        for (const auto& row : picture.rows) {
            mean.resize(row.size());
            std::ranges::transform(mean, row, mean.begin(), std::plus());
            ++count;
        }
    }
    for (float& value : mean)
        value /= count;
    return mean;
}

std::vector<ShownPicture> centred(std::vector<ShownPicture> pictures, std::span<const float> mean) {
    for (ShownPicture& picture : pictures) {
        for (auto& row : picture.rows) {
            std::ranges::transform(row, mean, row.begin(), std::minus());
            toUnitLength(row);
        }
    }
    return pictures;
}

OneOfEachReport oneOfEach(std::span<const ShownPicture> pictures,
                          std::span<const ShownPicture> unknown, Matching matching, int draws,
                          std::uint64_t seed) {
    const ByClass classes = classesOf(pictures, 2);
    if (classes.size() < 2) throw tooFew("fewer than two classes of two pictures");
    const auto rows = allRows(pictures, matching);
    const auto known = similarities(rows, rows);
    const auto to_unknown = similarities(rows, allRows(unknown, matching));

    OneOfEachReport report{.classes = classes.size(), .unknown = unknown.size()};
    for (const auto& members : classes)
        report.pictures += members.size();
    Dice dice(seed);
    double right = 0;
    double accepted = 0;
    double accepted_alone = 0;
    double asked = 0;
    std::vector<float> own;
    std::vector<float> others;
    std::vector<float> unknown_best;
    std::vector<float> unknown_alone;
    for (int draw = 0; draw < draws; ++draw) {
        std::vector<std::size_t> teachers;
        for (const auto& members : classes)
            teachers.push_back(members[dice.below(members.size())]);
        std::vector<float> best_of_unknown;
        std::vector<float> each_of_unknown;
        for (std::size_t u = 0; u < unknown.size(); ++u) {
            float best = -1;
            for (const std::size_t teacher : teachers) {
                best = std::max(best, to_unknown[teacher][u]);
                each_of_unknown.push_back(to_unknown[teacher][u]);
            }
            best_of_unknown.push_back(best);
        }
        const auto thresholdOver = [](const std::vector<float>& similarity) {
            return similarity.empty() ? std::nullopt
                                      : std::optional(upperQuantile(similarity, kFalseAccepts));
        };
        const std::optional<float> threshold = thresholdOver(best_of_unknown);
        const std::optional<float> alone = thresholdOver(each_of_unknown);
        for (std::size_t k = 0; k < classes.size(); ++k) {
            for (const std::size_t picture : classes[k]) {
                if (picture == teachers[k]) continue;
                float best_other = -1;
                for (std::size_t other = 0; other < classes.size(); ++other) {
                    if (other != k)
                        best_other = std::max(best_other, known[teachers[other]][picture]);
                }
                const float mine = known[teachers[k]][picture];
                ++asked;
                if (alone && mine >= *alone) ++accepted_alone;
                if (mine > best_other) {
                    ++right;
                    if (threshold && mine >= *threshold) ++accepted;
                }
                own.push_back(mine);
                others.push_back(best_other);
            }
        }
        unknown_best.insert(unknown_best.end(), best_of_unknown.begin(), best_of_unknown.end());
        unknown_alone.insert(unknown_alone.end(), each_of_unknown.begin(), each_of_unknown.end());
    }
    if (asked == 0) return report;
    report.accuracy = right / asked;
    if (!unknown.empty()) {
        report.accepted = accepted / asked;
        report.accepted_alone = accepted_alone / asked;
    }
    report.auroc_alone = areaUnderRoc(own, unknown_alone);
    report.auroc_unknown = areaUnderRoc(own, unknown_best);
    report.auroc_others = areaUnderRoc(own, others);
    return report;
}

EpisodeReport playEpisodes(std::span<const ShownPicture> pictures, Matching matching,
                           const EpisodeOptions& options) {
    const auto ways = static_cast<std::size_t>(options.ways);
    const auto shots = static_cast<std::size_t>(options.shots);
    const auto queries = static_cast<std::size_t>(options.queries);
    ByClass classes = classesOf(pictures, shots + 1);
    if (classes.size() < ways || ways < 2 || shots < 1 || queries < 1 || options.episodes < 1) {
        throw tooFew(std::to_string(classes.size()) + " classes of more than " +
                     std::to_string(options.shots) + " pictures, and " +
                     std::to_string(options.ways) + " are wanted");
    }
    const auto rows = allRows(pictures, matching);
    std::vector<std::size_t> order(classes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Dice dice(options.seed);
    std::vector<double> accuracies;
    for (int episode = 0; episode < options.episodes; ++episode) {
        dice.draw(order, ways);
        std::vector<Rows> taught;
        for (std::size_t k = 0; k < ways; ++k) {
            auto& members = classes[order[k]];
            dice.draw(members, shots + queries);
            Rows examples;
            for (std::size_t i = 0; i < shots; ++i)
                examples.insert(examples.end(), rows[members[i]].begin(), rows[members[i]].end());
            taught.push_back(comparedRows(examples, matching));
        }
        double right = 0;
        double asked = 0;
        for (std::size_t k = 0; k < ways; ++k) {
            const auto& members = classes[order[k]];
            for (std::size_t i = shots; i < std::min(shots + queries, members.size()); ++i) {
                std::vector<float> found;
                found.reserve(taught.size());
                for (const Rows& one : taught)
                    found.push_back(nearest(one, rows[members[i]]));
                ++asked;
                if (std::ranges::max_element(found) - found.begin() ==
                    static_cast<std::ptrdiff_t>(k))
                    ++right;
            }
        }
        accuracies.push_back(right / asked);
    }
    const auto count = static_cast<double>(accuracies.size());
    EpisodeReport report{.classes = classes.size()};
    report.accuracy = std::accumulate(accuracies.begin(), accuracies.end(), 0.0) / count;
    double squares = 0;
    for (const double accuracy : accuracies)
        squares += (accuracy - report.accuracy) * (accuracy - report.accuracy);
    report.interval95 = 1.96 * std::sqrt(squares / count / count);
    return report;
}

TaughtFromSet teachFromSet(const AnnotatedSet& set, const PictureDecoder& decode,
                           detect::Recogniser& recogniser, const TeachOptions& options,
                           const std::stop_token& stop) {
    struct Object {
        std::string file;
        RectPx box;
    };
    const std::size_t count = set.classes().size();
    const std::size_t wanted = std::max<std::size_t>(options.count, 1);
    std::vector<std::vector<Object>> objects(count);
    set.forEach(decode, [&](const AnnotatedPicture& picture) {
        throwIfStopped(stop);
        for (const TruthBox& object : picture.objects) {
            if (!object.difficult && !object.crowd)
                objects[object.class_index].push_back({picture.file, object.box});
        }
        return std::ranges::any_of(
            objects, [&](const auto& all) { return all.size() < options.first + wanted; });
    });
    TaughtFromSet result;
    auto taught = std::make_shared<TaughtClasses>();
    taught->space = recogniser.info().embedding_space;
    for (std::size_t k = 0; k < count; ++k) {
        auto& of_class = objects[k];
        if (of_class.empty()) {
            throw Error(ErrorCode::kInput,
                        "The class '" + set.classes()[k].label +
                            "' has no object in this split to be taught from; choose another "
                            "split.");
        }
        const std::size_t last = std::min(options.first + wanted, of_class.size());
        of_class = {of_class.begin() + static_cast<std::ptrdiff_t>(last - std::min(wanted, last)),
                    of_class.begin() + static_cast<std::ptrdiff_t>(last)};
        for (const Object& object : of_class)
            result.files.insert(object.file);
        EmbeddedClass one;
        one.id = set.classes()[k].id;
        one.name = set.classes()[k].label;
        one.colour = k;
        one.threshold = options.threshold;
        taught->classes.push_back(std::move(one));
    }
    set.forEach(decode, [&](const AnnotatedPicture& picture) {
        for (std::size_t k = 0; k < count; ++k) {
            auto& examples = taught->classes[k].examples;
            for (const Object& object : objects[k]) {
                if (object.file != picture.file) continue;
                examples.push_back(
                    recogniser.embed({.image = picture.image, .box = object.box}, stop));
                for (int turn = 1; turn < options.turns; ++turn) {
                    examples.push_back(recogniser.embed(
                        turned(picture.image, object.box, turn * 360.0 / options.turns), stop));
                }
            }
        }
        return true;
    });
    result.taught = std::move(taught);
    return result;
}

}  // namespace overfeat::evaluate
