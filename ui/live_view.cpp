// SPDX-License-Identifier: Apache-2.0
#include "ui/live_view.h"

#include <QLocale>
#include <QPainter>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "ui/frame_image.h"
#include "ui/layer_picture.h"
#include "ui/live_marks.h"
#include "ui/object_marks.h"
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

// Where the letterbox is high enough, title and legend stand there and hide nothing.
QRectF roomAbove(const QRectF& picture) {
    constexpr double kTitle = 56;
    if (picture.top() < kTitle) return picture;
    return {picture.left(), picture.top() - kTitle, picture.width(), kTitle};
}

QRectF roomBelow(const QRectF& picture, double view_height) {
    constexpr double kLegend = 108;  // with its remark
    if (view_height - picture.bottom() < kLegend) return picture;
    return {picture.left(), picture.bottom(), picture.width(), kLegend};
}

}  // namespace

LiveView::LiveView(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Live picture"));
    setAccessibleDescription(tr(
        "Tab goes from object to object, Return opens its ballot. Arrow keys move the probe, Page "
        "Up and Page Down change its scale, Return pins it."));
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
    // A frame that is looked at again has been on the screen already.
    latency_pending_ = frame != nullptr && frame->id > newest_recognised_;
    if (frame) newest_recognised_ = std::max(newest_recognised_, frame->id);
    objects_.set(recognition_
                     ? std::shared_ptr<const Detections>(recognition_, &recognition_->detections)
                     : nullptr);
    // The pointer rests while objects move: what is under it now is what is looked at.
    if (hover_at_ && recognition_) objects_.setCurrent(objectAt(*hover_at_));
    if (probe_) {
        setProbe(before && recognition_ ? carriedOver(*probe_, *before, *recognition_)
                                        : std::nullopt);
    }
    update();
    emit objectsChanged();
}

void LiveView::setDetections(std::shared_ptr<const Detections> detections) {
    if (!recognition_) return;
    if (!detections) detections = {recognition_, &recognition_->detections};
    objects_.set(std::move(detections));
    update();
    emit objectsChanged();
}

void LiveView::setBoxLayers(const BoxLayers& layers) {
    if (layers == layers_) return;
    layers_ = layers;
    update();
}

void LiveView::setTitle(const QString& title, const QString& detail) {
    title_ = title;
    title_detail_ = detail;
    update();
}

void LiveView::setDropHint(bool on) {
    drop_hint_ = on;
    update();
}

void LiveView::setNetworkWindow(int side_px) {
    network_window_px_ = side_px;
    update();
}

void LiveView::setCurrentObject(std::optional<std::size_t> object) {
    if (!objects_.setCurrent(object)) return;
    if (const auto current = objects_.current(); current && recognition_) {
        setAccessibleDescription(
            objectText(recognition_->labels.get(), objects_.get()->objects[*current]));
    }
    update();
    emit objectsChanged();
}

void LiveView::openBallot(std::optional<std::size_t> object) {
    if (!objects_.setBallot(object)) return;
    setProbe(std::nullopt);
    update();
    emit objectsChanged();
    if (objects_.ballot()) emit ballotOpened();
}

void LiveView::setZoom(const Zoom& zoom) {
    if (zoom == zoom_) return;
    zoom_ = zoom;
    update();
    emit zoomChanged(zoom_);
}

void LiveView::zoomBy(double factor) {
    const FramePtr& shown = shownFrame();
    if (!shown) return;
    setZoom(zoomedAt(shown->image.size(), size(), zoom_, factor, QRectF(rect()).center()));
}

void LiveView::clear() {
    frame_.reset();
    scaled_from_.reset();
    scaled_frame_ = {};
    zoom_ = {};
    box_.clear();
    held_frame_.reset();
    clearResults();
    emit boxChanged();
}

void LiveView::clearResults() {
    recognition_.reset();
    recognised_frame_.reset();
    overlay_ = {};
    scaled_overlay_ = {};
    overlay_stale_ = true;
    latency_pending_ = false;
    latency_ms_ = 0;
    objects_.set(nullptr);
    setProbe(std::nullopt);
    update();
    emit objectsChanged();
}

void LiveView::setClass(std::optional<std::size_t> class_index) {
    if (class_index == class_index_) return;
    class_index_ = class_index;
    overlay_.range = 0;  // another class may need another range at once
    overlay_stale_ = true;
    update();
    if (probe_) emit probeChanged();
}

void LiveView::setChannel(std::optional<std::size_t> channel) {
    if (channel == channel_) return;
    channel_ = channel;
    setProbe(std::nullopt);
    update();
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
    if (held_frame_) return held_frame_;
    return options_.show_analysed_frame && recognised_frame_ ? recognised_frame_ : frame_;
}

bool LiveView::dropsResults() const {
    const FramePtr& shown = shownFrame();
    if (!recognition_ || !shown || recognition_->frame_size != shown->image.size()) return true;
    return shown->still && recognition_->frame_id != shown->id;  // of the picture before it
}

bool LiveView::showsHeatMap() const {
    return options_.visible && class_index_ && !dropsResults() && !recognition_->scales.empty();
}

bool LiveView::showsChannel() const {
    return channel_ && !dropsResults() && recognition_->layer &&
           recognition_->layer->keeps(*channel_);
}

PictureGeometry LiveView::geometry() const {
    const FramePtr& shown = shownFrame();
    return shown ? PictureGeometry(shown->image.size(), QSizeF(size()), zoom_) : PictureGeometry();
}

void LiveView::prepareOverlay() {
    if (!overlay_stale_) return;
    overlay_ = makeOverlay(*recognition_, *class_index_, options_, overlay_.range);
    scaled_overlay_ = {};
    overlay_stale_ = false;
}

// How much older than the picture the result is; 0 = it is of this picture, or nobody knows.
double LiveView::age_s() const {
    const FramePtr& shown = shownFrame();
    if (!shown || !recognised_frame_ || shown->id == recognised_frame_->id) return 0;
    return std::chrono::duration<double>(shown->captured - recognised_frame_->captured).count();
}

QString LiveView::ageRemark() const {
    const double age = age_s();
    if (age < kNoticeableAge_s) return {};
    return (showsChannel() ? tr("%1 s older than the picture") : tr("heat map %1 s older"))
        .arg(QLocale().toString(age, 'f', 1));
}

bool LiveView::showsObjects() const {
    return layers_.objects && !dropsResults() && !isStale(status_.phase) && !showsChannel();
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
    if (showsChannel()) {
        const LayerMaps& layer = *recognition_->layer;
        drawChannelLegend(painter, roomBelow(geometry.visible(), height()), layer, *channel_,
                          ageRemark());
        if (hover_at_) drawChannelValue(painter, geometry, layer, *channel_, *hover_at_);
        return;
    }
    if (probe_) drawProbeWindow(painter, geometry, *recognition_, *probe_);
    drawBoxes(painter, geometry, boxes());
    if (showsHeatMap() && !overlay_.isNull()) {
        drawLegend(painter, roomBelow(geometry.visible(), height()),
                   {labelColour(recognition_->labels.get(), *class_index_),
                    labelText(recognition_->labels.get(), *class_index_), overlay_.range,
                    overlay_.peak, ageRemark()});
    }
    if (probe_) {
        drawProbe(painter, geometry, QRectF(rect()), *recognition_, *probe_, class_index_,
                  seenByProbe());
    }
}

BoxesOverlay LiveView::boxes() const {
    return {.recognition = recognition_,
            .found = objects_.shared(),
            .layers = layers_,
            .current = objects_.current(),
            .ballot = objects_.ballot(),
            .stale = age_s() >= kNoticeableAge_s};
}

void LiveView::drawState(QPainter& painter, const QRectF& picture) {
    QString sentence = status_.sentence;
    if (status_.phase == SourcePhase::kLost && status_.retry_in_s > 0) {
        sentence += (sentence.isEmpty() ? QString() : QStringLiteral(" ")) +
                    tr("Next try in %1\u00a0s.").arg(std::lround(std::ceil(status_.retry_in_s)));
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
    } else {
        drawEverything(painter, geometry);
    }
    drawFrame(painter);
}

void LiveView::drawEverything(QPainter& painter, const PictureGeometry& geometry) {
    drawPicture(painter, geometry);
    // A drawn box shows what will be captured, so nothing lies over it; a suggested one lies under
    // the labels.
    const bool has_box = teaching_ && box_.box();
    if (showsChannel() && !has_box) {
        drawChannel(painter, geometry, *recognition_->layer, *channel_, options_.opacity);
    } else if (showsHeatMap() && !has_box) {
        drawHeatMap(painter, geometry);
    }
    if (teaching_) box_.draw(painter, geometry, shownFrame()->image.size());
    if (!has_box) drawResults(painter, geometry);
    if (!title_.isEmpty()) drawTitle(painter, roomAbove(geometry.visible()), title_, title_detail_);
    drawState(painter, geometry.visible());
    noteLatency();
}

// Around the view: the keyboard is here, or something may be dropped here.
void LiveView::drawFrame(QPainter& painter) {
    const bool focused = hasFocus() && focus_by_keyboard_ && !probe_;
    if (focused || drop_hint_) {
        const int width = drop_hint_ ? 4 : 2;
        painter.setPen(QPen(colours(*this).accent, width));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(width / 2, width / 2, -width / 2, -width / 2));
    }
    if (drop_hint_) {
        drawEmpty(painter, QRectF(rect()), tr("Drop it here"),
                  tr("Pictures, videos and folders are looked at; a network (.onnx) is used."));
    }
}

void LiveView::drawPicture(QPainter& painter, const PictureGeometry& geometry) {
    const double ratio = devicePixelRatioF();
    const FramePtr& shown = shownFrame();
    if (zoom_.factor > 1) {  // only the part that is seen, or the copy would be huge
        painter.save();
        // Much magnified, pixels are what a person wants to see.
        painter.setRenderHint(QPainter::SmoothPixmapTransform, geometry.scale() * ratio < 6);
        painter.drawImage(geometry.target(), imageOf(shown));
        painter.restore();
        ++conversions_;
        return;
    }
    const QSize pixels = (geometry.target().size() * ratio).toSize().expandedTo(QSize(1, 1));
    if (scaled_from_ != shown || scaled_frame_.size() != pixels) {
        scaled_frame_ = scaledTo(imageOf(shown), pixels, false);
        scaled_frame_.setDevicePixelRatio(ratio);
        scaled_from_ = shown;
        ++conversions_;
    }
    painter.drawImage(wholePixel(geometry.target().topLeft(), ratio), scaled_frame_);
}

void LiveView::drawHeatMap(QPainter& painter, const PictureGeometry& geometry) {
    prepareOverlay();
    if (overlay_.isNull()) return;
    const double ratio = devicePixelRatioF();
    const QRectF area = geometry.toWidget(overlay_.area);
    painter.save();
    painter.setClipRect(geometry.visible());
    painter.setOpacity(options_.opacity);
    if (zoom_.factor > 1) {
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        painter.drawImage(area, overlay_.image);
    } else {
        const QSize overlay_pixels = (area.size() * ratio).toSize();
        if (scaled_overlay_.size() != overlay_pixels) {
            scaled_overlay_ = scaledTo(overlay_.image, overlay_pixels, true);
            scaled_overlay_.setDevicePixelRatio(ratio);
            ++conversions_;
        }
        painter.drawImage(wholePixel(area.topLeft(), ratio), scaled_overlay_);
    }
    painter.restore();
}

QImage LiveView::snapshot(bool with_overlay) const {
    AnnotatedPicture picture = annotated();
    if (!with_overlay) picture.recognition.reset();
    return picture.drawn();
}

AnnotatedPicture LiveView::annotated() const {
    AnnotatedPicture picture;
    picture.frame = shownFrame();
    if (dropsResults()) return picture;
    picture.recognition = recognition_;
    picture.boxes = boxes();
    picture.class_index = class_index_;
    picture.heat_map = showsHeatMap();
    picture.options = options_;
    picture.overlay = overlay_;
    if (overlay_stale_) picture.overlay.image = {};  // the range stays where it was
    picture.age_remark = ageRemark();
    if (showsChannel()) picture.channel = channel_;
    picture.probe = probe_;
    picture.probe_seen = seenByProbe();
    return picture;
}

// In the frame the result is of, which may be older than the one shown.
QImage LiveView::seenByProbe() const {
    if (!probe_ || !probe_->pinned || !recognised_frame_ || !isValid(*probe_, *recognition_))
        return {};
    return windowSeen(imageOf(recognised_frame_),
                      mapOf(*probe_, *recognition_).windowAt(probe_->cell), network_window_px_);
}

void LiveView::pinProbe(const RawBox& raw) {
    if (dropsResults() || recognition_->mapOf(raw) == nullptr) return;
    const bool taught =
        recognition_->labels != nullptr && recognition_->labels->isTaught(raw.class_index);
    const Probe probe{.scale = static_cast<std::size_t>(raw.scale),
                      .cell = raw.cell,
                      .pinned = true,
                      .taught = taught};
    probe_by_keyboard_ = true;  // not the pointer's: it stays when that leaves
    setProbe(probe);
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

}  // namespace overfeat::ui
