// SPDX-License-Identifier: Apache-2.0
#include "app/live/base/view_conversions.h"

#include "app/live/base/text.h"
#include "engine/backend/kserve/address.h"

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

// The way of boxing, for the network page.
QString boxesFrom(const detect::RecogniserInfo& info) {
    if (!info.has_boxes) return "no boxes";
    switch (info.box_source) {
        case detect::BoxSource::kRegressor:
            return "boxes by its own regressor";
        case detect::BoxSource::kEvidence:
            return info.has_objectness ? "boxes from the evidence, weighed by objectness"
                                       : "boxes from the evidence";
        case detect::BoxSource::kWindow:
            break;
    }
    return "boxes are the windows, shrunk";
}

// "40x28x28": of one window, so without the number of windows.
QString shapeText(const Shape& shape) {
    QStringList extents;
    for (int i = 1; i < shape.rank(); ++i)
        extents.append(QString::number(shape[i]));
    return extents.join(QChar(0x00d7));
}

std::vector<ui::LayerView> layerViews(const std::vector<detect::LayerInfo>& layers) {
    std::vector<ui::LayerView> views;
    views.reserve(layers.size());
    for (const detect::LayerInfo& layer : layers) {
        views.push_back({.name = idOf(layer.name),
                         .node = shown(layer.node),
                         .op = shown(layer.op),
                         .shape = shapeText(layer.shape)});
    }
    return views;
}

ui::SourceForm formOf(const capture::SourceStatus& status) {
    if (status.frames == 0) return ui::SourceForm::kUnknown;
    if (status.still) return ui::SourceForm::kPictures;
    return status.live ? ui::SourceForm::kLive : ui::SourceForm::kVideo;
}

}  // namespace

ui::SourceStatusView sourceStatusView(const capture::SourceStatus& status) {
    ui::SourceStatusView view;
    view.phase = phaseOf(status.state);
    view.form = formOf(status);
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
    view.item = shown(status.item);
    view.time_s = status.time_s;
    view.duration_s = status.duration_s;
    view.can_seek = status.can_seek;
    view.speed = status.speed;
    return view;
}

ui::NetworkStatusView networkStatusView(const live::SessionStatistics& statistics) {
    return {.fps = statistics.inference_fps,
            .latency_ms = statistics.latency_ms,
            .dropped = statistics.dropped};
}

ui::ModelView modelView(const detect::RecogniserInfo& info) {
    ui::ModelView view;
    view.has_boxes = info.has_boxes;
    view.boxes_from = boxesFrom(info);
    view.fidelity = fidelityOf(info.dense.fidelity);
    for (const std::string& reason : info.dense.reasons) {
        view.fidelity_reasons.append(shown(reason));
    }
    view.fine_steps_available = info.fine_steps_available;
    view.strides_px = QList<int>(info.strides_px.begin(), info.strides_px.end());
    view.layers = layerViews(info.layers);
    for (const std::string& layer : info.embedding_layers)
        view.embedding.append(shown(layer));
    if (info.models.empty()) return view;
    const net::Model& first = *info.models.front();
    QStringList names;
    for (const auto& model : info.models) {
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

ui::DeviceView deviceView(const std::string& wanted, const DeviceChoice& chosen) {
    // The name is for the chooser and the command line, what it is for people.
    ui::DeviceView view{.label = shown(chosen.description),
                        .reason = wanted == "auto" ? QString("The best device of this computer.")
                                                   : QString("Chosen by you.")};
    if (chosen.passed_over.empty()) return view;
    // That a computer has no graphics card is nothing to warn of; plain loops are, and a device
    // that failed, or a server that was asked for.
    view.is_fallback = (chosen.name == "reference" && wanted != "reference") ||
                       (backend::kserve::isServer(wanted) && chosen.name != "kserve") ||
                       std::ranges::any_of(chosen.passed_over, &DeviceChoice::PassedOver::failed);
    QStringList reasons;
    for (const DeviceChoice::PassedOver& other : chosen.passed_over)
        reasons.append(shown(other.name + ": " + other.why));
    view.reason =
        (view.is_fallback ? "because " : view.reason + "\nNot used: ") + reasons.join(' ');
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
