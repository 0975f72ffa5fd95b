// SPDX-License-Identifier: Apache-2.0
#include "ui/class_search.h"

#include <QAbstractListModel>
#include <QAction>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QSortFilterProxyModel>
#include <QVBoxLayout>
#include <utility>
#include <vector>

#include "ui/class_row.h"
#include "ui/icons.h"
#include "ui/live_marks.h"
#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr int kSearchTextRole = Qt::UserRole + 100;

// As many rows as fit; half a row at the lower edge would look like a mistake.
class WholeRows : public QListView {
public:
    using QListView::QListView;

protected:
    void resizeEvent(QResizeEvent* event) override {
        const int row = sizeHintForRow(0);
        setViewportMargins(0, 0, 0, row > 0 ? height() % row : 0);
        QListView::resizeEvent(event);
    }
};

}  // namespace

class ClassModel : public QAbstractListModel {
public:
    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() || !labels_ ? 0 : static_cast<int>(labels_->size());
    }

    QVariant data(const QModelIndex& index, int role) const override {
        if (!index.isValid() || !labels_) return {};
        const auto row = static_cast<std::size_t>(index.row());
        const float score = row < scores_.size() ? scores_[row] : 0.0F;
        switch (role) {
            case Qt::DisplayRole:
                return labelText(labels_.get(), row);
            case Qt::AccessibleTextRole:
                return QStringLiteral("%1, %2").arg(labelText(labels_.get(), row),
                                                    percentText(score));
            case Qt::ToolTipRole:
                return QString::fromStdString((*labels_)[row].id);
            case kSearchTextRole:
                return labelText(labels_.get(), row) + QLatin1Char('\n') +
                       QString::fromStdString((*labels_)[row].id);
            case kClassIndexRole:
                return QVariant::fromValue<qulonglong>(row);
            case kScoreRole:
                return score;
            case kChosenRole:
                return chosen_ == row;
            default:
                return {};
        }
    }

    bool setLabels(const std::shared_ptr<const LabelSet>& labels) {
        if (labels == labels_) return false;
        beginResetModel();
        labels_ = labels;
        scores_.clear();
        endResetModel();
        return true;
    }

    void setScores(std::span<const float> scores) {
        scores_.assign(scores.begin(), scores.end());
        changed(kScoreRole);
    }

    void setChosen(std::optional<std::size_t> class_index) {
        chosen_ = class_index;
        changed(kChosenRole);
    }

private:
    void changed(int role) {
        if (const int rows = rowCount(); rows > 0) {
            emit dataChanged(index(0), index(rows - 1), {role});
        }
    }

    std::shared_ptr<const LabelSet> labels_;
    std::vector<float> scores_;
    std::optional<std::size_t> chosen_;
};

ClassSearch::ClassSearch(QWidget* parent) : QWidget(parent) {
    model_ = new ClassModel(this);
    filter_ = new QSortFilterProxyModel(this);
    filter_->setSourceModel(model_);
    filter_->setFilterRole(kSearchTextRole);
    filter_->setFilterCaseSensitivity(Qt::CaseInsensitive);
    filter_->setSortCaseSensitivity(Qt::CaseInsensitive);
    filter_->setSortLocaleAware(true);
    // Sorted once per label set by sort(0); scores change ten times a second and sort nothing.
    filter_->setDynamicSortFilter(false);

    field_ = new QLineEdit(this);
    field_->setPlaceholderText(tr("Search all classes"));
    field_->setClearButtonEnabled(true);
    field_->setAccessibleName(tr("Search all classes"));
    field_->addAction(icon(Icon::kSearch), QLineEdit::LeadingPosition);
    field_->setMaxLength(200);
    field_->installEventFilter(this);

    hits_ = remark({}, this);
    hits_->setWordWrap(false);
    hits_->setMinimumWidth(
        hits_->fontMetrics().horizontalAdvance(tr("%1 of %2").arg(99999).arg(99999)));
    hits_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);

    view_ = new WholeRows(this);
    view_->setModel(filter_);
    view_->setItemDelegate(new ClassRowDelegate(ClassRowDelegate::Height::kCompact, this));
    view_->setAccessibleName(tr("All classes"));
    view_->setMinimumHeight(80);
    makePlainList(*view_);

    auto* header = new QHBoxLayout;
    header->addWidget(sectionTitle(tr("Any class"), this));
    header->addStretch();
    header->addWidget(hits_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kTight);
    layout->addLayout(header);
    layout->addWidget(field_);
    layout->addWidget(view_, 1);

    connect(field_, &QLineEdit::textChanged, this, [this](const QString& text) {
        filter_->setFilterFixedString(text.trimmed());
        filter_->sort(0);  // rows that come back were appended
        updateHits();
    });
    connect(field_, &QLineEdit::returnPressed, this, [this] { choose(0); });
    connect(view_, &QListView::clicked, this, [this](const QModelIndex& i) { choose(i.row()); });
    connect(view_, &QListView::activated, this, [this](const QModelIndex& i) { choose(i.row()); });
    updateHits();
}

ClassSearch::~ClassSearch() = default;

void ClassSearch::setLabels(const std::shared_ptr<const LabelSet>& labels) {
    if (!model_->setLabels(labels)) return;
    filter_->sort(0);
    updateHits();
}

void ClassSearch::setScores(std::span<const float> scores) {
    model_->setScores(scores);
}

void ClassSearch::setChosen(std::optional<std::size_t> class_index) {
    model_->setChosen(class_index);
}

void ClassSearch::focusField() {
    field_->setFocus(Qt::ShortcutFocusReason);
    field_->selectAll();
}

int ClassSearch::hitCount() const {
    return filter_->rowCount();
}

void ClassSearch::updateHits() {
    const int all = model_->rowCount();
    hits_->setText(all == 0 ? QString() : tr("%1 of %2").arg(hitCount()).arg(all));
}

void ClassSearch::choose(int row) {
    const QModelIndex hit = filter_->index(row, 0);
    if (hit.isValid()) {
        emit classSelected(static_cast<std::size_t>(hit.data(kClassIndexRole).toULongLong()));
    }
}

bool ClassSearch::eventFilter(QObject* watched, QEvent* event) {
    if (watched == field_ && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Down && hitCount() > 0) {
            view_->setFocus(Qt::TabFocusReason);
            view_->setCurrentIndex(filter_->index(0, 0));
            return true;
        }
        if (key == Qt::Key_Escape && !field_->text().isEmpty()) {
            field_->clear();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace overfeat::ui
