// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSlider>
#include <QTimer>

namespace overfeat::ui {

// The length of a video with the place that is shown. A click goes there, pulling shows what is
// passed, hovering tells the time; with the keyboard arrows go by 5 s, Page Up and Down by a
// minute, Home and End to the ends.
class TimeLine : public QSlider {
    Q_OBJECT
public:
    explicit TimeLine(QWidget* parent = nullptr);

    void setDuration(double seconds);
    // Where the video is. The place a person has asked for stays until the video has come there.
    void setTime(double seconds);
    double shownTime() const;
    double duration() const;
    // For keys that work in the whole window; both end at the line's ends.
    void goTo(double seconds);
    void goBy(double seconds) { goTo(shownTime() + seconds); }

signals:
    void seekRequested(double seconds);
    void shownTimeChanged();

protected:
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void ask();
    double timeAt(double x) const;

    QTimer ask_timer_;  // while pulling, not more often than this
    QTimer patience_;   // with a video that does not come to the place asked for
    bool has_asked_ = false;
};

}  // namespace overfeat::ui
