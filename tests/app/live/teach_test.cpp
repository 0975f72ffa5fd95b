// SPDX-License-Identifier: Apache-2.0
//
// Teaching in the real window, with the built-in network: by mouse and keyboard, on a picture.
#include <gtest/gtest.h>

#include <QLineEdit>
#include <QTest>

#include "app/capture/picture_file.h"
#include "engine/learn/class_library.h"
#include "tests/app/live/application_fixture.h"
#include "ui/live_view.h"
#include "ui/side_panel.h"
#include "ui/teach_page.h"
#include "ui/teach_requests.h"

namespace overfeat::app {
namespace {

constexpr SizePx kPicture{480, 360};
constexpr RectPx kThing{60, 80, 120, 120};
constexpr RectPx kAgain{290, 180, 120, 120};

// Squares within squares, on ground of another pattern.
void paintThing(Image& image, const RectPx& at) {
    for (int y = 0; y < static_cast<int>(at.height); ++y) {
        for (int x = 0; x < static_cast<int>(at.width); ++x) {
            const int ring = std::min({x, y, static_cast<int>(at.width) - 1 - x,
                                       static_cast<int>(at.height) - 1 - y}) /
                             15;
            const bool left = x < static_cast<int>(at.width) / 2;
            auto* pixel = image.row(static_cast<int>(at.y) + y) + 3 * (static_cast<int>(at.x) + x);
            pixel[0] = ring % 2 == 0 ? 230 : 30;
            pixel[1] = left ? 200 : 40;
            pixel[2] = ring > 1 ? 220 : 20;
        }
    }
}

class TeachTest : public ApplicationTest {
protected:
    void SetUp() override {
        Image picture(kPicture);
        for (int y = 0; y < kPicture.height; ++y) {
            for (int x = 0; x < 3 * kPicture.width; ++x)
                picture.row(y)[x] = static_cast<std::uint8_t>(90 + (x / 36 + y / 9) % 2 * 25);
        }
        paintThing(picture, kThing);
        paintThing(picture, kAgain);
        capture::writePicture(folder_.path() / "things.png", picture);
        change_parts_ = [](Parts& parts) {
            const Parts real = realParts();
            parts.parse_source = capture::parseSource;
            parts.open_source = capture::openSource;
            parts.make_network = real.make_network;
        };
        run();
    }
    void run() {
        startWith((folder_.path() / "things.png").string(), "default");
        window().resize(1100, 760);
        ASSERT_TRUE(test::waitFor([this] { return seen() != nullptr; }));
        QTest::keyClick(&window(), Qt::Key_T);
        ASSERT_TRUE(test::waitFor([this] {
            return page().isVisible() && page().problem().isEmpty();
        })) << page().problem().toStdString();
    }
    ui::MainWindow& window() { return application_->window(); }
    ui::LiveView& view() { return window().liveView(); }
    ui::TeachPage& page() { return *window().findChild<ui::TeachPage*>(); }
    std::shared_ptr<const Recognition> seen() { return window().livePicture().recognition; }
    void drag(PointPx from, PointPx to) {
        const QPoint a = view().geometry().toWidget(from).toPoint();
        const QPoint b = view().geometry().toWidget(to).toPoint();
        QTest::mousePress(&view(), Qt::LeftButton, {}, a);
        QTest::mouseMove(&view(), (a + b) / 2);
        QTest::mouseMove(&view(), b);
        QTest::mouseRelease(&view(), Qt::LeftButton, {}, b);
    }
    void teachThing(const char* name) {
        drag({kThing.x, kThing.y}, {kThing.right(), kThing.bottom()});
        auto* field = qobject_cast<QLineEdit*>(QApplication::focusWidget());
        ASSERT_NE(field, nullptr);
        QTest::keyClicks(field, name);
        QTest::keyClick(field, Qt::Key_Return);
    }
    // How many objects of that name are found, and lie on things.
    int found(const std::string& name) {
        const auto recognition = seen();
        if (!recognition || !recognition->labels) return 0;
        int count = 0;
        for (const Detection& object : recognition->detections.objects) {
            if ((*recognition->labels)[object.class_index].label != name) continue;
            const bool right = intersectionOverUnion(object.box, kThing) > 0.5 ||
                               intersectionOverUnion(object.box, kAgain) > 0.5;
            count += right ? 1 : 100;
        }
        return count;
    }
    bool finds(const std::string& name, int count) {
        return test::waitFor([&] { return found(name) == count; });
    }
};

TEST_F(TeachTest, OneCaptureAndItIsFoundEverywhere) {
    teachThing("gizmo");
    EXPECT_TRUE(finds("gizmo", 2)) << found("gizmo");
    ASSERT_EQ(page().teach().classes.size(), 1U);
    const ui::TaughtClassView taught = page().teach().classes[0];
    EXPECT_EQ(taught.name, "gizmo");
    EXPECT_EQ(taught.capture_count, 1);
    EXPECT_TRUE(test::waitFor([&] { return !page().teach().classes[0].thumbnail.isNull(); }));

    auto& requests = window().teachRequests();
    emit requests.renameRequested(taught.id, "widget");
    EXPECT_TRUE(finds("widget", 2));
    EXPECT_EQ(found("gizmo"), 0) << "the same class";
    emit requests.enabledRequested(taught.id, false);
    EXPECT_TRUE(finds("widget", 0));
    emit requests.undoRequested();
    EXPECT_TRUE(finds("widget", 2));
    emit requests.thresholdRequested(taught.id, 0.999);
    EXPECT_TRUE(finds("widget", 0)) << "nothing is so much like it";
    emit requests.thresholdRequested(taught.id, std::nullopt);
    EXPECT_TRUE(finds("widget", 2));
    emit requests.onlyTaughtRequested(true);
    EXPECT_TRUE(test::waitFor([this] { return seen() && seen()->labels->size() == 1; }));
    EXPECT_EQ(found("widget"), 2);
    emit requests.onlyTaughtRequested(false);
    EXPECT_TRUE(test::waitFor([this] { return seen() && seen()->labels->size() > 100; }));
    emit requests.deleteClassRequested(taught.id);
    EXPECT_TRUE(finds("widget", 0));
    EXPECT_TRUE(page().teach().classes.empty());
}

TEST_F(TeachTest, WhatWasTaughtIsThereTomorrow) {
    teachThing("gizmo");
    ASSERT_TRUE(finds("gizmo", 2));
    application_.reset();
    run();
    EXPECT_TRUE(finds("gizmo", 2));
}

TEST_F(TeachTest, WhatAnotherProgramWritesIsSeen) {
    teachThing("gizmo");
    ASSERT_TRUE(finds("gizmo", 2));
    const auto file = folder_.path() / "data" / "classes.overfeat";
    auto opened = learn::ClassLibrary::open(file);
    ASSERT_EQ(opened.library->content()->classes.size(), 1U);
    opened.library->rename(opened.library->content()->classes[0].id, "doohickey");
    EXPECT_TRUE(finds("doohickey", 2));
}

TEST_F(TeachTest, PicturesAndFoldersAreExamplesToo) {
    const auto folder = folder_.path() / "rings";
    std::filesystem::create_directory(folder);
    Image alone(SizePx{120, 120});
    paintThing(alone, {0, 0, 120, 120});
    capture::writePicture(folder / "one.png", alone);
    emit window().teachRequests().examplesDropped({QUrl::fromLocalFile(folder.c_str())}, QString());
    EXPECT_TRUE(test::waitFor([this] { return page().teach().classes.size() == 1; }));
    EXPECT_EQ(page().teach().classes[0].name, "rings");
    EXPECT_TRUE(waitsToSay("Learnt from 1 picture"));
    emit window().teachRequests().examplesDropped(
        {QUrl::fromLocalFile((folder / "one.png").c_str())}, QString());
    EXPECT_TRUE(waitsToSay("does not say what it is of"));
}

TEST_F(TeachTest, ABoxOnWhatIsKnownSaysSo) {
    teachThing("gizmo");
    ASSERT_TRUE(finds("gizmo", 2));
    drag({kAgain.x, kAgain.y}, {kAgain.right(), kAgain.bottom()});
    EXPECT_TRUE(test::waitFor([this] { return page().teach().box_hint.contains("gizmo: "); }))
        << page().teach().box_hint.toStdString();
    QTest::keyClick(&view(), Qt::Key_Escape);
    const RectPx ground{200, 20, 70, 70};
    bool judged = false;
    QObject::connect(&window().teachRequests(), &ui::TeachRequests::boxSettled,
                     [&](const FramePtr&, const std::optional<RectPx>& box) {
                         judged = box && intersectionOverUnion(*box, ground) > 0.5;
                     });
    drag({ground.x, ground.y}, {ground.right(), ground.bottom()});
    EXPECT_TRUE(test::waitFor([&] { return judged; }));
    EXPECT_FALSE(page().teach().box_hint.contains("gizmo"))
        << page().teach().box_hint.toStdString();
}

TEST_F(TeachTest, ACaptureThatDoesNotFitIsMarkedAndSeveralGoAsOneStep) {
    teachThing("gizmo");
    ASSERT_TRUE(finds("gizmo", 2));
    auto& requests = window().teachRequests();
    const QString id = page().teach().classes[0].id;
    emit requests.classOpened(id, true);
    EXPECT_TRUE(test::waitFor([this] {
        return page().teach().classes[0].advice.contains("One more from another side");
    }));
    const FramePtr frame = view().shownFrame();
    emit requests.captureRequested(id, frame, kAgain);
    emit requests.captureRequested(id, frame, {kThing.x + 3, kThing.y, 118, 120});
    emit requests.captureRequested(id, frame, {200, 20, 70, 70});  // the ground
    const auto marked = [&] {
        QList<int> rows;
        const auto& captures = page().teach().classes[0].captures;
        for (std::size_t i = 0; i < captures.size(); ++i)
            if (captures[i].disagrees) rows << static_cast<int>(i);
        return rows;
    };
    EXPECT_TRUE(test::waitFor([&] { return marked() == QList<int>{3}; }));
    ASSERT_EQ(page().teach().classes[0].captures.size(), 4U);
    const auto& captures = page().teach().classes[0].captures;
    emit requests.deleteCapturesRequested(id, {captures[1].id, captures[3].id});
    EXPECT_TRUE(test::waitFor([this] { return page().teach().classes[0].captures.size() == 2; }));
    EXPECT_EQ(page().teach().undo_text, "delete 2 captures of gizmo");
    emit requests.undoRequested();
    EXPECT_TRUE(test::waitFor([this] { return page().teach().classes[0].captures.size() == 4; }));
}

TEST_F(TeachTest, ABoxOnNothingIsJudged) {
    drag({420, 20}, {432, 32});
    EXPECT_TRUE(test::waitFor([this] { return page().teach().box_hint.contains("tiny"); }));
    QTest::keyClick(&view(), Qt::Key_Escape);
    EXPECT_TRUE(test::waitFor([this] { return page().teach().box_hint.isEmpty(); }));
}

}  // namespace
}  // namespace overfeat::app
