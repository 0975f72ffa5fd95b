// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

#include "ui/view_models.h"

class QComboBox;
class QLabel;
class QToolButton;

namespace overfeat::ui {

class TimeLine;

// Under the picture: where a video is, and going elsewhere in it; in a folder, which picture it is,
// and the one before and after. Not there for cameras, streams and single pictures.
class PlayerBar : public QWidget {
    Q_OBJECT
public:
    explicit PlayerBar(QWidget* parent = nullptr);

    void setSourceStatus(const SourceStatusView& status);
    // What the keys of the window do; nothing where it cannot be done.
    void goToStart();
    void goToEnd();
    void goBy(double seconds);
    void changeSpeed(int steps);  // up or down the list
    void resetSpeed();

signals:
    void seekRequested(double media_time_s);
    void stepBackRequested();
    void stepRequested();
    void speedChanged(double factor);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QToolButton* addButton(const QString& name, const QString& tip);
    void showPlace();
    void takeSpeed(int row);

    SourceStatusView status_;
    QToolButton* back_ = nullptr;
    QToolButton* next_ = nullptr;
    TimeLine* line_ = nullptr;
    QLabel* place_ = nullptr;
    QComboBox* speed_ = nullptr;
};

}  // namespace overfeat::ui
