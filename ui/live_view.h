// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QImage>
#include <QWidget>
#include <memory>
#include <optional>

#include "engine/core/image.h"
#include "engine/core/recognition.h"
#include "ui/annotated_picture.h"
#include "ui/box_editor.h"
#include "ui/heat_map_overlay.h"
#include "ui/live_objects.h"
#include "ui/picture_geometry.h"
#include "ui/probe.h"
#include "ui/view_models.h"

namespace overfeat::ui {

// The picture, with the heat map of one class over it, the objects found, and the probe.
//
// Which picture: the newest frame, so that the preview runs at camera rate however slow the network
// is; or, with HeatMapOptions::show_analysed_frame, the frame of the newest result, which then fits
// exactly. In the first case the legend says how much older heat map and boxes are once that can be
// noticed. A result of another picture size is never drawn: its geometry would be wrong.
//
// Cheap by construction: frames and results are only stored when they arrive; one repaint converts
// the newest of each at most once, however many came.
//
// Mouse: over an object, hovering shows the raw boxes that voted for it and a click opens its
// ballot; elsewhere hovering probes, a click pins, the next one lets go. The wheel magnifies,
// pulling moves a magnified picture. Keyboard: Tab goes from object to object, Return opens the
// ballot; arrows move the probe cell by cell, Page Up and Page Down change its scale, Return pins
// or lets go, Escape takes back. The middle button pulls, too.
//
// Teaching, mouse and keys are the box's instead (live_view_teaching.cpp): pulling draws it, a
// click takes the box of an object or the suggested one, arrows move it, with Shift they resize it.
// From then on the picture stays the one it was drawn on, whatever frames come, until letFrameGo().
class LiveView : public QWidget {
    Q_OBJECT
public:
    explicit LiveView(QWidget* parent = nullptr);
    ~LiveView() override;

    void setFrame(const FramePtr& frame);
    void setRecognition(const std::shared_ptr<const Recognition>& recognition,
                        const FramePtr& frame);
    void clear();
    void clearResults();
    // The class of heat map and probe; nothing = no heat map.
    void setClass(std::optional<std::size_t> class_index);
    void setHeatMapOptions(const HeatMapOptions& options);
    // The channel of the result's layer that is shown instead; nothing = none.
    void setChannel(std::optional<std::size_t> channel);
    void setSourceStatus(const SourceStatusView& status);
    // Other objects of the shown recognition, until the next one comes; null = its own.
    void setDetections(std::shared_ptr<const Detections> detections);
    void setBoxLayers(const BoxLayers& layers);
    // Written over the picture at its top, the detail in small type; empty = nothing.
    void setTitle(const QString& title, const QString& detail);
    const QString& title() const { return title_; }
    void setDropHint(bool on);
    // The side of the network's windows, for pictures of what it saw; 0 = not known.
    void setNetworkWindow(int side_px);

    void setTeaching(bool on);
    // What is drawn; it or the suggested one, nothing without a picture.
    const BoxEditor& box() const { return box_; }
    std::optional<RectPx> wantedBox() const;
    // A box of that frame, which is shown from now on; null = of the one shown.
    void setBox(const RectPx& box, const FramePtr& frame);
    void setSuggestedBox(const std::optional<RectPx>& box);
    void removeBox();
    void letFrameGo();
    bool holdsFrame() const { return held_frame_ != nullptr; }
    // What is on the screen, and what the result is of; null = nothing.
    const FramePtr& shownFrame() const;
    const FramePtr& recognisedFrame() const { return recognised_frame_; }

    const Recognition* recognition() const { return recognition_.get(); }
    const LiveObjects& objects() const { return objects_; }
    void setCurrentObject(std::optional<std::size_t> object);
    // The ballot of an object, or none.
    void openBallot(std::optional<std::size_t> object);

    const Zoom& zoom() const { return zoom_; }
    void setZoom(const Zoom& zoom);
    void zoomBy(double factor);  // around the middle

    // The frame on the screen at its own size, see MainWindow::snapshot.
    QImage snapshot(bool with_overlay) const;
    // The same with its overlay, still to be drawn, on any thread.
    AnnotatedPicture annotated() const;
    PictureGeometry geometry() const;
    const std::optional<Probe>& probe() const { return probe_; }
    bool showsHeatMap() const;
    bool showsChannel() const;
    // From capture to the screen, of results, averaged over about ten; 0 = none yet.
    double latency_ms() const { return latency_ms_; }
    // How often a frame or a result was converted for painting, for tests of the rule above.
    int conversionCount() const { return conversions_; }

    // Lights the window of a raw box and shows what the network saw there, until it is let go.
    void pinProbe(const RawBox& raw);
    // Lets go of a pinned or keyboard probe; false if there was none.
    bool releaseProbe();
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
signals:
    void probeChanged();
    // Other objects, another one looked at, or another ballot.
    void objectsChanged();
    void ballotOpened();
    void zoomChanged(const overfeat::ui::Zoom& zoom);
    // Double click or Return in the empty state.
    void openWanted();
    // Teaching: a box was begun and the picture is held; it is complete, or Return; any change of
    // it.
    void boxBegun();
    void boxDrawn();
    void boxChanged();
    // The context menu of an object, or of the box, at a place of the screen.
    void menuWanted(std::optional<std::size_t> object, const QPoint& at);

protected:
    bool event(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    bool focusNextPrevChild(bool next) override;
    void leaveEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void drawEverything(QPainter& painter, const PictureGeometry& geometry);
    void drawFrame(QPainter& painter);
    void drawPicture(QPainter& painter, const PictureGeometry& geometry);
    void drawHeatMap(QPainter& painter, const PictureGeometry& geometry);
    BoxesOverlay boxes() const;
    void prepareOverlay();
    void drawResults(QPainter& painter, const PictureGeometry& geometry);
    void drawState(QPainter& painter, const QRectF& picture);
    void noteLatency();
    void setProbe(std::optional<Probe> probe);
    QImage seenByProbe() const;
    bool moveProbe(int key);
    bool dropsResults() const;
    double age_s() const;
    QString ageRemark() const;
    bool showsObjects() const;
    std::optional<std::size_t> objectAt(const QPointF& point) const;
    void click(const QPointF& point);
    void beginBox();
    void moveTeaching(const QMouseEvent& event);
    void releaseTeaching();
    bool pressTeaching(const QKeyEvent& event);

    FramePtr frame_;
    std::shared_ptr<const Recognition> recognition_;
    FramePtr recognised_frame_;
    FramePtr held_frame_;  // the one a box was drawn on
    BoxEditor box_;
    std::uint64_t newest_recognised_ = 0;  // the largest id so far
    std::optional<std::size_t> class_index_, channel_;
    HeatMapOptions options_;
    SourceStatusView status_;
    std::optional<Probe> probe_;
    bool probe_by_keyboard_ = false, focus_by_keyboard_ = false;
    LiveObjects objects_;
    BoxLayers layers_;
    QString title_, title_detail_;
    bool drop_hint_ = false, teaching_ = false, pulled_ = false;
    int network_window_px_ = 0;
    Zoom zoom_;
    std::optional<QPointF> hover_at_;    // of a pointer that looks at objects
    std::optional<QPointF> pressed_at_;  // while a button is held on a magnified picture
    QPointF pulled_from_;
    // Made when painting, kept until what they were made from changes.
    FramePtr scaled_from_;
    QImage scaled_frame_, scaled_overlay_;
    bool overlay_stale_ = true, latency_pending_ = false;
    HeatMapOverlay overlay_;
    double latency_ms_ = 0;
    int conversions_ = 0;
};

}  // namespace overfeat::ui
