// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <QWidget>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "engine/core/layer_maps.h"
#include "ui/view_models.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QPushButton;
class QSpinBox;

namespace overfeat::ui {

class LayerInspector;
class LayerTable;

// How densely windows lie after so many strides were taken out: every step halves their distance.
// "Coarse, as trained", "Grid x2", "Grid x4", ...
QString gridText(int fine_steps);

// The network that is running: what it is, what was assumed about it, how faithfully it slides over
// the picture, how it is asked, what its layers are, what they say and where its time goes.
class NetworkPage : public QWidget {
    Q_OBJECT
public:
    explicit NetworkPage(QWidget* parent = nullptr);

    void setModel(const ModelView& model);
    void setOptions(const Look& options);
    const Look& options() const { return options_; }
    // What "Reset to defaults" goes back to.
    void setDefaults(const Look& options) { defaults_ = options; }
    void setLayerTimings(const std::vector<LayerTimingView>& layers);
    // Of the layer that is looked into, for the newest result; null = none yet.
    void setLayerMaps(const std::shared_ptr<const LayerMaps>& maps);
    LayerInspector& inspector() { return *inspector_; }

signals:
    void optionsChanged(const overfeat::Look& options);
    void profileRequested();
    // What results should tell of a layer from now on; nothing = of none.
    void layerWanted(const std::optional<overfeat::LayerLook>& look);
    // Over the picture.
    void channelChosen(std::optional<std::size_t> channel);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* createFacts();
    QWidget* createOptions();
    QWidget* createLayers();
    void lookInto(const QString& layer);
    void scrollToLayers();
    void readControls();
    void showOptions();

    Look options_;
    Look defaults_;
    int fine_steps_available_ = 0;
    bool reveals_ = false;                 // a layer was opened, and its channels are still to come
    std::vector<LayerView> known_layers_;  // of the network, not measured

    QLabel* name_ = nullptr;
    QLabel* facts_ = nullptr;
    QLabel* fidelity_ = nullptr;
    QLabel* assumptions_ = nullptr;
    QLabel* card_ = nullptr;
    QComboBox* views_ = nullptr;
    QSpinBox* scales_ = nullptr;
    QDoubleSpinBox* smallest_ = nullptr;
    QDoubleSpinBox* largest_ = nullptr;
    QComboBox* stride_ = nullptr;
    QCheckBox* flip_ = nullptr;
    QLabel* total_ = nullptr;
    QPushButton* measure_ = nullptr;
    LayerTable* layers_ = nullptr;
    LayerInspector* inspector_ = nullptr;
};

}  // namespace overfeat::ui
