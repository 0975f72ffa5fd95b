// SPDX-License-Identifier: Apache-2.0
#include "ui/live_view.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QTest>
#include <chrono>
#include <cmath>

#include "tests/ui/synthetic.h"
#include "ui/colour_map.h"
#include "ui/frame_image.h"

namespace overfeat::ui {
namespace {

using test::plainFrame;
using test::syntheticRecognition;

constexpr SizePx kFrame{640, 480};
constexpr std::uint8_t kGrey = 90;

// The widget as painted, asked in device-independent coordinates.
class Painted {
public:
    explicit Painted(LiveView& view) : image_(view.grab().toImage()) {}
    QColor at(const QPointF& point) const {
        const double ratio = image_.devicePixelRatio();
        return image_.pixelColor(static_cast<int>(point.x() * ratio),
                                 static_cast<int>(point.y() * ratio));
    }
    const QImage& image() const { return image_; }

private:
    QImage image_;
};

::testing::AssertionResult similar(const QColor& a, const QColor& b, int tolerance = 8) {
    if (std::abs(a.red() - b.red()) <= tolerance && std::abs(a.green() - b.green()) <= tolerance &&
        std::abs(a.blue() - b.blue()) <= tolerance) {
        return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure()
           << a.name().toStdString() << " is not " << b.name().toStdString();
}

class LiveViewTest : public ::testing::Test {
protected:
    LiveViewTest() {
        view_.resize(960, 640);
        HeatMapOptions options;
        options.opacity = 1;
        options.full_range = true;
        view_.setHeatMapOptions(options);
    }
    // One sure object at `planted_`, class 3 of 400.
    void showResult(SizePx size = kFrame, std::uint64_t frame_id = 1) {
        frame_ = plainFrame(size, kGrey, frame_id);
        view_.setFrame(frame_);
        result_ = syntheticRecognition(
            size, {{.class_index = 3, .centre = planted_, .radius_px = 90, .height = 0.8F}},
            {.scales = 2, .first_window_px = 160, .classes = 400}, frame_id);
        view_.setRecognition(result_, frame_);
        view_.setClass(3);
    }
    QPoint onScreen(PointPx point) const { return view_.geometry().toWidget(point).toPoint(); }
    void hover(const QPoint& point) {
        QMouseEvent move(QEvent::MouseMove, QPointF(point), view_.mapToGlobal(QPointF(point)),
                         Qt::NoButton, Qt::NoButton, Qt::NoModifier);
        QApplication::sendEvent(&view_, &move);
    }
    void press(int key) { QTest::keyClick(&view_, static_cast<Qt::Key>(key)); }

    LiveView view_;
    FramePtr frame_;
    std::shared_ptr<Recognition> result_;
    PointPx planted_{400, 200};
};

TEST_F(LiveViewTest, LetterboxesThePicture) {
    view_.setFrame(plainFrame(kFrame, kGrey));
    const Painted painted(view_);
    EXPECT_EQ(view_.geometry().target(), QRectF(53.333333333333314, 0, 853.3333333333334, 640));
    EXPECT_TRUE(similar(painted.at({480, 320}), QColor(kGrey, kGrey, kGrey), 0));
    EXPECT_TRUE(similar(painted.at({56, 3}), QColor(kGrey, kGrey, kGrey), 0));
    EXPECT_TRUE(similar(painted.at({904, 636}), QColor(kGrey, kGrey, kGrey), 0));
    EXPECT_LT(painted.at({20, 320}).lightness(), 30) << "beside the picture";
    EXPECT_LT(painted.at({940, 320}).lightness(), 30);
}

TEST_F(LiveViewTest, PaintsTheHeatMapWhereTheScoreIs) {
    showResult();
    const Painted painted(view_);
    const float score = (result_->scales[0].interpolate(3, planted_) +
                         result_->scales[1].interpolate(3, planted_)) /
                        2;
    EXPECT_TRUE(similar(painted.at(onScreen(planted_)), scoreColour(score), 12));
    EXPECT_TRUE(similar(painted.at(onScreen({40, 40})), QColor(kGrey, kGrey, kGrey), 3));
}

TEST_F(LiveViewTest, OpacityMixesAndOffShowsThePicture) {
    showResult();
    HeatMapOptions options;
    options.opacity = 0.5;
    options.full_range = true;
    const QColor full = Painted(view_).at(onScreen(planted_));
    view_.setHeatMapOptions(options);
    const QColor half = Painted(view_).at(onScreen(planted_));
    EXPECT_NEAR(half.red(), (full.red() + kGrey) / 2, 8);
    EXPECT_NEAR(half.green(), (full.green() + kGrey) / 2, 8);
    options.visible = false;
    view_.setHeatMapOptions(options);
    EXPECT_TRUE(similar(Painted(view_).at(onScreen(planted_)), QColor(kGrey, kGrey, kGrey), 0));
}

TEST_F(LiveViewTest, NeverDrawsAResultOfAnotherPictureSize) {
    showResult();
    EXPECT_TRUE(view_.showsHeatMap());
    view_.setFrame(plainFrame({320, 480}, kGrey, 2));
    EXPECT_FALSE(view_.showsHeatMap());
    const QColor middle = Painted(view_).at({480, 320});
    EXPECT_TRUE(similar(middle, QColor(kGrey, kGrey, kGrey), 0));
    hover(QPoint(480, 320));
    EXPECT_FALSE(view_.probe());
}

TEST_F(LiveViewTest, NeverDrawsAResultOfAnotherStillPicture) {
    showResult();
    auto next = std::make_shared<Frame>(*plainFrame(kFrame, kGrey, 2));
    view_.setFrame(next);
    EXPECT_TRUE(view_.showsHeatMap()) << "the next frame of a video";
    next = std::make_shared<Frame>(*next);
    next->id = 3;
    next->still = true;
    view_.setFrame(next);
    EXPECT_FALSE(view_.showsHeatMap());
    result_->frame_id = 3;
    view_.setRecognition(result_, next);
    EXPECT_TRUE(view_.showsHeatMap());
}

TEST_F(LiveViewTest, ShowsTheNewestFrameOrTheAnalysedOne) {
    showResult();
    view_.setFrame(plainFrame(kFrame, 200, 2));
    EXPECT_TRUE(similar(Painted(view_).at(onScreen({40, 40})), QColor(200, 200, 200), 3));
    HeatMapOptions options;
    options.show_analysed_frame = true;
    view_.setHeatMapOptions(options);
    EXPECT_TRUE(similar(Painted(view_).at(onScreen({40, 40})), QColor(kGrey, kGrey, kGrey), 3));
}

TEST_F(LiveViewTest, AFloodOfFramesCostsOneConversion) {
    for (std::uint64_t i = 1; i <= 1000; ++i)
        view_.setFrame(plainFrame(SizePx{64, 48}, kGrey, i));
    view_.setFrame(plainFrame(kFrame, 33, 1001));
    const Painted painted(view_);
    EXPECT_EQ(view_.conversionCount(), 1);
    EXPECT_TRUE(similar(painted.at({480, 320}), QColor(33, 33, 33), 0)) << "and shows the newest";
    static_cast<void>(view_.grab());
    EXPECT_EQ(view_.conversionCount(), 1) << "an unchanged picture is not converted again";
}

TEST_F(LiveViewTest, HoveringProbes) {
    showResult();
    QSignalSpy changed(&view_, &LiveView::probeChanged);
    hover(onScreen(planted_));
    ASSERT_TRUE(view_.probe());
    EXPECT_EQ(changed.count(), 1);
    EXPECT_EQ(*view_.probe(), *probeAt(*result_, 3, std::nullopt, planted_));
    hover(QPoint(10, 320));
    EXPECT_FALSE(view_.probe()) << "beside the picture";
}

TEST_F(LiveViewTest, OutlinesTheWindow) {
    showResult();
    const Painted before(view_);
    QTest::mouseClick(&view_, Qt::LeftButton, {}, onScreen(planted_));
    ASSERT_TRUE(view_.probe());
    const Painted after(view_);
    const RectPx window = result_->scales[view_.probe()->scale].windowAt(view_.probe()->cell);
    const QRectF outline = view_.geometry().toWidget(window);
    const QPointF left(outline.left() + 1, outline.center().y() + 20);
    EXPECT_TRUE(similar(after.at(left), Qt::white, 40));
    EXPECT_FALSE(similar(before.at(left), Qt::white, 40));
}

TEST_F(LiveViewTest, AClickPinsAndTheNextLetsGo) {
    showResult();
    QTest::mouseClick(&view_, Qt::LeftButton, {}, onScreen(planted_));
    ASSERT_TRUE(view_.probe());
    EXPECT_TRUE(view_.probe()->pinned);
    const Probe pinned = *view_.probe();
    hover(onScreen({60, 60}));
    EXPECT_EQ(view_.probe(), pinned) << "the mouse does not move a pinned probe";
    showResult(kFrame, 2);
    EXPECT_EQ(view_.probe(), pinned) << "nor does the next result";
    QTest::mouseClick(&view_, Qt::LeftButton, {}, onScreen(planted_));
    ASSERT_TRUE(view_.probe());
    EXPECT_FALSE(view_.probe()->pinned);
}

TEST_F(LiveViewTest, EscapeLetsGo) {
    showResult();
    QTest::mouseClick(&view_, Qt::LeftButton, {}, onScreen(planted_));
    press(Qt::Key_Escape);
    EXPECT_FALSE(view_.probe());
}

TEST_F(LiveViewTest, TheKeyboardProbes) {
    showResult();
    press(Qt::Key_Right);
    ASSERT_TRUE(view_.probe());
    EXPECT_EQ(*view_.probe(), *probeAtPeak(*result_, 3, std::nullopt)) << "starts at the peak";
    const CellIndex start = view_.probe()->cell;
    press(Qt::Key_Down);
    press(Qt::Key_Left);
    EXPECT_EQ(view_.probe()->cell, (CellIndex{start.row + 1, start.column - 1}));
    press(Qt::Key_Return);
    EXPECT_TRUE(view_.probe()->pinned);
    const std::size_t scale = view_.probe()->scale;
    press(scale == 0 ? Qt::Key_PageDown : Qt::Key_PageUp);
    EXPECT_NE(view_.probe()->scale, scale);
    EXPECT_TRUE(view_.probe()->pinned);
}

TEST_F(LiveViewTest, AStalledPictureIsDimmedAndSaysSo) {
    view_.setFrame(plainFrame(kFrame, 200));
    const QColor live = Painted(view_).at({100, 60});
    SourceStatusView status;
    status.phase = SourcePhase::kStalled;
    status.frame_age_s = 3.1;
    status.sentence = QStringLiteral("No picture for 3 s.");
    view_.setSourceStatus(status);
    const Painted painted(view_);
    EXPECT_LT(painted.at({100, 60}).lightness(), live.lightness() / 2 + 20);
    // Bright letters on a dark plate in the middle.
    int bright = 0;
    for (int x = 300; x < 660; ++x)
        bright += painted.at(QPointF(x, 311)).lightness() > 200 ? 1 : 0;
    EXPECT_GT(bright, 5);
}

TEST_F(LiveViewTest, SnapshotsHaveThePicturesOwnSize) {
    EXPECT_TRUE(view_.snapshot(true).isNull());
    showResult();
    const QImage bare = view_.snapshot(false);
    EXPECT_EQ(bare.size(), QSize(640, 480));
    EXPECT_TRUE(similar(bare.pixelColor(400, 200), QColor(kGrey, kGrey, kGrey), 0));
    const QImage marked = view_.snapshot(true);
    EXPECT_EQ(marked.size(), QSize(640, 480));
    EXPECT_FALSE(similar(marked.pixelColor(400, 200), QColor(kGrey, kGrey, kGrey), 40));
    EXPECT_TRUE(similar(marked.pixelColor(30, 30), QColor(kGrey, kGrey, kGrey), 3));
}

TEST_F(LiveViewTest, MeasuresTheWayToTheScreen) {
    EXPECT_EQ(view_.latency_ms(), 0);
    const auto captured = std::chrono::steady_clock::now() - std::chrono::milliseconds(500);
    const auto frame = plainFrame(kFrame, kGrey, 1, captured);
    view_.setFrame(frame);
    view_.setRecognition(syntheticRecognition(kFrame, {}), frame);
    EXPECT_EQ(view_.latency_ms(), 0) << "not before it is painted";
    static_cast<void>(view_.grab());
    const double measured = view_.latency_ms();
    EXPECT_GE(measured, 500);
    // Looked at again, much later: that says nothing about the way.
    const auto again = plainFrame(kFrame, kGrey, 1, captured - std::chrono::minutes(1));
    view_.setRecognition(syntheticRecognition(kFrame, {}), again);
    static_cast<void>(view_.grab());
    EXPECT_EQ(view_.latency_ms(), measured);
    view_.clearResults();
    view_.setRecognition(syntheticRecognition(kFrame, {}), again);
    static_cast<void>(view_.grab());
    EXPECT_EQ(view_.latency_ms(), 0) << "nor by another network";
}

TEST_F(LiveViewTest, WithoutAPictureAClickOpens) {
    QSignalSpy wanted(&view_, &LiveView::openWanted);
    QTest::mouseClick(&view_, Qt::LeftButton, {}, QPoint(480, 320));
    press(Qt::Key_Return);
    EXPECT_EQ(wanted.count(), 2);
}

TEST(FrameImage, SharesTheFramesPixelsAndKeepsThemAlive) {
    auto frame = plainFrame({7, 5}, 12);
    const std::weak_ptr<const Frame> alive = frame;
    QImage image = imageOf(frame);
    EXPECT_EQ(image.constBits(), frame->image.row(0)) << "no copy";
    frame.reset();
    EXPECT_FALSE(alive.expired());
    EXPECT_EQ(image.pixelColor(6, 4), QColor(12, 12, 12));
    image = {};
    EXPECT_TRUE(alive.expired());
    EXPECT_TRUE(imageOf(nullptr).isNull());
}

TEST(FrameImage, RedStaysRed) {
    QImage picture(3, 2, QImage::Format_ARGB32);
    picture.fill(Qt::transparent);
    picture.setPixelColor(0, 0, Qt::red);
    picture.setPixelColor(1, 0, Qt::blue);
    const Image image = imageFrom(picture);
    EXPECT_EQ(image.row(0)[0], 255);
    EXPECT_EQ(image.row(0)[2], 0);
    EXPECT_EQ(image.row(0)[3], 0);
    EXPECT_EQ(image.row(0)[5], 255);
    EXPECT_EQ(image.row(1)[0], 255) << "transparency becomes white";
}

}  // namespace
}  // namespace overfeat::ui
