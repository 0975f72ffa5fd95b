// SPDX-License-Identifier: Apache-2.0
//
// The real dialogs of the real window, used as a person uses them: a name is typed and confirmed.
#include <gtest/gtest.h>

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QFileDialog>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <stdexcept>
#include <string>

#include "tests/support/temporary_folder.h"
#include "ui/main_window.h"

namespace overfeat::ui {
namespace {

class OpenDialogTest : public ::testing::Test {
protected:
    void SetUp() override {
        window_.show();
        window_.activateWindow();  // a bare X server has no window manager to do it
        ASSERT_TRUE(QTest::qWaitForWindowActive(&window_, 5000));
    }
    QFileDialog* dialog() {
        QFileDialog* found = nullptr;
        EXPECT_TRUE(QTest::qWaitFor(
            [&] {
                found = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
                return found != nullptr && found->isVisible();
            },
            5000));
        return found;
    }
    // Types `text` into the dialog's field for names and confirms it.
    void choose(const QString& text) {
        QFileDialog* shown = dialog();
        ASSERT_NE(shown, nullptr);
        auto* field = shown->findChild<QLineEdit*>("fileNameEdit");
        ASSERT_NE(field, nullptr) << "not Qt's own dialog";
        shown->activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(shown, 5000));
        field->setFocus();
        ASSERT_TRUE(QTest::qWaitFor([&] { return field->hasFocus(); }, 5000))
            << "without it the dialog selects what is half typed";
        field->selectAll();
        QTest::keyClicks(field, text);
        // The button and not Return, which goes to the list of completions while that is open.
        QPushButton* open = nullptr;
        for (auto* button : shown->findChildren<QPushButton*>()) {
            if (button->isDefault()) open = button;
        }
        ASSERT_NE(open, nullptr);
        ASSERT_TRUE(QTest::qWaitFor([&] { return open->isEnabled(); }, 5000));
        open->click();
    }
    QAction& action(const QString& text) {
        for (auto* action : window_.findChildren<QAction*>()) {
            if (action->text() == text) return *action;
        }
        throw std::runtime_error("no action " + text.toStdString());
    }
    QList<QUrl> opened() {
        if (!QTest::qWaitFor([&] { return requests_.count() > 0; }, 5000)) return {};
        return requests_.first().first().value<QList<QUrl>>();
    }
    QString path(const std::string& name) const {
        return QString::fromStdString((folder_.path() / name).string());
    }

    test::TemporaryFolder folder_;
    MainWindow window_;
    QSignalSpy requests_{&window_, &MainWindow::openRequested};
};

TEST_F(OpenDialogTest, AFileChosenWithTheKeyboardIsOpened) {
    folder_.write("a cup.png", "x");
    QTest::keyClick(&window_, Qt::Key_O, Qt::ControlModifier);
    choose(path("a cup.png"));
    EXPECT_EQ(opened(), QList<QUrl>{QUrl::fromLocalFile(path("a cup.png"))});
    EXPECT_EQ(requests_.count(), 1) << "once";
}

TEST_F(OpenDialogTest, SeveralFilesAreOpenedTogether) {
    folder_.write("a.png", "x");
    folder_.write("b.png", "x");
    QTest::keyClick(&window_, Qt::Key_O, Qt::ControlModifier);
    dialog()->setDirectory(path(""));
    choose("\"a.png\" \"b.png\"");
    const QList<QUrl> expected{QUrl::fromLocalFile(path("a.png")),
                               QUrl::fromLocalFile(path("b.png"))};
    EXPECT_EQ(opened(), expected);
}

TEST_F(OpenDialogTest, AFolderIsOpened) {
    QTest::keyClick(&window_, Qt::Key_O, Qt::ControlModifier | Qt::ShiftModifier);
    choose(path(""));
    const QList<QUrl> urls = opened();
    ASSERT_EQ(urls.size(), 1);
    EXPECT_TRUE(QDir(urls.first().toLocalFile()) == QDir(path("")));
}

TEST_F(OpenDialogTest, AModelIsOpened) {
    folder_.write("net.onnx", "x");
    action("Open model...").trigger();
    choose(path("net.onnx"));
    EXPECT_EQ(opened(), QList<QUrl>{QUrl::fromLocalFile(path("net.onnx"))});
}

TEST_F(OpenDialogTest, ADialogThatIsLeftOpensNothing) {
    QTest::keyClick(&window_, Qt::Key_O, Qt::ControlModifier);
    QFileDialog* shown = dialog();
    ASSERT_NE(shown, nullptr);
    QTest::keyClick(shown, Qt::Key_Escape);
    EXPECT_TRUE(QTest::qWaitFor([] { return QApplication::activeModalWidget() == nullptr; }, 5000));
    EXPECT_EQ(requests_.count(), 0);
}

}  // namespace
}  // namespace overfeat::ui
