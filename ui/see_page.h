// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>
#include <memory>
#include <optional>

#include "engine/core/image.h"
#include "engine/core/recognition.h"

namespace overfeat::ui {

class ClassSearch;
class HeatMapControls;
class TopList;

// What is in the picture: best classes, search among all, and the heat map's controls. Knows which
// class a person chose and which one is shown.
class SeePage : public QWidget {
    Q_OBJECT
public:
    explicit SeePage(QWidget* parent = nullptr);

    void setRecognition(const std::shared_ptr<const Recognition>& recognition,
                        const FramePtr& frame);
    void clear();

    // What a person chose; nothing = follow the best.
    std::optional<std::size_t> chosenClass() const { return chosen_; }
    // Whose heat map to show: the chosen one or the best; nothing before the first result.
    std::optional<std::size_t> shownClass() const;
    void choose(std::optional<std::size_t> class_index);
    void chooseRow(std::size_t row);

    TopList& topList() { return *top_list_; }
    const TopList& topList() const { return *top_list_; }
    ClassSearch& search() { return *search_; }
    HeatMapControls& heatMap() { return *heat_map_; }
    const HeatMapControls& heatMap() const { return *heat_map_; }

signals:
    void shownClassChanged();
    void chosenClassChanged();

private:
    void showChoice();

    TopList* top_list_ = nullptr;
    ClassSearch* search_ = nullptr;
    HeatMapControls* heat_map_ = nullptr;
    std::shared_ptr<const LabelSet> labels_;
    std::shared_ptr<const Recognition> recognition_;  // the newest
    std::size_t class_count_ = 0;
    FramePtr previous_frame_;
    std::optional<std::size_t> chosen_;
    std::optional<std::size_t> shown_before_;
};

}  // namespace overfeat::ui
