// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

namespace overfeat::ui {

// What to do while nothing has been taught: a sketch of it and two lines.
class TeachSketch : public QWidget {
    Q_OBJECT
public:
    explicit TeachSketch(QWidget* parent = nullptr);
    QSize sizeHint() const override { return {240, 240}; }

protected:
    void paintEvent(QPaintEvent* event) override;
};

}  // namespace overfeat::ui
