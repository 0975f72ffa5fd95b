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
class QPushButton;

namespace overfeat::ui {

class ClassModel;

// All classes of the network but the background, the best first, filtered by what is typed: part of
// the label or the id, in any case. Return takes the best, Down goes to the list, Escape empties
// the field. Where nothing is called so, the list says so and offers to teach it (Return as well).
//
// The order is that of the scores, equal ones by name. It follows them when something is typed and
// when a class is clearly better than the one above it, but never under the pointer or the
// keyboard: a person would take the wrong row.
class ClassSearch : public QWidget {
    Q_OBJECT
public:
    explicit ClassSearch(QWidget* parent = nullptr);
    ~ClassSearch() override;

    // Cheap if `labels` are the ones already shown.
    void setLabels(const std::shared_ptr<const LabelSet>& labels);
    // One for each label.
    void setScores(std::span<const float> scores);
    void setChosen(std::optional<std::size_t> class_index);
    void focusField();
    int hitCount() const;

signals:
    void classSelected(std::size_t class_index);
    void teachWanted(const QString& name);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void choose(int row);
    void chooseBest();
    void showHits();
    bool isLookedAt() const;
    QString wantedName() const;

    ClassModel* model_ = nullptr;
    QLineEdit* field_ = nullptr;
    QLabel* hits_ = nullptr;
    QListView* view_ = nullptr;
    QLabel* nothing_ = nullptr;
    QPushButton* teach_ = nullptr;
};

}  // namespace overfeat::ui
