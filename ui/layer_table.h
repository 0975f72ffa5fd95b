// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTreeView>
#include <vector>

#include "ui/view_models.h"

namespace overfeat::ui {

class LayerModel;

// What each layer costs: name, operation, milliseconds with a bar, in the order they run; a click
// on a column sorts.
class LayerTable : public QTreeView {
    Q_OBJECT
public:
    enum Column { kNode, kOperation, kTime, kColumnCount };
    explicit LayerTable(QWidget* parent = nullptr);
    ~LayerTable() override;

    void setLayers(std::vector<LayerTimingView> layers);
    double total_ms() const;

private:
    LayerModel* layers_ = nullptr;
};

}  // namespace overfeat::ui
