// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <QCheckBox>
#include <QLabel>
#include <QTest>
#include <QTreeWidget>
#include <algorithm>
#include <stdexcept>

#include "tests/ui/boxes_fixture.h"
#include "ui/frame_image.h"
#include "ui/live_marks.h"
#include "ui/object_marks.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

TEST_F(BoxesTest, LayersAreSwitchedOneByOne) {
    showResult();
    const QColor object = classColour(4).lighter(115);
    const QColor raw = scaleColour(1);
    EXPECT_GT(pixelsLike(object), 100);
    press(Qt::Key_B);
    EXPECT_EQ(pixelsLike(object), 0);
    EXPECT_FALSE(window_.preferences().boxes.objects);
    const QImage plain = painted();
    press(Qt::Key_R);
    const QImage with_raw = painted();
    EXPECT_NE(with_raw, plain);
    EXPECT_GT(pixelsLike(raw), 0);
    press(Qt::Key_R);
    EXPECT_EQ(painted(), plain);
    press(Qt::Key_G);
    EXPECT_NE(painted(), plain);
    EXPECT_NE(painted(), with_raw);
    EXPECT_TRUE(window_.preferences().boxes.window_grid);
}

TEST_F(BoxesTest, HoveringHighlightsTheVoters) {
    showResult();
    const QImage before = painted();
    hover(middleOf(0));
    EXPECT_EQ(view().objects().current(), 0U);
    EXPECT_FALSE(view().probe()) << "one thing at a time";
    EXPECT_NE(painted(), before);
    EXPECT_GT(pixelsLike(scaleColour(0)) + pixelsLike(scaleColour(1)), 100);
    hover({5, 5});
    EXPECT_FALSE(view().objects().current());
}

TEST_F(BoxesTest, WhatIsUnderARestingPointerIsLookedAt) {
    showResult();
    hover(middleOf(0));
    ASSERT_EQ(view().objects().current(), 0U);
    showResult(-170, 2);
    EXPECT_FALSE(view().objects().current()) << "it has moved away";
    showResult(0, 3);
    EXPECT_EQ(view().objects().current(), 0U) << "and come back";
    press(Qt::Key_Tab);
    showResult(0, 4);
    EXPECT_EQ(view().objects().current(), 1U) << "the keyboard does not mind the pointer";
}

TEST_F(BoxesTest, ClickingOpensTheBallotAndEscapeClosesIt) {
    showResult();
    click(middleOf(1));
    ASSERT_EQ(view().objects().ballot(), 1U);
    EXPECT_EQ(list().ballotRows(), static_cast<int>(result_->detections.objects[1].votes()));
    // The best voter's dot lies on its window's centre.
    const RawBox& best = result_->detections.raw[result_->detections.objects[1].voters[0]];
    const ScoreMap& map = result_->scales[static_cast<std::size_t>(best.scale)];
    const QPointF centre = view().geometry().toWidget(map.windowAt(best.cell).centre());
    const QImage image = painted();
    const QColor dot = image.pixelColor((centre * image.devicePixelRatio()).toPoint());
    const QColor wanted = scaleColour(static_cast<std::size_t>(best.scale));
    EXPECT_NEAR(dot.red(), wanted.red(), 12);
    EXPECT_NEAR(dot.green(), wanted.green(), 12);
    EXPECT_NEAR(dot.blue(), wanted.blue(), 12);
    press(Qt::Key_Escape);
    EXPECT_FALSE(view().objects().ballot());
    EXPECT_EQ(list().ballotRows(), 0);
}

TEST_F(BoxesTest, KeyboardReachesEveryObject) {
    showResult();
    press(Qt::Key_Tab);
    EXPECT_EQ(view().objects().current(), 0U);
    press(Qt::Key_Tab);
    EXPECT_EQ(view().objects().current(), 1U);
    press(Qt::Key_Return);
    EXPECT_EQ(view().objects().ballot(), 1U);
    press(Qt::Key_Backtab, Qt::ShiftModifier);
    EXPECT_EQ(view().objects().ballot(), 0U) << "an open ballot follows";
    press(Qt::Key_Return);
    EXPECT_FALSE(view().objects().ballot());
    press(Qt::Key_Tab);
    press(Qt::Key_Tab);
    EXPECT_NE(QApplication::focusWidget(), &view()) << "after the last one the focus goes on";
}

TEST_F(BoxesTest, TheBallotStaysWithItsObjectWhileVideoRuns) {
    showResult();
    click(middleOf(1));
    const std::size_t class_index = result_->detections.objects[1].class_index;
    showResult(12, 2);
    ASSERT_TRUE(view().objects().ballot());
    EXPECT_EQ(result_->detections.objects[*view().objects().ballot()].class_index, class_index);
    showResult(-170, 3);
    EXPECT_FALSE(view().objects().ballot()) << "too far away to be the same";
}

TEST_F(BoxesTest, OtherObjectsOfTheSameFrame) {
    showResult();
    EXPECT_EQ(list().objectRows(), 2);
    auto fewer = std::make_shared<Detections>(result_->detections);
    fewer->objects.pop_back();
    window_.setDetections(fewer);
    EXPECT_EQ(list().objectRows(), 1);
    window_.setDetections(nullptr);
    EXPECT_EQ(list().objectRows(), 2);
}

TEST_F(BoxesTest, BoxesOfAnOlderPictureAreMarked) {
    showResult();
    const int solid = pixelsLike(classColour(4).lighter(115));
    showResult(0, 5, 0.6);
    const int dashed = pixelsLike(classColour(4).lighter(115));
    EXPECT_GT(dashed, solid / 4);
    EXPECT_LT(dashed, solid * 9 / 10);
}

TEST_F(BoxesTest, AnObjectOfAMomentAgoIsMarkedAndHasNoBallot) {
    showResult();
    const int solid = pixelsLike(classColour(4).lighter(115));
    auto gap = std::make_shared<Detections>(result_->detections);
    ASSERT_EQ(gap->objects[0].class_index, 4U);
    gap->objects[0].voters.clear();  // as the tracker does
    window_.setDetections(gap);
    EXPECT_LT(pixelsLike(classColour(4).lighter(115)), solid * 9 / 10);
    EXPECT_TRUE(objectText(nullptr, gap->objects[0]).endsWith("a moment ago"));
    EXPECT_FALSE(objectText(nullptr, gap->objects[1]).contains("a moment ago"));
    click(middleOf(0));
    EXPECT_EQ(list().ballotRows(), 0);
}

// A line of the ballot lights its window and shows what the network saw there.
TEST_F(BoxesTest, ABallotLineLightsItsWindowAndShowsWhatWasSeenThere) {
    const auto frame = std::make_shared<Frame>();
    frame->id = 1;
    frame->captured = std::chrono::steady_clock::now();
    frame->image = Image(kBoxesFrame);
    showResult();
    for (int y = 0; y < kBoxesFrame.height; ++y) {
        for (int x = 0; x < kBoxesFrame.width; ++x) {
            const RectPx& box = result_->detections.objects[0].box;
            const bool inside = box.contains({x + 0.5, y + 0.5});
            std::uint8_t* pixel = frame->image.row(y) + 3 * x;
            pixel[0] = inside ? 250 : 20;
            pixel[1] = 30;
            pixel[2] = inside ? 20 : 250;
        }
    }
    window_.setFrame(frame);
    window_.setRecognition(result_, frame);
    click(middleOf(0));
    auto* ballot = [this] {
        for (auto* each : list().findChildren<QTreeWidget*>()) {
            if (each->accessibleName() == QStringLiteral("Ballot")) return each;
        }
        throw std::runtime_error("no ballot");
    }();
    const QImage before = painted();
    QTest::mouseClick(ballot->viewport(), Qt::LeftButton, {},
                      ballot->visualItemRect(ballot->topLevelItem(1)).center());
    const RawBox& voter = result_->detections.raw[result_->detections.objects[0].voters[1]];
    ASSERT_TRUE(view().probe());
    EXPECT_TRUE(view().probe()->pinned);
    EXPECT_EQ(view().probe()->scale, static_cast<std::size_t>(voter.scale));
    EXPECT_EQ(view().probe()->cell, voter.cell);
    EXPECT_NE(painted(), before);
    EXPECT_TRUE(view().objects().ballot()) << "the ballot stays open";
    // By the keyboard, too.
    ballot->setFocus();
    QTest::keyClick(ballot, Qt::Key_Down);
    EXPECT_EQ(view().probe()->cell,
              result_->detections.raw[result_->detections.objects[0].voters[2]].cell);
    // It is on the screen: with a grey picture that came since, what is red or blue is there.
    window_.setFrame(test::plainFrame(kBoxesFrame, 90, 2, frame->captured));
    ASSERT_TRUE(view().probe());
    const RectPx window = result_->scales[view().probe()->scale].windowAt(view().probe()->cell);
    const QImage expected = windowSeen(imageOf(frame), window, 64);
    const QImage shown = painted();
    const double side = 96 * shown.devicePixelRatio();  // of the thumbnail
    for (const QColor& colour : {QColor(250, 30, 20), QColor(20, 30, 250)}) {
        const double wanted = pixelsLike(expected, colour) / (64.0 * 64);
        ASSERT_GT(wanted, 0.1);
        EXPECT_NEAR(pixelsLike(shown, colour) / (side * side), wanted, 0.05);
    }
    // Red inside the object, blue around it, as coarse as the network sees it.
    const QImage seen = windowSeen(imageOf(frame), {0, 0, 640, 480}, 64);
    EXPECT_EQ(seen.size(), QSize(64, 64));
    const PointPx middle = result_->detections.objects[0].box.centre();
    EXPECT_GT(
        seen.pixelColor(static_cast<int>(middle.x / 10), static_cast<int>(middle.y / 7.5)).red(),
        200);
    EXPECT_GT(seen.pixelColor(63, 63).blue(), 200);
    EXPECT_TRUE(windowSeen({}, {0, 0, 10, 10}, 64).isNull());
}

TEST_F(BoxesTest, OneObjectListsWhatElseItMayBe) {
    showResult();
    auto grouped = std::make_shared<Detections>(result_->detections);
    ASSERT_EQ(grouped->objects.size(), 2U);
    grouped->objects[0].score = 0.8F;
    grouped->objects[1].score = 0.3F;
    grouped->objects[0].alternatives = {grouped->objects[1], grouped->objects[1],
                                        grouped->objects[0]};
    grouped->objects.pop_back();
    window_.setDetections(grouped);
    ASSERT_EQ(list().objectRows(), 1);
    const Detection& object = grouped->objects[0];
    const LabelSet* labels = result_->labels.get();
    const QString other = labelText(labels, object.alternatives[0].class_index);
    EXPECT_EQ(alternativesText(labels, object), other + " 30 %") << "each class once, not its own";
    auto* table = list().findChild<QTreeWidget*>();
    EXPECT_TRUE(table->topLevelItem(0)->text(0).endsWith("or " + other + " 30 %"));
    click(view().geometry().toWidget(object.box.centre()));
    const auto texts = list().findChildren<QLabel*>();
    EXPECT_TRUE(std::ranges::any_of(texts, [&](const QLabel* each) {
        return each->isVisibleTo(&list()) && each->text() == "Also found here: " + other + " 30 %";
    }));
}

TEST_F(BoxesTest, KindsOfOneThingAreCalledByItsNameUnlessSwitchedOff) {
    showResult();
    const std::size_t best = result_->detections.objects[0].class_index;
    const std::size_t other = result_->detections.objects[1].class_index;
    std::vector<ClassLabel> cats(30);
    cats[best] = {.id = "n02123045", .label = "tabby"};
    cats[other] = {.id = "n02124075", .label = "Egyptian cat"};
    auto seen = std::make_shared<Recognition>(*result_);
    seen->labels = std::make_shared<LabelSet>(std::move(cats), std::nullopt);
    auto& objects = seen->detections.objects;
    objects[0].score = 0.8F;
    objects[1].score = 0.5F;
    objects[0].alternatives = {objects[1]};
    objects.pop_back();
    const LabelSet* labels = seen->labels.get();
    EXPECT_EQ(nameText(labels, objects[0], true), "cat");
    EXPECT_EQ(nameText(labels, objects[0]), "tabby");
    window_.setRecognition(seen, test::plainFrame(kBoxesFrame, 90, 1));
    auto* table = list().findChild<QTreeWidget*>();
    EXPECT_EQ(table->topLevelItem(0)->text(0), "cat: tabby, or Egyptian cat 50 %");
    const QImage with = painted();
    QCheckBox* groups = nullptr;
    for (auto* box : page().findChildren<QCheckBox*>()) {
        if (box->text().contains("by its name")) groups = box;
    }
    ASSERT_NE(groups, nullptr);
    EXPECT_TRUE(groups->isChecked());
    groups->click();
    EXPECT_EQ(table->topLevelItem(0)->text(0), "tabby, or Egyptian cat 50 %");
    EXPECT_NE(painted(), with) << "in the picture, too";
    EXPECT_FALSE(window_.preferences().boxes.groups);
}

// More often wrong than right: it is asked, not said, and its box is thinner.
TEST_F(BoxesTest, AnUnsureObjectLooksUnsure) {
    showResult();
    auto doubted = std::make_shared<Detections>(result_->detections);
    doubted->objects.resize(1);
    doubted->objects[0].score = 0.9F;
    window_.setDetections(doubted);
    const int sure = pixelsLike(classColour(doubted->objects[0].class_index).lighter(115));
    const QString name = nameText(nullptr, doubted->objects[0]);
    auto unsure = std::make_shared<Detections>(*doubted);
    unsure->objects[0].score = 0.3F;
    window_.setDetections(unsure);
    EXPECT_LT(pixelsLike(classColour(unsure->objects[0].class_index).lighter(115)), sure * 3 / 4);
    EXPECT_EQ(nameText(nullptr, unsure->objects[0]), name + "?");
}

TEST_F(BoxesTest, RawBoxesDrawnAreTheBestFewHundred) {
    Detections many;
    for (int i = 0; i < 4000; ++i) {
        many.raw.push_back({.box = {1.0 * (i % 600), 10, 30, 30},
                            .score = static_cast<float>(i % 1000) / 1000,
                            .cell = {}});
    }
    const auto drawn = drawnRawBoxes(many);
    ASSERT_EQ(drawn.size(), kRawBoxesDrawn);
    for (const std::uint32_t index : drawn)
        EXPECT_GE(many.raw[index].score, 0.925F);
    many.raw.resize(20);
    EXPECT_EQ(drawnRawBoxes(many).size(), 20U);
}

// What is painted, not only what is chosen: with one more than there is room for, the worst one
// is not there, neither as a raw box nor as a voter.
TEST_F(BoxesTest, NoMoreRawBoxesThanThoseArePainted) {
    showResult();
    press(Qt::Key_B);
    const RectPx strong{100, 200, 80, 80};
    const RectPx weak{400, 300, 80, 80};
    const auto boxes = [&](std::size_t strong_ones) {
        auto made = std::make_shared<Detections>();
        made->raw.push_back({.box = weak, .score = 0.2F, .cell = {}});
        for (std::size_t i = 0; i < strong_ones; ++i)
            made->raw.push_back({.box = strong, .score = 0.9F, .cell = {}});
        return made;
    };
    window_.setDetections(boxes(0));
    const QImage without = painted();
    const auto isDrawn = [&](const RectPx& box) {
        const QImage now = painted();
        const QPointF left = view().geometry().toWidget(PointPx{box.x, box.centre().y});
        int changed = 0;
        for (int x = -3; x <= 3; ++x) {
            const QPoint at = ((left + QPointF(x, 0)) * now.devicePixelRatio()).toPoint();
            changed += now.pixel(at) != without.pixel(at);
        }
        return changed > 0;
    };
    ASSERT_FALSE(isDrawn(strong) || isDrawn(weak));
    press(Qt::Key_R);
    window_.setDetections(boxes(kRawBoxesDrawn - 1));
    EXPECT_TRUE(isDrawn(strong));
    EXPECT_TRUE(isDrawn(weak));
    window_.setDetections(boxes(kRawBoxesDrawn));
    EXPECT_TRUE(isDrawn(strong));
    EXPECT_FALSE(isDrawn(weak));
    // The voters of the object that is looked at, the best first.
    press(Qt::Key_R);
    press(Qt::Key_B);
    for (const std::size_t strong_ones : {kRawBoxesDrawn - 1, kRawBoxesDrawn}) {
        auto voted = boxes(strong_ones);
        Detection& object = voted->objects.emplace_back();
        object.box = {250, 60, 100, 100};
        for (std::size_t i = strong_ones + 1; i-- > 0;)
            object.voters.push_back(static_cast<std::uint32_t>(i));
        window_.setDetections(voted);
        view().setFocus();
        if (!view().objects().current()) press(Qt::Key_Tab);
        ASSERT_EQ(view().objects().current(), 0U);
        EXPECT_TRUE(isDrawn(strong));
        EXPECT_EQ(isDrawn(weak), strong_ones < kRawBoxesDrawn);
    }
}

// One pixel of the screen each, however large the picture is shown.
TEST_F(BoxesTest, RawBoxesAreThin) {
    showResult();
    press(Qt::Key_B);
    auto one = std::make_shared<Detections>();
    one->raw.push_back({.box = {200, 150, 200, 150}, .score = 0.9F, .cell = {}});
    window_.setDetections(one);
    const QImage without = painted();
    press(Qt::Key_R);
    const QImage with = painted();
    const QPointF middle = view().geometry().toWidget(PointPx{300, 150}) * with.devicePixelRatio();
    int thickness = 0;
    for (int y = static_cast<int>(middle.y()) - 8; y <= static_cast<int>(middle.y()) + 8; ++y) {
        const QPoint at(static_cast<int>(middle.x()), y);
        thickness += with.pixel(at) != without.pixel(at);
    }
    EXPECT_EQ(thickness, 1);
}

}  // namespace
}  // namespace overfeat::ui
