// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <QApplication>
#include <QMouseEvent>
#include <QTest>
#include <chrono>
#include <memory>
#include <stdexcept>

#include "tests/ui/synthetic.h"
#include "ui/boxes_page.h"
#include "ui/live_view.h"
#include "ui/main_window.h"
#include "ui/objects_list.h"
#include "ui/side_panel.h"

namespace overfeat::ui {

inline constexpr SizePx kBoxesFrame{640, 480};

// The real window on its page Boxes.
class BoxesTest : public ::testing::Test {
protected:
    void SetUp() override {
        WindowPreferences preferences;
        preferences.panel_page = kBoxesPage;
        preferences.heat_map.visible = false;
        window_.setPreferences(preferences);
        window_.setModel({.name = "net",
                          .path = {},
                          .window_px = 64,
                          .class_count = 30,
                          .has_boxes = true,
                          .boxes_from = {},
                          .fidelity_reasons = {},
                          .assumptions = {},
                          .card = {},
                          .fine_steps_available = 2});
        window_.setOptions({.scale_count = 2, .largest_side_windows = 2});
        window_.setDetectionOptions({.window_threshold = 0.15,
                                     .match_threshold = 0.6,
                                     .nms_overlap = 0.5,
                                     .score_threshold = 0.3});
        window_.show();
        window_.activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(&window_, 5000));
        view().setFocus();
    }
    // Two objects: class 4 at the left, class 7 at the right; `shift` moves both.
    void showResult(double shift = 0, std::uint64_t id = 1, double older_s = 0) {
        const auto now = std::chrono::steady_clock::now();
        const auto frame = test::plainFrame(kBoxesFrame, 90, id, now);
        const std::vector<test::Bump> bumps{{4, {180 + shift, 240}, 60, 0.8F},
                                            {7, {460 + shift, 240}, 60, 0.5F}};
        result_ = test::syntheticRecognition(
            kBoxesFrame, bumps, {.scales = 2, .first_window_px = 200, .classes = 30}, id);
        test::addDetections(*result_, bumps, 0.1F);
        window_.setFrame(frame);
        window_.setRecognition(result_, frame);
        if (older_s > 0) {
            const auto later = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                std::chrono::duration<double>(older_s));
            window_.setFrame(test::plainFrame(kBoxesFrame, 90, id + 1, now + later));
        }
        ASSERT_EQ(result_->detections.objects.size(), 2U);
        QApplication::processEvents();
    }
    LiveView& view() { return window_.liveView(); }
    ObjectsList& list() { return *window_.findChild<ObjectsList*>(); }
    BoxesPage& page() { return *window_.findChild<BoxesPage*>(); }
    QPointF middleOf(std::size_t object) {
        return view().geometry().toWidget(result_->detections.objects[object].box.centre());
    }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : &window_, key,
                        modifiers);
    }
    void hover(const QPointF& point) {
        QMouseEvent move(QEvent::MouseMove, point, view().mapToGlobal(point), Qt::NoButton,
                         Qt::NoButton, Qt::NoModifier);
        QApplication::sendEvent(&view(), &move);
    }
    void click(const QPointF& point) {
        QTest::mouseClick(&view(), Qt::LeftButton, {}, point.toPoint());
    }
    QImage painted() { return view().grab().toImage(); }
    int pixelsLike(const QColor& wanted) { return pixelsLike(painted(), wanted); }
    static int pixelsLike(const QImage& image, const QColor& wanted) {
        int count = 0;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                const QColor c = image.pixelColor(x, y);
                count += std::abs(c.red() - wanted.red()) + std::abs(c.green() - wanted.green()) +
                             std::abs(c.blue() - wanted.blue()) <
                         24;
            }
        }
        return count;
    }
    template <typename T>
    T& named(const QString& name) {
        for (auto* each : page().findChildren<T*>()) {
            if (each->accessibleName() == name) return *each;
        }
        throw std::runtime_error("nothing is called " + name.toStdString());
    }

    MainWindow window_;
    std::shared_ptr<Recognition> result_;
};

}  // namespace overfeat::ui
