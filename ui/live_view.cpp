// SPDX-License-Identifier: Apache-2.0
#include "ui/live_view.h"

#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "ui/frame_image.h"
#include "ui/live_marks.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

// A heat map that is this much older than the picture is marked: below, nobody can tell.
constexpr double kNoticeableAge_s = 0.15;

bool isStale(SourcePhase phase) {
    return phase == SourcePhase::kStalled || phase == SourcePhase::kLost ||
           phase == SourcePhase::kFailed;
}

// One pixel of the result is one pixel of the screen, so that painting is a plain copy.
QImage scaledTo(const QImage& image, const QSize& size, bool transparent) {
    const auto format = transparent ? QImage::Format_ARGB32_Premultiplied : QImage::Format_RGB32;
    return image.convertToFormat(format).scaled(size, Qt::IgnoreAspectRatio,
                                                Qt::SmoothTransformation);
}

// The screen pixel that a point falls on, in device-independent coordinates.
QPointF wholePixel(const QPointF& point, double ratio) {
    return {std::round(point.x() * ratio) / ratio, std::round(point.y() * ratio) / ratio};
}

}  // namespace

LiveView::LiveView(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Live picture"));
    setAccessibleDescription(
        tr("Arrow keys move the probe, Page Up and Page Down change its scale, Return pins it."));
}

LiveView::~LiveView() = default;

QSize LiveView::sizeHint() const {
    return {960, 640};
}
QSize LiveView::minimumSizeHint() const {
    return {240, 180};
}

void LiveView::setFrame(const FramePtr& frame) {
    frame_ = frame;
    if (dropsResults()) setProbe(std::nullopt);
    update();
}

void LiveView::setRecognition(const std::shared_ptr<const Recognition>& recognition,
                              const FramePtr& frame) {
    const auto before = std::exchange(recognition_, recognition);
    recognised_frame_ = frame;
    overlay_stale_ = true;
    latency_pending_ = frame != nullptr;
    if (probe_) {
        setProbe(before && recognition_ ? carriedOver(*probe_, *before, *recognition_)
                                        : std::nullopt);
    }
    update();
}

void LiveView::clear() {
    frame_.reset();
    scaled_from_.reset();
    scaled_frame_ = {};
    clearResults();
}

void LiveView::clearResults() {
    recognition_.reset();
    recognised_frame_.reset();
    overlay_ = {};
    scaled_overlay_ = {};
    overlay_stale_ = true;
    latency_pending_ = false;
    latency_ms_ = 0;
    setProbe(std::nullopt);
    update();
}

void LiveView::setClass(std::optional<std::size_t> class_index) {
    if (class_index == class_index_) return;
    class_index_ = class_index;
    overlay_.range = 0;  // another class may need another range at once
    overlay_stale_ = true;
    update();
    if (probe_) emit probeChanged();
}

void LiveView::setHeatMapOptions(const HeatMapOptions& options) {
    if (options == options_) return;
    if (options.scale != options_.scale || options.full_range != options_.full_range ||
        options.average_scales != options_.average_scales) {
        overlay_stale_ = true;
    }
    options_ = options;
    update();
}

void LiveView::setSourceStatus(const SourceStatusView& status) {
    const bool looks_different = status.phase != status_.phase || isStale(status.phase) ||
                                 status.sentence != status_.sentence;
    status_ = status;
    if (looks_different || !frame_) update();
}

const FramePtr& LiveView::shownFrame() const {
    return options_.show_analysed_frame && recognised_frame_ ? recognised_frame_ : frame_;
}

bool LiveView::dropsResults() const {
    const FramePtr& shown = shownFrame();
    return !recognition_ || !shown || recognition_->frame_size != shown->image.size();
}

bool LiveView::showsHeatMap() const {
    return options_.visible && class_index_ && !dropsResults() && !recognition_->scales.empty();
}

PictureGeometry LiveView::geometry() const {
    const FramePtr& shown = shownFrame();
    return shown ? PictureGeometry(shown->image.size(), QSizeF(size())) : PictureGeometry();
}

void LiveView::prepareOverlay() {
    if (!overlay_stale_) return;
    overlay_ = makeOverlay(*recognition_, *class_index_, options_, overlay_.range);
    scaled_overlay_ = {};
    overlay_stale_ = false;
}

QString LiveView::ageRemark() const {
    const FramePtr& shown = shownFrame();
    if (!shown || !recognised_frame_ || shown->id == recognised_frame_->id) return {};
    const double age_s =
        std::chrono::duration<double>(shown->captured - recognised_frame_->captured).count();
    if (age_s < kNoticeableAge_s) return {};
    return tr("heat map %1 s older").arg(QLocale().toString(age_s, 'f', 1));
}

void LiveView::noteLatency() {
    if (!std::exchange(latency_pending_, false) || !recognised_frame_) return;
    const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() -
                                                                recognised_frame_->captured)
                          .count();
    constexpr double kWeight = 0.1;
    latency_ms_ = latency_ms_ > 0 ? std::lerp(latency_ms_, ms, kWeight) : ms;
}

void LiveView::drawResults(QPainter& painter, const PictureGeometry& geometry) {
    // Over a picture that no longer lives, numbers would look current.
    if (dropsResults() || isStale(status_.phase)) return;
    if (showsHeatMap() && !overlay_.isNull()) {
        drawLegend(painter, geometry.target(),
                   {*class_index_, labelText(recognition_->labels.get(), *class_index_),
                    overlay_.range, overlay_.peak, ageRemark()});
    }
    if (probe_) drawProbe(painter, geometry, QRectF(rect()), *recognition_, *probe_, class_index_);
}

void LiveView::drawState(QPainter& painter, const QRectF& picture) {
    QString sentence = status_.sentence;
    if (status_.phase == SourcePhase::kLost && status_.retry_in_s > 0) {
        sentence += (sentence.isEmpty() ? QString() : QStringLiteral(" ")) +
                    tr("Next try in %1 s.").arg(std::lround(std::ceil(status_.retry_in_s)));
    }
    const QString age = QLocale().toString(status_.frame_age_s, 'f', 1);
    if (isStale(status_.phase)) {
        drawStale(painter, picture, tr("This picture is %1 s old").arg(age), sentence);
    }
}

void LiveView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), colours(*this).picture_background);
    const PictureGeometry geometry = this->geometry();
    if (geometry.isEmpty()) {
        const bool opening = status_.phase == SourcePhase::kOpening;
        const bool broken = isStale(status_.phase);
        drawEmpty(painter, QRectF(rect()),
                  opening  ? tr("Opening %1").arg(status_.name)
                  : broken ? tr("No picture from %1").arg(status_.name)
                           : tr("Nothing to look at yet"),
                  opening || broken
                      ? status_.sentence
                      : tr("Choose a source above, or drop a picture, a video or a folder here."));
        return;
    }
    const double ratio = devicePixelRatioF();
    const QSize pixels = (geometry.target().size() * ratio).toSize().expandedTo(QSize(1, 1));
    const FramePtr& shown = shownFrame();
    if (scaled_from_ != shown || scaled_frame_.size() != pixels) {
        scaled_frame_ = scaledTo(imageOf(shown), pixels, false);
        scaled_frame_.setDevicePixelRatio(ratio);
        scaled_from_ = shown;
        ++conversions_;
    }
    painter.drawImage(wholePixel(geometry.target().topLeft(), ratio), scaled_frame_);
    if (showsHeatMap()) {
        prepareOverlay();
        const QRectF area = geometry.toWidget(overlay_.area);
        const QSize overlay_pixels = (area.size() * ratio).toSize();
        if (scaled_overlay_.size() != overlay_pixels && !overlay_.isNull()) {
            scaled_overlay_ = scaledTo(overlay_.image, overlay_pixels, true);
            scaled_overlay_.setDevicePixelRatio(ratio);
            ++conversions_;
        }
        painter.save();
        painter.setClipRect(geometry.target());
        painter.setOpacity(options_.opacity);
        painter.drawImage(wholePixel(area.topLeft(), ratio), scaled_overlay_);
        painter.restore();
    }
    drawResults(painter, geometry);
    drawState(painter, geometry.target());
    noteLatency();
    if (hasFocus() && focus_by_keyboard_ && !probe_) {
        painter.setPen(QPen(colours(*this).accent, 2));
        painter.drawRect(rect().adjusted(1, 1, -1, -1));
    }
}

QImage LiveView::snapshot(bool with_overlay) const {
    const FramePtr& shown = shownFrame();
    const QImage picture = imageOf(shown);
    if (picture.isNull() || !with_overlay || dropsResults()) return picture.copy();
    QImage result = picture.convertToFormat(QImage::Format_RGB32);
    // Marks keep their size on the screen; on large pictures they grow so that they can be read.
    const double magnification = std::max(1.0, picture.width() / 960.0);
    const PictureGeometry geometry(shown->image.size(), QSizeF(picture.size()) / magnification);
    QPainter painter(&result);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.scale(magnification, magnification);
    if (showsHeatMap()) {
        // While recording, the screen has just made it.
        const HeatMapOverlay overlay =
            overlay_stale_ ? makeOverlay(*recognition_, *class_index_, options_, overlay_.range)
                           : overlay_;
        painter.save();
        painter.setOpacity(options_.opacity);
        painter.drawImage(geometry.toWidget(overlay.area), overlay.image);
        painter.restore();
        drawLegend(painter, geometry.target(),
                   {*class_index_, labelText(recognition_->labels.get(), *class_index_),
                    overlay.range, overlay.peak, ageRemark()});
    }
    if (probe_) {
        drawProbe(painter, geometry, geometry.target(), *recognition_, *probe_, class_index_);
    }
    return result;
}

void LiveView::setProbe(std::optional<Probe> probe) {
    if (probe == probe_) return;
    probe_ = probe;
    if (!probe_) probe_by_keyboard_ = false;
    if (probe_ && probe_by_keyboard_) {
        setAccessibleDescription(probeText(*recognition_, *probe_, class_index_));
    }
    update();
    emit probeChanged();
}

bool LiveView::releaseProbe() {
    if (!probe_) return false;
    setProbe(std::nullopt);
    return true;
}

void LiveView::mouseMoveEvent(QMouseEvent* event) {
    if (probe_ && probe_->pinned) return;
    const PictureGeometry geometry = this->geometry();
    if (dropsResults() || !geometry.target().contains(event->position())) {
        setProbe(std::nullopt);
        return;
    }
    probe_by_keyboard_ = false;
    setProbe(probeAt(*recognition_, class_index_, options_.scale,
                     geometry.toPicture(event->position())));
}

void LiveView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) {
        QWidget::mousePressEvent(event);
        return;
    }
    if (geometry().isEmpty()) {
        emit openWanted();
        return;
    }
    const PictureGeometry geometry = this->geometry();
    const bool was_pinned = probe_ && probe_->pinned;
    std::optional<Probe> probe;
    if (!dropsResults() && geometry.target().contains(event->position())) {
        probe = probeAt(*recognition_, class_index_, options_.scale,
                        geometry.toPicture(event->position()));
    }
    if (probe) probe->pinned = !was_pinned;
    probe_by_keyboard_ = false;
    setProbe(probe);
}

void LiveView::focusInEvent(QFocusEvent* event) {
    focus_by_keyboard_ =
        event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    QWidget::focusInEvent(event);
}

void LiveView::leaveEvent(QEvent*) {
    if (probe_ && !probe_->pinned && !probe_by_keyboard_) setProbe(std::nullopt);
}

bool LiveView::moveProbe(int key) {
    if (dropsResults() || recognition_->scales.empty()) return false;
    if (!probe_) {
        probe_by_keyboard_ = true;
        setProbe(probeAtPeak(*recognition_, class_index_.value_or(0), options_.scale));
        return probe_.has_value();
    }
    Probe moved = *probe_;
    switch (key) {
        case Qt::Key_Left:
            moved = movedBy(*probe_, *recognition_, 0, -1);
            break;
        case Qt::Key_Right:
            moved = movedBy(*probe_, *recognition_, 0, 1);
            break;
        case Qt::Key_Up:
            moved = movedBy(*probe_, *recognition_, -1, 0);
            break;
        case Qt::Key_Down:
            moved = movedBy(*probe_, *recognition_, 1, 0);
            break;
        case Qt::Key_PageUp:
            moved = movedToScale(*probe_, *recognition_, -1);
            break;
        case Qt::Key_PageDown:
            moved = movedToScale(*probe_, *recognition_, 1);
            break;
        default:  // Return
            moved.pinned = !moved.pinned;
    }
    probe_by_keyboard_ = true;
    setProbe(moved);
    return true;
}

void LiveView::keyPressEvent(QKeyEvent* event) {
    const bool handled = [&] {
        switch (event->key()) {
            case Qt::Key_Left:
            case Qt::Key_Right:
            case Qt::Key_Up:
            case Qt::Key_Down:
            case Qt::Key_PageUp:
            case Qt::Key_PageDown:
                return moveProbe(event->key());
            case Qt::Key_Return:
            case Qt::Key_Enter:
                if (!geometry().isEmpty()) return moveProbe(event->key());
                emit openWanted();
                return true;
            case Qt::Key_Escape:
                return releaseProbe();
            default:
                return false;
        }
    }();
    if (!handled) QWidget::keyPressEvent(event);
}

}  // namespace overfeat::ui
