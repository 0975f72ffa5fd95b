// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

#include "ui/view_models.h"

class QLabel;

namespace overfeat::ui {

// "1 finer grid, 2 scales"; empty if nothing is left out.
QString leftOutText(const BudgetView& budget);

// The line at the bottom: what the source does, then camera and network rate, latency from capture
// to screen, dropped frames, what is left out to keep up, and the device with its reason as tool
// tip. Every number has its own place, so that nothing moves when digits change.
class StatusStrip : public QWidget {
    Q_OBJECT
public:
    explicit StatusStrip(QWidget* parent = nullptr);

    void setSource(const SourceStatusView& status);
    // `screen_latency_ms` is measured by the view; 0 = not yet.
    void setNetwork(const NetworkStatusView& status, double screen_latency_ms);
    void setBudget(const BudgetView& budget);
    void setDevice(const DeviceView& device);
    void setRecording(const RecordingView& recording);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QLabel* addField(const QString& widest, const QString& name);
    void showWhatFits();

    DeviceView device_view_;
    QLabel* source_ = nullptr;
    QLabel* recording_ = nullptr;
    QLabel* left_out_ = nullptr;
    QLabel* source_fps_ = nullptr;
    QLabel* network_fps_ = nullptr;
    QLabel* latency_ = nullptr;
    QLabel* dropped_ = nullptr;
    QLabel* device_ = nullptr;
};

}  // namespace overfeat::ui
