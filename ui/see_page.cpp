// SPDX-License-Identifier: Apache-2.0
#include "ui/see_page.h"

#include <QFrame>
#include <QVBoxLayout>
#include <chrono>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "ui/class_search.h"
#include "ui/heat_map_controls.h"
#include "ui/live_marks.h"
#include "ui/section.h"
#include "ui/theme.h"
#include "ui/top_list.h"

namespace overfeat::ui {
namespace {

std::vector<int> windowSides(std::span<const ScoreMap> maps) {
    std::vector<int> sides;
    for (const ScoreMap& map : maps) {
        sides.push_back(static_cast<int>(std::lround(map.windowAt({}).width)));
    }
    return sides;
}

bool sameLabels(const LabelSet& a, const LabelSet& b) {
    if (&a == &b) return true;
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].id != b[i].id || a[i].label != b[i].label) return false;
    }
    return true;
}

std::optional<std::size_t> indexOf(const LabelSet& labels, const std::string& id) {
    for (std::size_t i = 0; !id.empty() && i < labels.size(); ++i) {
        if (labels[i].id == id) return i;
    }
    return std::nullopt;
}

// How far the world may have moved between two results. Where that says nothing, they count as far
// apart: nothing is smoothed that should not be. The same frame again was looked at in another way,
// and a still picture has nothing to do with the one before it; nor has the place that was sought.
double secondsBetween(const FramePtr& before, const FramePtr& after) {
    constexpr double kFarApart_s = 10.0;
    if (!before || !after || after->still || before->id == after->id) return kFarApart_s;
    if (before->source != after->source || before->passage != after->passage) return kFarApart_s;
    return std::chrono::duration<double>(after->captured - before->captured).count();
}

}  // namespace

SeePage::SeePage(QWidget* parent) : QWidget(parent) {
    top_list_ = new TopList(this);
    search_ = new ClassSearch(this);
    heat_map_ = new HeatMapControls(this);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kMedium, spacing::kSmall, spacing::kMedium,
                               spacing::kMedium);
    layout->setSpacing(spacing::kSmall);
    layout->addWidget(top_list_);
    layout->addWidget(separator(this));
    layout->addWidget(heat_map_);
    layout->addWidget(separator(this));
    layout->addWidget(search_, 1);
    connect(top_list_, &TopList::classSelected, this, [this](std::size_t i) { choose(i); });
    connect(search_, &ClassSearch::classSelected, this, [this](std::size_t i) { choose(i); });
    connect(heat_map_, &HeatMapControls::resetWanted, this, [this] {
        top_list_->setSmooth(true);
        heat_map_->setOptions({});
        emit heat_map_->optionsChanged(heat_map_->options());
    });
    connect(heat_map_, &HeatMapControls::followBestWanted, this, [this] { choose(std::nullopt); });
}

void SeePage::setRecognition(const std::shared_ptr<const Recognition>& recognition,
                             const FramePtr& frame) {
    if (!recognition || !recognition->labels) {
        clear();
        return;
    }
    recognition_ = recognition;
    if (labels_ && (!sameLabels(*recognition->labels, *labels_) ||
                    recognition->scores.size() != class_count_)) {
        // Another network, or something was taught: class 5 is not the old one's. A chosen class
        // is known again by its id.
        const auto kept = chosen_ && *chosen_ < labels_->size()
                              ? indexOf(*recognition->labels, (*labels_)[*chosen_].id)
                              : std::nullopt;
        top_list_->clear();
        previous_frame_.reset();
        search_->setScores({});
        labels_ = recognition->labels;
        class_count_ = recognition->scores.size();
        choose(kept && *kept < class_count_ ? kept : std::nullopt);
    }
    labels_ = recognition->labels;
    class_count_ = recognition->scores.size();
    top_list_->add(*recognition, secondsBetween(previous_frame_, frame));
    previous_frame_ = frame;
    search_->setLabels(labels_);
    search_->setScores(top_list_->ranking().scores());
    showChoice();
}

void SeePage::clear() {
    top_list_->clear();
    previous_frame_.reset();
    if (labels_) search_->setScores({});
    labels_.reset();
    recognition_.reset();
    choose(std::nullopt);
}

std::optional<std::size_t> SeePage::shownClass() const {
    return chosen_ ? chosen_ : top_list_->classAt(0);
}

void SeePage::choose(std::optional<std::size_t> class_index) {
    if (class_index && *class_index >= class_count_) return;
    const bool changed = class_index != chosen_;
    chosen_ = class_index;
    top_list_->setChosen(chosen_);
    search_->setChosen(chosen_);
    showChoice();
    if (changed) emit chosenClassChanged();
}

void SeePage::chooseRow(std::size_t row) {
    if (const auto index = top_list_->classAt(row)) choose(index);
}

void SeePage::showChoice() {
    const auto shown = shownClass();
    heat_map_->setClassName(shown ? labelText(labels_.get(), *shown) : QString(),
                            chosen_.has_value());
    if (recognition_ && shown) {
        heat_map_->setScales(windowSides(recognition_->mapsOf(*shown)),
                             !recognition_->labels->isTaught(*shown));
    }
    if (shown == shown_before_) return;
    shown_before_ = shown;
    emit shownClassChanged();
}

}  // namespace overfeat::ui
