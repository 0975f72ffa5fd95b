// SPDX-License-Identifier: Apache-2.0
#include "ui/top_list.h"

#include <QAbstractListModel>
#include <QAccessible>
#include <QCheckBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QListView>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <span>

#include "ui/class_row.h"
#include "ui/live_marks.h"
#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {

// Rows are replaced in place: no row is ever inserted or removed while there are results, so that
// the view keeps its focus and a screen reader its place.
class TopModel : public QAbstractListModel {
public:
    explicit TopModel(const RankedScores& ranking, QObject* parent)
        : QAbstractListModel(parent), ranking_(ranking) {}

    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : rows_;
    }

    QVariant data(const QModelIndex& index, int role) const override {
        const auto row = static_cast<std::size_t>(index.row());
        if (!index.isValid() || row >= ranking_.rows().size()) return {};
        const ScoredClass& entry = ranking_.rows()[row];
        switch (role) {
            case Qt::DisplayRole:
                return labelText(labels_.get(), entry.index);
            case Qt::AccessibleTextRole:
                return QStringLiteral("%1, %2").arg(labelText(labels_.get(), entry.index),
                                                    percentText(entry.score));
            case kClassColourRole:
                return labelColour(labels_.get(), entry.index);
            case kScoreRole:
                return entry.score;
            case kHistoryRole: {
                const auto values = ranking_.history(entry.index);
                return QVariant::fromValue(QList<float>(values.begin(), values.end()));
            }
            case kChosenRole:
                return chosen_ == entry.index;
            case kUnsureRole:
                return unsure_;
            default:
                return {};
        }
    }

    void refresh(std::shared_ptr<const LabelSet> labels) {
        labels_ = std::move(labels);
        const auto rows = static_cast<int>(ranking_.rows().size());
        if (rows != rows_) {
            beginResetModel();
            rows_ = rows;
            endResetModel();
        } else if (rows > 0) {
            emit dataChanged(index(0), index(rows - 1));
        }
    }

    void setChosen(std::optional<std::size_t> class_index) {
        chosen_ = class_index;
        if (rows_ > 0) emit dataChanged(index(0), index(rows_ - 1), {kChosenRole});
    }

    // Shown by the next refresh().
    void setUnsure(bool unsure) { unsure_ = unsure; }

private:
    const RankedScores& ranking_;
    std::shared_ptr<const LabelSet> labels_;
    std::optional<std::size_t> chosen_;
    bool unsure_ = false;
    int rows_ = 0;
};

TopList::TopList(QWidget* parent) : QWidget(parent), ranking_(kRows) {
    model_ = new TopModel(ranking_, this);
    view_ = new QListView(this);
    view_->setModel(model_);
    auto* delegate = new ClassRowDelegate(ClassRowDelegate::Height::kTall, this);
    view_->setItemDelegate(delegate);
    view_->setAccessibleName(tr("Best classes"));
    view_->setToolTip(tr("Click a class to see where it is seen. Keys 1 to 5 do the same."));
    makePlainList(*view_);
    view_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    const int row = delegate->sizeHint({}, {}).height();
    view_->setFixedHeight(row * static_cast<int>(kRows));

    smooth_ = new QCheckBox(tr("Smooth"), this);
    smooth_->setChecked(true);
    smooth_->setToolTip(
        tr("Smooths scores and order over about half a second. Off: every result as it comes."));

    waiting_ = new QLabel(tr("No results yet."), view_);
    waiting_->setTextFormat(Qt::PlainText);
    waiting_->setForegroundRole(QPalette::PlaceholderText);
    waiting_->move(spacing::kMedium, spacing::kMedium);

    auto* header = new QHBoxLayout;
    title_ = sectionTitle({}, this);
    showSureness();
    header->addWidget(title_);
    header->addStretch();
    header->addWidget(smooth_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kTight);
    layout->addLayout(header);
    layout->addWidget(view_);

    connect(view_, &QListView::clicked, this, [this](const QModelIndex& i) { choose(i.row()); });
    connect(view_, &QListView::activated, this, [this](const QModelIndex& i) {
        // A mouse click has been handled; this is Return.
        if (view_->hasFocus()) choose(i.row());
    });
    connect(smooth_, &QCheckBox::toggled, this, [this](bool on) {
        ranking_.setSmooth(on);
        emit smoothChanged(on);
    });
}

TopList::~TopList() = default;

void TopList::add(const Recognition& recognition, double elapsed_s) {
    ranking_.add(recognition.scores, recognition.labels, elapsed_s);
    showSureness();
    model_->refresh(recognition.labels);
    waiting_->hide();
    announce();
}

void TopList::clear() {
    ranking_.reset();
    showSureness();
    model_->refresh(nullptr);
    waiting_->show();
    announced_.reset();
}

void TopList::setChosen(std::optional<std::size_t> class_index) {
    model_->setChosen(class_index);
}

void TopList::setSmooth(bool smooth) {
    const QSignalBlocker quiet(smooth_);
    smooth_->setChecked(smooth);
    ranking_.setSmooth(smooth);
}

bool TopList::isSmooth() const {
    return ranking_.isSmooth();
}

std::optional<std::size_t> TopList::classAt(std::size_t row) const {
    if (row >= ranking_.rows().size()) return std::nullopt;
    return ranking_.rows()[row].index;
}

void TopList::choose(int row) {
    if (const auto index = classAt(static_cast<std::size_t>(row))) emit classSelected(*index);
}

// A guess must not look like an answer.
void TopList::showSureness() {
    const auto rows = std::span(ranking_.rows());
    const float best = rows.empty() ? 1.0F : rows.front().score;
    constexpr float kBackAgain = 1.1F;  // of what is needed, or it would flicker
    unsure_ = best < kSureScore * (unsure_ ? kBackAgain : 1.0F);
    title_->setText(unsure_ ? tr("What it may see (not sure)") : tr("What it sees"));
    model_->setUnsure(unsure_);
}

void TopList::announce() {
    constexpr qint64 kInterval_ms = 2000;
    const auto best = classAt(0);
    const qint64 now_ms = QDateTime::currentMSecsSinceEpoch();
    if (!best || best == announced_ || now_ms - announced_at_ms_ < kInterval_ms) return;
    announced_ = best;
    announced_at_ms_ = now_ms;
    view_->setAccessibleDescription(
        (unsure_ ? tr("It is not sure. It may see: %1") : tr("It sees: %1"))
            .arg(model_->index(0).data(Qt::DisplayRole).toString()));
    QAccessibleEvent event(view_, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
}

}  // namespace overfeat::ui
