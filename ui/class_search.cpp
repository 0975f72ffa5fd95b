// SPDX-License-Identifier: Apache-2.0
#include "ui/class_search.h"

#include <QAbstractListModel>
#include <QAction>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>
#include <vector>

#include "ui/class_row.h"
#include "ui/icons.h"
#include "ui/live_marks.h"
#include "ui/section.h"
#include "ui/tab_order.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

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

// The hits, in the order they are listed.
class ClassModel : public QAbstractListModel {
public:
    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(rows_.size());
    }
    // Of all classes, hit or not.
    std::size_t classCount() const { return classes_.size(); }
    std::optional<std::size_t> classAt(int row) const {
        if (row < 0 || row >= rowCount()) return std::nullopt;
        return rows_[static_cast<std::size_t>(row)];
    }

    QVariant data(const QModelIndex& index, int role) const override {
        const auto found = classAt(index.row());
        if (!found) return {};
        const std::size_t class_index = *found;
        const QString label = labelText(labels_.get(), class_index);
        switch (role) {
            case Qt::DisplayRole:
                return label;
            case Qt::AccessibleTextRole:
                return QStringLiteral("%1, %2").arg(label, percentText(scoreOf(class_index)));
            case Qt::ToolTipRole:
                return QStringLiteral("<qt>%1</qt>")
                    .arg(QString::fromStdString((*labels_)[class_index].id).toHtmlEscaped());
            case kClassColourRole:
                return labelColour(labels_.get(), class_index);
            case kScoreRole:
                return scoreOf(class_index);
            case kChosenRole:
                return chosen_ == class_index;
            default:
                return {};
        }
    }

    bool setLabels(const std::shared_ptr<const LabelSet>& labels) {
        if (labels == labels_) return false;
        beginResetModel();
        labels_ = labels;
        scores_.clear();
        classes_.clear();
        for (std::size_t i = 0; labels_ && i < labels_->size(); ++i) {
            if (labels_->isBackground(i)) continue;  // it says "nothing here" and is no object
            const QString label = labelText(labels_.get(), i);
            classes_.push_back(
                {i, label.toCaseFolded(),
                 (label + QLatin1Char('\n') + QString::fromStdString((*labels_)[i].id))
                     .toCaseFolded()});
        }
        std::ranges::sort(classes_, [](const Class& a, const Class& b) {
            return QString::localeAwareCompare(a.sort_key, b.sort_key) < 0;
        });
        arrange();
        endResetModel();
        return true;
    }

    void setWanted(const QString& text) {
        beginResetModel();
        wanted_ = text.trimmed().toCaseFolded();
        arrange();
        endResetModel();
    }

    // `may_move`: rows may change places.
    void setScores(std::span<const float> scores, bool may_move) {
        scores_.assign(scores.begin(), scores.end());
        if (may_move && isOutOfOrder()) {
            emit layoutAboutToBeChanged();
            const QModelIndexList before = persistentIndexList();
            const std::vector<std::size_t> rows_before = rows_;
            arrange();
            for (const QModelIndex& each : before) {
                const auto row = static_cast<std::size_t>(each.row());
                const auto now = std::ranges::find(rows_, rows_before[row]) - rows_.begin();
                changePersistentIndex(each, index(static_cast<int>(now)));
            }
            emit layoutChanged();
        } else {
            changed(kScoreRole);
        }
    }

    void setChosen(std::optional<std::size_t> class_index) {
        chosen_ = class_index;
        changed(kChosenRole);
    }

    // By what the network says now, whatever the rows say.
    std::optional<std::size_t> best() const {
        const auto best = std::ranges::max_element(
            rows_, {}, [this](std::size_t class_index) { return scoreOf(class_index); });
        return best == rows_.end() ? std::nullopt : std::optional(*best);
    }

private:
    struct Class {
        std::size_t index;
        QString sort_key;
        QString text;  // what is searched
    };

    float scoreOf(std::size_t class_index) const {
        return class_index < scores_.size() ? scores_[class_index] : 0.0F;
    }

    void arrange() {
        rows_.clear();
        for (const Class& each : classes_) {
            if (each.text.contains(wanted_)) rows_.push_back(each.index);
        }
        std::ranges::stable_sort(
            rows_, [this](std::size_t a, std::size_t b) { return scoreOf(a) > scoreOf(b); });
    }

    // Some class is clearly better than one above it.
    bool isOutOfOrder() const {
        float least = 1;
        for (const std::size_t class_index : rows_) {
            const float score = scoreOf(class_index);
            if (score > 1.15F * least + 0.01F) return true;
            least = std::min(least, score);
        }
        return false;
    }

    void changed(int role) {
        if (const int rows = rowCount(); rows > 0) {
            emit dataChanged(index(0), index(rows - 1), {role});
        }
    }

    std::shared_ptr<const LabelSet> labels_;
    std::vector<Class> classes_;  // by name
    std::vector<std::size_t> rows_;
    std::vector<float> scores_;
    QString wanted_;
    std::optional<std::size_t> chosen_;
};

ClassSearch::ClassSearch(QWidget* parent) : QWidget(parent) {
    model_ = new ClassModel(this);

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
    view_->setModel(model_);
    view_->setItemDelegate(new ClassRowDelegate(ClassRowDelegate::Height::kCompact, this));
    view_->setAccessibleName(tr("All classes"));
    view_->setMinimumHeight(scaled(80));
    makePlainList(*view_);
    nothing_ = remark({}, view_->viewport());
    auto* over_list = new QVBoxLayout(view_->viewport());
    over_list->setContentsMargins(spacing::kSmall, spacing::kSmall, spacing::kSmall, 0);
    over_list->addWidget(nothing_);
    teach_ = new QPushButton(view_->viewport());
    teach_->setCursor(Qt::ArrowCursor);
    over_list->addWidget(teach_, 0, Qt::AlignLeft);
    over_list->addStretch();

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
        model_->setWanted(text);
        showHits();
    });
    connect(field_, &QLineEdit::returnPressed, this, &ClassSearch::chooseBest);
    connect(view_, &QListView::clicked, this, [this](const QModelIndex& i) { choose(i.row()); });
    connect(view_, &QListView::activated, this, [this](const QModelIndex& i) { choose(i.row()); });
    connect(teach_, &QPushButton::clicked, this, [this] { emit teachWanted(wantedName()); });
    showHits();
}

ClassSearch::~ClassSearch() = default;

void ClassSearch::setLabels(const std::shared_ptr<const LabelSet>& labels) {
    if (model_->setLabels(labels)) showHits();
}

void ClassSearch::setScores(std::span<const float> scores) {
    model_->setScores(scores, !isLookedAt());
}

bool ClassSearch::isLookedAt() const {
    return view_->hasFocus() || view_->viewport()->underMouse();
}

void ClassSearch::setChosen(std::optional<std::size_t> class_index) {
    model_->setChosen(class_index);
}

void ClassSearch::focusField() {
    focusVisibly(*field_, Qt::ShortcutFocusReason);
    field_->selectAll();
}

int ClassSearch::hitCount() const {
    return model_->rowCount();
}

void ClassSearch::showHits() {
    const std::size_t all = model_->classCount();
    hits_->setText(all == 0 ? QString() : tr("%1 of %2").arg(hitCount()).arg(all));
    const bool nothing = all > 0 && hitCount() == 0;
    // Plain text (remark): it may have been pasted from anywhere.
    const QString name = wantedName().left(40);
    nothing_->setText(nothing ? tr("This network has no class called \u201c%1\u201d.").arg(name)
                              : QString());
    nothing_->setVisible(nothing);
    // A button's "&" marks a key.
    teach_->setText(
        tr("Teach \u201c%1\u201d\u2026")
            .arg(QString(name.left(20)).replace(QLatin1Char('&'), QLatin1String("&&"))));
    teach_->setAccessibleName(tr("Teach %1").arg(name));
    teach_->setVisible(nothing && !name.isEmpty());
}

QString ClassSearch::wantedName() const {
    return field_->text().simplified();
}

void ClassSearch::choose(int row) {
    if (const auto found = model_->classAt(row)) emit classSelected(*found);
}

void ClassSearch::chooseBest() {
    if (const auto best = model_->best()) {
        emit classSelected(*best);
    } else if (!teach_->isHidden()) {
        emit teachWanted(wantedName());
    }
}

bool ClassSearch::eventFilter(QObject* watched, QEvent* event) {
    if (watched == field_ && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Down && hitCount() > 0) {
            view_->setFocus(Qt::TabFocusReason);
            view_->setCurrentIndex(model_->index(0));
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
