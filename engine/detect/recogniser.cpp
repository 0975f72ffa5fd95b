// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/recogniser.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/backend/plan_cache.h"
#include "engine/core/error.h"
#include "engine/detect/detector.h"
#include "engine/detect/device.h"
#include "engine/detect/level_result.h"
#include "engine/detect/network.h"
#include "engine/detect/pyramid.h"
#include "engine/detect/resampler.h"
#include "engine/detect/score_head.h"
#include "engine/detect/views.h"

namespace overfeat::detect {
namespace {

void checkOptions(const RecogniserOptions& options) {
    const auto refuse = [](const std::string& sentence) {
        throw Error(ErrorCode::kUsage, sentence);
    };
    if (options.scale_count < 1 || options.scale_count > RecogniserOptions::kMaxScales) {
        refuse("The number of scales must be between 1 and " +
               std::to_string(RecogniserOptions::kMaxScales) + ", not " +
               std::to_string(options.scale_count) + ".");
    }
    const double smallest = options.smallest_side_windows;
    const double largest = options.largest_side_windows;
    if (!(smallest >= 1) || !(largest >= smallest) ||
        !(largest <= RecogniserOptions::kMaxSideWindows)) {
        refuse(
            "The sides of the scales must run from at least 1 window to at most 16 windows, the "
            "smallest first.");
    }
    if (options.fine_steps < 0) refuse("The number of fine steps must not be negative.");
    if (options.threads < 0) refuse("The number of threads must not be negative.");
    if (options.detection) checkDetectionOptions(*options.detection);
}

void checkSameClasses(const LabelSet& first, const net::Model& other) {
    const LabelSet& labels = *other.labels;
    bool same = first.size() == labels.size() && first.background() == labels.background();
    for (std::size_t i = 0; same && i < labels.size(); ++i) {
        const bool both_named = !first[i].id.empty() && !labels[i].id.empty();
        same = !both_named || first[i].id == labels[i].id;
    }
    if (!same) {
        throw Error(ErrorCode::kModel,
                    "The model '" + other.name +
                        "' knows other classes than the first one, so the two cannot vote; choose "
                        "models trained on the same classes.",
                    other.path);
    }
}

// What the plans of one recogniser may hold in activations, all together.
constexpr std::int64_t kMaxBytes = std::int64_t{2} << 30;

void throwIfStopped(const std::stop_token& stop) {
    if (stop.stop_requested()) {
        throw Error(ErrorCode::kCancelled, "Looking at the picture was stopped.");
    }
}

}  // namespace

class Recogniser::Implementation {
public:
    Implementation(std::vector<std::shared_ptr<const net::Model>> models,
                   RecogniserOptions options) {
        if (models.empty()) throw Error(ErrorCode::kUsage, "A recogniser was given no model.");
        for (auto& model : models) {
            networks_.emplace_back(std::move(model));
            checkSameClasses(*labels(), networks_.back().model());
        }
        applyOptions(std::move(options), true);
    }

    Recognition recognise(const Image& image, const std::stop_token& stop) {
        if (image.empty()) {
            throw Error(ErrorCode::kInput, "The picture has no pixels; choose another one.");
        }
        Recognition seen;
        seen.frame_size = image.size();
        seen.labels = labels();
        seen.scores.assign(labels()->size(), 0);
        levels_.clear();
        const float share = 1.0F / static_cast<float>(networks_.size());
        for (std::size_t i = 0; i < networks_.size(); ++i) {
            if (isDense(i)) {
                runLevels(i, image, share, stop, seen);
            } else {
                runWindows(i, image, share, stop, seen);
            }
        }
        seen.scales.reserve(levels_.size());
        for (LevelResult& level : levels_)
            seen.scales.push_back(level.take(labels()->size()));
        if (options_.detection) {
            const StageTimer timer(seen.timings, Stage::kVoting);
            seen.detections = detectObjects(seen, *options_.detection);
        }
        seen.device = device_;
        return seen;
    }

    void configure(const RecogniserOptions& options) {
        applyOptions(options,
                     options.device != options_.device || options.threads != options_.threads);
    }

    const RecogniserOptions& options() const noexcept { return options_; }

    RecogniserInfo info() const {
        const Network& first = networks_.front();
        return {.device = choice_.why,
                .dense = first.denseReport(),
                .fine_steps_available = first.canBeDense() ? first.fineStepsAvailable() : 0,
                .has_boxes = first.hasBoxes(),
                .has_features = first.model().features.has_value()};
    }

    std::vector<backend::LayerTiming> profile(SizePx frame) {
        if (frame.empty()) throw Error(ErrorCode::kInput, "The picture has no pixels.");
        Network& network = networks_.front();
        if (!network.canBeDense()) return windowPlan(0, 1)->profile();
        return densePlan(0, network.levels(frame, scales()).back())->profile();
    }

private:
    const std::shared_ptr<const LabelSet>& labels() const noexcept {
        return networks_.front().model().labels;
    }

    bool isDense(std::size_t network) const noexcept {
        return options_.views == Views::kDense && networks_[network].canBeDense();
    }

    int fineSteps(std::size_t network) const noexcept {
        return std::min(options_.fine_steps, networks_[network].fineStepsAvailable());
    }

    PyramidScales scales() const noexcept {
        return {.count = options_.scale_count,
                .smallest_side_windows = options_.smallest_side_windows,
                .largest_side_windows = options_.largest_side_windows};
    }

    // Everything that can fail comes first: a refused setting changes nothing.
    void applyOptions(RecogniserOptions options, bool new_device) {
        checkOptions(options);
        if (new_device) {
            backend::Choice choice;
            for (Network& network : networks_) {
                agreeOn(choice, chooseBackendFor(*network.windowGraph(), options.device));
                if (!network.canBeDense()) continue;
                agreeOn(choice, chooseBackendFor(network.denseGraph(0)->graph, options.device));
            }
            choice_ = std::move(choice);
            device_.clear();
        }
        // Enough for the scales of two sizes of picture, so that a new one throws out no plan that
        // is still wanted. Fewer scales need no smaller cache: a frame-rate floor takes scales away
        // and gives them back, and finds their plans.
        const auto scales = static_cast<std::size_t>(options.scale_count);
        const std::size_t max_plans = 2 * networks_.size() * (scales + 1);
        if (new_device || max_plans > max_plans_) {
            max_plans_ = max_plans;
            plans_ = backend::PlanCache({.max_plans = max_plans, .max_workspace_bytes = kMaxBytes});
        }
        options_ = std::move(options);
    }

    // The best backend that can run everything; backends() has the best first.
    static void agreeOn(backend::Choice& choice, backend::Choice next) {
        const auto all = backend::backends();
        if (choice.backend == nullptr ||
            std::ranges::find(all, next.backend) > std::ranges::find(all, choice.backend)) {
            choice = std::move(next);
        }
    }

    std::shared_ptr<backend::Plan> compiled(const std::shared_ptr<const net::Graph>& graph,
                                            const Shape& input) {
        auto plan = plans_.get(*choice_.backend, graph, input, {.threads = options_.threads});
        if (device_.empty()) device_ = plan->statistics().description;
        return plan;
    }

    std::shared_ptr<backend::Plan> windowPlan(std::size_t index, int batch) {
        const std::int64_t side = networks_[index].model().window_px;
        return compiled(networks_[index].windowGraph(), {batch, 3, side, side});
    }

    std::shared_ptr<backend::Plan> densePlan(std::size_t index, SizePx level) {
        const auto& dense = networks_[index].denseGraph(fineSteps(index));
        // Shares ownership of the whole, points to the graph in it.
        return compiled({dense, &dense->graph}, {1, 3, level.height, level.width});
    }

    void runWindows(std::size_t index, const Image& image, float share, const std::stop_token& stop,
                    Recognition& seen) {
        const Network& network = networks_[index];
        const bool ten = options_.views == Views::kTen;
        const int batch = ten ? 10 : 1;
        throwIfStopped(stop);
        const auto plan = windowPlan(index, batch);
        const std::size_t picture_floats = plan->input().size() / static_cast<std::size_t>(batch);
        const int side = network.model().window_px;
        {
            const StageTimer timer(seen.timings, Stage::kResize);
            resampler_.begin(image, {});
            if (ten) {
                std::size_t slot = 0;
                for (const PixelRect& view : fiveViews(image.size())) {
                    const PixelView pixels = resampler_.part(view, {side, side});
                    for (const bool mirrored : {false, true}) {
                        network.normaliser().write(
                            pixels, mirrored,
                            plan->input().subspan(slot++ * picture_floats, picture_floats));
                    }
                }
            } else {
                const PixelRect view = centreView(image.size(), network.model().crop);
                network.normaliser().write(resampler_.part(view, {side, side}), false,
                                           plan->input());
            }
        }
        {
            const StageTimer timer(seen.timings, Stage::kNetwork);
            plan->run(stop);
        }
        const StageTimer timer(seen.timings, Stage::kHeads);
        const std::size_t classes = seen.scores.size();
        row_.resize(classes);
        for (std::size_t view = 0; view < static_cast<std::size_t>(batch); ++view) {
            if (!head_.apply(plan->output(0).subspan(view * classes, classes), classes,
                             network.endsInSoftmax(), row_)) {
                throwNotFinite(network.model());
            }
            for (std::size_t k = 0; k < classes; ++k)
                seen.scores[k] += row_[k] * share / static_cast<float>(batch);
        }
    }

    // Every level and, if wanted, its mirror image. Adds to the scores the mean over them of the
    // spatial maximum, and to levels_ the maps: those of the first network that slides; the others
    // are averaged in where they mean the same windows.
    void runLevels(std::size_t index, const Image& image, float share, const std::stop_token& stop,
                   Recognition& seen) {
        const std::vector<SizePx>& sizes = networks_[index].levels(image.size(), scales());
        const bool first = levels_.empty();
        if (first) levels_.resize(sizes.size());
        {
            const StageTimer timer(seen.timings, Stage::kResize);
            resampler_.begin(image, sizes.size() > 1 ? sizes.back() : SizePx{});
        }
        const float weight = share / static_cast<float>(sizes.size() * (options_.flip ? 2U : 1U));
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            LevelResult& result = first ? levels_[i] : other_;
            runLevel(index, sizes[i], false, stop, seen, result);
            if (options_.flip) runLevel(index, sizes[i], true, stop, seen, mirrored_);

            const StageTimer timer(seen.timings, Stage::kVoting);
            result.addSpatialMax(seen.scores, weight);
            if (options_.flip) {
                mirrored_.addSpatialMax(seen.scores, weight);
                result.blend(mirrored_, 0.5F);
            }
            if (first) {
                result.voters = 1;
            } else if (i < levels_.size() && levels_[i].sameWindows(result)) {
                levels_[i].blend(result, 1.0F / static_cast<float>(++levels_[i].voters));
            }
        }
    }

    void runLevel(std::size_t index, SizePx level, bool mirrored, const std::stop_token& stop,
                  Recognition& seen, LevelResult& result) {
        Network& network = networks_[index];
        throwIfStopped(stop);
        const auto plan = densePlan(index, level);
        {
            const StageTimer timer(seen.timings, Stage::kResize);
            network.normaliser().write(resampler_.whole(level), mirrored, plan->input());
        }
        {
            const StageTimer timer(seen.timings, Stage::kNetwork);
            plan->run(stop);
        }
        const StageTimer timer(seen.timings, Stage::kHeads);
        reader_.read({.network = network,
                      .dense = *network.denseGraph(fineSteps(index)),
                      .frame = seen.frame_size,
                      .level = level,
                      .mirrored = mirrored},
                     *plan, result);
    }

    std::vector<Network> networks_;
    RecogniserOptions options_;
    backend::Choice choice_;
    std::string device_;  // as the first plan describes it
    backend::PlanCache plans_;
    std::size_t max_plans_ = 0;

    // Reused from frame to frame.
    Resampler resampler_;
    ScoreHead head_;  // for single views
    LevelReader reader_;
    std::vector<LevelResult> levels_;
    LevelResult mirrored_;
    LevelResult other_;
    std::vector<float> row_;
};

Recogniser::Recogniser(std::vector<std::shared_ptr<const net::Model>> models,
                       RecogniserOptions options)
    : implementation_(std::make_unique<Implementation>(std::move(models), std::move(options))) {}
Recogniser::~Recogniser() = default;
Recogniser::Recogniser(Recogniser&&) noexcept = default;
Recogniser& Recogniser::operator=(Recogniser&&) noexcept = default;

Recognition Recogniser::recognise(const Image& image, const std::stop_token& stop) {
    return implementation_->recognise(image, stop);
}

void Recogniser::configure(const RecogniserOptions& options) {
    implementation_->configure(options);
}

const RecogniserOptions& Recogniser::options() const noexcept {
    return implementation_->options();
}

RecogniserInfo Recogniser::info() const {
    return implementation_->info();
}

std::vector<backend::LayerTiming> Recogniser::profile(SizePx frame) {
    return implementation_->profile(frame);
}

}  // namespace overfeat::detect
