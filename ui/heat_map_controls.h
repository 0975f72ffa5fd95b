// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

#include "ui/view_models.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QSlider;
class QToolButton;

namespace overfeat::ui {

// How the heat map is drawn, and whose it is.
class HeatMapControls : public QWidget {
    Q_OBJECT
public:
    explicit HeatMapControls(QWidget* parent = nullptr);

    const HeatMapOptions& options() const { return options_; }
    void setOptions(const HeatMapOptions& options);
    // Window sides in picture pixels, one for each map of the class, in their order; none for views
    // that have no maps. What was taught answers on one scale, so its mean is no choice.
    void setScales(const std::vector<int>& window_sides_px, bool has_mean);
    // `fixed` = a person chose it; otherwise it follows the best class.
    void setClassName(const QString& name, bool fixed);
    void changeOpacity(double by);

signals:
    void optionsChanged(const overfeat::ui::HeatMapOptions& options);
    void followBestWanted();
    void resetWanted();

private:
    void readControls();
    void readScale();
    void showOptions();

    HeatMapOptions options_;
    std::vector<int> sides_px_;
    bool has_mean_ = true;
    QCheckBox* visible_ = nullptr;
    QLabel* class_name_ = nullptr;
    QToolButton* follow_ = nullptr;
    QSlider* opacity_ = nullptr;
    QLabel* opacity_value_ = nullptr;
    QComboBox* scale_ = nullptr;
    QCheckBox* full_range_ = nullptr;
    QCheckBox* analysed_ = nullptr;
    QLabel* unavailable_ = nullptr;
};

}  // namespace overfeat::ui
