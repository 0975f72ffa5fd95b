// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QCheckBox>

namespace overfeat::ui {

// A check box that looks like a switch: something goes on or off at once.
class Switch : public QCheckBox {
    Q_OBJECT
public:
    explicit Switch(const QString& text, QWidget* parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool hitButton(const QPoint& point) const override { return rect().contains(point); }
};

}  // namespace overfeat::ui
