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

// One result of the frozen frame, and what it is called ("Vote").
struct ComparedResult {
    QString title;
    std::shared_ptr<const Recognition> recognition;
    std::shared_ptr<const Detections> detections;  // null = the recognition's own
};

struct Comparison {
    FramePtr frame;
    std::array<ComparedResult, 2> results;
};

// Two results of one frame side by side, magnified and moved together.
class ComparisonPanes : public QWidget {
    Q_OBJECT
public:
    explicit ComparisonPanes(QWidget* parent = nullptr);

    void setComparison(const Comparison& comparison);
    void clear();
    void setHeatMapOptions(const HeatMapOptions& options);
    void setBoxLayers(const BoxLayers& layers);
    void setClass(std::optional<std::size_t> class_index);
    LiveView& pane(std::size_t index) { return *panes_.at(index); }

private:
    std::array<LiveView*, 2> panes_{};
};

}  // namespace overfeat::ui
