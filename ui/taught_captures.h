// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QListView>
#include <QStringList>
#include <vector>

#include "ui/teach_models.h"

namespace overfeat::ui {

class CaptureModel;

// The captures of one class as a grid of thumbnails; those that something is wrong with are marked.
// As high as its rows, at most kRows: then it scrolls.
class TaughtCaptures : public QListView {
    Q_OBJECT
public:
    static constexpr int kCell = 58;
    static constexpr int kRows = 3;
    explicit TaughtCaptures(QWidget* parent = nullptr);
    ~TaughtCaptures() override;

    // What was selected stays so.
    void setCaptures(const std::vector<TaughtCaptureView>& captures);
    QStringList selectedIds() const;

signals:
    void deleteWanted(const QStringList& ids);
    void menuWanted(const QStringList& ids, const QPoint& at);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void fitHeight();

    CaptureModel* model_ = nullptr;
};

}  // namespace overfeat::ui
