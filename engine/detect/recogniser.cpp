// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/recogniser.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/plan_cache.h"
#include "engine/core/error.h"
#include "engine/detect/detector.h"
#include "engine/detect/device_choosing.h"
#include "engine/detect/embed_example.h"
#include "engine/detect/layer_viewer.h"
#include "engine/detect/level_inputs.h"
#include "engine/detect/level_result.h"
#include "engine/detect/look_labels.h"
#include "engine/detect/network.h"
#include "engine/detect/pyramid.h"
#include "engine/detect/resampler.h"
#include "engine/detect/score_head.h"
#include "engine/detect/taught_head.h"
#include "engine/detect/views.h"

namespace overfeat::detect {
namespace {

// What the plans of one recogniser may hold in activations, all together.
constexpr std::int64_t kMaxBytes = std::int64_t{2} << 30;
// Levels run together until their pictures have so many numbers, or their plans hold so much: what
// runs is kept alive whatever the cache of plans drops.
constexpr std::size_t kTogetherFloats = std::size_t{4} << 20;
constexpr std::int64_t kTogetherBytes = kMaxBytes / 2;

void throwIfStopped(const std::stop_token& stop) {
    if (stop.stop_requested())
        throw Error(ErrorCode::kCancelled, "Looking at the picture was stopped.");
}

}  // namespace

class Recogniser::Implementation {
public:
    Implementation(std::vector<std::shared_ptr<const net::Model>> models,
                   const Placement& placement)
        : threads_(placement.threads),
          devices_(placement.device, placement.first),
          resampler_(placement.threads),
          reader_(placement.threads) {
        if (models.empty()) throw Error(ErrorCode::kUsage, "A recogniser was given no model.");
        if (!Placement::kThreads.holds(threads_)) {
            throw Error(ErrorCode::kUsage,
                        "The number of threads must be between 0 (one per core) and " +
                            std::to_string(Placement::kThreads.most) + ".");
        }
        for (auto& model : models) {
            networks_.emplace_back(std::move(model));
            checkSameClasses(*labels(), networks_.back().model());
        }
        std::vector<std::shared_ptr<const net::Graph>> graphs;
        for (Network& network : networks_) {
            graphs.push_back(network.windowGraph());
            if (!network.canBeDense()) continue;
            const auto& dense = network.denseGraph(0);
            graphs.emplace_back(dense, &dense->graph);
        }
        devices_.chooseFor(std::move(graphs));
    }

    // Calls work(), and once more with the next device for each that fails.
    template <class Work>
    auto onADevice(Work work) {
        return devices_.run(std::move(work), [this] {
            plans_.clear();
            example_plans_.clear();
            evidence_head_.reset();
            inputs_.letGo();
            layer_viewer_ = {};  // what one device refuses another may do
            device_.clear();
        });
    }

    Recognition recognise(const Image& image, const Look& look, const std::stop_token& stop) {
        checkLimits(look);
        if (image.empty()) {
            throw Error(ErrorCode::kInput, "The picture has no pixels; choose another one.");
        }
        keepRoomFor(look);
        Recognition seen;
        seen.frame_size = image.size();
        seen.labels = labelsFor(look);
        seen.scores.assign(labels()->size(), 0);
        levels_.clear();
        taught_maps_.clear();
        const float share = 1.0F / static_cast<float>(networks_.size());
        for (std::size_t i = 0; i < networks_.size(); ++i) {
            if (isDense(i, look)) {
                runLevels(i, image, look, share, stop, seen);
            } else {
                runWindows(i, image, look, share, stop, seen);
            }
        }
        seen.scales.reserve(levels_.size());
        for (LevelResult& level : levels_)
            seen.scales.push_back(level.take(labels()->size()));
        addTaught(look, seen);
        if (look.layer) seen.layer = lookInto(*look.layer, look, stop, seen);
        if (networks_.front().canBeDense()) seen.calibration = networks_.front().calibration();
        if (look.detection) {
            const StageTimer timer(seen.timings, Stage::kVoting);
            seen.detections = detectObjects(seen, *look.detection, threads_);
        }
        seen.device = device_;
        return seen;
    }

    ExampleEmbedding embed(const Example& example, const std::stop_token& stop,
                           ExampleDepth depth) {
        const CompilePlan compile = [this](const auto& graph, const Shape& input) {
            return compiledIn(example_plans_, graph, input);
        };
        return embedExample(networks_.front(), example, depth, compile, stop);
    }

    std::shared_ptr<const LabelSet> labels(const Look& look) { return labelsFor(look); }

    const DeviceChoice& device() const noexcept { return devices_.choice().device; }

    RecogniserInfo info() const {
        const Network& first = networks_.front();
        std::vector<std::shared_ptr<const net::Model>> models;
        for (const Network& network : networks_)
            models.push_back(network.sharedModel());
        return {.device = device(),
                .dense = first.denseReport(),
                .fine_steps_available = first.canBeDense() ? first.fineStepsAvailable() : 0,
                .has_boxes = first.canBeDense(),
                .box_source = first.canBeDense() ? first.boxSource() : BoxSource::kWindow,
                .has_objectness = first.canBeDense() && first.hasObjectness(),
                .has_features = first.model().features.has_value(),
                .embedding_space = first.canTeach() ? first.embeddingSpace() : std::string(),
                .embedding_size = first.canTeach() ? first.embeddingSize() : EmbeddingSize{},
                .embedding_layers = first.embeddingLayers(),
                .models = std::move(models),
                .layers = layersOf(first),
                .strides_px = first.stridesPx()};
    }

    std::vector<backend::LayerTiming> profile(SizePx frame, const Look& look) {
        checkLimits(look);
        if (frame.empty()) throw Error(ErrorCode::kInput, "The picture has no pixels.");
        Network& network = networks_.front();
        if (!isDense(0, look)) return windowPlan(0, 1)->profile();
        return densePlan(0, network.levels(frame, scalesOf(look)).back(), look)->profile();
    }

private:
    // The network's.
    const std::shared_ptr<const LabelSet>& labels() const noexcept {
        return networks_.front().model().labels;
    }

    // Of the networks that vote the first one looks for what was taught.
    bool looksForTaught(std::size_t network, const Look& look) {
        return network == 0 && look.taught && !look.taught->classes.empty() &&
               isDense(network, look) && networks_[network].canTeach() &&
               look.taught->space == networks_[network].embeddingSpace();
    }

    const std::shared_ptr<const LabelSet>& labelsFor(const Look& look) {
        return look_labels_.of(look, labels(), networks_.front().embeddingSpace());
    }

    // A taught class scores what its surest place does, over all scales: an object has one size,
    // and the other scales know nothing of it.
    void addTaught(const Look& look, Recognition& seen) {
        if (!look.network_classes) {
            seen.scores.clear();
            seen.scales = std::exchange(taught_maps_, {});
        } else {
            seen.taught_scales = std::exchange(taught_maps_, {});
        }
        seen.scores.resize(seen.labels->size());
        for (const ScoreMap& map : look.network_classes ? seen.taught_scales : seen.scales) {
            for (std::size_t k = map.firstClass(); k < map.firstClass() + map.classCount(); ++k)
                seen.scores[k] = std::max(seen.scores[k], map.spatialMax(k));
        }
    }

    // The picture is the one that the networks have just seen.
    std::shared_ptr<const LayerMaps> lookInto(const LayerLook& layer, const Look& look,
                                              const std::stop_token& stop, Recognition& seen) {
        Network& network = networks_.front();
        const SizePx level = isDense(0, look)
                                 ? layerLevel(network.levels(seen.frame_size, scalesOf(look)),
                                              network.model().window_px)
                                 : SizePx{};
        const StageTimer timer(seen.timings, Stage::kNetwork);
        return layer_viewer_.look(network, layer, level, seen.frame_size, resampler_, compiler(),
                                  stop);
    }

    bool isDense(std::size_t network, const Look& look) const noexcept {
        return look.views == Views::kDense && networks_[network].canBeDense();
    }

    int fineSteps(std::size_t network, const Look& look) const noexcept {
        return std::min(look.fine_steps, networks_[network].fineStepsAvailable());
    }

    static PyramidScales scalesOf(const Look& look) noexcept {
        return {.count = look.scale_count,
                .smallest_side_windows = look.smallest_side_windows,
                .largest_side_windows = look.largest_side_windows};
    }

    // Enough for the scales of two sizes of picture, so that a new one throws out no plan that is
    // still wanted, for the head and a layer. Fewer scales need no smaller cache: a frame-rate
    // floor takes scales away and gives them back, and finds their plans.
    void keepRoomFor(const Look& look) {
        const auto scales = static_cast<std::size_t>(look.scale_count);
        const std::size_t max_plans = 2 * networks_.size() * (scales + 1) + 2;
        if (max_plans <= max_plans_) return;
        max_plans_ = max_plans;
        plans_ = backend::PlanCache({.max_plans = max_plans, .max_workspace_bytes = kMaxBytes});
    }

    std::shared_ptr<backend::Plan> compiled(const std::shared_ptr<const net::Graph>& graph,
                                            const Shape& input) {
        return compiledIn(plans_, graph, input);
    }

    std::shared_ptr<backend::Plan> compiledIn(backend::PlanCache& plans,
                                              const std::shared_ptr<const net::Graph>& graph,
                                              const Shape& input) {
        auto plan = plans.get(*devices_.choice().backend, graph, input,
                              {.threads = threads_, .may_round_factors = true});
        if (device_.empty()) device_ = plan->statistics().description;
        return plan;
    }

    CompilePlan compiler() {
        return [this](const std::shared_ptr<const net::Graph>& graph, const Shape& input) {
            return compiled(graph, input);
        };
    }

    std::shared_ptr<backend::Plan> windowPlan(std::size_t index, int batch) {
        const std::int64_t side = networks_[index].model().window_px;
        return compiled(networks_[index].windowGraph(), {batch, 3, side, side});
    }

    const std::shared_ptr<const net::DenseGraph>& denseGraph(std::size_t index, const Look& look) {
        const int steps = fineSteps(index, look);
        return looksForTaught(index, look) ? networks_[index].teachableGraph(steps)
                                           : networks_[index].denseGraph(steps);
    }

    std::shared_ptr<backend::Plan> densePlan(std::size_t index, SizePx level, const Look& look) {
        const auto& dense = denseGraph(index, look);
        // Shares ownership of the whole, points to the graph in it.
        return compiled({dense, &dense->graph}, {1, 3, level.height, level.width});
    }

    // Nothing where no boxes from evidence are wanted.
    backend::Plan* evidenceHead(const Network& network, const Look& look) {
        if (!look.detection || network.boxSource() != BoxSource::kEvidence) return nullptr;
        if (evidence_graph_ == nullptr) evidence_graph_ = EvidenceBoxes::head();
        evidence_head_ = compiled(evidence_graph_, EvidenceBoxes::headInput());
        return evidence_head_.get();
    }

    void runWindows(std::size_t index, const Image& image, const Look& look, float share,
                    const std::stop_token& stop, Recognition& seen) {
        const Network& network = networks_[index];
        const int side = network.model().window_px;
        throwIfStopped(stop);
        {
            const StageTimer timer(seen.timings, Stage::kResize);
            resampler_.begin(image, {});
        }
        if (look.views != Views::kTen) {
            const auto plan = windowPlan(index, 1);
            {
                const StageTimer timer(seen.timings, Stage::kResize);
                network.normaliser().write(resampler_.centre(network.model().crop, side), false,
                                           plan->input());
            }
            return addScores(network, *plan, share, stop, seen);
        }
        const std::array<View, 10> views = tenViews(image.size());
        // Some networks were written down for one picture at a time.
        const std::size_t batch = network.takesBatch(views.size()) ? views.size() : 1;
        for (std::size_t first = 0; first < views.size(); first += batch) {
            throwIfStopped(stop);
            const auto plan = windowPlan(index, static_cast<int>(batch));
            writeViews(network, std::span(views).subspan(first, batch), *plan, seen);
            addScores(network, *plan, share / static_cast<float>(views.size()), stop, seen);
        }
    }

    void writeViews(const Network& network, std::span<const View> views, backend::Plan& plan,
                    Recognition& seen) {
        const StageTimer timer(seen.timings, Stage::kResize);
        const std::size_t picture_floats = plan.input().size() / views.size();
        const int side = network.model().window_px;
        PixelView pixels;
        for (std::size_t i = 0; i < views.size(); ++i) {
            if (i == 0 || !views[i].mirrored) pixels = resampler_.part(views[i].part, {side, side});
            network.normaliser().write(pixels, views[i].mirrored,
                                       plan.input().subspan(i * picture_floats, picture_floats));
        }
    }

    // Runs it and adds `share` of the scores of each of its pictures.
    void addScores(const Network& network, backend::Plan& plan, float share,
                   const std::stop_token& stop, Recognition& seen) {
        {
            const StageTimer timer(seen.timings, Stage::kNetwork);
            plan.run(stop);
        }
        const StageTimer timer(seen.timings, Stage::kHeads);
        const std::size_t classes = seen.scores.size();
        row_.resize(classes);
        const std::span<const float> rows = plan.output(0);
        for (std::size_t at = 0; at + classes <= rows.size(); at += classes) {
            if (!head_.apply(rows.subspan(at, classes), classes, network.endsInSoftmax(), row_))
                throwNotFinite(network.model());
            for (std::size_t k = 0; k < classes; ++k)
                seen.scores[k] += row_[k] * share;
        }
    }

    // Every level and, if wanted, its mirror image. Adds to the scores the mean over them of the
    // spatial maximum, and to levels_ the maps: those of the first network that slides; the others
    // are averaged in where they mean the same windows.
    void runLevels(std::size_t index, const Image& image, const Look& look, float share,
                   const std::stop_token& stop, Recognition& seen) {
        const std::vector<SizePx>& sizes = networks_[index].levels(image.size(), scalesOf(look));
        const bool first = levels_.empty();
        std::vector<LevelResult>& results = first ? levels_ : others_;
        results.resize(sizes.size());
        {
            const StageTimer timer(seen.timings, Stage::kResize);
            inputs_.begin(*devices_.choice().backend, image,
                          sizes.size() > 1 ? sizes.back() : SizePx{}, first);
        }
        runAll(index, sizes, false, look, stop, seen, results);
        if (look.flip) {
            mirrored_.resize(sizes.size());
            runAll(index, sizes, true, look, stop, seen, mirrored_);
        }
        const StageTimer timer(seen.timings, Stage::kVoting);
        const float weight = share / static_cast<float>(sizes.size() * (look.flip ? 2U : 1U));
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            LevelResult& result = results[i];
            result.addSpatialMax(seen.scores, weight);
            if (look.flip) {
                mirrored_[i].addSpatialMax(seen.scores, weight);
                result.averageWith(mirrored_[i]);
            }
            if (!first && i < levels_.size() && levels_[i].sameWindows(result))
                levels_[i].addVote(result);
        }
    }

    // Prepares, runs and reads the levels together, unless they are huge.
    void runAll(std::size_t index, const std::vector<SizePx>& sizes, bool mirrored,
                const Look& look, const std::stop_token& stop, Recognition& seen,
                std::vector<LevelResult>& results) {
        const Release release_at_end{*this};  // also when it is stopped
        std::size_t floats = 0;
        std::int64_t bytes = 0;
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            throwIfStopped(stop);
            held_.push_back(densePlan(index, sizes[i], look));
            running_.push_back(held_.back().get());
            floats += static_cast<std::size_t>(running_.back()->inputShape().elementCount());
            bytes += plans_.lastWorkspaceBytes();
            {
                const StageTimer timer(seen.timings, Stage::kResize);
                inputs_.write(sizes[i], networks_[index].normaliser(), mirrored, *running_.back());
            }
            if (i + 1 < sizes.size() && floats < kTogetherFloats && bytes < kTogetherBytes)
                continue;
            {
                const StageTimer timer(seen.timings, Stage::kNetwork);
                devices_.choice().backend->runTogether(running_, stop);
            }
            const std::size_t first = i + 1 - running_.size();
            for (std::size_t k = first; k <= i; ++k)
                readLevel(index, sizes, k, *running_[k - first], mirrored, look, seen, results[k]);
            releaseRunning();
            floats = 0;
            bytes = 0;
        }
    }
    void releaseRunning() noexcept {
        held_.clear();
        running_.clear();
    }
    struct Release {
        Implementation& of;
        ~Release() { of.releaseRunning(); }
    };

    void readLevel(std::size_t index, const std::vector<SizePx>& sizes, std::size_t at,
                   const backend::Plan& plan, bool mirrored, const Look& look, Recognition& seen,
                   LevelResult& result) {
        Network& network = networks_[index];
        const SizePx level = sizes[at];
        const StageTimer timer(seen.timings, Stage::kHeads);
        reader_.read({.network = network,
                      .dense = *denseGraph(index, look),
                      .fine_steps = fineSteps(index, look),
                      .frame = seen.frame_size,
                      .level = level,
                      .mirrored = mirrored,
                      .evidence_head = evidenceHead(network, look)},
                     plan, result);
        if (!looksForTaught(index, look) || mirrored) return;
        const double coarser =
            at == 0 ? 0 : static_cast<double>(level.height) / sizes[at - 1].height;
        const auto side = static_cast<double>(network.model().window_px);
        taught_head_.setClasses(look.taught);
        const FeatureOutput& sharp = network.sharpOutput(fineSteps(index, look));
        taught_maps_.push_back(
            taught_head_.look(featureMap(sharp, plan, level, seen.frame_size),
                              toFrame({0, 0, side, side}, level, seen.frame_size),
                              look.network_classes ? labels()->size() : 0,
                              slidingSides(at + 1 == sizes.size(), coarser), threads_));
    }

    std::vector<Network> networks_;
    int threads_ = 0;
    DeviceChoosing devices_;
    std::string device_;  // as the first plan describes it
    backend::PlanCache plans_;
    backend::PlanCache example_plans_;  // apart: frames between two lessons do not throw them out
    std::size_t max_plans_ = 0;
    std::shared_ptr<const net::Graph> evidence_graph_;
    std::shared_ptr<backend::Plan> evidence_head_;

    // Reused from frame to frame.
    Resampler resampler_;
    LevelInputs inputs_{resampler_};
    ScoreHead head_;  // for single views
    LevelReader reader_;
    LayerViewer layer_viewer_;
    std::vector<LevelResult> levels_;
    std::vector<LevelResult> mirrored_;
    std::vector<LevelResult> others_;
    std::vector<std::shared_ptr<backend::Plan>> held_;  // while they are in running_
    std::vector<backend::Plan*> running_;
    std::vector<float> row_;

    // What is taught.
    TaughtHead taught_head_;
    std::vector<ScoreMap> taught_maps_;
    LookLabels look_labels_;
};

Recogniser::Recogniser(std::vector<std::shared_ptr<const net::Model>> models,
                       const Placement& placement)
    : implementation_(std::make_unique<Implementation>(std::move(models), placement)) {}
Recogniser::~Recogniser() = default;
Recogniser::Recogniser(Recogniser&&) noexcept = default;
Recogniser& Recogniser::operator=(Recogniser&&) noexcept = default;

Recognition Recogniser::recognise(const Image& image, const Look& look,
                                  const std::stop_token& stop) {
    return implementation_->onADevice(
        [&] { return implementation_->recognise(image, look, stop); });
}

ExampleEmbedding Recogniser::embed(const Example& example, const std::stop_token& stop,
                                   ExampleDepth depth) {
    return implementation_->onADevice([&] { return implementation_->embed(example, stop, depth); });
}

std::shared_ptr<const LabelSet> Recogniser::labels(const Look& look) {
    return implementation_->labels(look);
}

RecogniserInfo Recogniser::info() const {
    return implementation_->info();
}

const DeviceChoice& Recogniser::device() const noexcept {
    return implementation_->device();
}

std::vector<backend::LayerTiming> Recogniser::profile(SizePx frame, const Look& look) {
    return implementation_->onADevice([&] { return implementation_->profile(frame, look); });
}

}  // namespace overfeat::detect
