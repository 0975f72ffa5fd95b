// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>
#include <memory>
#include <optional>

#include "engine/core/recognition.h"
#include "ui/ranked_scores.h"

class QCheckBox;
class QLabel;
class QListView;

namespace overfeat::ui {

class TopModel;

// The five best classes: colour, name, bar, number, history. Clicking one (or Return) asks for its
// heat map. Where the first is not sure all of them look so. Announces a new first class to screen
// readers, at most every two seconds.
class TopList : public QWidget {
    Q_OBJECT
public:
    static constexpr std::size_t kRows = 5;
    // Below this the first class is more often wrong than right (README).
    static constexpr float kSureScore = 0.3F;
    explicit TopList(QWidget* parent = nullptr);
    ~TopList() override;

    void add(const Recognition& recognition, double elapsed_s);
    void clear();
    void setChosen(std::optional<std::size_t> class_index);
    void setSmooth(bool smooth);
    bool isSmooth() const;

    // The class in a row, from 0; nothing if there is none.
    std::optional<std::size_t> classAt(std::size_t row) const;
    // Of every class, as steadied.
    const RankedScores& ranking() const { return ranking_; }

signals:
    void classSelected(std::size_t class_index);
    void smoothChanged(bool smooth);

private:
    void choose(int row);
    void showSureness();
    void announce();

    RankedScores ranking_;
    TopModel* model_ = nullptr;
    QListView* view_ = nullptr;
    QCheckBox* smooth_ = nullptr;
    QLabel* title_ = nullptr;
    QLabel* waiting_ = nullptr;
    std::optional<std::size_t> announced_;
    qint64 announced_at_ms_ = 0;
    bool unsure_ = false;
};

}  // namespace overfeat::ui
