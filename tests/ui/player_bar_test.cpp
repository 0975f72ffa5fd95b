// SPDX-License-Identifier: Apache-2.0
#include "ui/player_bar.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <limits>

#include "ui/clock_text.h"
#include "ui/main_window.h"
#include "ui/time_line.h"

namespace overfeat::ui {
namespace {

SourceStatusView video(double time_s, double duration_s = 100) {
    SourceStatusView status;
    status.phase = SourcePhase::kLive;
    status.name = "clip.mp4";
    status.form = SourceForm::kVideo;
    status.time_s = time_s;
    status.duration_s = duration_s;
    status.can_seek = true;
    return status;
}

SourceStatusView folder(qint64 position) {
    SourceStatusView status;
    status.phase = SourcePhase::kLive;
    status.form = SourceForm::kPictures;
    status.item = "apple <b>.jpg";
    status.position = position;
    status.length = 20;
    return status;
}

class PlayerBarTest : public ::testing::Test {
protected:
    PlayerBarTest() {
        window_.resize(1000, 700);
        window_.show();
        EXPECT_TRUE(QTest::qWaitForWindowExposed(&window_));
    }
    void show(const SourceStatusView& status) {
        window_.setSourceStatus(status);
        QApplication::processEvents();
    }
    PlayerBar& bar() { return *window_.findChild<PlayerBar*>(); }
    TimeLine& line() { return *window_.findChild<TimeLine*>(); }
    QString place() const {
        for (const QLabel* label : window_.findChild<PlayerBar*>()->findChildren<QLabel*>())
            if (label->accessibleName() == "Place") return label->text();
        return {};
    }
    QToolButton& button(const QString& name) {
        for (QToolButton* found : bar().findChildren<QToolButton*>())
            if (found->accessibleName() == name) return *found;
        ADD_FAILURE() << name.toStdString();
        return *bar().findChild<QToolButton*>();
    }
    QPoint pointAt(double share) {
        return {static_cast<int>(line().width() * share), line().height() / 2};
    }

    MainWindow window_;
};

TEST(ClockText, IsAsShortAsItCanBe) {
    EXPECT_EQ(clockText(0), "0:00");
    EXPECT_EQ(clockText(7.999), "0:07");
    EXPECT_EQ(clockText(754), "12:34");
    EXPECT_EQ(clockText(3723.256, true), "1:02:03.25");
    EXPECT_EQ(clockText(-1), "0:00");
    EXPECT_EQ(clockText(std::numeric_limits<double>::quiet_NaN()), "0:00");
}

TEST_F(PlayerBarTest, IsThereForVideosAndFoldersOnly) {
    show({});
    EXPECT_FALSE(bar().isVisible());
    SourceStatusView camera;
    camera.phase = SourcePhase::kLive;
    camera.name = "camera";
    show(camera);
    EXPECT_FALSE(bar().isVisible());
    show(video(12.5));
    EXPECT_TRUE(bar().isVisible() && line().isVisible());
    EXPECT_EQ(place(), "0:12 / 1:40");
    show(folder(2));
    EXPECT_TRUE(bar().isVisible());
    EXPECT_FALSE(line().isVisible());
    EXPECT_EQ(place(), "3 of 20   apple <b>.jpg");
    show(camera);
    EXPECT_FALSE(bar().isVisible());
}

TEST_F(PlayerBarTest, APausedVideoTellsHundredths) {
    SourceStatusView status = video(12.345);
    status.phase = SourcePhase::kPaused;
    show(status);
    EXPECT_EQ(place(), "0:12.34 / 1:40.00");
}

TEST_F(PlayerBarTest, AClickGoesThere) {
    show(video(10));
    QSignalSpy seeks(&window_, &MainWindow::seekRequested);
    QTest::mouseClick(&line(), Qt::LeftButton, {}, pointAt(0.5));
    ASSERT_GE(seeks.count(), 1);
    EXPECT_NEAR(seeks.last().at(0).toDouble(), 50, 2);
    EXPECT_EQ(place().section(' ', 0, 0).size(), 4) << "the new place at once";
    EXPECT_NEAR(line().shownTime(), 50, 2);
    show(video(10.2));
    EXPECT_NEAR(line().shownTime(), 50, 2) << "the video has not come there yet";
    show(video(50.3));
    show(video(51.5));
    EXPECT_NEAR(line().shownTime(), 51.5, 0.01) << "it follows again";
}

TEST_F(PlayerBarTest, PullingAsksOnTheWayAndAtTheEnd) {
    show(video(0));
    QSignalSpy seeks(&window_, &MainWindow::seekRequested);
    QTest::mousePress(&line(), Qt::LeftButton, {}, pointAt(0.2));
    for (const double share : {0.3, 0.4, 0.5, 0.6, 0.7, 0.75})
        QTest::mouseMove(&line(), pointAt(share));
    show(video(1));
    EXPECT_NEAR(line().shownTime(), 75, 3) << "the hand holds it";
    EXPECT_TRUE(QTest::qWaitFor([&] { return seeks.count() > 0; }));
    QTest::mouseRelease(&line(), Qt::LeftButton, {}, pointAt(0.75));
    EXPECT_LE(seeks.count(), 4) << "not one for each move";
    EXPECT_NEAR(seeks.last().at(0).toDouble(), 75, 3);
}

TEST_F(PlayerBarTest, WhatCannotBeSoughtShowsItsPlaceOnly) {
    SourceStatusView status = video(10);
    status.can_seek = false;
    show(status);
    QSignalSpy seeks(&window_, &MainWindow::seekRequested);
    QTest::mouseClick(&line(), Qt::LeftButton, {}, pointAt(0.5));
    QTest::keyClick(&window_, Qt::Key_End);
    EXPECT_EQ(seeks.count(), 0);
    EXPECT_NEAR(line().shownTime(), 10, 0.01);
}

TEST_F(PlayerBarTest, TheKeysOfOtherPlayers) {
    show(video(50));
    QSignalSpy seeks(&window_, &MainWindow::seekRequested);
    QSignalSpy back(&window_, &MainWindow::stepBackRequested);
    QSignalSpy next(&window_, &MainWindow::stepRequested);
    QSignalSpy speeds(&window_, &MainWindow::speedChanged);
    QTest::keyClick(&window_, Qt::Key_Comma);
    EXPECT_EQ(back.count(), 1);
    QTest::keyClick(&window_, Qt::Key_Period);
    EXPECT_EQ(next.count(), 1);
    const auto sought = [&](Qt::Key key, Qt::KeyboardModifiers with = {}) {
        show(video(50));
        seeks.clear();
        QTest::keyClick(&window_, key, with);
        const double place = seeks.count() == 1 ? seeks.last().at(0).toDouble() : -1;
        show(video(place));  // it has come there
        return place;
    };
    EXPECT_DOUBLE_EQ(sought(Qt::Key_Home), 0);
    EXPECT_DOUBLE_EQ(sought(Qt::Key_End), 100);
    EXPECT_DOUBLE_EQ(sought(Qt::Key_Left, Qt::ShiftModifier), 45);
    EXPECT_DOUBLE_EQ(sought(Qt::Key_Right, Qt::ShiftModifier), 55);
    QTest::keyClick(&window_, Qt::Key_BracketRight);
    EXPECT_DOUBLE_EQ(speeds.last().at(0).toDouble(), 1.5);
    QTest::keyClick(&window_, Qt::Key_Backspace);
    EXPECT_DOUBLE_EQ(speeds.last().at(0).toDouble(), 1);
    for (int i = 0; i < 6; ++i)
        QTest::keyClick(&window_, Qt::Key_BracketLeft);
    EXPECT_DOUBLE_EQ(speeds.last().at(0).toDouble(), 0.25) << "and no slower";
}

TEST_F(PlayerBarTest, ButtonsAndSpeed) {
    show(video(50));
    QSignalSpy back(&window_, &MainWindow::stepBackRequested);
    QSignalSpy next(&window_, &MainWindow::stepRequested);
    QSignalSpy speeds(&window_, &MainWindow::speedChanged);
    button("Previous frame").click();
    button("Next frame").click();
    auto* speed = bar().findChild<QComboBox*>();
    emit speed->activated(speed->count() - 1);
    EXPECT_EQ(back.count(), 1);
    EXPECT_EQ(next.count(), 1);
    EXPECT_DOUBLE_EQ(speeds.last().at(0).toDouble(), 4);
    SourceStatusView fast = video(51);
    fast.speed = 4;
    show(fast);
    EXPECT_EQ(speed->currentIndex(), speed->count() - 1);
    EXPECT_EQ(speeds.count(), 1) << "showing is not choosing";
    show(folder(0));
    button("Previous picture").click();
    button("Next picture").click();
    EXPECT_EQ(back.count(), 2);
    EXPECT_EQ(next.count(), 2);
}

}  // namespace
}  // namespace overfeat::ui
