// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <QAction>
#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMouseEvent>
#include <QPointer>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <algorithm>

#include "tests/ui/synthetic.h"
#include "ui/live_view.h"
#include "ui/main_window.h"
#include "ui/side_panel.h"
#include "ui/taught_class_row.h"
#include "ui/taught_list.h"
#include "ui/teach_page.h"
#include "ui/teach_requests.h"

namespace overfeat::ui {

inline bool nearTo(const RectPx& a, const RectPx& b, double px = 2) {
    return std::abs(a.x - b.x) <= px && std::abs(a.y - b.y) <= px &&
           std::abs(a.right() - b.right()) <= px && std::abs(a.bottom() - b.bottom()) <= px;
}

// The real window on its page Teach, a live picture in it.
class TeachTest : public ::testing::Test {
protected:
    static constexpr SizePx kFrame{640, 480};

    void SetUp() override {
        WindowPreferences preferences;
        preferences.panel_page = kTeachPage;
        preferences.heat_map.visible = false;
        window_.setPreferences(preferences);
        window_.resize(1100, 700);
        window_.show();
        window_.activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(&window_, 5000));
        setPhase(SourcePhase::kLive);
        showFrame(1);
        view().setFocus();
    }
    void setPhase(SourcePhase phase) {
        SourceStatusView status;
        status.phase = phase;
        window_.setSourceStatus(status);
    }
    FramePtr showFrame(std::uint64_t id) {
        const auto frame = test::plainFrame(kFrame, 90, id);
        window_.setFrame(frame);
        QApplication::processEvents();
        return frame;
    }
    // Class 4 (of 30) in the middle of the left half, frame `id`.
    std::shared_ptr<Recognition> showObject(std::uint64_t id, std::vector<ClassLabel> labels = {}) {
        const std::vector<test::Bump> bumps{{4, {160, 240}, 60, 0.8F}};
        const auto frame = test::plainFrame(kFrame, 90, id);
        const auto result = test::syntheticRecognition(
            kFrame, bumps, {.scales = 2, .first_window_px = 200, .classes = 30}, id);
        test::addDetections(*result, bumps, 0.1F);
        if (!labels.empty()) {
            result->labels = std::make_shared<LabelSet>(std::move(labels), std::nullopt);
        }
        window_.setFrame(frame);
        window_.setRecognition(result, frame);
        QApplication::processEvents();
        return result;
    }
    static TaughtClassView taught(const QString& id, const QString& name, int captures = 1) {
        TaughtClassView view;
        view.id = id;
        view.name = name;
        view.capture_count = captures;
        for (int i = 0; i < captures; ++i) {
            TaughtCaptureView capture;
            capture.id = QStringLiteral("%1/%2").arg(id).arg(i);
            view.captures.push_back(capture);
        }
        return view;
    }
    static TeachView mugAndKey() {
        TeachView teach;
        teach.classes = {taught("t:mug", "mug", 3), taught("t:key", "key")};
        return teach;
    }

    LiveView& view() { return window_.liveView(); }
    TeachPage& page() { return *window_.findChild<TeachPage*>(); }
    TeachRequests& requests() { return window_.teachRequests(); }
    QLineEdit& nameField() {
        for (auto* field : page().findChildren<QLineEdit*>()) {
            if (field->accessibleName() == "Name of the object") return *field;
        }
        throw std::runtime_error("no name field");
    }
    TaughtClassRow& row(const QString& id) { return *page().list().row(id); }
    QPushButton& button(const QString& text) {
        for (auto* each : page().findChildren<QPushButton*>()) {
            if (each->text() == text) return *each;
        }
        throw std::runtime_error("no button " + text.toStdString());
    }
    QString whatToDo() {
        for (const auto* label : page().findChildren<QLabel*>()) {
            if (label->accessibleName() == "What to do") return label->text();
        }
        return {};
    }
    QPointF onScreen(double x, double y) { return view().geometry().toWidget(PointPx{x, y}); }
    void mouse(QEvent::Type type, PointPx at, Qt::MouseButtons held) {
        const QPointF point = onScreen(at.x, at.y);
        QMouseEvent event(type, point, view().mapToGlobal(point),
                          type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton, held,
                          Qt::NoModifier);
        QApplication::sendEvent(&view(), &event);
    }
    void drag(PointPx from, PointPx to) {
        mouse(QEvent::MouseButtonPress, from, Qt::LeftButton);
        mouse(QEvent::MouseMove, {(from.x + to.x) / 2, (from.y + to.y) / 2}, Qt::LeftButton);
        mouse(QEvent::MouseMove, to, Qt::LeftButton);
        mouse(QEvent::MouseButtonRelease, to, Qt::NoButton);
    }
    void click(PointPx at) {
        mouse(QEvent::MouseButtonPress, at, Qt::LeftButton);
        mouse(QEvent::MouseButtonRelease, at, Qt::NoButton);
    }
    static void press(QWidget& on, int key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(&on, static_cast<Qt::Key>(key), modifiers);
    }
    // Whatever has the keyboard gets it.
    void press(int key, Qt::KeyboardModifiers modifiers = {}) {
        press(QApplication::focusWidget() ? *QApplication::focusWidget() : window_, key, modifiers);
    }
    // Chooses a line of the menu that is open, by its beginning; false if it cannot be chosen.
    static bool choose(const QString& text) {
        auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
        if (!menu) return false;
        const QPointer<QMenu> open(menu);
        QList<QAction*> lines = menu->actions();
        for (qsizetype i = 0; i < lines.size(); ++i) {
            if (lines[i]->menu()) lines += lines[i]->menu()->actions();
        }
        const auto found = std::ranges::find_if(
            lines, [&](const QAction* line) { return line->text().startsWith(text); });
        const bool can = found != lines.end() && (*found)->isEnabled();
        if (can) (*found)->trigger();
        if (open) open->close();
        return can;
    }

    MainWindow window_;
};

}  // namespace overfeat::ui
