// SPDX-License-Identifier: Apache-2.0
//
// Where things are in the window: in small and large ones, and on the way of the Tab key.
#include <gtest/gtest.h>

#include <QtTest/qtestspontaneevent.h>
#include <QAbstractButton>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QScreen>
#include <QScrollArea>
#include <QScrollBar>
#include <QTest>
#include <QWheelEvent>
#include <QWindow>
#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "tests/ui/synthetic.h"
#include "ui/live_view.h"
#include "ui/main_window.h"
#include "ui/message_banner.h"
#include "ui/player_bar.h"
#include "ui/side_panel.h"
#include "ui/source_bar.h"
#include "ui/status_strip.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr SizePx kFrame{640, 480};
constexpr Page kPages[] = {kSeePage, kTeachPage, kBoxesPage, kNetworkPage};

class WindowLayoutTest : public ::testing::Test {
protected:
    void SetUp() override {
        window_.resize(1280, 900);
        window_.show();
        window_.activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(&window_, 5000));
        SourceStatusView status;
        status.phase = SourcePhase::kLive;
        status.size = kFrame;
        status.form = SourceForm::kVideo;
        status.time_s = 1;
        status.duration_s = 10;
        status.can_seek = true;
        window_.setSourceStatus(status);
        ModelView model;
        model.name = "Test net";
        model.window_px = 64;
        model.class_count = 30;
        model.has_boxes = true;
        model.fine_steps_available = 2;
        window_.setModel(model);
        window_.setSources({{"demo", "Demo clip", "", ""}}, "demo");
        window_.setModels({{"a", "Test net", "", ""}}, "a");
        window_.setDevices({{"cpu", "CPU", "", ""}}, "cpu");
        const auto frame = test::plainFrame(kFrame);
        window_.setFrame(frame);
        window_.setRecognition(
            test::syntheticRecognition(kFrame, {{4, {100, 100}, 40, 0.8F}},
                                       {.scales = 2, .first_window_px = 120, .classes = 30}),
            frame);
        TeachView teach;
        teach.undo_text = "Teach mug";
        teach.redo_text = "Delete key";
        for (const char* name : {"mug", "key"}) {
            TaughtClassView taught;
            taught.id = taught.name = name;
            taught.capture_count = 1;
            taught.captures.resize(1);
            taught.captures[0].id = QString(name) + "/0";
            teach.classes.push_back(taught);
        }
        window_.setTeach(teach);
    }
    SidePanel& panel() { return *window_.findChild<SidePanel*>(); }
    void open(Page page) {
        panel().setCurrentPage(page);
        QApplication::processEvents();
    }
    QScrollArea* pageArea() {
        for (auto* area : panel().findChildren<QScrollArea*>())
            if (area->isVisible() && area->parentWidget()->parentWidget() == &panel()) return area;
        return nullptr;
    }
    // What a wheel could change; nothing where it could not.
    static std::optional<QString> valueOf(const QWidget& widget) {
        if (qobject_cast<const QScrollBar*>(&widget)) return {};
        if (const auto* slider = qobject_cast<const QAbstractSlider*>(&widget))
            return QString::number(slider->value());
        if (const auto* box = qobject_cast<const QComboBox*>(&widget))
            return QString::number(box->currentIndex());
        if (const auto* box = qobject_cast<const QAbstractSpinBox*>(&widget)) return box->text();
        return {};
    }
    QRect placeOf(const QWidget& widget) const {
        return {widget.mapTo(&window_, QPoint()), widget.size()};
    }
    // Which part of the window, in the order of reading.
    int partOf(const QWidget& widget) {
        if (window_.findChild<SourceBar*>()->isAncestorOf(&widget)) return 0;
        if (&widget == &window_.liveView()) return 1;
        if (window_.findChild<PlayerBar*>()->isAncestorOf(&widget)) return 2;
        if (window_.findChild<SidePanel*>()->isAncestorOf(&widget)) return 3;
        return 4;
    }
    // What has the keyboard after each press of Tab, from the picture once round the window.
    std::vector<QWidget*> wayOfTab() {
        std::vector<QWidget*> way;
        window_.liveView().setFocus();
        do {
            way.push_back(QApplication::focusWidget());
            QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
        } while (QApplication::focusWidget() != &window_.liveView() && way.size() < 200);
        return way;
    }
    // Every control lies in the window, or can be scrolled there, and has room for what it says.
    void expectThatAllCanBeReached() {
        for (const Page page : kPages) {
            open(page);
            for (const QWidget* each : window_.findChildren<QWidget*>()) {
                if (!each->isVisible() || !(each->focusPolicy() & Qt::TabFocus)) continue;
                if (each->focusProxy()) continue;  // a part of another
                const QScrollArea* area = nullptr;
                for (const QWidget* up = each->parentWidget(); up && !area; up = up->parentWidget())
                    area = qobject_cast<const QScrollArea*>(up);
                const QWidget& inside =
                    area ? *area->widget() : static_cast<const QWidget&>(window_);
                const QRect place(each->mapTo(&inside, QPoint()), each->size());
                EXPECT_TRUE(inside.rect().contains(place))
                    << "page " << page << ": " << nameOf(*each) << " at " << place.x() << ","
                    << place.y() << " " << place.width() << "x" << place.height();
                EXPECT_GE(each->height(), each->minimumSizeHint().height()) << nameOf(*each);
                EXPECT_GE(each->width(), std::min(each->minimumSizeHint().width(), 60))
                    << nameOf(*each);
            }
        }
    }
    static std::string nameOf(const QWidget& widget) {
        return widget.metaObject()->className() +
               (" '" + widget.accessibleName() + "'").toStdString();
    }

    MainWindow window_;
};

TEST_F(WindowLayoutTest, TabGoesThroughTheWindowAsItIsRead) {
    for (const Page page : kPages) {
        open(page);
        std::vector<QWidget*> way = wayOfTab();
        ASSERT_LT(way.size(), 200U);
        // From the top of the window instead.
        const auto first = std::ranges::min_element(
            way, {}, [this](const QWidget* each) { return partOf(*each); });
        std::ranges::rotate(way, first);
        for (std::size_t i = 1; i < way.size(); ++i) {
            const QWidget& before = *way[i - 1];
            const QWidget& after = *way[i];
            SCOPED_TRACE(testing::Message() << "page " << page << ": from " << nameOf(before)
                                            << " to " << nameOf(after));
            EXPECT_LE(partOf(before), partOf(after));
            if (partOf(before) != partOf(after) || before.isAncestorOf(&after)) continue;
            const QRect a = placeOf(before);
            const QRect b = placeOf(after);
            const bool same_row = a.top() < b.bottom() && b.top() < a.bottom();
            EXPECT_TRUE(same_row ? a.left() <= b.left() : a.top() < b.top());
        }
    }
}

// As a person turns it who scrolls a page: over whatever comes under the pointer.
TEST_F(WindowLayoutTest, TheWheelScrollsAndChangesOnlyWhatHasTheKeyboard) {
    window_.resize(900, 480);
    const auto turn = [&](QWidget& over) {
        const QPointF at = over.mapTo(&window_, QRectF(over.rect()).center());
        QWheelEvent wheel(at, window_.mapToGlobal(at), {}, {0, -120}, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QSpontaneKeyEvent::setSpontaneous(&wheel);  // as from a mouse: it may give the keyboard
        qApp->notify(window_.windowHandle(), &wheel);
        QApplication::processEvents();
    };
    for (const Page page : kPages) {
        open(page);
        auto& area = *qobject_cast<QScrollArea*>(pageArea());
        int changeable = 0;
        for (QWidget* each : area.widget()->findChildren<QWidget*>()) {
            if (!each->isVisible() || !each->isEnabled() || !valueOf(*each)) continue;
            window_.liveView().setFocus();
            area.ensureWidgetVisible(each);
            QApplication::processEvents();
            const QString name = QString("page %1, %2").arg(page).arg(each->accessibleName());
            const QString before = *valueOf(*each);
            const int scrolled = area.verticalScrollBar()->value();
            turn(*each);
            EXPECT_EQ(*valueOf(*each), before) << name.toStdString();
            EXPECT_EQ(QApplication::focusWidget(), &window_.liveView()) << name.toStdString();
            if (scrolled < area.verticalScrollBar()->maximum()) {
                EXPECT_GT(area.verticalScrollBar()->value(), scrolled) << name.toStdString();
            }
            area.ensureWidgetVisible(each);
            each->setFocus();
            turn(*each);
            changeable += *valueOf(*each) != before;
        }
        if (page != kTeachPage) {
            EXPECT_GT(changeable, 0) << page;
        }
    }
}

TEST_F(WindowLayoutTest, TabReadsOneMessageAfterTheOther) {
    for (const char* subject : {"source", "model"}) {
        MessageView message;
        message.sentence = message.subject = subject;
        message.actions = {{QString(subject) + "-1", "One"}, {QString(subject) + "-2", "Two"}};
        window_.showMessage(message);
    }
    QApplication::processEvents();
    std::vector<const QWidget*> banners;
    for (const QWidget* each : wayOfTab()) {
        for (const QWidget* up = each; up; up = up->parentWidget()) {
            if (qobject_cast<const MessageBanner*>(up)) banners.push_back(up);
        }
    }
    ASSERT_EQ(banners.size(), 6U) << "two buttons and the cross of each";
    EXPECT_EQ(std::set<const QWidget*>(banners.begin(), banners.begin() + 3).size(), 1U);
    EXPECT_EQ(std::set<const QWidget*>(banners.begin() + 3, banners.end()).size(), 1U);
}

// Else the next key would act on something far away: Qt asks for the next one when one goes.
TEST_F(WindowLayoutTest, WhatHidesLeavesTheKeyboardToWhatIsNextToIt) {
    open(kSeePage);
    QWidget* box = nullptr;
    for (QWidget* each : panel().findChildren<QCheckBox*>())
        if (each->isVisible() && each->isEnabled()) box = each;
    ASSERT_TRUE(box);
    for (const bool hides : {true, false}) {
        box->setFocus();
        ASSERT_TRUE(box->hasFocus());
        hides ? box->hide() : box->setEnabled(false);
        ASSERT_TRUE(QApplication::focusWidget());
        EXPECT_NE(QApplication::focusWidget(), box);
        EXPECT_EQ(partOf(*QApplication::focusWidget()), 3) << nameOf(*QApplication::focusWidget());
        box->show();
        box->setEnabled(true);
    }
    box->setFocus();
    QTest::keyClick(&window_, Qt::Key_F9);
    EXPECT_FALSE(panel().isVisible());
    EXPECT_EQ(QApplication::focusWidget(), &window_.liveView());
}

TEST_F(WindowLayoutTest, ASearchThatIsAskedForIsSeen) {
    window_.resize(640, 480);
    QTest::keyClick(&window_, Qt::Key_F, Qt::ControlModifier);
    QApplication::processEvents();
    const QWidget* field = QApplication::focusWidget();
    ASSERT_TRUE(qobject_cast<const QLineEdit*>(field));
    EXPECT_EQ(field->visibleRegion().boundingRect(), field->rect());
}

TEST_F(WindowLayoutTest, NothingIsCutOffInASmallWindow) {
    window_.resize(640, 480);
    QApplication::processEvents();
    ASSERT_EQ(window_.size(), QSize(640, 480));
    expectThatAllCanBeReached();
    EXPECT_GE(window_.liveView().width(), 280);
    EXPECT_GE(window_.liveView().height(), 240);
}

// With room enough nothing scrolls but lists.
TEST_F(WindowLayoutTest, TheUsualWindowShowsPagesAsAWhole) {
    window_.resize(1280, 720);
    QApplication::processEvents();
    for (const Page page : {kSeePage, kTeachPage}) {
        open(page);
        for (const auto* area : panel().findChildren<QScrollArea*>()) {
            EXPECT_FALSE(area->isVisible() && area->verticalScrollBar()->isVisible()) << page;
        }
    }
    expectThatAllCanBeReached();
}

TEST_F(WindowLayoutTest, ALargeWindowGivesItsRoomToThePicture) {
    window_.resize(3840, 2160);
    QApplication::processEvents();
    expectThatAllCanBeReached();
    EXPECT_GT(window_.liveView().width(), 3400);
    EXPECT_GT(window_.liveView().height(), 2000);
}

// Somebody who needs large letters sets a large font.
class LargeFontTest : public WindowLayoutTest {
protected:
    struct LargeFont {
        LargeFont() {
            QFont large = before;
            large.setPointSizeF(2 * before.pointSizeF());
            QApplication::setFont(large);
        }
        ~LargeFont() { QApplication::setFont(before); }
        QFont before = QApplication::font();
    };
};

TEST_F(LargeFontTest, WhatHoldsTextGrowsWithIt) {
    const LargeFont large;
    MainWindow window;
    window.resize(1600, 1200);
    window.show();
    QApplication::processEvents();
    const auto height = [](const QWidget& in, const char* part) {
        for (const auto* each : in.findChildren<QWidget*>())
            if (each->metaObject()->className() == QString("overfeat::ui::") + part)
                return each->height();
        return 0;
    };
    for (const char* part : {"SourceBar", "StatusStrip"})
        EXPECT_GT(height(window, part), 1.5 * height(window_, part)) << part;
    EXPECT_GT(window.findChild<SidePanel*>()->width(), 1.5 * panel().width());
    for (const Page page : kPages) {
        window.findChild<SidePanel*>()->setCurrentPage(page);
        QApplication::processEvents();
        for (const QWidget* each : window.findChildren<QWidget*>()) {
            const bool holds_text = qobject_cast<const QAbstractButton*>(each) ||
                                    qobject_cast<const QComboBox*>(each) ||
                                    qobject_cast<const QLineEdit*>(each);
            const bool is_part = each->focusProxy() || each->focusPolicy() == Qt::NoFocus;
            if (!each->isVisible() || !holds_text || is_part) continue;
            EXPECT_GE(each->height(), QFontMetrics(each->font()).height())
                << page << ": " << nameOf(*each);
        }
    }
}

TEST_F(WindowLayoutTest, TheStatusLineCutsNoNumber) {
    window_.setNetworkStatus({.fps = 12.5, .latency_ms = 80, .dropped = 1234567});
    window_.setDevice({"oneDNN 2.6.3 (AVX-512, 2 threads) of this computer", "", false});
    for (const int width : {480, 640, 800, 1000, 1280, 1920}) {
        window_.resize(width, 600);
        QApplication::processEvents();
        const auto* strip = window_.findChild<StatusStrip*>();
        int right = 0;
        for (const auto* field : strip->findChildren<QLabel*>()) {
            if (!field->isVisible() || field->text().isEmpty()) continue;
            EXPECT_GE(field->width(), field->sizeHint().width())
                << width << " " << field->text().toStdString();
            EXPECT_GE(field->x(), right) << width << " " << field->text().toStdString();
            right = field->x() + field->width();
        }
        EXPECT_LE(right, strip->width()) << width;
        EXPECT_GT(right, strip->width() - 60) << width << ": the device is at the right";
    }
}

TEST_F(WindowLayoutTest, QuestionMarkListsTheKeysAsF1Does) {
    for (const auto& [key, with] :
         {std::pair(Qt::Key_F1, Qt::NoModifier), std::pair(Qt::Key_Question, Qt::NoModifier),
          std::pair(Qt::Key_Question, Qt::ShiftModifier)}) {
        window_.liveView().setFocus();
        QTest::keyClick(&window_.liveView(), key, with);
        auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
        ASSERT_NE(dialog, nullptr) << key << with;
        EXPECT_EQ(dialog->windowTitle(), "Keys");
        const QSize room = dialog->screen()->availableSize();
        EXPECT_EQ(dialog->size(), dialog->size().boundedTo(room)) << "it fits the screen";
        dialog->close();
        QApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        window_.activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(&window_, 5000));
    }
    open(kSeePage);
    QTest::keyClick(&window_, Qt::Key_F, Qt::ControlModifier);
    auto* field = qobject_cast<QLineEdit*>(QApplication::focusWidget());
    ASSERT_NE(field, nullptr);
    QTest::keyClick(field, Qt::Key_Question, Qt::ShiftModifier);
    EXPECT_EQ(QApplication::activeModalWidget(), nullptr) << "in a field it is a letter";
}

}  // namespace
}  // namespace overfeat::ui
