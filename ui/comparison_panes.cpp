// SPDX-License-Identifier: Apache-2.0
#include "ui/comparison_panes.h"

#include <QHBoxLayout>

#include "ui/live_view.h"

namespace overfeat::ui {

ComparisonPanes::ComparisonPanes(QWidget* parent) : QWidget(parent) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    for (LiveView*& pane : panes_) {
        pane = new LiveView(this);
        pane->setMinimumSize(120, 120);
        layout->addWidget(pane, 1);
    }
    for (std::size_t i = 0; i < panes_.size(); ++i) {
        connect(panes_[i], &LiveView::objectsChanged, this, [this, i] {
            const LiveObjects& objects = panes_[i]->objects();
            if (objects.current() || objects.ballot()) looked_at_ = i;
            if (looked_at_ == i) emit objectsChanged();
        });
        connect(panes_[i], &LiveView::probeChanged, this, [this, i] {
            if (!panes_[i]->probe() || looked_at_ == i) return;
            looked_at_ = i;
            emit objectsChanged();
        });
        connect(panes_[i], &LiveView::ballotOpened, this, &ComparisonPanes::ballotOpened);
    }
    connect(panes_[0], &LiveView::zoomChanged, panes_[1], &LiveView::setZoom);
    connect(panes_[1], &LiveView::zoomChanged, panes_[0], &LiveView::setZoom);
}

void ComparisonPanes::setComparison(const Comparison& comparison) {
    for (std::size_t i = 0; i < panes_.size(); ++i) {
        const ComparedResult& result = comparison.results[i];
        panes_[i]->setAccessibleName(result.title);
        panes_[i]->setTitle(result.title, result.detail);
        panes_[i]->setFrame(comparison.frame);
        panes_[i]->setRecognition(result.recognition, comparison.frame);
        panes_[i]->setDetections(result.detections);
    }
}

void ComparisonPanes::clear() {
    for (LiveView* pane : panes_)
        pane->clear();
    looked_at_ = 0;
}

void ComparisonPanes::setDropHint(bool on) {
    for (LiveView* pane : panes_)
        pane->setDropHint(on);
}

void ComparisonPanes::setHeatMapOptions(const HeatMapOptions& options) {
    for (LiveView* pane : panes_)
        pane->setHeatMapOptions(options);
}

void ComparisonPanes::setBoxLayers(const BoxLayers& layers) {
    for (LiveView* pane : panes_)
        pane->setBoxLayers(layers);
}

void ComparisonPanes::setClass(std::optional<std::size_t> class_index) {
    for (LiveView* pane : panes_)
        pane->setClass(class_index);
}

}  // namespace overfeat::ui
