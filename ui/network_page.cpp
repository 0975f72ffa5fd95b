// SPDX-License-Identifier: Apache-2.0
#include "ui/network_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QRegularExpression>
#include <QResizeEvent>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "ui/layer_inspector.h"
#include "ui/layer_mosaic.h"
#include "ui/layer_table.h"
#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

// Sentences that differ only in the name of a node are said once.
QStringList grouped(const QStringList& sentences) {
    static const QRegularExpression name(QStringLiteral("'[^']*'"));
    QStringList kinds;
    QStringList first;
    QList<int> others;
    for (const QString& sentence : sentences) {
        const QString kind = QString(sentence).replace(name, QStringLiteral("''"));
        const auto known = kinds.indexOf(kind);
        if (known >= 0) {
            ++others[known];
            continue;
        }
        kinds << kind;
        first << sentence;
        others << 0;
    }
    for (qsizetype i = 0; i < first.size(); ++i) {
        if (others[i] == 1) first[i] += NetworkPage::tr(" One other does likewise.");
        if (others[i] > 1) first[i] += NetworkPage::tr(" %1 others do likewise.").arg(others[i]);
    }
    return first;
}

QString fidelityText(const ModelView& model) {
    QString text;
    switch (model.fidelity) {
        case FidelityView::kExact:
            text = NetworkPage::tr(
                "\u2713 Exact: every cell of a heat map equals the network run on that window.");
            break;
        case FidelityView::kApproximate:
            text = NetworkPage::tr(
                "\u2248 Approximate: a cell differs a little from the network run on its window.");
            break;
        case FidelityView::kClassificationOnly:
            text = NetworkPage::tr(
                "\u2013 Classification only: this network cannot slide, so it has no heat maps.");
            break;
    }
    for (const QString& reason : grouped(model.fidelity_reasons))
        text += QLatin1Char('\n') + reason;
    return text;
}

QString strideText(const QList<int>& strides) {
    const QString coarse = NetworkPage::tr("A window every %1 px").arg(strides.front());
    if (strides.size() < 2) return coarse + QLatin1Char('.');
    QStringList finer;
    for (const int stride : strides.mid(1))
        finer << QString::number(stride);
    return NetworkPage::tr("%1, on finer grids %2.").arg(coarse, finer.join(QStringLiteral(", ")));
}

// The sign-and-sentence list of what had to be assumed.
QString assumptionsText(const QStringList& assumptions) {
    QStringList lines;
    for (const QString& each : assumptions)
        lines << QStringLiteral("\u25b2 ") + each;
    return lines.join(QLatin1Char('\n'));
}

QVBoxLayout* pageLayout(QWidget* widget) {
    auto* layout = new QVBoxLayout(widget);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kTight);
    return layout;
}

}  // namespace

QString gridText(int fine_steps) {
    return fine_steps <= 0 ? NetworkPage::tr("Coarse, as trained")
                           : NetworkPage::tr("Grid x%1").arg(1 << std::min(fine_steps, 16));
}

NetworkPage::NetworkPage(QWidget* parent) : QWidget(parent) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kMedium, spacing::kSmall, spacing::kMedium,
                               spacing::kMedium);
    layout->setSpacing(spacing::kSmall);
    layout->addWidget(createFacts());
    layout->addWidget(separator(this));
    layout->addWidget(createOptions());
    layout->addWidget(separator(this));
    layout->addWidget(createLayers());
    layout->addWidget(separator(this));
    layout->addWidget(sectionTitle(tr("Model card"), this));
    card_ = remark({}, this);
    layout->addWidget(card_);
    layout->addStretch(1);
    setModel({});
    showOptions();
}

QWidget* NetworkPage::createFacts() {
    auto* box = new QWidget(this);
    auto* layout = pageLayout(box);
    name_ = paragraph({}, box);
    name_->setFont(themeFont(TextSize::kTitle, true));
    facts_ = remark({}, box);
    fidelity_ = remark({}, box);
    assumptions_ = remark({}, box);
    assumptions_->setAccessibleName(tr("Assumptions"));
    for (QLabel* label : {name_, facts_, fidelity_, assumptions_})
        layout->addWidget(label);
    return box;
}

QWidget* NetworkPage::createOptions() {
    auto* box = new QWidget(this);
    auto* layout = pageLayout(box);
    layout->addWidget(sectionTitle(tr("How it looks"), box));
    views_ = new QComboBox(box);
    views_->addItems({tr("Centre window"), tr("Ten windows"), tr("Dense, every window")});
    views_->setToolTip(tr("Which windows of a picture the network is asked about"));
    scales_ = new QSpinBox(box);
    scales_->setRange(Look::kScaleCount.least, Look::kScaleCount.most);
    scales_->setToolTip(tr("Sizes the picture is looked at in; more find small objects too"));
    smallest_ = new QDoubleSpinBox(box);
    largest_ = new QDoubleSpinBox(box);
    for (QDoubleSpinBox* side : {smallest_, largest_}) {
        side->setRange(Look::kSideWindows.least, Look::kSideWindows.most);
        side->setDecimals(1);
        side->setSingleStep(0.5);
        side->setSuffix(tr(" windows"));
        side->setKeyboardTracking(false);  // "4.5" is not 4 first: the field would be rewritten
    }
    smallest_->setToolTip(tr("Shorter side of the smallest picture; 1 = one window sees it all"));
    largest_->setToolTip(tr("Shorter side of the largest picture; more finds smaller objects"));
    stride_ = new QComboBox(box);
    stride_->setToolTip(
        tr("How densely windows lie. A finer grid takes more time and gives smoother maps."));
    flip_ = new QCheckBox(tr("Mirror image too, averaged"), box);

    auto* form = new QFormLayout;
    form->setHorizontalSpacing(spacing::kMedium);
    form->setVerticalSpacing(spacing::kTight);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->addRow(tr("Views"), views_);
    form->addRow(tr("Scales"), scales_);
    form->addRow(tr("Smallest"), smallest_);
    form->addRow(tr("Largest"), largest_);
    form->addRow(tr("Grid"), stride_);
    form->addRow(QString(), flip_);
    layout->addLayout(form);
    auto* reset = new QPushButton(tr("Reset to defaults"), box);
    layout->addWidget(reset, 0, Qt::AlignLeft);
    connect(reset, &QPushButton::clicked, this, [this] {
        options_ = defaults_;
        showOptions();
        emit optionsChanged(options_);
    });
    for (int row = 0; row < form->rowCount(); ++row) {
        const auto* item = form->itemAt(row, QFormLayout::LabelRole);
        auto* label = item ? qobject_cast<QLabel*>(item->widget()) : nullptr;
        if (!label) continue;
        label->setTextFormat(Qt::PlainText);
        label->setFont(themeFont(TextSize::kSmall));
        label->setForegroundRole(QPalette::PlaceholderText);
        label->setFixedHeight(views_->sizeHint().height());  // beside its field, not above
    }
    const std::pair<QWidget*, QString> names[] = {{views_, tr("Views")},
                                                  {scales_, tr("Number of scales")},
                                                  {smallest_, tr("Smallest picture")},
                                                  {largest_, tr("Largest picture")},
                                                  {stride_, tr("Grid")}};
    for (const auto& [widget, name] : names)
        widget->setAccessibleName(name);

    connect(views_, &QComboBox::activated, this, &NetworkPage::readControls);
    connect(stride_, &QComboBox::activated, this, &NetworkPage::readControls);
    connect(scales_, &QSpinBox::valueChanged, this, &NetworkPage::readControls);
    connect(smallest_, &QDoubleSpinBox::valueChanged, this, &NetworkPage::readControls);
    connect(largest_, &QDoubleSpinBox::valueChanged, this, &NetworkPage::readControls);
    connect(flip_, &QCheckBox::toggled, this, &NetworkPage::readControls);
    return box;
}

QWidget* NetworkPage::createLayers() {
    auto* box = new QWidget(this);
    auto* layout = pageLayout(box);
    auto* header = new QHBoxLayout;
    header->addWidget(sectionTitle(tr("Layers"), box));
    header->addStretch();
    measure_ = new QPushButton(tr("Measure"), box);
    measure_->setToolTip(tr("Times every layer once on the largest scale"));
    header->addWidget(measure_);
    layout->addLayout(header);
    total_ = remark({}, box);
    layout->addWidget(total_);
    layers_ = new LayerTable(box);
    layout->addWidget(layers_, 1);
    inspector_ = new LayerInspector(box);
    layout->addWidget(inspector_);
    connect(layers_, &LayerTable::layerChosen, this, &NetworkPage::lookInto);
    connect(inspector_, &LayerInspector::closed, this, [this] { lookInto({}); });
    connect(inspector_, &LayerInspector::wanted, this, &NetworkPage::layerWanted);
    connect(inspector_, &LayerInspector::channelChosen, this, &NetworkPage::channelChosen);
    connect(measure_, &QPushButton::clicked, this, &NetworkPage::profileRequested);
    return box;
}

void NetworkPage::setModel(const ModelView& model) {
    const bool has_model = !model.name.isEmpty();
    name_->setText(has_model ? model.name : tr("No network"));
    QStringList facts;
    if (model.window_px > 0) facts << tr("window %1 px").arg(model.window_px);
    if (model.class_count > 0) {
        facts
            << tr("%1 classes").arg(QLocale().toString(static_cast<qulonglong>(model.class_count)));
    }
    if (has_model) facts << model.boxes_from;
    QString text = facts.join(QStringLiteral(", "));
    if (!model.strides_px.isEmpty()) text += QLatin1Char('\n') + strideText(model.strides_px);
    if (!model.embedding.isEmpty()) {
        text += QLatin1Char('\n') +
                tr("Lessons are compared in %1.").arg(model.embedding.join(tr(" and ")));
    } else if (has_model) {
        text += QLatin1Char('\n') + tr("Nothing can be taught to it.");
    }
    if (!model.path.isEmpty()) text += QLatin1Char('\n') + model.path;
    facts_->setText(text);
    fidelity_->setText(has_model ? fidelityText(model) : QString());
    // Every one of them, as plain text.
    fidelity_->setToolTip(QStringLiteral("<qt>%1</qt>")
                              .arg(model.fidelity_reasons.join(QLatin1Char('\n'))
                                       .toHtmlEscaped()
                                       .replace(QLatin1Char('\n'), QStringLiteral("<br>"))));
    assumptions_->setText(assumptionsText(model.assumptions));
    assumptions_->setVisible(!model.assumptions.isEmpty());
    card_->setText(model.card.isEmpty() ? tr("The file has none.") : model.card);
    fine_steps_available_ = Look::kFineSteps.nearest(model.fine_steps_available);
    measure_->setEnabled(has_model);
    const bool other = !std::ranges::equal(
        known_layers_, model.layers, [](const LayerView& a, const LayerView& b) {
            return a.name == b.name && a.node == b.node && a.shape == b.shape;
        });
    known_layers_ = model.layers;
    const bool known = std::ranges::any_of(known_layers_, [this](const LayerView& layer) {
        return layer.name == inspector_->layer();
    });
    if (!known) {
        inspector_->setLayer({});
    } else if (other) {
        inspector_->startAnew();
    }
    setLayerTimings({});  // they were another network's, or another device's
    showOptions();
}

void NetworkPage::setOptions(const Look& options) {
    options_ = options;
    showOptions();
}

// Times of the layers that the file has; behind them what the program does besides.
void NetworkPage::setLayerTimings(const std::vector<LayerTimingView>& timings) {
    std::vector<LayerView> rows = known_layers_;
    for (const LayerTimingView& timing : timings) {
        const auto same = [&](const LayerView& row) {
            return row.ms < 0 && !row.name.isEmpty() && row.node == timing.node;
        };
        auto row = std::ranges::find_if(rows, same);
        if (row == rows.end()) {
            row = rows.insert(
                rows.end(),
                LayerView{.name = {}, .node = timing.node, .op = timing.op, .shape = {}});
        }
        row->ms = timing.ms;
        row->implementation = timing.implementation;
        row->multiply_adds = timing.multiply_adds;
    }
    layers_->setLayers(std::move(rows));
    layers_->choose(inspector_->layer());
    const QString count = tr("%1 layers").arg(known_layers_.size());
    total_->setText(
        known_layers_.empty() && timings.empty() ? tr("Not known yet.")
        : timings.empty()
            ? tr("%1, not measured yet. Click one to look into it.").arg(count)
            : tr("%1, %2 ms in all").arg(count, QLocale().toString(layers_->total_ms(), 'f', 2)));
}

void NetworkPage::lookInto(const QString& layer) {
    const bool opens = inspector_->layer().isEmpty() && !layer.isEmpty();
    layers_->choose(layer);
    inspector_->setLayer(layer);
    reveals_ = !layer.isEmpty() && (opens || reveals_);
    if (reveals_) scrollToLayers();  // as far as it goes
}

// List and channels are seen together.
void NetworkPage::scrollToLayers() {
    for (QWidget* around = parentWidget(); around; around = around->parentWidget()) {
        auto* area = qobject_cast<QScrollArea*>(around);
        if (area == nullptr) continue;
        area->verticalScrollBar()->setValue(measure_->parentWidget()->y() - spacing::kSmall);
        return;
    }
}

// The page grows when the first channels of a layer come, and can only then be scrolled so far.
void NetworkPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    if (inspector_->mosaic().maps() && std::exchange(reveals_, false)) scrollToLayers();
}

void NetworkPage::setLayerMaps(const std::shared_ptr<const LayerMaps>& maps) {
    if (inspector_->mosaic().maps()) reveals_ = false;  // it has room for them already
    inspector_->setMaps(maps);
}

void NetworkPage::readControls() {
    options_.views = static_cast<Views>(std::max(views_->currentIndex(), 0));
    options_.scale_count = scales_->value();
    options_.smallest_side_windows = smallest_->value();
    // The larger side follows rather than refusing the smaller one.
    options_.largest_side_windows = std::max(largest_->value(), smallest_->value());
    options_.fine_steps = std::max(stride_->currentIndex(), 0);
    options_.flip = flip_->isChecked();
    showOptions();
    emit optionsChanged(options_);
}

void NetworkPage::showOptions() {
    const QSignalBlocker quiet[] = {QSignalBlocker(scales_), QSignalBlocker(smallest_),
                                    QSignalBlocker(largest_), QSignalBlocker(flip_)};
    views_->setCurrentIndex(static_cast<int>(options_.views));
    scales_->setValue(options_.scale_count);
    smallest_->setValue(options_.smallest_side_windows);
    largest_->setValue(options_.largest_side_windows);
    flip_->setChecked(options_.flip);
    stride_->clear();
    stride_->addItem(gridText(0));
    for (int step = 1; step <= fine_steps_available_; ++step) {
        stride_->addItem(gridText(step));
    }
    stride_->setCurrentIndex(std::clamp(options_.fine_steps, 0, stride_->count() - 1));
    const bool dense = options_.views == Views::kDense;
    for (QWidget* each : {static_cast<QWidget*>(scales_), static_cast<QWidget*>(smallest_),
                          static_cast<QWidget*>(largest_), static_cast<QWidget*>(flip_)}) {
        each->setEnabled(dense);
    }
    stride_->setEnabled(dense && fine_steps_available_ > 0);
}

}  // namespace overfeat::ui
