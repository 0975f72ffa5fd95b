// SPDX-License-Identifier: Apache-2.0
#include "tests/app/live/fakes.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <algorithm>
#include <condition_variable>
#include <stop_token>
#include <utility>

#include "app/capture/frame_pool.h"
#include "engine/core/error.h"
#include "engine/detect/detector.h"

namespace overfeat::test {
namespace {

using capture::SourceSpec;
using capture::SourceState;
using capture::SourceStatus;

// Waits for `duration`, less if it is stopped; true if it was not.
bool rest(const std::stop_token& stop, int duration_ms) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, std::chrono::milliseconds(duration_ms), [] { return false; });
    return !stop.stop_requested();
}

FramePtr makeFrame(const std::shared_ptr<World>& world, const std::string& source, std::uint64_t of,
                   int number) {
    auto* frame = new Frame;
    frame->id = capture::nextFrameId();
    frame->source = of;
    {
        const std::scoped_lock lock(world->mutex);
        world->source_of[frame->id] = source;
    }
    frame->captured = std::chrono::steady_clock::now();
    frame->image = Image(SizePx{64, 48});
    frame->image.row(0)[0] = static_cast<std::uint8_t>(number);
    frame->name = "fake";
    frame->index = number;
    ++world->frames_made;
    ++world->frames_alive;
    return FramePtr(frame, [world](const Frame* made) {
        --world->frames_alive;
        delete made;
    });
}

class FakeSource final : public capture::Source {
public:
    FakeSource(std::shared_ptr<World> world, SourceSpec spec, std::uint64_t number,
               capture::FrameSink sink)
        : world_(std::move(world)),
          spec_(std::move(spec)),
          number_(number),
          sink_(std::move(sink)) {
        const std::string& name = spec_.target;
        status_.name = "fake";
        if (name.find("broken") != std::string::npos) {
            status_.state = SourceState::kFailed;
            status_.sentence = "The file " + name + " is broken.";
            return;
        }
        if (name.find("silent") != std::string::npos) return;
        if (name.find("damaged") != std::string::npos) status_.remark = name + " is damaged.";
        if (name.find("picture") != std::string::npos) limit_ = 1;
        if (name.find("short") != std::string::npos) limit_ = 10;
        thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
        ++world_->sources_open;
        counted_ = true;
    }
    ~FakeSource() override {
        thread_ = {};
        if (counted_) --world_->sources_open;
    }

    const SourceSpec& spec() const noexcept override { return spec_; }
    SourceStatus status() const override {
        const std::scoped_lock lock(mutex_);
        SourceStatus status = status_;
        if (isUnplugged()) {
            status.state = world_->reopening ? SourceState::kOpening : SourceState::kLost;
            status.sentence = "The camera is not there; plug it in.";
        }
        return status;
    }
    void setPaused(bool paused) override {
        paused_ = paused;
        const std::scoped_lock lock(mutex_);
        status_.state = paused ? SourceState::kPaused : SourceState::kLive;
    }
    void step() override {
        ++world_->steps_to_do;
        ++steps_;
    }

private:
    bool isUnplugged() const {
        return world_->unplugged && spec_.kind == capture::SourceKind::kCamera;
    }

    void loop(const std::stop_token& stop) {
        for (int number = 0; limit_ < 0 || number < limit_;) {
            if (!rest(stop, world_->frame_interval_ms)) return;
            const bool step = paused_;
            if (isUnplugged() || (step && steps_ == 0)) continue;
            // Before the frame is out of our hands, as the real ones do.
            {
                const std::scoped_lock lock(mutex_);
                ++status_.frames;
                if (!paused_) status_.state = SourceState::kLive;
                status_.size = {64, 48};
                status_.fps = 1000.0 / world_->frame_interval_ms;
            }
            sink_(makeFrame(world_, spec_.target, number_, number++));
            if (!step) continue;
            --steps_;
            --world_->steps_to_do;
        }
        if (limit_ == 1) return;
        const std::scoped_lock lock(mutex_);
        status_.state = SourceState::kEnded;
    }

    std::shared_ptr<World> world_;
    SourceSpec spec_;
    std::uint64_t number_;
    capture::FrameSink sink_;
    int limit_ = -1;
    std::atomic<bool> paused_ = false;
    std::atomic<int> steps_ = 0;
    bool counted_ = false;
    mutable std::mutex mutex_;
    SourceStatus status_;
    std::jthread thread_;
};

class FakeProcessor final : public live::Processor {
public:
    FakeProcessor(std::shared_ptr<World> world, const app::NetworkRequest& request)
        : world_(std::move(world)),
          fails_(request.model.find("frail") != std::string::npos),
          has_boxes_(request.model.find("boxes") != std::string::npos),
          teachable_(request.model.find("teachable") != std::string::npos),
          labels_(std::make_shared<LabelSet>(
              std::vector<ClassLabel>{{"n1", "left"}, {"n2", "right"}}, std::nullopt)) {
        world_->processor_alive = true;
    }
    ~FakeProcessor() override { world_->processor_alive = false; }

    Recognition process(const Frame& frame, const Look& look, std::stop_token stop) override {
        if (fails_) throw Error(ErrorCode::kModel, "The network gave no finite number.");
        ++world_->started;
        {
            const std::scoped_lock lock(world_->mutex);
            world_->knew_lesson.push_back(look.taught && !look.taught->classes.empty());
        }
        while (world_->holds_next) {
            if (!rest(stop, 1)) throw Error(ErrorCode::kCancelled, "Stopped.");
        }
        if (!rest(stop, world_->network_ms)) {
            throw Error(ErrorCode::kCancelled, "Stopped.");
        }
        if (look.fine_steps > 0) ++world_->fine_looks;
        world_->last_scales = look.scale_count;
        world_->last_number = frame.image.row(0)[0];
        world_->last_processed = frame.id;
        Recognition recognition;
        recognition.frame_id = frame.id;
        recognition.frame_size = frame.image.size();
        recognition.labels = labels_;
        recognition.scores = {0.75F, 0.25F};
        // A scale is worth something, or there would be no use in leaving it out.
        recognition.timings.add(Stage::kNetwork, world_->says_ms * (1.0 + look.scale_count));
        recognition.device = info().device.description;
        addBoxes(recognition, look);
        if (look.layer) {
            ++world_->layers_asked;
            recognition.layer = layerOf(*look.layer, recognition);
        }
        ++world_->processed;
        return recognition;
    }
    detect::RecogniserInfo info() const override {
        detect::RecogniserInfo info;
        if (world_->card_lost) {
            info.device = {.name = "spare",
                           .description = "a spare",
                           .passed_over = {{"fake", "The fake fell off.", true}}};
        } else {
            info.device = {.name = "fake",
                           .description = "a fake",
                           .passed_over = {{"cpu", "nothing else is wanted"}}};
        }
        info.has_boxes = has_boxes_;
        info.fine_steps_available = has_boxes_ ? 2 : 0;
        info.layers = {{.name = "conv1", .node = "conv", .op = "Conv", .shape = {1, 100, 2, 2}}};
        if (teachable_) {
            info.embedding_space = "fake";
            info.embedding_size = {.part = 1, .whole = 1};
        }
        return info;
    }
    std::vector<backend::LayerTiming> profile(SizePx, const Look&) override {
        return {{.node = "conv", .op = "Conv", .implementation = "fake", .ms = 1}};
    }
    ExampleEmbedding embed(const Example& example, ExampleDepth depth,
                           std::stop_token stop) override {
        ExampleEmbedding made;
        made.size = {.part = 1, .whole = 1};
        made.width_px = example.box.width;
        made.height_px = example.box.height;
        made.rows.assign(made.size.row(made.grid()), 1);
        {
            const std::scoped_lock lock(world_->mutex);
            if (world_->embedded.empty()) world_->holds_next = true;
            world_->embedded.emplace_back(depth, world_->knew_lesson.size());
        }
        while (depth == ExampleDepth::kAll && world_->holds_closer) {
            if (!rest(stop, 1)) throw Error(ErrorCode::kCancelled, "Stopped.");
        }
        return made;
    }

private:
    // Of 100 channels of 2x2 cells, channel i says i everywhere.
    static std::shared_ptr<const LayerMaps> layerOf(const LayerLook& wanted,
                                                    const Recognition& seen) {
        auto maps = std::make_shared<LayerMaps>();
        maps->name = wanted.name;
        maps->channels = 100;
        maps->first_channel = wanted.first_channel;
        maps->cells = {2, 2};
        maps->first_cell_px = {0, 0, seen.frame_size.width / 2.0, seen.frame_size.height / 2.0};
        const std::size_t end =
            std::min<std::size_t>(100, wanted.first_channel + LayerMaps::kMostChannels);
        for (std::size_t channel = wanted.first_channel; channel < end; ++channel)
            maps->values.insert(maps->values.end(), 4, static_cast<float>(channel));
        return maps;
    }

    // One scale of windows that all point at the same place.
    void addBoxes(Recognition& recognition, const Look& look) const {
        if (!has_boxes_) return;
        const int columns = look.fine_steps > 0 ? 16 : 8;
        const auto count = static_cast<std::size_t>(columns);
        std::vector<float> scores(2 * count, 0.04F);
        std::fill_n(scores.begin(), count, 0.96F);
        recognition.scales = {
            ScoreMap({columns, 1}, 2, {0, 0, 32, 32}, 32.0 / columns, 32, std::move(scores),
                     WindowBoxes{std::vector<RectPx>(count, RectPx{8, 8, 30, 30}), {}})};
        recognition.detections =
            detect::detectObjects(recognition, look.detection.value_or(DetectionOptions()));
    }

    std::shared_ptr<World> world_;
    bool fails_;
    bool has_boxes_;
    bool teachable_;
    std::shared_ptr<const LabelSet> labels_;
};

SourceSpec parse(const std::string& text) {
    if (text == "demo") return {capture::SourceKind::kDemo, {}};
    if (text.starts_with("camera:")) return {capture::SourceKind::kCamera, text.substr(7)};
    if (text.find("missing") != std::string::npos) {
        throw Error(ErrorCode::kInput, "There is no file " + text + ".", text);
    }
    const bool picture = text.find("picture") != std::string::npos;
    return {picture ? capture::SourceKind::kPicture : capture::SourceKind::kVideo, text};
}

}  // namespace

app::Parts fakeParts(const std::shared_ptr<World>& world) {
    app::Parts parts;
    parts.models = std::make_shared<store::ModelStore>(std::vector<std::filesystem::path>{},
                                                       std::span<const std::byte>{});
    parts.parse_source = parse;
    parts.open_source = [world](const SourceSpec& spec, const capture::SourceOptions& options,
                                capture::FrameSink sink) {
        {
            const std::scoped_lock lock(world->mutex);
            world->opened.push_back(spec.target);
        }
        return std::make_unique<FakeSource>(world, spec, options.number, std::move(sink));
    };
    parts.list_cameras = [world] {
        const std::scoped_lock lock(world->mutex);
        return world->cameras;
    };
    parts.watch_cameras = [world](std::function<void()> changed) {
        const std::scoped_lock lock(world->mutex);
        world->cameras_changed = std::move(changed);
        return std::shared_ptr<void>(nullptr);
    };
    parts.check_server = [](const std::string&) { return QString(); };
    parts.list_devices = [] { return QList<ui::Choice>{{"auto", "Automatic", "", ""}}; };
    parts.make_network = [world](const app::NetworkRequest& request,
                                 const std::stop_token& stop) -> std::unique_ptr<live::Processor> {
        if (!rest(stop, world->loading_ms)) throw Error(ErrorCode::kCancelled, "Stopped.");
        if (request.model.find("bad") != std::string::npos) {
            throw Error(ErrorCode::kModel, "The model " + request.model + " is a web page.");
        }
        const std::scoped_lock lock(world->mutex);
        world->last_device = request.device;
        world->last_model = request.model;
        return std::make_unique<FakeProcessor>(world, request);
    };
    return parts;
}

bool waitFor(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
    QElapsedTimer elapsed;
    elapsed.start();
    while (!condition()) {
        if (elapsed.elapsed() > limit.count()) return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 20);
        // A nested event loop would do this by itself.
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        std::this_thread::yield();
    }
    return true;
}

}  // namespace overfeat::test
