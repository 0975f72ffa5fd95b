// SPDX-License-Identifier: Apache-2.0
#include "ui/boxes_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QStandardItemModel>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "ui/live_marks.h"
#include "ui/network_page.h"
#include "ui/objects_list.h"
#include "ui/section.h"
#include "ui/status_strip.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr int kNumberColumn = 2;
// A control's own tool tip, while it says why it cannot be used.
constexpr const char* kHelp = "help";

QString needsDenseViews() {
    return BoxesPage::tr("Boxes need the dense views (page Network).");
}

// The longest text of a chooser must not make the page wider than the panel.
void letShrink(QComboBox& box) {
    box.setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box.setMinimumContentsLength(8);
}

QGridLayout* controlGrid() {
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(spacing::kSmall);
    grid->setVerticalSpacing(spacing::kTight);
    grid->setColumnStretch(1, 1);
    return grid;
}

QLabel* nameOf(QWidget* control, const QString& name, QWidget* parent) {
    QLabel* label = remark(name, parent);
    label->setTextInteractionFlags(Qt::NoTextInteraction);
    label->setWordWrap(false);
    label->setBuddy(control);
    // One column of controls down the whole page.
    label->setMinimumWidth(label->fontMetrics().horizontalAdvance(BoxesPage::tr("Minimum window")));
    control->setAccessibleName(name);
    return label;
}

QVBoxLayout* partLayout(QWidget* part, const QString& title) {
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kTight);
    layout->addWidget(sectionTitle(title, part));
    return layout;
}

}  // namespace

BoxesPage::BoxesPage(QWidget* parent) : QWidget(parent) {
    list_ = new ObjectsList(this);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kMedium, spacing::kSmall, spacing::kMedium,
                               spacing::kMedium);
    layout->setSpacing(spacing::kSmall);
    layout->addWidget(list_);
    layout->addWidget(separator(this));
    layout->addWidget(createLayers());
    layout->addWidget(separator(this));
    layout->addWidget(createMerging());
    layout->addWidget(separator(this));
    layout->addWidget(createLooking());
    auto* reset = new QPushButton(tr("Reset to defaults"), this);
    reset->setToolTip(tr("Everything on this page as it was when the program was new"));
    layout->addWidget(reset, 0, Qt::AlignLeft);
    layout->addStretch(1);
    connect(reset, &QPushButton::clicked, this, &BoxesPage::reset);
    setLayers({});
    showDetection();
    showLooking();
    setBudget({});
}

QWidget* BoxesPage::createLayers() {
    auto* part = new QWidget(this);
    auto* layout = partLayout(part, tr("Show in the picture"));
    objects_layer_ = new QCheckBox(tr("Objects (B)"), part);
    raw_layer_ = new QCheckBox(tr("Raw boxes (R)"), part);
    raw_layer_->setToolTip(tr("What single windows propose, before merging; coloured by scale"));
    grid_layer_ = new QCheckBox(tr("Windows (G)"), part);
    grid_layer_->setToolTip(tr("Where the network looked; coloured by scale"));
    heat_map_ = new QCheckBox(tr("Heat map (H)"), part);
    heat_map_->setToolTip(tr("How it is drawn: page See"));
    groups_ = new QCheckBox(tr("Call kinds of one thing by its name"), part);
    groups_->setToolTip(
        tr("\"cat\" where tabby, tiger cat and Egyptian cat are nearly as likely; the list has the "
           "kinds"));
    auto* grid = new QGridLayout;
    grid->setVerticalSpacing(spacing::kTight);
    grid->addWidget(groups_, 2, 0, 1, 2);
    grid->addWidget(objects_layer_, 0, 0);
    grid->addWidget(raw_layer_, 0, 1);
    grid->addWidget(grid_layer_, 1, 0);
    grid->addWidget(heat_map_, 1, 1);
    layout->addLayout(grid);
    for (QCheckBox* box : {objects_layer_, raw_layer_, grid_layer_, groups_}) {
        connect(box, &QCheckBox::toggled, this, [this] {
            layers_ = {.objects = objects_layer_->isChecked(),
                       .raw_boxes = raw_layer_->isChecked(),
                       .window_grid = grid_layer_->isChecked(),
                       .groups = groups_->isChecked()};
            list_->setGroups(layers_.groups);
            emit layersChanged(layers_);
        });
    }
    connect(heat_map_, &QCheckBox::toggled, this, &BoxesPage::heatMapToggled);
    return part;
}

QWidget* BoxesPage::createMerging() {
    auto* part = new QWidget(this);
    auto* layout = partLayout(part, tr("How windows become objects"));
    QGridLayout* grid = controlGrid();
    merge_ = new QComboBox(part);
    letShrink(*merge_);
    merge_->addItems({tr("Vote: boxes add up"), tr("NMS: the best suppresses"),
                      tr("Soft-NMS: the best lowers others")});
    comparison_ = new QComboBox(part);
    letShrink(*comparison_);
    comparison_->addItems({tr("Nothing"), tr("Vote | NMS"), tr("Coarse | fine grid")});
    comparison_->setToolTip(tr("Two results of the same frozen frame, side by side (C)"));
    grid->addWidget(nameOf(merge_, tr("Merging"), part), 0, 0);
    grid->addWidget(merge_, 0, 1, 1, 2);
    addThreshold(*grid, tr("Minimum score"), tr("Objects with a lower score are not shown"),
                 DetectionOptions::kScoreThreshold, &DetectionOptions::score_threshold, true);
    addThreshold(*grid, tr("Minimum window"), tr("Windows with a lower score propose no box"),
                 DetectionOptions::kWindowThreshold, &DetectionOptions::window_threshold, true);
    addThreshold(*grid, tr("Merge distance"),
                 tr("Boxes nearer to each other become one: 0 never, 2 whenever they touch"),
                 DetectionOptions::kMatchThreshold, &DetectionOptions::match_threshold, false);
    addThreshold(*grid, tr("Maximum overlap"),
                 tr("Boxes that overlap a better one by more are dropped"),
                 DetectionOptions::kNmsOverlap, &DetectionOptions::nms_overlap, true);
    grid->addWidget(nameOf(comparison_, tr("Compare"), part), grid->rowCount(), 0);
    grid->addWidget(comparison_, grid->rowCount() - 1, 1, 1, 2);
    layout->addLayout(grid);
    steady_ = new QCheckBox(tr("Smooth labels on video"), part);
    merge_->setToolTip(tr("How boxes of one object become one (V)"));
    steady_->setToolTip(tr("An object keeps its name until frames agree on another one."));
    layout->addWidget(steady_);
    connect(merge_, &QComboBox::activated, this, &BoxesPage::changeDetection);
    connect(steady_, &QCheckBox::toggled, this, &BoxesPage::changeDetection);
    connect(comparison_, &QComboBox::activated, this, [this] {
        showDetection();
        emit comparisonRequested(comparison());
    });
    return part;
}

void BoxesPage::addThreshold(QGridLayout& grid, const QString& name, const QString& help,
                             const Range<double>& limits, double DetectionOptions::*value,
                             bool percent) {
    auto* slider = new QSlider(Qt::Horizontal, this);
    slider->setRange(static_cast<int>(std::lround(limits.least * 100)),
                     static_cast<int>(std::lround(limits.most * 100)));
    slider->setPageStep(10);
    slider->setToolTip(help);
    QLabel* number = remark({}, this);
    number->setTextInteractionFlags(Qt::NoTextInteraction);
    number->setWordWrap(false);
    number->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    number->setFixedWidth(number->fontMetrics().horizontalAdvance(QStringLiteral("100 %")) + 4);
    QLabel* label = nameOf(slider, name, this);
    const int row = grid.rowCount();
    grid.addWidget(label, row, 0);
    grid.addWidget(slider, row, 1);
    grid.addWidget(number, row, kNumberColumn);
    thresholds_.push_back({label, slider, number, value, percent});
    connect(slider, &QSlider::valueChanged, this, &BoxesPage::changeDetection);
}

QWidget* BoxesPage::createLooking() {
    auto* part = new QWidget(this);
    auto* layout = partLayout(part, tr("How closely it looks"));
    QGridLayout* grid = controlGrid();
    stride_ = new QComboBox(part);
    letShrink(*stride_);
    stride_->setToolTip(tr("How densely windows lie: a finer grid finds more, takes longer (S)"));
    scales_ = new QSpinBox(part);
    scales_->setRange(Look::kScaleCount.least, Look::kScaleCount.most);
    floor_ = new QSpinBox(part);
    floor_->setRange(static_cast<int>(kLeastFps.least), static_cast<int>(kLeastFps.most));
    floor_->setSuffix(tr(" per second"));
    floor_->setSpecialValueText(tr("none"));
    floor_->setKeyboardTracking(false);  // "25" is not 2 first
    floor_->setToolTip(
        tr("To keep up this many results a second, scales and finer grids are left out."));
    budget_ = remark({}, part);
    const std::pair<QWidget*, QString> rows[] = {
        {stride_, tr("Grid")}, {scales_, tr("Scales")}, {floor_, tr("At least")}};
    for (const auto& [control, name] : rows) {
        const int row = grid->rowCount();
        grid->addWidget(nameOf(control, name, part), row, 0);
        grid->addWidget(control, row, 1);
    }
    layout->addLayout(grid);
    layout->addWidget(budget_);
    connect(stride_, &QComboBox::activated, this, &BoxesPage::changeLooking);
    connect(scales_, &QSpinBox::valueChanged, this, &BoxesPage::changeLooking);
    connect(floor_, &QSpinBox::valueChanged, this,
            [this](int fps) { emit frameRateFloorChanged(fps); });
    return part;
}

void BoxesPage::setResult(const Recognition* recognition, const Detections* detections,
                          std::optional<std::size_t> current, std::optional<std::size_t> ballot) {
    list_->setObjects(recognition, detections, current, ballot);
    list_->setReason(reasonFor(recognition, detections));
}

// Why this network, or the way it looks, can give no boxes; empty if it can.
QString BoxesPage::whyNoBoxes() const {
    if (has_model_ && !has_boxes_) {
        return tr(
            "This network cannot slide over a picture: it says what is there, not where. Classes "
            "and "
            "heat maps still work.");
    }
    return looking_.views == Views::kDense ? QString() : needsDenseViews();
}

// What cannot be done stays visible, greyed out, and says why.
void BoxesPage::showPossible() {
    std::vector<QWidget*> about_boxes{objects_layer_, raw_layer_, merge_, steady_};
    for (const Threshold& each : thresholds_) {
        about_boxes.push_back(each.label);
        about_boxes.push_back(each.slider);
        about_boxes.push_back(each.number);
    }
    const QString why = whyNoBoxes();
    for (QWidget* each : about_boxes) {
        if (!each->property(kHelp).isValid()) each->setProperty(kHelp, each->toolTip());
        each->setEnabled(why.isEmpty());
        each->setToolTip(why.isEmpty() ? each->property(kHelp).toString() : why);
    }
}

void BoxesPage::setDefaults(const Look& look, double floor_fps) {
    default_looking_ = look;
    default_floor_fps_ = floor_fps;
}

void BoxesPage::reset() {
    detection_ = default_looking_.detection.value_or(DetectionOptions());
    showDetection();
    emit detectionOptionsChanged(detection_);
    looking_.fine_steps = default_looking_.fine_steps;
    looking_.scale_count = default_looking_.scale_count;
    showLooking();
    emit optionsChanged(looking_);
    emit layersChanged({});
    floor_->setValue(static_cast<int>(std::lround(default_floor_fps_)));
}

// The sentence that stands where objects would.
QString BoxesPage::reasonFor(const Recognition* recognition, const Detections* detections) const {
    if (QString why = whyNoBoxes(); !why.isEmpty()) return why;
    if (!recognition || !detections) return tr("No results yet.");
    if (!detections->objects.empty()) return {};
    if (recognition->scales.empty()) return needsDenseViews();
    const auto best = std::ranges::max_element(detections->raw, {}, &RawBox::score);
    if (best != detections->raw.end()) {
        return tr("Nothing adds up to %1. The surest of %2 raw boxes says: %3, %4.")
            .arg(percentText(static_cast<float>(detection_.score_threshold)))
            .arg(detections->raw.size())
            .arg(labelText(recognition->labels.get(), best->class_index), percentText(best->score));
    }
    if (!recognition->labels) return tr("No window is sure enough.");
    const auto top = topClasses(recognition->scores, *recognition->labels, 1);
    if (top.empty()) return tr("No window is sure enough.");
    return tr("No window is surer than %1. The whole picture looks most like: %2, %3.")
        .arg(percentText(static_cast<float>(detection_.window_threshold)),
             labelText(recognition->labels.get(), top[0].index), percentText(top[0].score));
}

void BoxesPage::setModel(const ModelView& model) {
    has_model_ = !model.name.isEmpty();
    has_boxes_ = model.has_boxes;
    fine_steps_available_ = Look::kFineSteps.nearest(model.fine_steps_available);
    list_->setReason(reasonFor(nullptr, nullptr));
    showLooking();
    showComparisons();
    showPossible();
}

void BoxesPage::setOptions(const Look& options) {
    looking_ = options;
    showLooking();
    showComparisons();
    showPossible();
}

void BoxesPage::setDetectionOptions(const DetectionOptions& options) {
    detection_ = options;
    showDetection();
}

void BoxesPage::setLayers(const BoxLayers& layers) {
    layers_ = layers;
    const QSignalBlocker quiet[] = {QSignalBlocker(objects_layer_), QSignalBlocker(raw_layer_),
                                    QSignalBlocker(grid_layer_), QSignalBlocker(groups_)};
    groups_->setChecked(layers.groups);
    list_->setGroups(layers.groups);
    objects_layer_->setChecked(layers.objects);
    raw_layer_->setChecked(layers.raw_boxes);
    grid_layer_->setChecked(layers.window_grid);
}

void BoxesPage::setHeatMapVisible(bool visible) {
    const QSignalBlocker quiet(heat_map_);
    heat_map_->setChecked(visible);
}

void BoxesPage::setComparison(ComparisonChoice choice) {
    comparison_->setCurrentIndex(static_cast<int>(choice));
    showDetection();
}

ComparisonChoice BoxesPage::comparison() const {
    return static_cast<ComparisonChoice>(std::clamp(comparison_->currentIndex(), 0, 2));
}

ComparisonChoice BoxesPage::nextComparison() const {
    const auto* rows = qobject_cast<QStandardItemModel*>(comparison_->model());
    for (int row = comparison_->currentIndex() + 1; row < comparison_->count(); ++row) {
        if (rows->item(row)->isEnabled()) return static_cast<ComparisonChoice>(row);
    }
    return ComparisonChoice::kNone;
}

// What this network or its views cannot do stays in the list, disabled.
void BoxesPage::showComparisons() {
    const auto* rows = qobject_cast<QStandardItemModel*>(comparison_->model());
    const bool dense = looking_.views == Views::kDense;
    rows->item(static_cast<int>(ComparisonChoice::kMerge))->setEnabled(dense && has_boxes_);
    rows->item(static_cast<int>(ComparisonChoice::kStride))
        ->setEnabled(dense && fine_steps_available_ > 0);
}

void BoxesPage::setBudget(const BudgetView& budget) {
    const int floor = static_cast<int>(std::lround(kLeastFps.nearest(budget.floor_fps)));
    if (floor != floor_->value()) {  // what is being typed there is not to be overwritten
        const QSignalBlocker quiet(floor_);
        floor_->setValue(floor);
    }
    const QString dropped = leftOutText(budget);
    budget_->setText(dropped.isEmpty() ? tr("Nothing is left out.")
                                       : tr("Left out to keep up: %1.").arg(dropped));
}

void BoxesPage::nextMerging() {
    merge_->setCurrentIndex((merge_->currentIndex() + 1) % merge_->count());
    changeDetection();
}

void BoxesPage::nextStride() {
    if (!stride_->isEnabled()) return;
    stride_->setCurrentIndex((stride_->currentIndex() + 1) % stride_->count());
    changeLooking();
}

void BoxesPage::changeDetection() {
    detection_.merge = static_cast<Merge>(std::clamp(merge_->currentIndex(), 0, 2));
    detection_.steady = steady_->isChecked();
    for (const Threshold& each : thresholds_)
        detection_.*each.value = each.slider->value() / 100.0;
    showDetection();
    emit detectionOptionsChanged(detection_);
}

void BoxesPage::showDetection() {
    const QSignalBlocker quiet(steady_);
    merge_->setCurrentIndex(static_cast<int>(detection_.merge));
    steady_->setChecked(detection_.steady);
    for (const Threshold& each : thresholds_) {
        const QSignalBlocker quiet_slider(each.slider);
        const double value = detection_.*each.value;
        each.slider->setValue(static_cast<int>(std::lround(value * 100)));
        each.number->setText(each.percent ? tr("%1 %").arg(std::lround(value * 100))
                                          : QLocale().toString(value, 'f', 2));
        const bool of_voting = each.value == &DetectionOptions::match_threshold;
        const bool of_nms = each.value == &DetectionOptions::nms_overlap;
        const bool both = comparison() == ComparisonChoice::kMerge;
        const bool used = both || (of_voting ? detection_.merge == Merge::kVote
                                             : !of_nms || detection_.merge == Merge::kNms);
        for (QWidget* part : {static_cast<QWidget*>(each.label), static_cast<QWidget*>(each.slider),
                              static_cast<QWidget*>(each.number)}) {
            part->setVisible(used);
        }
    }
}

void BoxesPage::changeLooking() {
    looking_.fine_steps = std::max(stride_->currentIndex(), 0);
    looking_.scale_count = scales_->value();
    emit optionsChanged(looking_);
}

void BoxesPage::showLooking() {
    const QSignalBlocker quiet(scales_);
    scales_->setValue(looking_.scale_count);
    stride_->clear();
    stride_->addItem(gridText(0));
    for (int step = 1; step <= fine_steps_available_; ++step) {
        stride_->addItem(gridText(step));
    }
    stride_->setCurrentIndex(std::clamp(looking_.fine_steps, 0, stride_->count() - 1));
    const bool dense = looking_.views == Views::kDense;
    scales_->setEnabled(dense);
    stride_->setEnabled(dense && fine_steps_available_ > 0);
}

}  // namespace overfeat::ui
