// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <span>

#include "engine/core/label_set.h"

class QLabel;
class QLineEdit;
class QListView;
class QSortFilterProxyModel;

namespace overfeat::ui {

class ClassModel;

// All classes of the network with their scores, in alphabetical order, filtered by what is typed
// (part of the label or the start of the id). Return takes the first hit, Down goes to the list,
// Escape empties the field.
class ClassSearch : public QWidget {
    Q_OBJECT
public:
    explicit ClassSearch(QWidget* parent = nullptr);
    ~ClassSearch() override;

    // Cheap if `labels` are the ones already shown.
    void setLabels(const std::shared_ptr<const LabelSet>& labels);
    void setScores(std::span<const float> scores);
    void setChosen(std::optional<std::size_t> class_index);
    void focusField();
    int hitCount() const;

signals:
    void classSelected(std::size_t class_index);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void choose(int row);
    void updateHits();

    ClassModel* model_ = nullptr;
    QSortFilterProxyModel* filter_ = nullptr;
    QLineEdit* field_ = nullptr;
    QLabel* hits_ = nullptr;
    QListView* view_ = nullptr;
};

}  // namespace overfeat::ui
