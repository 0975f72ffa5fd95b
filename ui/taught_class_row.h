// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QImage>
#include <QWidget>
#include <functional>
#include <optional>

#include "ui/teach_models.h"

class QLabel;
class QLineEdit;

namespace overfeat::ui {

class Switch;
class TaughtCaptures;
class TeachRequests;
class ThresholdMeter;

// One taught class: thumbnail, name, captures, similarity now against its threshold, on or off.
// Unfolded, its captures; they have no widgets before.
//
// Of all rows only the current one can be reached with Tab: the list would be a long way otherwise.
class TaughtClassRow : public QWidget {
    Q_OBJECT
public:
    static int foldedHeight();
    // Says whether another class is called so; then it cannot be this one's name.
    using NameTaken = std::function<bool(const QString& name, const QString& class_id)>;

    TaughtClassRow(TeachRequests& requests, NameTaken name_taken, QWidget* parent);

    // `number`: 1 to 9 is shown as the key that adds a capture, others are not.
    void setClass(const TaughtClassView& view, int number, bool read_only);
    const TaughtClassView& view() const { return view_; }
    void setSimilarity(std::optional<double> similarity, bool accepted);
    void setCurrent(bool current);
    void setUnfolded(bool unfolded);
    bool isUnfolded() const { return unfolded_; }
    void rename();
    void cancelRename() { finishRename(false); }
    bool event(QEvent* event) override;

signals:
    void becameCurrent();
    void neighbourWanted(int rows);  // -1 or 1 away
    void menuWanted(const QPoint& at);
    void captureMenuWanted(const QStringList& ids, const QPoint& at);
    void colourMenuWanted(const QPoint& at);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QRect nameRect() const;
    QRect dotRect() const;
    QRect thumbnailRect() const;
    void createBody();
    void showBody();
    void showNames();
    void finishRename(bool keep);
    void drawThumbnail(QPainter& painter) const;
    QString summary() const;

    TeachRequests& requests_;
    NameTaken name_taken_;
    TaughtClassView view_;
    int number_ = 0;
    bool read_only_ = false;
    std::optional<double> similarity_;
    bool accepted_ = false;
    bool current_ = false;
    bool unfolded_ = false;

    ThresholdMeter* meter_ = nullptr;
    Switch* enabled_ = nullptr;
    QLineEdit* rename_ = nullptr;
    QWidget* body_ = nullptr;  // made when first unfolded
    QLabel* advice_ = nullptr;
    TaughtCaptures* captures_ = nullptr;
};

}  // namespace overfeat::ui
