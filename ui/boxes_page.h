// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <QWidget>
#include <functional>
#include <optional>
#include <vector>

#include "engine/core/recognition.h"
#include "ui/view_models.h"

class QCheckBox;
class QComboBox;
class QGridLayout;
class QLabel;
class QSlider;
class QSpinBox;

namespace overfeat::ui {

class ObjectsList;

// The objects found, what of them is drawn, and how windows become objects. Every control acts at
// once; none of those under "How windows become objects" runs the network again.
class BoxesPage : public QWidget {
    Q_OBJECT
public:
    explicit BoxesPage(QWidget* parent = nullptr);

    // The result and its objects; null = none. Says why there are none.
    void setResult(const Recognition* recognition, const Detections* detections,
                   std::optional<std::size_t> current, std::optional<std::size_t> ballot);
    void setModel(const ModelView& model);
    void setOptions(const Look& options);
    void setDetectionOptions(const DetectionOptions& options);
    const DetectionOptions& detectionOptions() const { return detection_; }
    void setLayers(const BoxLayers& layers);
    const BoxLayers& layers() const { return layers_; }
    void setHeatMapVisible(bool visible);
    void setComparison(ComparisonChoice choice);
    ComparisonChoice comparison() const;
    // The next one that this network has; at the end none.
    ComparisonChoice nextComparison() const;
    void setBudget(const BudgetView& budget);
    // What "Reset to defaults" goes back to.
    void setDefaults(const Look& look, double floor_fps);
    // The next way of merging and the next finer stride, after the last one the first; as chosen.
    void nextMerging();
    void nextStride();
    ObjectsList& list() { return *list_; }

signals:
    void detectionOptionsChanged(const overfeat::DetectionOptions& options);
    void optionsChanged(const overfeat::Look& options);
    void layersChanged(const overfeat::ui::BoxLayers& layers);
    void heatMapToggled(bool visible);
    void comparisonRequested(overfeat::ui::ComparisonChoice choice);
    void frameRateFloorChanged(double fps);

private:
    // A value with its slider and number: shown as value * 100 in steps of one.
    struct Threshold {
        QLabel* label = nullptr;
        QSlider* slider = nullptr;
        QLabel* number = nullptr;
        double DetectionOptions::*value = nullptr;
        bool percent = true;
    };

    QWidget* createLayers();
    QWidget* createMerging();
    QWidget* createLooking();
    void addThreshold(QGridLayout& grid, const QString& name, const QString& help,
                      const Range<double>& limits, double DetectionOptions::*value, bool percent);
    void changeDetection();
    void changeLooking();
    void showDetection();
    void showLooking();
    void showComparisons();
    void showPossible();
    void reset();
    QString whyNoBoxes() const;
    QString reasonFor(const Recognition* recognition, const Detections* detections) const;

    ObjectsList* list_ = nullptr;
    QCheckBox* objects_layer_ = nullptr;
    QCheckBox* raw_layer_ = nullptr;
    QCheckBox* grid_layer_ = nullptr;
    QCheckBox* groups_ = nullptr;
    QCheckBox* heat_map_ = nullptr;
    QComboBox* merge_ = nullptr;
    std::vector<Threshold> thresholds_;
    QCheckBox* steady_ = nullptr;
    QComboBox* comparison_ = nullptr;
    QComboBox* stride_ = nullptr;
    QSpinBox* scales_ = nullptr;
    QSpinBox* floor_ = nullptr;
    QLabel* budget_ = nullptr;

    BoxLayers layers_;
    DetectionOptions detection_;
    Look looking_;
    Look default_looking_;
    double default_floor_fps_ = 0;
    int fine_steps_available_ = 0;
    bool has_model_ = false;
    bool has_boxes_ = true;
};

}  // namespace overfeat::ui
