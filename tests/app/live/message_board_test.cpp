// SPDX-License-Identifier: Apache-2.0
#include "app/live/message_board.h"

#include <gtest/gtest.h>

#include <QStringList>

#include "app/live/messages.h"
#include "tests/app/live/fakes.h"

namespace overfeat::app {
namespace {

class MessageBoardTest : public ::testing::Test {
protected:
    MessageBoardTest() {
        QObject::connect(&board_, &MessageBoard::show,
                         [this](const ui::MessageView& m) { shown_.append(m.sentence); });
    }
    static constexpr int kLeastMs = 500;  // no stall of a busy machine is as long
    MessageBoard board_{kLeastMs};
    QStringList shown_;
};

TEST_F(MessageBoardTest, InfosReplaceEachOther) {
    board_.add(infoMessage("a"));
    board_.add(infoMessage("b"));
    EXPECT_EQ(shown_, (QStringList{"a", "b"}));
}

TEST_F(MessageBoardTest, AWarningHasItsTimeAndTheRestFollowsInOrder) {
    board_.add(warningMessage("w"));
    board_.add(infoMessage("a"));
    board_.add(warningMessage("v"));
    EXPECT_EQ(shown_, QStringList{"w"});
    EXPECT_TRUE(test::waitFor([this] { return shown_.size() == 3; }));
    EXPECT_EQ(shown_, (QStringList{"w", "a", "v"}));
}

TEST_F(MessageBoardTest, AnErrorIsShownAtOnceAndNothingWaitingIsLost) {
    board_.add(warningMessage("w"));
    board_.add(infoMessage("a"));
    board_.add(errorMessage("e"));
    EXPECT_EQ(shown_, (QStringList{"w", "e"}));
    EXPECT_TRUE(test::waitFor([this] { return shown_.size() == 3; }));
    EXPECT_EQ(shown_.last(), "a");
}

TEST_F(MessageBoardTest, WhatOffersAnActionIsShownAtOnceAndCanBeTakenBack) {
    QStringList dismissed;
    QObject::connect(&board_, &MessageBoard::dismiss,
                     [&dismissed](const QString& id) { dismissed.append(id); });
    board_.add(warningMessage("w"));
    board_.add(withAction(infoMessage("a"), "id", "Do"));
    EXPECT_EQ(shown_, (QStringList{"w", "a"}));
    board_.remove("id");
    EXPECT_EQ(dismissed, QStringList{"id"});
}

TEST_F(MessageBoardTest, KeepsOnlyTheNewestFew) {
    board_.add(warningMessage("w"));
    for (int i = 0; i < 20; ++i)
        board_.add(infoMessage(QString::number(i)));
    EXPECT_TRUE(test::waitFor([this] { return shown_.size() == 5; }));
    EXPECT_EQ(shown_, (QStringList{"w", "16", "17", "18", "19"}));
}

}  // namespace
}  // namespace overfeat::app
