// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <QWidget>
#include <array>
#include <memory>
#include <optional>

#include "engine/core/image.h"
#include "engine/core/recognition.h"
#include "ui/view_models.h"

namespace overfeat::ui {

class LiveView;

// One result of the frozen frame, what it is called ("Vote") and its numbers in a few words.
struct ComparedResult {
    QString title;
    QString detail;
    std::shared_ptr<const Recognition> recognition;  // null = not there yet
    std::shared_ptr<const Detections> detections;    // null = the recognition's own
};

struct Comparison {
    FramePtr frame;
    std::array<ComparedResult, 2> results;
};

// Two results of one frame side by side, magnified and moved together. Each is looked at like the
// live picture: its objects under the pointer, its ballots, its probe.
class ComparisonPanes : public QWidget {
    Q_OBJECT
public:
    explicit ComparisonPanes(QWidget* parent = nullptr);

    void setComparison(const Comparison& comparison);
    void clear();
    void setHeatMapOptions(const HeatMapOptions& options);
    void setBoxLayers(const BoxLayers& layers);
    void setNetworkWindow(int side_px);
    void setClass(std::optional<std::size_t> class_index);
    void setDropHint(bool on);
    // Both beside each other, each in the picture's own size; without overlays one is enough.
    QImage snapshot(bool with_overlay) const;
    LiveView& pane(std::size_t index) { return *panes_.at(index); }
    // The one whose objects were looked at last.
    LiveView& lookedAt() { return *panes_.at(looked_at_); }

signals:
    void objectsChanged();
    void ballotOpened();

private:
    std::array<LiveView*, 2> panes_{};
    std::size_t looked_at_ = 0;
    bool changing_ = false;
};

}  // namespace overfeat::ui
