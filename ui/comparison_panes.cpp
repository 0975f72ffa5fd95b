// SPDX-License-Identifier: Apache-2.0
#include "ui/comparison_panes.h"

#include <QHBoxLayout>
#include <QPainter>

#include "ui/live_view.h"

namespace overfeat::ui {
namespace {

constexpr int kGap = 2;  // px between the two

}  // namespace

ComparisonPanes::ComparisonPanes(QWidget* parent) : QWidget(parent) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGap);
    for (LiveView*& pane : panes_) {
        pane = new LiveView(this);
        pane->setMinimumSize(120, 120);
        layout->addWidget(pane, 1);
    }
    for (std::size_t i = 0; i < panes_.size(); ++i) {
        connect(panes_[i], &LiveView::objectsChanged, this, [this, i] {
            if (changing_) return;
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
    // New objects are not somebody who looks at them: the side that is looked at stays.
    changing_ = true;
    for (std::size_t i = 0; i < panes_.size(); ++i) {
        const ComparedResult& result = comparison.results[i];
        panes_[i]->setAccessibleName(result.title);
        panes_[i]->setTitle(result.title, result.detail);
        // Of a result that is there already only the objects change, and the ballot stays open.
        if (!result.recognition || panes_[i]->recognition() != result.recognition.get()) {
            panes_[i]->setFrame(comparison.frame);
            panes_[i]->setRecognition(result.recognition, comparison.frame);
        }
        panes_[i]->setDetections(result.detections);
    }
    changing_ = false;
    emit objectsChanged();
}

void ComparisonPanes::clear() {
    for (LiveView* pane : panes_)
        pane->clear();
    looked_at_ = 0;
}

QImage ComparisonPanes::snapshot(bool with_overlay) const {
    QImage one = panes_[0]->snapshot(with_overlay);
    const QImage other = panes_[1]->snapshot(with_overlay);
    if (one.isNull() || other.isNull() || !with_overlay) return one;
    QImage both(one.width() + kGap + other.width(), one.height(), QImage::Format_RGB32);
    both.fill(Qt::black);
    QPainter painter(&both);
    painter.drawImage(0, 0, one);
    painter.drawImage(one.width() + kGap, 0, other);
    return both;
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

void ComparisonPanes::setNetworkWindow(int side_px) {
    for (LiveView* pane : panes_)
        pane->setNetworkWindow(side_px);
}

void ComparisonPanes::setClass(std::optional<std::size_t> class_index) {
    for (LiveView* pane : panes_)
        pane->setClass(class_index);
}

}  // namespace overfeat::ui
