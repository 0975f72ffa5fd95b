// SPDX-License-Identifier: Apache-2.0
//
// Teaching by hand in the picture: boxes, frames, keys, menus.
#include "ui/teaching.h"

#include <QContextMenuEvent>

#include "tests/ui/teach_fixture.h"
#include "ui/class_search.h"
#include "ui/objects_list.h"
#include "ui/see_page.h"

namespace overfeat::ui {
namespace {

class TeachingTest : public TeachTest {};

TEST_F(TeachingTest, ThreeActionsFromSeeingToTaught) {
    QSignalSpy taught(&requests(), &TeachRequests::teachRequested);
    QSignalSpy freeze(&requests(), &TeachRequests::freezeRequested);
    const FramePtr seen = view().shownFrame();
    drag({100, 120}, {300, 320});
    ASSERT_EQ(freeze.count(), 1);
    EXPECT_TRUE(freeze[0][0].toBool());
    EXPECT_EQ(QApplication::focusWidget(), &nameField()) << "it can be typed at once";
    showFrame(2);  // the source has not stopped yet
    setPhase(SourcePhase::kPaused);
    EXPECT_EQ(view().shownFrame(), seen);
    QTest::keyClicks(&nameField(), "  mug ");
    press(Qt::Key_Return);
    ASSERT_EQ(taught.count(), 1);
    EXPECT_EQ(taught[0][0].toString(), "mug");
    EXPECT_EQ(taught[0][1].value<FramePtr>(), seen) << "the frame it was drawn on";
    EXPECT_TRUE(nearTo(taught[0][2].value<RectPx>(), {100, 120, 200, 200}));
    ASSERT_EQ(freeze.count(), 2);
    EXPECT_FALSE(freeze[1][0].toBool()) << "and on it goes";
    EXPECT_FALSE(view().box().box());
    EXPECT_TRUE(nameField().text().isEmpty());
    EXPECT_EQ(view().shownFrame()->id, 2U);
}

TEST_F(TeachingTest, APictureThatWasFrozenByHandStaysFrozen) {
    QSignalSpy freeze(&requests(), &TeachRequests::freezeRequested);
    press(Qt::Key_F);
    ASSERT_EQ(freeze.count(), 1);
    EXPECT_TRUE(freeze[0][0].toBool());
    setPhase(SourcePhase::kPaused);
    EXPECT_TRUE(button("Live").isEnabled());
    drag({100, 120}, {300, 320});
    QTest::keyClicks(&nameField(), "mug");
    press(Qt::Key_Return);
    EXPECT_EQ(freeze.count(), 1);
    button("Live").click();
    ASSERT_EQ(freeze.count(), 2);
    EXPECT_FALSE(freeze[1][0].toBool());
    setPhase(SourcePhase::kLive);
    EXPECT_TRUE(button("Freeze").isEnabled());
}

TEST_F(TeachingTest, WithoutABoxTheSuggestedOneIsTaught) {
    QSignalSpy taught(&requests(), &TeachRequests::teachRequested);
    press(Qt::Key_T);
    QTest::keyClicks(&nameField(), "mug");
    press(Qt::Key_Return);
    ASSERT_EQ(taught.count(), 1);
    EXPECT_EQ(taught[0][2].value<RectPx>(), (RectPx{160, 120, 320, 240})) << "the middle";
    window_.setSuggestedBox(RectPx{30, 40, 100, 60});
    EXPECT_EQ(QApplication::focusWidget(), &view()) << "for the next look";
    press(Qt::Key_T);
    QTest::keyClicks(&nameField(), "key");
    press(Qt::Key_Return);
    ASSERT_EQ(taught.count(), 2);
    EXPECT_EQ(taught[1][2].value<RectPx>(), (RectPx{30, 40, 100, 60}));
    click({60, 60});
    EXPECT_EQ(view().box().box(), (RectPx{30, 40, 100, 60})) << "a click takes it";
    window_.setSuggestedBox(std::nullopt);
    EXPECT_TRUE(view().box().box()) << "what a person took stays";
}

TEST_F(TeachingTest, TheBoxIsMovedAndResizedByMouse) {
    drag({100, 100}, {300, 300});
    drag({200, 200}, {240, 210});
    EXPECT_TRUE(nearTo(*view().box().box(), {140, 110, 200, 200})) << "inside: moved";
    drag({340, 310}, {400, 350});
    EXPECT_TRUE(nearTo(*view().box().box(), {140, 110, 260, 240})) << "a corner";
    drag({140, 200}, {100, 90});
    EXPECT_TRUE(nearTo(*view().box().box(), {100, 110, 300, 240})) << "a side moves one way";
    drag({250, 230}, {900, 230});
    EXPECT_TRUE(nearTo(*view().box().box(), {340, 110, 300, 240})) << "it stays in the frame";
    drag({20, 20}, {60, 60});
    EXPECT_TRUE(nearTo(*view().box().box(), {20, 20, 40, 40})) << "elsewhere: another box";
    click({500, 400});
    EXPECT_TRUE(view().box().box()) << "a click beside it is no harm";
}

TEST_F(TeachingTest, TheBoxIsMovedAndResizedByKeys) {
    QSignalSpy seek(&window_, &MainWindow::seekRequested);
    view().setBox({100, 100, 50, 60}, nullptr);
    view().setFocus();
    const auto key = [this](int code, Qt::KeyboardModifiers modifiers = {}) {
        press(view(), code, modifiers);
    };
    key(Qt::Key_Right);
    key(Qt::Key_Down);
    key(Qt::Key_Down);
    EXPECT_TRUE(nearTo(*view().box().box(), {101, 102, 50, 60}, 0.5));
    key(Qt::Key_Right, Qt::ShiftModifier);
    key(Qt::Key_Up, Qt::ShiftModifier);
    EXPECT_TRUE(nearTo(*view().box().box(), {101, 102, 51, 59}, 0.5));
    EXPECT_EQ(seek.count(), 0) << "a video does not jump meanwhile";
    key(Qt::Key_Escape);
    EXPECT_FALSE(view().box().box());
    key(Qt::Key_Left);
    EXPECT_TRUE(nearTo(*view().box().box(), {159, 120, 320, 240}, 0.5))
        << "takes the suggested one";
    EXPECT_TRUE(view().holdsFrame());
}

TEST_F(TeachingTest, MagnifiedItIsTheSamePlaceOfThePicture) {
    view().setZoom({.factor = 3, .centre = {0.3, 0.4}});
    drag({170, 170}, {210, 200});
    EXPECT_TRUE(nearTo(*view().box().box(), {170, 170, 40, 30}, 0.5));
    EXPECT_EQ(view().zoom().factor, 3);
}

TEST_F(TeachingTest, EscapeGivesUpAndLetsThePictureGoOn) {
    QSignalSpy freeze(&requests(), &TeachRequests::freezeRequested);
    drag({100, 120}, {300, 320});
    QTest::keyClicks(&nameField(), "mu");
    press(Qt::Key_Escape);
    EXPECT_TRUE(nameField().text().isEmpty());
    EXPECT_TRUE(view().box().box()) << "one thing at a time";
    press(Qt::Key_Escape);
    EXPECT_FALSE(view().box().box());
    ASSERT_EQ(freeze.count(), 2);
    EXPECT_FALSE(freeze[1][0].toBool());
}

TEST_F(TeachingTest, GoingToAnotherFrameKeepsTheBox) {
    drag({100, 120}, {300, 320});
    setPhase(SourcePhase::kPaused);
    view().setFocus();
    press(Qt::Key_Period);
    const FramePtr next = showFrame(5);
    EXPECT_EQ(view().shownFrame(), next);
    ASSERT_TRUE(view().box().box());
    QSignalSpy taught(&requests(), &TeachRequests::teachRequested);
    QTest::keyClicks(&nameField(), "mug");
    press(nameField(), Qt::Key_Return);
    ASSERT_EQ(taught.count(), 1);
    EXPECT_EQ(taught[0][1].value<FramePtr>(), next);
}

TEST_F(TeachingTest, AStillPictureIsNotFrozen) {
    QSignalSpy freeze(&requests(), &TeachRequests::freezeRequested);
    const auto still = std::make_shared<Frame>(*test::plainFrame(kFrame, 90, 7));
    still->still = true;
    window_.setFrame(still);
    EXPECT_FALSE(button("Freeze").isEnabled());
    drag({100, 120}, {300, 320});
    QTest::keyClicks(&nameField(), "mug");
    press(Qt::Key_Return);
    EXPECT_EQ(freeze.count(), 0);
}

TEST_F(TeachingTest, OutsideThePageTheMouseIsTheProbesUntilDIsPressed) {
    auto* panel = window_.findChild<SidePanel*>();
    showObject(3);
    press(Qt::Key_F2);
    drag({400, 100}, {500, 200});
    EXPECT_FALSE(view().box().box());
    view().releaseProbe();
    press(view(), Qt::Key_D);
    drag({400, 100}, {500, 200});
    EXPECT_TRUE(view().box().box());
    EXPECT_EQ(panel->currentPage(), kTeachPage) << "where it gets its name";
    EXPECT_EQ(QApplication::focusWidget(), &nameField());
    view().setFocus();
    press(Qt::Key_F2);
    EXPECT_FALSE(view().box().box()) << "left behind, it would hold the picture";
    EXPECT_FALSE(view().holdsFrame());
    press(view(), Qt::Key_D);
    press(view(), Qt::Key_Escape);
    drag({400, 100}, {500, 200});
    EXPECT_FALSE(view().box().box());
}

TEST_F(TeachingTest, DigitsAddCapturesToTheClassesInTheirOrder) {
    QSignalSpy captured(&requests(), &TeachRequests::captureRequested);
    window_.setTeach(mugAndKey());
    press(view(), Qt::Key_2);
    ASSERT_EQ(captured.count(), 1);
    EXPECT_EQ(captured[0][0].toString(), "t:key");
    EXPECT_EQ(captured[0][1].value<FramePtr>(), view().shownFrame());
    press(view(), Qt::Key_2);
    EXPECT_EQ(captured.count(), 1) << "the very same once more says nothing";
    press(view(), Qt::Key_3);
    EXPECT_EQ(captured.count(), 1) << "there is no third class";
    drag({100, 120}, {300, 320});
    EXPECT_EQ(QApplication::focusWidget(), &nameField());
    press(Qt::Key_1);
    EXPECT_EQ(captured.count(), 1) << "a digit in a name is one";
    EXPECT_EQ(nameField().text(), "1");
    view().setFocus();
    press(view(), Qt::Key_1);
    ASSERT_EQ(captured.count(), 2);
    EXPECT_EQ(captured[1][0].toString(), "t:mug");
    EXPECT_TRUE(nearTo(captured[1][2].value<RectPx>(), {100, 120, 200, 200}));
    EXPECT_FALSE(view().box().box());
    press(Qt::Key_F2);
    showObject(9);
    press(view(), Qt::Key_1);
    EXPECT_EQ(captured.count(), 2);
    EXPECT_TRUE(window_.selectedClass()) << "on page See it is the heat map's again";
}

TEST_F(TeachingTest, AKnownNameAddsACapture) {
    QSignalSpy taught(&requests(), &TeachRequests::teachRequested);
    QSignalSpy captured(&requests(), &TeachRequests::captureRequested);
    window_.setTeach(mugAndKey());
    drag({100, 120}, {300, 320});
    QTest::keyClicks(&nameField(), "MUG");
    EXPECT_TRUE(whatToDo().contains("adds"));
    press(nameField(), Qt::Key_Return);
    ASSERT_EQ(captured.count(), 1);
    EXPECT_EQ(captured[0][0].toString(), "t:mug");
    EXPECT_EQ(taught.count(), 0);
}

TEST_F(TeachingTest, AClickOnAFoundObjectTakesItsBox) {
    const auto result = showObject(3);
    const FramePtr of = view().recognisedFrame();
    showFrame(4);
    const RectPx box = result->detections.objects.at(0).box;
    click(box.centre());
    EXPECT_EQ(view().box().box(), box);
    EXPECT_EQ(view().shownFrame(), of);
    EXPECT_FALSE(view().objects().ballot()) << "its ballot is for the other pages";
}

TEST_F(TeachingTest, TheMenuOfATaughtObject) {
    QSignalSpy captured(&requests(), &TeachRequests::captureRequested);
    QSignalSpy rejected(&requests(), &TeachRequests::negativeRequested);
    window_.setTeach(mugAndKey());
    std::vector<ClassLabel> labels;
    for (int i = 0; i < 30; ++i)
        labels.push_back({i == 4 ? "t:mug" : "n" + std::to_string(i), "x"});
    const auto result = showObject(3, labels);
    const RectPx box = result->detections.objects.at(0).box;
    const auto menu = [&] {
        const QPoint at = onScreen(box.centre().x, box.centre().y).toPoint();
        QContextMenuEvent event(QContextMenuEvent::Mouse, at, view().mapToGlobal(at));
        QApplication::sendEvent(&view(), &event);
    };
    menu();
    ASSERT_TRUE(choose("This is one (mug)"));
    ASSERT_EQ(captured.count(), 1);
    EXPECT_EQ(captured[0][0].toString(), "t:mug");
    EXPECT_EQ(captured[0][1].value<FramePtr>(), view().recognisedFrame());
    EXPECT_EQ(captured[0][2].value<RectPx>(), box);
    menu();
    ASSERT_TRUE(choose("Not this"));
    ASSERT_EQ(rejected.count(), 1);
    EXPECT_EQ(rejected[0][0].toString(), "t:mug");
    menu();
    ASSERT_TRUE(choose("key")) << "it is one of another class";
    EXPECT_EQ(captured[1][0].toString(), "t:key");
    menu();
    ASSERT_TRUE(choose("Rename mug"));
    EXPECT_EQ(QApplication::focusWidget()->accessibleName(), "New name of mug");
    menu();
    ASSERT_TRUE(choose("Teach as"));
    EXPECT_EQ(view().box().box(), box);
    EXPECT_EQ(QApplication::focusWidget(), &nameField());
}

TEST_F(TeachingTest, ABuiltInObjectInTheListCanBeTaughtAsSomethingElse) {
    press(Qt::Key_F4);
    const auto result = showObject(3);
    const FramePtr of = view().recognisedFrame();
    showFrame(4);
    auto* list = window_.findChild<ObjectsList*>();
    emit list->objectMenuWanted(0, list->mapToGlobal(QPoint(5, 5)));
    EXPECT_FALSE(choose("Not this")) << "nothing was taught that it could be wrong about";
    emit list->objectMenuWanted(0, list->mapToGlobal(QPoint(5, 5)));
    ASSERT_TRUE(choose("Teach as"));
    EXPECT_EQ(window_.findChild<SidePanel*>()->currentPage(), kTeachPage);
    EXPECT_EQ(view().box().box(), result->detections.objects.at(0).box);
    EXPECT_EQ(view().shownFrame(), of) << "the picture it was seen in";
}

TEST_F(TeachingTest, WhatIsInTheBoxCanBeNoneOfTheTaught) {
    QSignalSpy rejected(&requests(), &TeachRequests::negativeRequested);
    window_.setTeach(mugAndKey());
    drag({100, 120}, {300, 320});
    QContextMenuEvent event(QContextMenuEvent::Keyboard, QPoint(5, 5), QPoint(5, 5));
    QApplication::sendEvent(&view(), &event);
    ASSERT_TRUE(choose("This is none of them"));
    ASSERT_EQ(rejected.count(), 1);
    EXPECT_TRUE(rejected[0][0].toString().isEmpty());
    EXPECT_TRUE(nearTo(rejected[0][2].value<RectPx>(), {100, 120, 200, 200}));
    QApplication::sendEvent(&view(), &event);
    ASSERT_TRUE(choose("Remove the box"));
    EXPECT_FALSE(view().box().box());
}

TEST_F(TeachingTest, SearchingForWhatIsNotThereLeadsToTeachingIt) {
    press(Qt::Key_F2);
    showObject(3);
    press(view(), Qt::Key_F, Qt::ControlModifier);
    QTest::keyClicks(QApplication::focusWidget(), "zebra");
    press(Qt::Key_Return);
    EXPECT_EQ(window_.findChild<SidePanel*>()->currentPage(), kTeachPage);
    EXPECT_EQ(nameField().text(), "zebra");
    EXPECT_EQ(QApplication::focusWidget(), &nameField());
}

TEST_F(TeachingTest, WhatIsInTheBoxCanBeJudgedBeforeItIsTaught) {
    QSignalSpy settled(&requests(), &TeachRequests::boxSettled);
    const auto box = [&](qsizetype i) { return settled[i][1].value<std::optional<RectPx>>(); };
    drag({100, 120}, {300, 320});
    ASSERT_GE(settled.count(), 1);
    EXPECT_TRUE(nearTo(box(settled.count() - 1).value(), {100, 120, 200, 200}));
    EXPECT_EQ(settled.last()[0].value<FramePtr>(), view().shownFrame());
    EXPECT_LE(settled.count(), 2) << "not while it is pulled";
    TeachView teach = mugAndKey();
    teach.box_hint = "It is blurred.";
    window_.setTeach(teach);
    EXPECT_TRUE(whatToDo().contains("It is blurred."));
    view().removeBox();
    EXPECT_FALSE(box(settled.count() - 1));
    EXPECT_FALSE(whatToDo().contains("blurred"));
}

TEST_F(TeachingTest, AnotherSourceTakesTheBoxAway) {
    drag({100, 120}, {300, 320});
    window_.clear();
    EXPECT_FALSE(view().box().box());
    EXPECT_FALSE(view().holdsFrame());
    EXPECT_TRUE(whatToDo().contains("source")) << whatToDo().toStdString();
}

}  // namespace
}  // namespace overfeat::ui
