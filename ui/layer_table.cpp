// SPDX-License-Identifier: Apache-2.0
#include "ui/layer_table.h"

#include <QAbstractTableModel>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLocale>
#include <QPainter>
#include <QSortFilterProxyModel>
#include <QStyledItemDelegate>
#include <algorithm>
#include <utility>

#include "ui/layer_picture.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr int kLayerRowHeight = 22;
constexpr int kSortRole = Qt::UserRole + 1;
constexpr int kShareRole = Qt::UserRole + 2;  // 0..1 of the slowest layer
constexpr int kNameRole = Qt::UserRole + 3;   // as it is asked for

QString shownName(const LayerView& layer) {
    return layer.name.isEmpty() ? layer.node : layerText(layer.name);
}

QString details(const LayerView& layer) {
    const QLocale locale;
    QStringList lines{shownName(layer), layer.op};
    if (!layer.shape.isEmpty()) lines << LayerTable::tr("%1 for one window").arg(layer.shape);
    if (layer.ms >= 0) lines << LayerTable::tr("%1 ms").arg(locale.toString(layer.ms, 'f', 3));
    if (!layer.implementation.isEmpty()) lines << layer.implementation;
    if (layer.multiply_adds > 0 && layer.ms > 0) {
        const auto count = static_cast<double>(layer.multiply_adds);
        lines << LayerTable::tr("%1 million multiply-adds, %2 per nanosecond")
                     .arg(locale.toString(count / 1e6, 'f', 1),
                          locale.toString(count / (layer.ms * 1e6), 'f', 1));
    }
    return QStringLiteral("<qt>%1</qt>")
        .arg(lines.join(QLatin1Char('\n'))
                 .toHtmlEscaped()
                 .replace(QLatin1Char('\n'), QStringLiteral("<br>")));
}

// Rows of one comfortable height.
class RowDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        return {QStyledItemDelegate::sizeHint(option, index).width(), kLayerRowHeight};
    }

protected:
    // Names differ at their ends, operations at their beginnings.
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
        QStyledItemDelegate::initStyleOption(option, index);
        if (index.column() == LayerTable::kOperation) option->textElideMode = Qt::ElideRight;
        const Colours& c = colours(option->palette);  // as every other list
        option->palette.setColor(QPalette::Highlight, c.selected);
        option->palette.setColor(QPalette::HighlightedText, c.text);
    }
};

class TimeDelegate : public RowDelegate {
public:
    using RowDelegate::RowDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        const Colours& c = colours(option.palette);
        const QRectF cell = QRectF(option.rect).adjusted(2, 2, -2, -2);
        QRectF bar = cell;
        bar.setWidth(cell.width() * std::clamp(index.data(kShareRole).toDouble(), 0.0, 1.0));
        const bool chosen = option.state.testFlag(QStyle::State_Selected);
        if (chosen) painter->fillRect(option.rect, c.selected);
        painter->fillRect(bar, chosen ? c.hover : c.selected);
        painter->setPen(c.text);
        painter->setFont(option.font);
        painter->drawText(cell.adjusted(0, 0, -2, 0),
                          Qt::AlignRight | Qt::AlignVCenter | Qt::TextSingleLine,
                          index.data().toString());
    }
};

}  // namespace

class LayerModel : public QAbstractTableModel {
public:
    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(layers_.size());
    }
    int columnCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : LayerTable::kColumnCount;
    }
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override {
        // Numbers and their title share an edge.
        if (role == Qt::TextAlignmentRole && section == LayerTable::kTime)
            return QVariant::fromValue<int>(Qt::AlignRight | Qt::AlignVCenter);
        if (role != Qt::DisplayRole || orientation != Qt::Horizontal) return {};
        const QString names[] = {LayerTable::tr("Layer"), LayerTable::tr("Operation"),
                                 LayerTable::tr("Shape"), LayerTable::tr("ms")};
        return section < LayerTable::kColumnCount ? names[section] : QString();
    }
    QVariant data(const QModelIndex& index, int role) const override {
        if (!index.isValid()) return {};
        const LayerView& layer = layers_[static_cast<std::size_t>(index.row())];
        if (role == Qt::ToolTipRole) return details(layer);
        if (role == kShareRole) return slowest_ms_ > 0 ? layer.ms / slowest_ms_ : 0.0;
        if (role == kSortRole && index.column() == LayerTable::kTime) return layer.ms;
        if (role == kNameRole) return layer.name;
        if (role != Qt::DisplayRole && role != kSortRole) return {};
        switch (index.column()) {
            case LayerTable::kName:
                return shownName(layer);
            case LayerTable::kOperation:
                return layer.op;
            case LayerTable::kShape:
                return layer.shape;
            default:
                return layer.ms < 0 ? QString() : QLocale().toString(layer.ms, 'f', 2);
        }
    }
    void setLayers(std::vector<LayerView> layers) {
        beginResetModel();
        layers_ = std::move(layers);
        slowest_ms_ = 0;
        for (const LayerView& layer : layers_)
            slowest_ms_ = std::max(slowest_ms_, layer.ms);
        endResetModel();
    }
    double total_ms() const {
        double sum = 0;
        for (const LayerView& layer : layers_)
            sum += std::max(layer.ms, 0.0);
        return sum;
    }

private:
    std::vector<LayerView> layers_;
    double slowest_ms_ = 0;
};

LayerTable::LayerTable(QWidget* parent) : QTreeView(parent) {
    layers_ = new LayerModel(this);
    auto* sorted = new QSortFilterProxyModel(this);
    sorted->setSourceModel(layers_);
    sorted->setSortRole(kSortRole);
    setModel(sorted);
    setItemDelegate(new RowDelegate(this));
    setItemDelegateForColumn(kTime, new TimeDelegate(this));
    setRootIsDecorated(false);
    setUniformRowHeights(true);
    setFrameShape(QFrame::NoFrame);
    viewport()->setAutoFillBackground(false);
    setSortingEnabled(true);
    setFont(themeFont(TextSize::kSmall));
    setAccessibleName(tr("Layers"));
    setMinimumHeight(220);
    header()->setSectionResizeMode(kName, QHeaderView::Stretch);
    header()->setSectionResizeMode(kOperation, QHeaderView::Interactive);
    header()->setSectionResizeMode(kShape, QHeaderView::Interactive);
    header()->setSectionResizeMode(kTime, QHeaderView::Fixed);
    header()->setStretchLastSection(false);
    header()->setMinimumSectionSize(scaled(36));
    header()->resizeSection(kOperation, scaled(72));
    header()->resizeSection(kShape, scaled(78));
    header()->resizeSection(kTime, scaled(44));
    setTextElideMode(Qt::ElideMiddle);  // names differ at their ends
    setSelectionMode(QAbstractItemView::SingleSelection);
    connect(selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& now) {
                if (!quiet_) emit layerChosen(now.data(kNameRole).toString());
            });
    header()->setSortIndicatorClearable(true);
    sortByColumn(-1, Qt::AscendingOrder);
}

LayerTable::~LayerTable() = default;

void LayerTable::setLayers(std::vector<LayerView> layers) {
    quiet_ = true;  // a row that goes was not let go of by a person
    layers_->setLayers(std::move(layers));
    quiet_ = false;
}

void LayerTable::choose(const QString& name) {
    const bool before = std::exchange(quiet_, true);
    const auto rows =
        name.isEmpty() ? QModelIndexList()
                       : model()->match(model()->index(0, 0), kNameRole, name, 1, Qt::MatchExactly);
    if (rows.isEmpty()) {
        setCurrentIndex({});
        clearSelection();
    } else {
        setCurrentIndex(rows.front());
    }
    quiet_ = before;
}

double LayerTable::total_ms() const {
    return layers_->total_ms();
}

}  // namespace overfeat::ui
