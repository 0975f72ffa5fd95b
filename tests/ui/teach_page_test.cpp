// SPDX-License-Identifier: Apache-2.0
//
// The page Teach: what it says, and the list of taught classes.
#include "ui/teach_page.h"

#include <QContextMenuEvent>
#include <QDropEvent>
#include <QMimeData>
#include <QProgressBar>
#include <QToolButton>

#include "tests/ui/teach_fixture.h"
#include "ui/switch.h"
#include "ui/taught_captures.h"
#include "ui/teach_sketch.h"
#include "ui/threshold_meter.h"

namespace overfeat::ui {
namespace {

class TeachPageTest : public TeachTest {
protected:
    ThresholdMeter& meter(const QString& id) { return *row(id).findChild<ThresholdMeter*>(); }
    Switch& enabled(const QString& id) { return *row(id).findChild<Switch*>(); }
    TaughtCaptures& captures(const QString& id) { return *row(id).findChild<TaughtCaptures*>(); }
    void menuOf(QWidget& widget, const QPoint& at) {
        QContextMenuEvent event(QContextMenuEvent::Mouse, at, widget.mapToGlobal(at));
        QApplication::sendEvent(&widget, &event);
    }
    bool says(const QString& text) {
        return std::ranges::any_of(page().findChildren<QLabel*>(), [&](const QLabel* label) {
            return label->isVisible() && label->text().contains(text);
        });
    }
};

TEST_F(TeachPageTest, SaysWhatToDoNext) {
    EXPECT_TRUE(page().findChild<TeachSketch*>()->isVisible()) << "nothing was taught yet";
    EXPECT_TRUE(whatToDo().startsWith("Draw a box"));
    EXPECT_FALSE(button("Teach").isEnabled());
    EXPECT_FALSE(button("Teach").toolTip().isEmpty()) << "and why";
    drag({100, 100}, {200, 200});
    EXPECT_TRUE(whatToDo().startsWith("Now type")) << whatToDo().toStdString();
    QTest::keyClicks(&nameField(), "mug");
    EXPECT_EQ(whatToDo(), QStringLiteral("Enter teaches \u201cmug\u201d."));
    EXPECT_TRUE(button("Teach").isEnabled());
    window_.setTeach(mugAndKey());
    EXPECT_FALSE(page().findChild<TeachSketch*>()->isVisible());
    EXPECT_EQ(whatToDo(), QStringLiteral("Enter adds what is in the box to \u201cmug\u201d."));
    EXPECT_TRUE(button("Add").isEnabled());
    TeachView impossible = mugAndKey();
    impossible.problem = "This network has no features to compare.";
    window_.setTeach(impossible);
    EXPECT_EQ(whatToDo(), impossible.problem);
    EXPECT_FALSE(button("Add").isEnabled());
    EXPECT_EQ(button("Add").toolTip(), impossible.problem);
    QSignalSpy captured(&requests(), &TeachRequests::captureRequested);
    press(nameField(), Qt::Key_Return);
    press(view(), Qt::Key_1);
    EXPECT_EQ(captured.count(), 0);
}

TEST_F(TeachPageTest, NamesAreCompletedButWhatIsTypedCounts) {
    QSignalSpy taught(&requests(), &TeachRequests::teachRequested);
    window_.setTeach(mugAndKey());
    press(Qt::Key_T);
    QTest::keyClicks(&nameField(), "mu");
    press(nameField(), Qt::Key_Return);
    ASSERT_EQ(taught.count(), 1) << "one Return, whether names are offered or not";
    EXPECT_EQ(taught[0][0].toString(), "mu");
}

TEST_F(TeachPageTest, RenamesInPlace) {
    QSignalSpy renamed(&requests(), &TeachRequests::renameRequested);
    window_.setTeach(mugAndKey());
    row("t:mug").setFocus();
    press(Qt::Key_F2);
    EXPECT_EQ(window_.findChild<SidePanel*>()->currentPage(), kTeachPage) << "not the page's F2";
    QTest::keyClicks(QApplication::focusWidget(), "Key");
    press(Qt::Key_Return);
    EXPECT_EQ(renamed.count(), 0) << "another one is called so";
    ASSERT_TRUE(qobject_cast<QLineEdit*>(QApplication::focusWidget()));
    qobject_cast<QLineEdit*>(QApplication::focusWidget())->setText("  blue   mug ");
    press(Qt::Key_Return);
    ASSERT_EQ(renamed.count(), 1);
    EXPECT_EQ(renamed[0][0].toString(), "t:mug");
    EXPECT_EQ(renamed[0][1].toString(), "blue mug");
    EXPECT_EQ(QApplication::focusWidget(), &row("t:mug"));
    // A double click on the name, and Escape.
    QTest::mouseDClick(&row("t:key"), Qt::LeftButton, {}, QPoint(110, 18));
    ASSERT_TRUE(qobject_cast<QLineEdit*>(QApplication::focusWidget()));
    QTest::keyClicks(QApplication::focusWidget(), "door key");
    press(Qt::Key_Escape);
    EXPECT_EQ(renamed.count(), 1);
}

TEST_F(TeachPageTest, TheThresholdIsPulledOrMovedByKeysAndCanBeAutomaticAgain) {
    QSignalSpy wanted(&requests(), &TeachRequests::thresholdRequested);
    TeachView teach = mugAndKey();
    teach.classes[0].threshold = 0.5;
    window_.setTeach(teach);
    window_.setTaughtSimilarities({{"t:mug", 0.7, true}});
    QApplication::processEvents();
    ThresholdMeter& mug = meter("t:mug");
    const QPoint middle = mug.rect().center();
    QTest::mousePress(&mug, Qt::LeftButton, {}, middle);
    QTest::mouseMove(&mug, {mug.width() * 3 / 4, middle.y()});
    EXPECT_EQ(wanted.count(), 0) << "not before it is let go";
    QTest::mouseRelease(&mug, Qt::LeftButton, {}, {mug.width() * 3 / 4, middle.y()});
    ASSERT_EQ(wanted.count(), 1);
    EXPECT_EQ(wanted[0][0].toString(), "t:mug");
    EXPECT_NEAR(wanted[0][1].value<std::optional<double>>().value(), 0.75, 0.02);
    QTest::mouseClick(&mug, Qt::LeftButton, {}, {5, middle.y()});
    EXPECT_EQ(wanted.count(), 1) << "a click beside it throws nothing away";
    teach.classes[0].threshold = 0.75;
    teach.classes[0].threshold_is_automatic = false;
    window_.setTeach(teach);
    mug.setFocus();
    press(mug, Qt::Key_Left);
    press(mug, Qt::Key_Left);
    teach.classes[0].threshold = 0.6;
    window_.setTeach(teach);
    EXPECT_NEAR(mug.threshold(), 0.73, 1e-6) << "a person is at it";
    ASSERT_TRUE(QTest::qWaitFor([&] { return wanted.count() == 2; }, 5000));
    EXPECT_NEAR(wanted[1][1].value<std::optional<double>>().value(), 0.73, 1e-6);
    QTest::mouseDClick(&mug, Qt::LeftButton, {}, middle);
    ASSERT_EQ(wanted.count(), 3);
    EXPECT_FALSE(wanted[2][1].value<std::optional<double>>());
}

TEST_F(TeachPageTest, SwitchesSayWhatIsWantedAndShowWhatIs) {
    QSignalSpy on(&requests(), &TeachRequests::enabledRequested);
    QSignalSpy only(&requests(), &TeachRequests::onlyTaughtRequested);
    TeachView teach = mugAndKey();
    window_.setTeach(teach);
    enabled("t:key").click();
    ASSERT_EQ(on.count(), 1);
    EXPECT_EQ(on[0][0].toString(), "t:key");
    EXPECT_FALSE(on[0][1].toBool());
    EXPECT_TRUE(enabled("t:key").isChecked()) << "until it is so";
    teach.classes[1].enabled = false;
    window_.setTeach(teach);
    EXPECT_FALSE(enabled("t:key").isChecked());
    row("t:key").setFocus();
    press(Qt::Key_Space);
    ASSERT_EQ(on.count(), 2);
    EXPECT_TRUE(on[1][1].toBool());
    for (auto* each : page().findChildren<Switch*>()) {
        if (each->text() == "Only what I taught") each->click();
    }
    ASSERT_EQ(only.count(), 1);
    EXPECT_TRUE(only[0][0].toBool());
}

TEST_F(TeachPageTest, CapturesUnfoldAndCanBeDeletedMovedAndSplitOff) {
    QSignalSpy opened(&requests(), &TeachRequests::classOpened);
    QSignalSpy deleted(&requests(), &TeachRequests::deleteCapturesRequested);
    QSignalSpy moved(&requests(), &TeachRequests::moveCapturesRequested);
    QSignalSpy split(&requests(), &TeachRequests::splitRequested);
    TeachView teach = mugAndKey();
    teach.classes[0].captures[1].disagrees = true;
    window_.setTeach(teach);
    EXPECT_FALSE(row("t:mug").findChild<TaughtCaptures*>()) << "folded it costs nothing";
    row("t:mug").setFocus();
    press(Qt::Key_Right);
    ASSERT_EQ(opened.count(), 1);
    EXPECT_TRUE(opened[0][1].toBool());
    EXPECT_TRUE(says("The marked capture does not fit the others"));
    TaughtCaptures& shown = captures("t:mug");
    EXPECT_EQ(shown.model()->rowCount(), 3);
    QApplication::processEvents();
    shown.setCurrentIndex(shown.model()->index(1, 0));
    press(shown, Qt::Key_Delete);
    ASSERT_EQ(deleted.count(), 1);
    EXPECT_EQ(deleted[0][1].toStringList(), QStringList{"t:mug/1"});
    const QPoint at = shown.visualRect(shown.model()->index(1, 0)).center();
    menuOf(*shown.viewport(), at);
    ASSERT_TRUE(choose("key"));
    ASSERT_EQ(moved.count(), 1);
    EXPECT_EQ(moved[0][1].toStringList(), QStringList{"t:mug/1"});
    EXPECT_EQ(moved[0][2].toString(), "t:key");
    menuOf(*shown.viewport(), at);
    ASSERT_TRUE(choose("Make it a class"));
    ASSERT_EQ(split.count(), 1);
    EXPECT_EQ(split[0][2].toString(), "mug 2");
    teach.classes.push_back(taught("t:new", "mug 2"));
    teach.classes[0].captures.erase(teach.classes[0].captures.begin() + 1);
    teach.classes[0].capture_count = 2;
    window_.setTeach(teach);
    EXPECT_EQ(QApplication::focusWidget()->accessibleName(), "New name of mug 2")
        << "its real name is asked for";
    EXPECT_EQ(shown.model()->rowCount(), 2);
    shown.selectAll();
    menuOf(*shown.viewport(), at);
    EXPECT_FALSE(choose("Make them a class")) << "nothing would be left";
    press(row("t:mug"), Qt::Key_Left);
    EXPECT_FALSE(shown.isVisible());
}

TEST_F(TeachPageTest, TheMenuOfAClass) {
    QSignalSpy merged(&requests(), &TeachRequests::mergeRequested);
    QSignalSpy captured(&requests(), &TeachRequests::captureRequested);
    QSignalSpy deleted(&requests(), &TeachRequests::deleteClassRequested);
    QSignalSpy coloured(&requests(), &TeachRequests::colourRequested);
    window_.setTeach(mugAndKey());
    const auto menu = [this] { menuOf(row("t:mug"), QPoint(120, 20)); };
    menu();
    ASSERT_TRUE(choose("key"));
    ASSERT_EQ(merged.count(), 1);
    EXPECT_EQ(merged[0][0].toString(), "t:mug");
    EXPECT_EQ(merged[0][1].toString(), "t:key");
    menu();
    ASSERT_TRUE(choose("Add a capture"));
    EXPECT_EQ(captured[0][0].toString(), "t:mug");
    menu();
    ASSERT_TRUE(choose("Colour 5"));
    EXPECT_EQ(coloured[0][1].toInt(), 4);
    menu();
    EXPECT_FALSE(choose("Automatic")) << "it is";
    menu();
    ASSERT_TRUE(choose("Delete"));
    EXPECT_EQ(deleted[0][0].toString(), "t:mug");
}

TEST_F(TeachPageTest, UndoAndRedoSayWhatTheyWouldDo) {
    QSignalSpy undo(&requests(), &TeachRequests::undoRequested);
    QSignalSpy redo(&requests(), &TeachRequests::redoRequested);
    TeachView teach = mugAndKey();
    window_.setTeach(teach);
    press(view(), Qt::Key_Z, Qt::ControlModifier);
    EXPECT_EQ(undo.count(), 0) << "there is nothing";
    teach.undo_text = "delete <b>mug</b>";
    teach.redo_text = "rename key";
    window_.setTeach(teach);
    press(view(), Qt::Key_Z, Qt::ControlModifier);
    press(view(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_EQ(undo.count(), 1);
    EXPECT_EQ(redo.count(), 1);
    for (auto* each : page().findChildren<QToolButton*>()) {
        if (each->accessibleName() != "Undo") continue;
        EXPECT_TRUE(each->toolTip().contains("delete &lt;b&gt;mug")) << "plain text";
        each->click();
    }
    EXPECT_EQ(undo.count(), 2);
    nameField().setFocus();
    QTest::keyClicks(&nameField(), "x");
    press(nameField(), Qt::Key_Z, Qt::ControlModifier);
    EXPECT_EQ(undo.count(), 2) << "what is typed has its own";
}

TEST_F(TeachPageTest, ALibraryThatCanOnlyBeReadIsOnlyRead) {
    QSignalSpy deleted(&requests(), &TeachRequests::deleteClassRequested);
    TeachView teach = mugAndKey();
    teach.read_only = true;
    teach.notice = "The library was made by a newer version.";
    teach.progress = 0.4;
    window_.setTeach(teach);
    EXPECT_TRUE(says("newer version"));
    EXPECT_TRUE(says("40 %"));
    EXPECT_EQ(page().findChild<QProgressBar*>()->value(), 40);
    EXPECT_FALSE(enabled("t:mug").isEnabled());
    EXPECT_FALSE(meter("t:mug").isEnabled());
    row("t:mug").setFocus();
    press(Qt::Key_Delete);
    EXPECT_EQ(deleted.count(), 0);
    EXPECT_FALSE(button(QStringLiteral("Import\u2026")).isEnabled());
    EXPECT_TRUE(button(QStringLiteral("Export\u2026")).isEnabled());
}

TEST_F(TeachPageTest, OneStopForTabWhateverTheNumberOfClasses) {
    TeachView teach;
    for (int i = 0; i < 200; ++i) {
        teach.classes.push_back(
            taught(QStringLiteral("t:%1").arg(i), QStringLiteral("thing %1").arg(i), 40));
    }
    window_.setTeach(teach);
    QApplication::processEvents();
    EXPECT_TRUE(page().findChildren<TaughtCaptures*>().isEmpty());
    const auto stops = [this] {
        return std::ranges::count_if(page().list().findChildren<QWidget*>(), [](QWidget* each) {
            return each->focusPolicy() & Qt::TabFocus;
        });
    };
    EXPECT_EQ(stops(), 3) << "row, threshold, switch of the current one";
    row("t:0").setFocus();
    press(Qt::Key_Down);
    press(Qt::Key_Down);
    EXPECT_EQ(QApplication::focusWidget(), &row("t:2"));
    EXPECT_EQ(stops(), 3);
    // Others come and go; rows stay with their class.
    TaughtClassRow* kept = &row("t:2");
    teach.classes.erase(teach.classes.begin());
    window_.setTeach(teach);
    EXPECT_EQ(page().list().row("t:2"), kept);
    EXPECT_EQ(QApplication::focusWidget(), kept);
    EXPECT_EQ(page().list().rows()[1], kept);
    // The one with the keyboard is deleted: the next takes its place.
    teach.classes.erase(teach.classes.begin() + 1);
    window_.setTeach(teach);
    EXPECT_EQ(QApplication::focusWidget(), &row("t:3"));
    EXPECT_FALSE(page().list().row("t:2"));
}

TEST_F(TeachPageTest, DroppedPicturesAreExamples) {
    QSignalSpy examples(&requests(), &TeachRequests::examplesDropped);
    QSignalSpy opened(&window_, &MainWindow::openRequested);
    QMimeData files;
    files.setUrls({QUrl::fromLocalFile("/mugs"), QUrl::fromLocalFile("/a.png")});
    const auto drop = [&] {
        QDragEnterEvent enter({10, 10}, Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&page(), &enter);
        EXPECT_TRUE(enter.isAccepted());
        QDropEvent event(QPointF(10, 10), Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&page(), &event);
    };
    drop();
    ASSERT_EQ(examples.count(), 1);
    EXPECT_EQ(examples[0][0].value<QList<QUrl>>(), files.urls());
    EXPECT_TRUE(examples[0][1].toString().isEmpty());
    nameField().setText("mug");
    drop();
    EXPECT_EQ(examples[1][1].toString(), "mug");
    EXPECT_EQ(opened.count(), 0);
}

TEST_F(TeachPageTest, FitsItsPanelAndASmallWindow) {
    window_.setTeach(mugAndKey());
    window_.resize(640, 480);
    QApplication::processEvents();
    EXPECT_LE(page().minimumSizeHint().width(), page().parentWidget()->width());
    EXPECT_LE(window_.height(), 480);
    EXPECT_GE(page().list().viewport()->height(), TaughtClassRow::foldedHeight())
        << "one class is seen";
}

}  // namespace
}  // namespace overfeat::ui
