// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <QWidget>
#include <cstddef>
#include <memory>
#include <optional>

#include "engine/core/layer_maps.h"

class QLabel;
class QToolButton;

namespace overfeat::ui {

class LayerMosaic;

// One layer from the inside: a page of its channels for the frame on the screen, and the one that
// lies over the picture.
//
// Says what it needs to know (wanted) only while somebody sees the page, or a channel over the
// picture: nothing is computed for nobody.
class LayerInspector : public QWidget {
    Q_OBJECT
public:
    explicit LayerInspector(QWidget* parent = nullptr);

    // Looks into a layer, by the name of what it computes; empty = none.
    void setLayer(const QString& name);
    const QString& layer() const { return name_; }
    // What the network says; of other layers than this one it is not shown.
    void setMaps(const std::shared_ptr<const LayerMaps>& maps);
    // Shown over the picture.
    void setChannel(std::optional<std::size_t> channel);
    // Takes the one that lies over the picture away. False if there is none.
    bool letGo();
    // From the first channel again: the layer is another network's of the same name.
    void startAnew();
    LayerMosaic& mosaic() { return *mosaic_; }

signals:
    void wanted(const std::optional<overfeat::LayerLook>& look);
    void channelChosen(std::optional<std::size_t> channel);
    void closed();

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void ask();
    void turnPage(int pages);
    void showWords();

    QString name_;
    std::size_t first_channel_ = 0;
    std::size_t page_ = LayerMaps::kMostChannels;  // how many channels are told at once
    std::optional<LayerLook> asked_;
    std::shared_ptr<const LayerMaps> maps_;
    QString pointed_at_;

    QLabel* title_ = nullptr;
    QLabel* words_ = nullptr;
    QLabel* value_ = nullptr;
    QToolButton* previous_ = nullptr;
    QToolButton* next_ = nullptr;
    LayerMosaic* mosaic_ = nullptr;
};

}  // namespace overfeat::ui
