// SPDX-License-Identifier: Apache-2.0
#include "ui/heat_map_controls.h"

#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QStandardItemModel>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "ui/icons.h"
#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

// Rows of the scale chooser; the first one is the weighted mean of all.
constexpr int kHighestRow = 1;
constexpr int kFirstScaleRow = 2;

}  // namespace

HeatMapControls::HeatMapControls(QWidget* parent) : QWidget(parent) {
    visible_ = new QCheckBox(tr("Heat map"), this);
    visible_->setFont(themeFont(TextSize::kBody, true));
    visible_->setToolTip(tr("Where the picture speaks for the class (H)"));
    class_name_ = remark({}, this);
    class_name_->setWordWrap(false);
    class_name_->setTextInteractionFlags(Qt::NoTextInteraction);
    class_name_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    class_name_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    follow_ = new QToolButton(this);
    follow_->setIcon(icon(Icon::kClose));
    follow_->setIconSize(QSize(scaled(12), scaled(12)));
    follow_->setFixedSize(scaled(22), scaled(22));
    follow_->setAccessibleName(tr("Follow the best class"));
    follow_->setToolTip(tr("Let go of this class and follow the best one (0)"));

    opacity_ = new QSlider(Qt::Horizontal, this);
    opacity_->setRange(0, 100);
    opacity_->setPageStep(10);
    opacity_->setAccessibleName(tr("Opacity of the heat map"));
    opacity_->setToolTip(tr("Opacity (+ and -)"));
    opacity_value_ = remark({}, this);
    opacity_value_->setWordWrap(false);
    opacity_value_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    opacity_value_->setFixedWidth(
        opacity_value_->fontMetrics().horizontalAdvance(QStringLiteral("100 %")) + 4);
    scale_ = new QComboBox(this);
    scale_->setAccessibleName(tr("Scale of the heat map"));
    scale_->setToolTip(
        tr("One scale of the pyramid, or all: their mean, in which small windows weigh more "
           "because they know better where, or the highest of them at each place"));
    full_range_ = new QCheckBox(tr("Colours always span 0 to 100 %"), this);
    full_range_->setToolTip(
        tr("Off: they span 0 to a round number above the highest score, at least 20 %."));
    analysed_ = new QCheckBox(tr("Show the picture it was made from"), this);
    analysed_->setToolTip(
        tr("The picture waits for the network, so that heat map and picture fit exactly."));
    unavailable_ = remark(tr("Heat maps need the dense views (page Network)."), this);
    unavailable_->hide();

    auto* header = new QHBoxLayout;
    header->addWidget(visible_);
    header->setSpacing(spacing::kTight);
    header->addWidget(class_name_, 1);
    header->addWidget(follow_);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(spacing::kSmall);
    grid->setVerticalSpacing(spacing::kTight);
    auto* opacity_label = remark(tr("Opacity"), this);
    auto* scale_label = remark(tr("Scale"), this);
    for (QLabel* label : {opacity_label, scale_label}) {
        label->setTextInteractionFlags(Qt::NoTextInteraction);
        label->setWordWrap(false);
    }
    opacity_label->setBuddy(opacity_);
    scale_label->setBuddy(scale_);
    grid->addWidget(opacity_label, 0, 0);
    grid->addWidget(opacity_, 0, 1);
    grid->addWidget(opacity_value_, 0, 2);
    grid->addWidget(scale_label, 1, 0);
    grid->addWidget(scale_, 1, 1, 1, 2);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kTight);
    layout->addLayout(header);
    layout->addWidget(unavailable_);
    layout->addLayout(grid);
    layout->addWidget(full_range_);
    layout->addWidget(analysed_);
    auto* reset = new QPushButton(tr("Reset to defaults"), this);
    reset->setToolTip(tr("Heat map and smoothing as they were when the program was new"));
    layout->addWidget(reset, 0, Qt::AlignLeft);
    connect(reset, &QPushButton::clicked, this, &HeatMapControls::resetWanted);

    setScales({}, true);
    setClassName({}, false);
    unavailable_->hide();
    showOptions();
    for (QCheckBox* box : {visible_, full_range_, analysed_}) {
        connect(box, &QCheckBox::toggled, this, &HeatMapControls::readControls);
    }
    connect(opacity_, &QSlider::valueChanged, this, &HeatMapControls::readControls);
    connect(scale_, &QComboBox::currentIndexChanged, this, &HeatMapControls::readScale);
    connect(follow_, &QToolButton::clicked, this, &HeatMapControls::followBestWanted);
}

void HeatMapControls::setOptions(const HeatMapOptions& options) {
    options_ = options;
    options_.opacity = std::clamp(options.opacity, 0.0, 1.0);
    showOptions();
}

void HeatMapControls::setScales(const std::vector<int>& window_sides_px, bool has_mean) {
    if (window_sides_px == sides_px_ && has_mean == has_mean_ && scale_->count() > 0) return;
    sides_px_ = window_sides_px;
    has_mean_ = has_mean;
    const QSignalBlocker quiet(scale_);
    scale_->clear();
    scale_->addItem(tr("All, finer ones weigh more"));
    scale_->addItem(tr("All, the highest"));
    if (auto* items = qobject_cast<QStandardItemModel*>(scale_->model()))
        items->item(0)->setEnabled(has_mean);
    for (std::size_t i = 0; i < sides_px_.size(); ++i) {
        scale_->addItem(tr("%1: windows of %2 px").arg(i + 1).arg(sides_px_[i]));
    }
    scale_->setEnabled(!sides_px_.empty());
    unavailable_->setVisible(sides_px_.empty());
    showOptions();
}

void HeatMapControls::setClassName(const QString& name, bool fixed) {
    class_name_->setText(
        class_name_->fontMetrics().elidedText(name, Qt::ElideRight, scaled(kPanelWidth - 150)));
    class_name_->setToolTip(fixed ? tr("Chosen by you") : tr("Follows the best class"));
    follow_->setVisible(fixed);
}

void HeatMapControls::changeOpacity(double by) {
    opacity_->setValue(static_cast<int>(std::lround((options_.opacity + by) * 100)));
}

void HeatMapControls::readControls() {
    options_.visible = visible_->isChecked();
    options_.opacity = opacity_->value() / 100.0;
    options_.full_range = full_range_->isChecked();
    options_.show_analysed_frame = analysed_->isChecked();
    showOptions();
    emit optionsChanged(options_);
}

void HeatMapControls::readScale() {
    const int scale = scale_->currentIndex();
    // What is wanted of other classes stays as it is.
    if (has_mean_) options_.average_scales = scale != kHighestRow;
    options_.scale =
        scale >= kFirstScaleRow ? std::optional<int>(scale - kFirstScaleRow) : std::nullopt;
    showOptions();
    emit optionsChanged(options_);
}

void HeatMapControls::showOptions() {
    const QSignalBlocker quiet[] = {QSignalBlocker(visible_), QSignalBlocker(opacity_),
                                    QSignalBlocker(scale_), QSignalBlocker(full_range_),
                                    QSignalBlocker(analysed_)};
    visible_->setChecked(options_.visible);
    const int percent = static_cast<int>(std::lround(options_.opacity * 100));
    opacity_->setValue(percent);
    opacity_value_->setText(tr("%1 %").arg(percent));
    full_range_->setChecked(options_.full_range);
    analysed_->setChecked(options_.show_analysed_frame);
    const int combined = options_.average_scales && has_mean_ ? 0 : kHighestRow;
    const int wanted = options_.scale ? *options_.scale + kFirstScaleRow : combined;
    scale_->setCurrentIndex(wanted < scale_->count() ? wanted : combined);
    for (QWidget* each : {static_cast<QWidget*>(opacity_), static_cast<QWidget*>(full_range_)}) {
        each->setEnabled(options_.visible);
    }
    scale_->setEnabled(options_.visible && !sides_px_.empty());
}

}  // namespace overfeat::ui
