// SPDX-License-Identifier: Apache-2.0
#include "app/live/network/comparison_controller.h"

#include <QLocale>
#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include "app/live/base/messages.h"
#include "app/live/base/text.h"
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

// Everything that is needed to find the objects of both sides, on any thread.
struct ToCompare {
    ui::ComparisonChoice choice = ui::ComparisonChoice::kNone;
    FramePtr frame;
    std::array<std::shared_ptr<const Recognition>, 2> seen;
    DetectionOptions options;
    bool has_boxes = false;
};

// One side before its objects are known.
ui::ComparedResult looking(const ToCompare& wanted, std::size_t index) {
    static constexpr const char* kTitles[][2] = {{"Vote", "NMS"}, {"Coarse grid", "Fine grid"}};
    const bool strides = wanted.choice == ui::ComparisonChoice::kStride;
    return {.title = kTitles[strides ? 1 : 0][index],
            .detail = "Looking...",
            .recognition = wanted.seen[index],
            .detections = std::make_shared<const Detections>()};
}

ui::ComparedResult side(const ToCompare& wanted, std::size_t index) {
    ui::ComparedResult result = looking(wanted, index);
    if (!result.recognition) return result;
    const bool strides = wanted.choice == ui::ComparisonChoice::kStride;
    DetectionOptions options = wanted.options;
    if (!strides) options.merge = index == 0 ? Merge::kVote : Merge::kNms;
    const auto found =
        std::make_shared<const Detections>(detect::detectObjects(*result.recognition, options));
    result.detections = found;
    QStringList facts;
    if (wanted.has_boxes) facts << objectsText(*found);
    if (strides) {
        facts << QString("%1 windows").arg(windowsOf(*result.recognition));
        facts << QString("%1 ms").arg(std::lround(result.recognition->timings.total_ms()));
    }
    result.detail = facts.join(", ");
    return result;
}

}  // namespace

ComparisonController::ComparisonController(const ModelController& models, live::Session& session,
                                           Worker& voting)
    : models_(models), session_(session), voting_(voting) {}

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
    // The frozen frame at once, what was found in it when it comes.
    const ToCompare wanted{.choice = choice_, .frame = frame_, .seen = seen_, .options = {}};
    emit changed(std::make_shared<const ui::Comparison>(
        ui::Comparison{.frame = frame_, .results = {looking(wanted, 0), looking(wanted, 1)}}));
    refresh();
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
        return "This network has no grid that can be made finer, so there is nothing to "
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
    question_ = asked_ = session_.examine(frame_, {coarse, fine}, asked_);
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

// One after the other: a slider asks more often than thousands of boxes can be counted.
void ComparisonController::refresh() {
    if (choice_ == ui::ComparisonChoice::kNone || !(seen_[0] && seen_[1])) return;
    find_again_ = std::exchange(finding_, true);
    if (find_again_) return;
    const ToCompare wanted{
        .choice = choice_,
        .frame = frame_,
        .seen = seen_,
        .options = models_.settings().look.detection.value_or(DetectionOptions()),
        .has_boxes = model_.has_boxes};
    voting_.run([this, wanted, number = number_]() -> Worker::Completion {
        std::shared_ptr<const ui::Comparison> found;
        std::string failure;
        try {
            found = std::make_shared<const ui::Comparison>(ui::Comparison{
                .frame = wanted.frame, .results = {side(wanted, 0), side(wanted, 1)}});
        } catch (const std::exception& error) {
            failure = error.what();
        }
        return [this, number, found, failure] {
            finding_ = false;
            if (number == number_) {
                if (found)
                    emit changed(found);
                else
                    fail(failure);
            }
            if (find_again_) refresh();
        };
    });
}

void ComparisonController::fail(const std::string& sentence) {
    end();
    emit changed(nullptr);
    emit messageWanted(errorMessage(shown(sentence)));
}

void ComparisonController::end() {
    choice_ = ui::ComparisonChoice::kNone;
    frame_.reset();
    seen_ = {};
    question_ = 0;
    ++number_;
}

bool ComparisonController::handle(const live::Update& update) {
    const bool answers_us = question_ != 0 && update.command == question_;
    if (!answers_us) return update.frame != nullptr;  // to a question given up meanwhile
    question_ = 0;
    if (update.failure) {
        fail(update.failure->what());
    } else if (update.answers.size() == seen_.size()) {
        std::ranges::copy(update.answers, seen_.begin());
        refresh();
    }
    return true;
}

}  // namespace overfeat::app
