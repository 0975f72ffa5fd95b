// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QAbstractSlider>
#include <QColor>
#include <QTimer>
#include <optional>

namespace overfeat::ui {

// How similar the picture is to a class now, with the threshold as a handle on the same scale. The
// mouse pulls the handle, arrow keys move it; a double click or `A` makes it automatic again. A
// change is told once it is complete: when the mouse lets go, or shortly after the last key.
class ThresholdMeter : public QAbstractSlider {
    Q_OBJECT
public:
    explicit ThresholdMeter(QWidget* parent = nullptr);

    // Not while a person is moving it. Both 0..1.
    void setThreshold(double threshold, bool automatic);
    double threshold() const;
    void setSimilarity(std::optional<double> similarity, bool accepted);
    void setColour(const QColor& colour);
    QSize sizeHint() const override { return {120, 20}; }
    QSize minimumSizeHint() const override { return {40, 20}; }

signals:
    void thresholdChosen(double threshold);
    void automaticWanted();

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    QRectF track() const;
    double xOf(double value) const;
    int valueAt(double x) const;
    void wantAutomatic();
    void tell();

    std::optional<double> similarity_;
    bool accepted_ = false;
    bool automatic_ = true;
    QColor colour_;
    int value_when_pressed_ = 0;
    QTimer key_pause_;
};

}  // namespace overfeat::ui
