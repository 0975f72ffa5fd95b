// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTreeView>
#include <vector>

#include "ui/view_models.h"

namespace overfeat::ui {

class LayerModel;

// The layers in the order they run: name, operation, shape of what they compute, milliseconds with
// a bar where they have been measured. A click on a column's title sorts; a row can be chosen.
class LayerTable : public QTreeView {
    Q_OBJECT
public:
    enum Column { kName, kOperation, kShape, kTime, kColumnCount };
    explicit LayerTable(QWidget* parent = nullptr);
    ~LayerTable() override;

    void setLayers(std::vector<LayerView> layers);
    double total_ms() const;
    // The row of that name is the chosen one; empty = none.
    void choose(const QString& name);

signals:
    // What the chosen layer computes; empty if the file has no name for it.
    void layerChosen(const QString& name);

private:
    LayerModel* layers_ = nullptr;
    bool quiet_ = false;  // nobody has chosen what changes
};

}  // namespace overfeat::ui
