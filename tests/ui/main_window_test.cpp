// SPDX-License-Identifier: Apache-2.0
#include "ui/main_window.h"

#include <gtest/gtest.h>

#include <QAccessible>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QSignalSpy>
#include <QTest>
#include <algorithm>
#include <set>

#include "tests/ui/synthetic.h"
#include "ui/class_row.h"
#include "ui/class_search.h"
#include "ui/live_view.h"
#include "ui/network_page.h"
#include "ui/see_page.h"
#include "ui/side_panel.h"
#include "ui/theme.h"
#include "ui/top_list.h"

namespace overfeat::ui {
namespace {

constexpr SizePx kFrame{320, 240};

class MainWindowTest : public ::testing::Test {
protected:
    void SetUp() override {
        window_.show();
        window_.activateWindow();  // a bare X server has no window manager to do it
        ASSERT_TRUE(QTest::qWaitForWindowActive(&window_, 5000));
    }
    void showResult(std::size_t classes = 30) {
        const auto frame = test::plainFrame(kFrame);
        window_.setFrame(frame);
        window_.setRecognition(test::syntheticRecognition(
                                   kFrame, {{4, {100, 100}, 40, 0.8F}, {7, {200, 150}, 40, 0.5F}},
                                   {.scales = 2, .first_window_px = 120, .classes = classes}),
                               frame);
    }
    SeePage& see() { return *window_.findChild<SeePage*>(); }
    QLineEdit& searchField() { return *see().search().findChild<QLineEdit*>(); }
    QComboBox& chooser(const QString& name) {
        for (auto* box : window_.findChildren<QComboBox*>()) {
            if (box->accessibleName() == name) return *box;
        }
        throw std::runtime_error("no chooser " + name.toStdString());
    }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : &window_, key,
                        modifiers);
    }

    MainWindow window_;
    std::uint64_t last_id_ = 0;
};

TEST_F(MainWindowTest, FollowsTheBestClassUntilAPersonChooses) {
    QSignalSpy chosen(&window_, &MainWindow::selectedClassChanged);
    showResult();
    EXPECT_EQ(see().shownClass(), 4U);
    EXPECT_FALSE(window_.selectedClass());
    press(Qt::Key_2);
    EXPECT_EQ(window_.selectedClass(), 7U);
    EXPECT_EQ(chosen.count(), 1);
    showResult();
    EXPECT_EQ(see().shownClass(), 7U) << "stays with the chosen one";
    press(Qt::Key_Escape);
    EXPECT_FALSE(window_.selectedClass());
    EXPECT_EQ(see().shownClass(), 4U);
}

TEST_F(MainWindowTest, AnAnswerThatIsNotSureLooksUnsure) {
    const auto show = [this](float height) {
        const auto frame = std::make_shared<Frame>();
        frame->still = true;
        frame->id = ++last_id_;
        frame->image = Image(kFrame);
        window_.setFrame(frame);
        window_.setRecognition(test::syntheticRecognition(
                                   kFrame, {{4, {100, 100}, 40, height}},
                                   {.scales = 1, .first_window_px = 120, .classes = 30}, last_id_),
                               frame);
    };
    const auto says = [this](const QString& text) {
        const auto labels = see().topList().findChildren<QLabel*>();
        return std::ranges::any_of(labels,
                                   [&](const QLabel* each) { return each->text() == text; });
    };
    show(0.9F);
    EXPECT_TRUE(says("What it sees"));
    const QImage sure = see().topList().grab().toImage();
    show(0.2F);
    EXPECT_TRUE(says("What it may see (not sure)"));
    auto* list = see().topList().findChild<QListView*>();
    EXPECT_TRUE(list->model()->index(0, 0).data(kUnsureRole).toBool());
    show(0.31F);
    EXPECT_TRUE(says("What it may see (not sure)")) << "it does not flicker";
    show(0.9F);
    EXPECT_TRUE(says("What it sees"));
    EXPECT_FALSE(list->model()->index(0, 0).data(kUnsureRole).toBool());
}

// What is smoothed is the world, not the way it is looked at.
TEST_F(MainWindowTest, OtherOptionsAndOtherPicturesAreNotSmoothed) {
    const auto sometime = std::chrono::steady_clock::now();
    const auto showScore = [&](std::uint64_t id, float height, bool still,
                               std::uint64_t passage = 0) {
        const auto frame = std::make_shared<Frame>();
        frame->id = id;
        frame->passage = passage;
        frame->still = still;
        frame->captured = sometime;
        frame->image = Image(kFrame);
        window_.setFrame(frame);
        window_.setRecognition(
            test::syntheticRecognition(kFrame, {{4, {100, 100}, 40, height}},
                                       {.scales = 2, .first_window_px = 120}, id),
            frame);
        return see().topList().ranking().scores()[4];
    };
    const float strong = showScore(1, 0.9F, false);
    const float weak = showScore(1, 0.3F, false);
    EXPECT_LT(weak, strong / 2) << "the same frame looked at again";
    EXPECT_NEAR(showScore(2, 0.9F, false), weak, 0.01F) << "a video at once after it";
    EXPECT_NEAR(showScore(3, 0.9F, true), strong, 0.01F) << "another picture";
    EXPECT_NEAR(showScore(4, 0.3F, true), weak, 0.01F) << "and another";
    EXPECT_NEAR(showScore(5, 0.9F, false), weak, 0.01F) << "a video at once after it";
    EXPECT_NEAR(showScore(6, 0.9F, false, 1), strong, 0.01F) << "where somebody has sought";
}

// By its id: another network has other classes, and whatever is taught moves the rest.
TEST_F(MainWindowTest, TheChosenClassStaysAmongOtherLabelsWhereItIsOneOfThem) {
    QSignalSpy changed(&window_, &MainWindow::selectedClassChanged);
    showResult(30);
    press(Qt::Key_2);
    ASSERT_EQ(window_.selectedClass(), 7U);
    const auto showLabels = [this](std::vector<ClassLabel> labels) {
        const auto frame = test::plainFrame(kFrame);
        const auto result = test::syntheticRecognition(
            kFrame, {{0, {100, 100}, 40, 0.8F}},
            {.scales = 2, .first_window_px = 120, .classes = labels.size()});
        result->labels = std::make_shared<LabelSet>(std::move(labels), std::nullopt);
        window_.setFrame(frame);
        window_.setRecognition(result, frame);
    };
    const std::string id = (*test::syntheticLabels(30))[7].id;
    showLabels({{"a", "mug"}, {"b", "cup"}, {id, "sunglasses"}, {"c", "book"}});
    EXPECT_EQ(window_.selectedClass(), 2U) << "the same class at another place";
    EXPECT_EQ(see().shownClass(), 2U);
    EXPECT_EQ(changed.count(), 2);
    EXPECT_EQ(see().search().hitCount(), 4);
    showLabels({{"a", "mug"}, {"b", "cup"}, {"c", "book"}});
    EXPECT_FALSE(window_.selectedClass());
    EXPECT_EQ(see().shownClass(), 0U);
}

TEST_F(MainWindowTest, SpacePausesButNotUnderAButton) {
    QSignalSpy toggled(&window_, &MainWindow::playPauseToggled);
    SourceStatusView status;
    status.phase = SourcePhase::kLive;
    window_.setSourceStatus(status);
    window_.liveView().setFocus();
    press(Qt::Key_Space);
    ASSERT_EQ(toggled.count(), 1);
    EXPECT_EQ(toggled[0][0].toBool(), true);
    status.phase = SourcePhase::kPaused;
    window_.setSourceStatus(status);
    press(Qt::Key_Space);
    EXPECT_EQ(toggled[1][0].toBool(), false);

    auto* box = see().topList().findChild<QCheckBox*>();
    box->setFocus();
    const bool before = box->isChecked();
    press(Qt::Key_Space);
    EXPECT_NE(box->isChecked(), before);
    EXPECT_EQ(toggled.count(), 2);
}

TEST_F(MainWindowTest, KeysSayWhatIsWanted) {
    QSignalSpy step(&window_, &MainWindow::stepRequested);
    QSignalSpy snapshot(&window_, &MainWindow::snapshotRequested);
    QSignalSpy record(&window_, &MainWindow::recordToggled);
    window_.liveView().setFocus();
    press(Qt::Key_Period);
    press(Qt::Key_S, Qt::ControlModifier);
    press(Qt::Key_S, Qt::ControlModifier | Qt::ShiftModifier);
    press(Qt::Key_R, Qt::ControlModifier);
    EXPECT_EQ(step.count(), 1);
    ASSERT_EQ(snapshot.count(), 2);
    EXPECT_TRUE(snapshot[0][0].toBool());
    EXPECT_FALSE(snapshot[1][0].toBool());
    ASSERT_EQ(record.count(), 1);
    EXPECT_TRUE(record[0][0].toBool());
}

TEST_F(MainWindowTest, HeatMapKeys) {
    showResult();
    window_.liveView().setFocus();
    EXPECT_TRUE(window_.liveView().showsHeatMap());
    press(Qt::Key_H);
    EXPECT_FALSE(window_.liveView().showsHeatMap());
    EXPECT_FALSE(window_.preferences().heat_map.visible);
    press(Qt::Key_H);
    const double before = window_.preferences().heat_map.opacity;
    press(Qt::Key_Minus);
    EXPECT_NEAR(window_.preferences().heat_map.opacity, before - 0.1, 1e-6);
    press(Qt::Key_Plus);
    EXPECT_NEAR(window_.preferences().heat_map.opacity, before, 1e-6);
}

TEST_F(MainWindowTest, SearchingTypesInsteadOfChoosing) {
    showResult();
    window_.liveView().setFocus();
    press(Qt::Key_F, Qt::ControlModifier);
    ASSERT_EQ(QApplication::focusWidget(), &searchField());
    EXPECT_EQ(see().search().hitCount(), 30);
    QTest::keyClicks(&searchField(), QStringLiteral("thing 1"));
    EXPECT_EQ(searchField().text(), QStringLiteral("thing 1")) << "keys 1, H and . go to the field";
    EXPECT_FALSE(window_.selectedClass());
    EXPECT_EQ(see().search().hitCount(), 8) << "thing 12 to 19";
    press(Qt::Key_Return);
    EXPECT_EQ(window_.selectedClass(), 12U);
    press(Qt::Key_Down);
    EXPECT_TRUE(qobject_cast<QListView*>(QApplication::focusWidget()));
    searchField().setFocus();
    press(Qt::Key_Escape);
    EXPECT_TRUE(searchField().text().isEmpty());
    EXPECT_EQ(see().search().hitCount(), 30);
}

TEST_F(MainWindowTest, ChoosersReportIdsAndKeepWhatCannotBeTaken) {
    QSignalSpy source(&window_, &MainWindow::sourceChosen);
    window_.setSources({{"demo", "Demo", "", ""}, {"camera:x", "Cam", "", "in use"}}, "demo");
    QComboBox& box = chooser(QStringLiteral("Source"));
    EXPECT_EQ(box.currentIndex(), 0);
    EXPECT_FALSE(box.model()->flags(box.model()->index(1, 0)).testFlag(Qt::ItemIsEnabled));
    EXPECT_TRUE(box.itemText(1).contains(QStringLiteral("in use")));
    emit box.activated(0);
    ASSERT_EQ(source.count(), 1);
    EXPECT_EQ(source[0][0].toString(), QStringLiteral("demo"));
    window_.setSources({{"demo", "Demo", "", ""}}, "nothing like it");
    EXPECT_EQ(box.currentIndex(), -1);
    EXPECT_EQ(source.count(), 1) << "filling is not choosing";
}

TEST_F(MainWindowTest, DroppedFilesAreHandedOn) {
    QSignalSpy opened(&window_, &MainWindow::openRequested);
    QMimeData files;
    files.setUrls({QUrl::fromLocalFile("/a b.png"), QUrl::fromLocalFile("/\u263a.onnx")});
    QDragEnterEvent enter({10, 10}, Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window_, &enter);
    EXPECT_TRUE(enter.isAccepted());
    const auto atItsEdge = [this] {
        const QImage view = window_.liveView().grab().toImage();
        return view.pixelColor(1, view.height() / 2);
    };
    EXPECT_EQ(atItsEdge(), colours(window_).accent) << "it shows where they can be dropped";
    QDragLeaveEvent leave;
    QApplication::sendEvent(&window_, &leave);
    EXPECT_NE(atItsEdge(), colours(window_).accent);
    QApplication::sendEvent(&window_, &enter);
    QDropEvent drop(QPointF(10, 10), Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window_, &drop);
    ASSERT_EQ(opened.count(), 1);
    EXPECT_EQ(opened[0][0].value<QList<QUrl>>(), files.urls());
    EXPECT_NE(atItsEdge(), colours(window_).accent);
}

TEST_F(MainWindowTest, EveryControlHasANameAndEveryLabelIsPlain) {
    showResult();
    window_.showMessage({});
    for (const int page : {kSeePage, kTeachPage, kBoxesPage, kNetworkPage}) {
        window_.findChild<SidePanel*>()->setCurrentPage(page);
        for (auto* widget : window_.findChildren<QWidget*>()) {
            if (!widget->isVisible() || !(widget->focusPolicy() & Qt::TabFocus)) continue;
            if (widget->focusProxy() || widget->objectName().startsWith("qt_")) continue;
            QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(widget);
            ASSERT_TRUE(accessible) << widget->metaObject()->className();
            EXPECT_FALSE(accessible->text(QAccessible::Name).isEmpty())
                << widget->metaObject()->className();
        }
    }
    for (const auto* label : window_.findChildren<QLabel*>()) {
        EXPECT_EQ(label->textFormat(), Qt::PlainText) << label->text().toStdString();
    }
}

TEST_F(MainWindowTest, PreferencesComeBack) {
    WindowPreferences wanted;
    wanted.theme = ThemeMode::kLight;
    wanted.heat_map.opacity = 0.3;
    wanted.heat_map.visible = false;
    wanted.heat_map.full_range = true;
    wanted.boxes = {.objects = false, .raw_boxes = true, .window_grid = true};
    wanted.smooth = false;
    wanted.panel_open = false;
    wanted.panel_page = 1;
    QSignalSpy changed(&window_, &MainWindow::preferencesChanged);
    window_.setPreferences(wanted);
    EXPECT_EQ(changed.count(), 0) << "being told is not a change";
    const WindowPreferences now = window_.preferences();
    EXPECT_EQ(now.theme, wanted.theme);
    EXPECT_EQ(now.heat_map, wanted.heat_map);
    EXPECT_EQ(now.boxes, wanted.boxes);
    EXPECT_EQ(now.smooth, wanted.smooth);
    EXPECT_EQ(now.panel_open, wanted.panel_open);
    EXPECT_EQ(now.panel_page, wanted.panel_page);
    EXPECT_FALSE(window_.findChild<SidePanel*>()->isVisible());
    window_.setPreferences({});
}

TEST_F(MainWindowTest, ABlockedGuiPaintsTheNewestFrameOnce) {
    for (std::uint64_t i = 1; i <= 1000; ++i)
        window_.setFrame(test::plainFrame(kFrame, 50, i));
    const int before = window_.liveView().conversionCount();
    QApplication::processEvents();
    EXPECT_LE(window_.liveView().conversionCount() - before, 1);
}

TEST_F(MainWindowTest, FollowsTheDesktopsTheme) {
    WindowPreferences preferences;
    preferences.theme = ThemeMode::kSystem;
    window_.setPreferences(preferences);
    const QColor ours = QApplication::palette().color(QPalette::Window);
    QPalette foreign = QApplication::palette();
    foreign.setColor(QPalette::Window, Qt::magenta);
    const auto desktopChanges = [&] {
        QApplication::setPalette(foreign);
        QEvent change(QEvent::ThemeChange);
        QApplication::sendEvent(&window_, &change);
    };
    desktopChanges();
    EXPECT_EQ(QApplication::palette().color(QPalette::Window), ours);
    const auto saysDark = [this](std::optional<bool> dark) {
        window_.setDesktopIsDark(dark);
        QApplication::processEvents();
    };
    saysDark(true);
    EXPECT_TRUE(colours(QApplication::palette()).dark);
    EXPECT_TRUE(colours(window_).dark) << "what the desktop says outright";
    saysDark(false);
    EXPECT_FALSE(colours(window_).dark) << "and while the program runs";
    preferences.theme = ThemeMode::kDark;
    window_.setPreferences(preferences);
    saysDark(false);
    EXPECT_TRUE(colours(window_).dark) << "a chosen theme stays";
    saysDark(std::nullopt);
    desktopChanges();
    EXPECT_EQ(QApplication::palette().color(QPalette::Window), QColor(Qt::magenta))
        << "a chosen theme is not touched";
    window_.setPreferences({});
}

TEST_F(MainWindowTest, FullScreenFoldsEverythingAwayAndBringsItBack) {
    press(Qt::Key_F11);
    EXPECT_TRUE(window_.isFullScreen());
    EXPECT_FALSE(window_.findChild<SidePanel*>()->isVisible());
    EXPECT_TRUE(window_.preferences().panel_open) << "what is remembered is the window";
    press(Qt::Key_Escape);
    EXPECT_FALSE(window_.isFullScreen());
    EXPECT_TRUE(window_.findChild<SidePanel*>()->isVisible());
}

TEST_F(MainWindowTest, AWindowThatWasClosedInFullScreenOpensAsAWhole) {
    press(Qt::Key_F11);
    const WindowPreferences remembered = window_.preferences();
    MainWindow next;
    next.setPreferences(remembered);
    next.show();
    EXPECT_FALSE(next.isFullScreen());
    EXPECT_TRUE(next.findChild<SidePanel*>()->isVisible());
}

TEST_F(MainWindowTest, NumbersAreTakenWhenTheyHaveBeenTyped) {
    window_.setOptions({.largest_side_windows = 3.5});
    auto* page = window_.findChild<NetworkPage*>();
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    QDoubleSpinBox* largest = nullptr;
    for (auto* box : page->findChildren<QDoubleSpinBox*>()) {
        if (box->value() == 3.5) largest = box;
    }
    ASSERT_TRUE(largest);
    largest->setFocus();
    largest->selectAll();
    QTest::keyClicks(largest, QStringLiteral("4.5"));
    QTest::keyClick(largest, Qt::Key_Return);
    EXPECT_EQ(largest->value(), 4.5);
}

}  // namespace
}  // namespace overfeat::ui
