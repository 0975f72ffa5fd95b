// SPDX-License-Identifier: Apache-2.0
#include "ui/message_stack.h"

#include <gtest/gtest.h>

#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "ui/main_window.h"
#include "ui/message_banner.h"

namespace overfeat::ui {
namespace {

class MessageStackTest : public ::testing::Test {
protected:
    void SetUp() override {
        window_.resize(1100, 700);
        window_.show();
        window_.activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(&window_, 5000));
    }
    static MessageView message(const QString& subject, const QString& sentence) {
        return {.level = MessageLevel::kError,
                .sentence = sentence,
                .actions = {},
                .seconds = 0,
                .subject = subject};
    }
    // What can be read, from top to bottom.
    QStringList read() {
        std::map<int, QString> by_height;
        for (const auto* banner : window_.findChildren<MessageBanner*>()) {
            if (banner->isVisible()) {
                by_height[banner->mapTo(&window_, QPoint()).y()] = banner->message().sentence;
            }
        }
        QStringList sentences;
        for (const auto& [y, sentence] : by_height)
            sentences << sentence;
        return sentences;
    }
    MessageBanner& banner(const QString& sentence) {
        for (auto* each : window_.findChildren<MessageBanner*>())
            if (each->message().sentence == sentence) return *each;
        throw std::runtime_error("no message " + sentence.toStdString());
    }

    MainWindow window_;
};

TEST_F(MessageStackTest, TwoReasonsAreShownAndDismissedEachForItself) {
    window_.showMessage(message("source", "The video is broken."));
    window_.showMessage(message("model", "The model is broken."));
    EXPECT_EQ(read(), (QStringList{"The model is broken.", "The video is broken."}));
    const QRect first = banner("The model is broken.").geometry();
    const QRect second = banner("The video is broken.").geometry();
    EXPECT_FALSE(first.intersects(second));
    QTest::mouseClick(banner("The video is broken.").findChild<QToolButton*>(), Qt::LeftButton);
    EXPECT_EQ(read(), QStringList{"The model is broken."});
    QTest::keyClick(&window_, Qt::Key_Escape);
    EXPECT_EQ(read(), QStringList());
}

TEST_F(MessageStackTest, EscapeTakesTheNewestFirst) {
    window_.showMessage(message("source", "a"));
    window_.showMessage(message("model", "b"));
    QTest::keyClick(&window_, Qt::Key_Escape);
    EXPECT_EQ(read(), QStringList{"a"});
}

TEST_F(MessageStackTest, ANewerOneAboutTheSameTakesItsPlace) {
    window_.showMessage(message("source", "a"));
    window_.showMessage(message("model", "b"));
    window_.showMessage(message("source", "c"));
    EXPECT_EQ(read(), (QStringList{"b", "c"})) << "and nothing moves";
    QTest::keyClick(&window_, Qt::Key_Escape);
    EXPECT_EQ(read(), QStringList{"b"}) << "what was said last goes first";
}

TEST_F(MessageStackTest, OnesThatDoNotFitWaitTheirTurn) {
    const QString sentence = QStringLiteral("Something that takes some room to say. ").repeated(6);
    for (int i = 0; i < 12; ++i)
        window_.showMessage(message(QString::number(i), sentence + QString::number(i)));
    QStringList seen = read();
    ASSERT_GE(seen.size(), 2);
    ASSERT_LT(seen.size(), 12);
    EXPECT_TRUE(seen.first().endsWith("11"));
    for (int i = 11; i >= 0; --i) {
        ASSERT_TRUE(read().contains(sentence + QString::number(i))) << i;
        QTest::keyClick(&window_, Qt::Key_Escape);
    }
    EXPECT_EQ(read(), QStringList());
}

TEST_F(MessageStackTest, ActionsTakeTheirMessageAndNoOther) {
    QSignalSpy triggered(&window_, &MainWindow::messageActionTriggered);
    MessageView lost = message("source", "<b>The camera</b> is gone.");
    lost.actions = {{"again", "Try again"}, {"demo", "Demo"}};
    window_.showMessage(message("model", "b"));
    window_.showMessage(lost);
    const auto buttons = banner(lost.sentence).findChildren<QPushButton*>();
    ASSERT_EQ(buttons.size(), 2);
    EXPECT_EQ(buttons[0]->text(), "Try again");
    QTest::mouseClick(buttons[1], Qt::LeftButton);
    ASSERT_EQ(triggered.count(), 1);
    EXPECT_EQ(triggered[0][0].toString(), "demo");
    EXPECT_EQ(read(), QStringList{"b"});
    window_.showMessage(lost);
    window_.dismissMessage("other");
    EXPECT_EQ(read().size(), 2);
    window_.dismissMessage("again");
    EXPECT_EQ(read(), QStringList{"b"});
}

// A percentage that goes on must not take "Cancel" away under the pointer.
TEST_F(MessageStackTest, AButtonStaysWhileItsMessageGoesOn) {
    MessageView progress = message("fetching", "10 %");
    progress.actions = {{"cancel", "Cancel"}};
    window_.showMessage(progress);
    auto* button = banner("10 %").findChild<QPushButton*>();
    QTest::mousePress(button, Qt::LeftButton);
    progress.sentence = "20 %";
    window_.showMessage(progress);
    QSignalSpy triggered(&window_, &MainWindow::messageActionTriggered);
    QTest::mouseRelease(button, Qt::LeftButton);
    EXPECT_EQ(triggered.count(), 1);
}

TEST_F(MessageStackTest, SomeGoByThemselves) {
    MessageView info = message("output", "Saved.");
    info.seconds = 1;
    window_.showMessage(info);
    window_.showMessage(message("model", "b"));
    EXPECT_EQ(read().size(), 2);
    EXPECT_TRUE(QTest::qWaitFor([this] { return read() == QStringList{"b"}; }, 20'000));
}

}  // namespace
}  // namespace overfeat::ui
