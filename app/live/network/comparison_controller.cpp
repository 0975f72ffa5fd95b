// SPDX-License-Identifier: Apache-2.0
#include "app/live/network/comparison_controller.h"

#include <QLocale>
#include <algorithm>
#include <cmath>
#include <utility>

#include "app/live/base/messages.h"
#include "app/live/base/text.h"
#include "engine/core/error.h"
#include "engine/detect/detector.h"

namespace overfeat::app {
namespace {

std::size_t windowsOf(const Recognition& seen) {
    std::size_t count = 0;
    for (const ScoreMap& map : seen.scales)
        count += map.cellCount();
    return count;
}

QString objectsText(const Detections& found) {
    QString count = found.objects.size() == 1 ? QString("1 object")
                                              : QString("%1 objects").arg(found.objects.size());
    if (found.objects.empty()) return count;
    const auto best = std::ranges::max_element(found.objects, {}, &Detection::confidence);
    return QString("%1, highest sum %2")
        .arg(count, QLocale().toString(static_cast<double>(best->confidence), 'f', 1));
}

}  // namespace

ComparisonController::ComparisonController(const ModelController& models, live::Session& session)
    : models_(models), session_(session) {}

void ComparisonController::setModel(const ui::ModelView& model) {
    model_ = model;
    end();
}

void ComparisonController::show(ui::ComparisonChoice choice,
                                std::shared_ptr<const Recognition> recognition, FramePtr frame) {
    end();
    if (choice == ui::ComparisonChoice::kNone) return;
    const QString why_not = refusal(choice, frame ? recognition.get() : nullptr);
    if (!why_not.isEmpty()) {
        emit changed(nullptr);
        emit messageWanted(infoMessage(why_not));
        return;
    }
    choice_ = choice;
    frame_ = std::move(frame);
    if (choice == ui::ComparisonChoice::kMerge) {
        seen_ = {recognition, std::move(recognition)};
    } else {
        askForStrides();
    }
    refresh();  // strides: the frozen frame at once, its results when they come
}

// Why it cannot be compared; empty if it can.
QString ComparisonController::refusal(ui::ComparisonChoice choice,
                                      const Recognition* recognition) const {
    if (!recognition) return "There is no result to compare yet; wait for the first one.";
    if (models_.settings().look.views != Views::kDense) {
        return "Only the dense views can be compared: choose them on the page Network.";
    }
    if (choice == ui::ComparisonChoice::kMerge && !model_.has_boxes) {
        return "This network cannot slide over a picture, so vote and NMS have nothing to merge.";
    }
    if (choice == ui::ComparisonChoice::kStride && model_.fine_steps_available == 0) {
        return "This network has no strides that can be made finer, so there is nothing to "
               "compare.";
    }
    return {};
}

// Both sides anew, so that they differ in nothing but the stride: the newest result may lack scales
// that were left out to keep up, and its objects are steadied over time.
void ComparisonController::askForStrides() {
    Look coarse = models_.settings().look;
    Look fine = coarse;
    coarse.fine_steps = 0;
    fine.fine_steps = std::max(fine.fine_steps, 1);  // the paper's: the last pooling unstrided
    question_ = session_.examine(frame_, {coarse, fine});
}

void ComparisonController::lookAgain() {
    if (choice_ != ui::ComparisonChoice::kStride) return;
    if (models_.settings().look.views == Views::kDense) {
        askForStrides();  // what is shown stays until the answer comes
    } else {
        end();
        emit changed(nullptr);
    }
}

void ComparisonController::refresh() {
    if (choice_ == ui::ComparisonChoice::kNone) return;
    try {
        emit changed(std::make_shared<const ui::Comparison>(
            ui::Comparison{.frame = frame_, .results = {side(0), side(1)}}));
    } catch (const Error& error) {
        end();
        emit changed(nullptr);
        emit messageWanted(errorMessage(shown(error.what())));
    }
}

ui::ComparedResult ComparisonController::side(std::size_t index) const {
    static constexpr const char* kTitles[][2] = {{"Vote", "NMS"}, {"Coarse stride", "Fine stride"}};
    const bool strides = choice_ == ui::ComparisonChoice::kStride;
    ui::ComparedResult result;
    result.title = kTitles[strides ? 1 : 0][index];
    result.recognition = seen_[index];
    if (!result.recognition) {
        result.detail = "Looking...";
        return result;
    }
    DetectionOptions options = models_.settings().look.detection.value_or(DetectionOptions());
    if (!strides) options.merge = index == 0 ? Merge::kVote : Merge::kNms;
    const auto found =
        std::make_shared<const Detections>(detect::detectObjects(*result.recognition, options));
    result.detections = found;
    QStringList facts;
    if (model_.has_boxes) facts << objectsText(*found);
    if (strides) {
        facts << QString("%1 windows").arg(windowsOf(*result.recognition));
        facts << QString("%1 ms").arg(std::lround(result.recognition->timings.total_ms()));
    }
    result.detail = facts.join(", ");
    return result;
}

void ComparisonController::end() {
    choice_ = ui::ComparisonChoice::kNone;
    frame_.reset();
    seen_ = {};
    question_ = 0;
}

bool ComparisonController::handle(const live::Update& update) {
    const bool answers_us = question_ != 0 && update.command == question_;
    if (!answers_us) return update.frame != nullptr;  // to a question given up meanwhile
    question_ = 0;
    if (update.failure) {
        end();
        emit changed(nullptr);
        emit messageWanted(errorMessage(shown(update.failure->what())));
    } else if (update.answers.size() == seen_.size()) {
        std::ranges::copy(update.answers, seen_.begin());
        refresh();
    }
    return true;
}

}  // namespace overfeat::app
