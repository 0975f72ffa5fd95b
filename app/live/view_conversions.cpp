// SPDX-License-Identifier: Apache-2.0
#include "app/live/view_conversions.h"

#include <cmath>

#include "app/live/text.h"

namespace overfeat::app {
namespace {

ui::SourcePhase phaseOf(capture::SourceState state) {
    switch (state) {
        case capture::SourceState::kOpening:
            return ui::SourcePhase::kOpening;
        case capture::SourceState::kLive:
            return ui::SourcePhase::kLive;
        case capture::SourceState::kPaused:
            return ui::SourcePhase::kPaused;
        case capture::SourceState::kStalled:
            return ui::SourcePhase::kStalled;
        case capture::SourceState::kLost:
            return ui::SourcePhase::kLost;
        case capture::SourceState::kEnded:
            return ui::SourcePhase::kEnded;
        case capture::SourceState::kFailed:
            return ui::SourcePhase::kFailed;
    }
    return ui::SourcePhase::kNone;
}

ui::FidelityView fidelityOf(net::DenseFidelity fidelity) {
    switch (fidelity) {
        case net::DenseFidelity::kExact:
            return ui::FidelityView::kExact;
        case net::DenseFidelity::kApproximate:
            return ui::FidelityView::kApproximate;
        case net::DenseFidelity::kClassificationOnly:
            return ui::FidelityView::kClassificationOnly;
    }
    return ui::FidelityView::kClassificationOnly;
}

detect::Views viewsOf(ui::ViewsChoice choice) {
    switch (choice) {
        case ui::ViewsChoice::kCentre:
            return detect::Views::kCentre;
        case ui::ViewsChoice::kTen:
            return detect::Views::kTen;
        case ui::ViewsChoice::kDense:
            return detect::Views::kDense;
    }
    return detect::Views::kDense;
}

ui::ViewsChoice choiceOf(detect::Views views) {
    switch (views) {
        case detect::Views::kCentre:
            return ui::ViewsChoice::kCentre;
        case detect::Views::kTen:
            return ui::ViewsChoice::kTen;
        case detect::Views::kDense:
            return ui::ViewsChoice::kDense;
    }
    return ui::ViewsChoice::kDense;
}

ui::MergeChoice choiceOf(detect::Merge merge) {
    switch (merge) {
        case detect::Merge::kVote:
            return ui::MergeChoice::kVote;
        case detect::Merge::kNms:
            return ui::MergeChoice::kNms;
        case detect::Merge::kSoftNms:
            return ui::MergeChoice::kSoftNms;
    }
    return ui::MergeChoice::kVote;
}

// As it was written: 0.05F is 0.05 and not 0.0500000007 in sliders and settings.
double asWritten(float value) {
    return std::round(static_cast<double>(value) * 1e6) / 1e6;
}

}  // namespace

ui::SourceStatusView sourceStatusView(const capture::SourceStatus& status) {
    ui::SourceStatusView view;
    view.phase = phaseOf(status.state);
    view.name = shown(status.name);
    view.sentence = shown(status.sentence);
    view.size = status.size;
    view.fps = status.fps;
    view.frame_age_s = status.frame_age_s;
    view.retry_in_s = status.retry_in_s;
    view.damaged = status.damaged;
    view.skipped_files = status.skipped_files;
    view.position = status.position;
    view.length = status.length;
    return view;
}

ui::NetworkStatusView networkStatusView(const live::SessionStatistics& statistics) {
    return {.fps = statistics.inference_fps,
            .latency_ms = statistics.latency_ms,
            .dropped = statistics.dropped};
}

ui::ModelView modelView(const NetworkFacts& facts, const detect::RecogniserInfo& info) {
    ui::ModelView view;
    view.has_boxes = info.has_boxes;
    view.fidelity = fidelityOf(info.dense.fidelity);
    for (const std::string& reason : info.dense.reasons) {
        view.fidelity_reasons.append(shown(reason));
    }
    view.fine_steps_available = info.fine_steps_available;
    if (facts.models.empty()) return view;
    const net::Model& first = *facts.models.front();
    QStringList names;
    for (const auto& model : facts.models) {
        names.append(shown(model->name));
        for (const std::string& assumption : model->assumptions) {
            view.assumptions.append(shown(assumption));
        }
    }
    view.name = names.join(" + ");
    view.path = shown(first.path);
    view.window_px = first.window_px;
    // The background is not a class of things.
    if (first.labels)
        view.class_count = first.labels->size() - (first.labels->background() ? 1 : 0);
    view.card = QString::fromStdString(first.card);
    return view;
}

ui::DeviceView deviceView(const std::string& wanted, const std::string& chosen_and_why) {
    ui::DeviceView view;
    const QString text = shown(chosen_and_why);
    // backend::Choice::why reads "name: what it is" or "name, because a better one cannot be used".
    const auto because = text.indexOf(", because ");
    if (because >= 0) {
        view.label = text.left(because);
        view.reason = text.mid(because + 2);
        view.is_fallback = true;
    } else {
        // The name is for the chooser and the command line, what it is for people.
        const auto colon = text.indexOf(": ");
        view.label = colon >= 0 ? text.mid(colon + 2) : text;
        view.reason = wanted == "auto" ? QString("The best device of this computer.")
                                       : QString("Chosen by you.");
    }
    return view;
}

std::vector<ui::LayerTimingView> layerTimingViews(const std::vector<backend::LayerTiming>& layers) {
    std::vector<ui::LayerTimingView> views;
    views.reserve(layers.size());
    for (const backend::LayerTiming& layer : layers) {
        views.push_back({.node = shown(layer.node),
                         .op = shown(layer.op),
                         .implementation = shown(layer.implementation),
                         .ms = layer.ms,
                         .multiply_adds = layer.multiply_adds});
    }
    return views;
}

ui::RecognitionOptionsView recognitionOptionsView(const detect::RecogniserOptions& options) {
    return {.views = choiceOf(options.views),
            .scale_count = options.scale_count,
            .smallest_side_windows = options.smallest_side_windows,
            .largest_side_windows = options.largest_side_windows,
            .fine_steps = options.fine_steps,
            .flip = options.flip};
}

ui::DetectionOptionsView detectionOptionsView(const detect::DetectionOptions& options) {
    return {.merge = choiceOf(options.merge),
            .window_threshold = asWritten(options.window_threshold),
            .match_threshold = options.match_threshold,
            .nms_overlap = options.nms_overlap,
            .score_threshold = asWritten(options.score_threshold),
            .min_votes = options.min_votes};
}

void apply(const ui::RecognitionOptionsView& view, detect::RecogniserOptions& options) {
    options.views = viewsOf(view.views);
    options.scale_count = view.scale_count;
    options.smallest_side_windows = view.smallest_side_windows;
    options.largest_side_windows = view.largest_side_windows;
    options.fine_steps = view.fine_steps;
    options.flip = view.flip;
}

detect::DetectionOptions detectionOptions(const ui::DetectionOptionsView& view) {
    detect::DetectionOptions options;
    switch (view.merge) {
        case ui::MergeChoice::kVote:
            options.merge = detect::Merge::kVote;
            break;
        case ui::MergeChoice::kNms:
            options.merge = detect::Merge::kNms;
            break;
        case ui::MergeChoice::kSoftNms:
            options.merge = detect::Merge::kSoftNms;
            break;
    }
    options.window_threshold = static_cast<float>(view.window_threshold);
    options.match_threshold = view.match_threshold;
    options.nms_overlap = view.nms_overlap;
    options.score_threshold = static_cast<float>(view.score_threshold);
    options.min_votes = view.min_votes;
    return options;
}

ui::Choice sourceChoice(const std::string& target) {
    ui::Choice choice;
    choice.id = idOf(target);
    if (target == "demo") {
        choice.label = "Demo clip";
        choice.detail = "built in";
    } else if (target.starts_with("camera:")) {
        choice.label = shown(target.substr(target.find(':') + 1));
        if (choice.label.isEmpty()) choice.label = "First camera";
    } else if (target.find("://") != std::string::npos) {
        const std::string address = capture::shownUrl(target);  // the password is nobody's business
        choice.label = shortName(address);
        choice.detail = shown(address);
    } else {
        choice.label = shortName(target);
        choice.detail = shown(target);
    }
    return choice;
}

ui::Choice cameraChoice(const capture::CameraInfo& camera) {
    return {.id = idOf("camera:" + camera.id),
            .label = shown(camera.name),
            .detail = camera.modes.empty() ? shown(camera.device) : shown(camera.modes.front()),
            .problem = shown(camera.problem)};
}

}  // namespace overfeat::app
