// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <QWidget>

#include "ui/models_dialog.h"

class QCheckBox;
class QLabel;
class QProgressBar;
class QPushButton;

namespace overfeat::ui {

// A model in the list: a tick, its facts, and what can be done with it.
class ModelRow : public QWidget {
    Q_OBJECT
public:
    explicit ModelRow(QWidget* parent = nullptr);

    void setView(const ModelRowView& view);
    // Below 0: it is not being fetched. `busy`: another one is, and one at a time can be.
    void setProgress(int percent, const QString& words, bool busy);
    bool isTicked() const;
    void setTicked(bool ticked);

signals:
    void ticked();
    void fetchWanted();
    void cancelWanted();
    void removeWanted();

private:
    void showState();

    ModelRowView view_;
    int percent_ = -1;
    QString words_;
    bool busy_ = false;
    QCheckBox* tick_ = nullptr;
    QLabel* facts_ = nullptr;
    QProgressBar* progress_ = nullptr;
    QPushButton* action_ = nullptr;
};

}  // namespace overfeat::ui
