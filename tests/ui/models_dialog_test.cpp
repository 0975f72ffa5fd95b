// SPDX-License-Identifier: Apache-2.0
#include "ui/models_dialog.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>

#include "ui/model_row.h"

namespace overfeat::ui {
namespace {

QList<ModelRowView> twoHereAndOneToGet() {
    return {
        {.id = "a", .title = "First & best", .facts = {"200 classes"}, .runs = true, .size = {}},
        {.id = "b", .title = "Second", .facts = {}, .can_be_removed = true, .size = {}},
        {.id = "c", .title = "Third", .facts = {}, .is_here = false, .size = "17 MB"}};
}

class ModelsDialogTest : public ::testing::Test {
protected:
    ModelsDialogTest() {
        dialog_.setRows(twoHereAndOneToGet());
        dialog_.show();
    }
    ModelRow* row(const QString& title) {
        for (auto* row : dialog_.findChildren<ModelRow*>())
            if (row->findChild<QCheckBox*>()->text() == title) return row;
        return nullptr;
    }
    QPushButton* action(const QString& title) { return row(title)->findChild<QPushButton*>(); }
    QPushButton* use() {
        for (auto* button : dialog_.findChildren<QPushButton*>())
            if (button->isDefault()) return button;
        return nullptr;
    }

    ModelsDialog dialog_;
};

TEST_F(ModelsDialogTest, WhatRunsIsTickedAndOnlyWhatIsHereCanBe) {
    EXPECT_EQ(dialog_.ticked(), QStringList("a"));
    EXPECT_TRUE(row("First && best")) << "an ampersand is no shortcut";
    EXPECT_FALSE(row("Third")->findChild<QCheckBox*>()->isEnabled());
    EXPECT_EQ(action("Third")->text(), "Get it");
    EXPECT_TRUE(action("First && best")->isHidden()) << "nobody can remove what is built in";
}

TEST_F(ModelsDialogTest, SeveralTickedOnesAreUsedTogetherInTheirOrder) {
    QSignalSpy used(&dialog_, &ModelsDialog::useWanted);
    row("Second")->setTicked(true);
    EXPECT_EQ(use()->text(), "Let 2 vote");
    use()->click();
    ASSERT_EQ(used.count(), 1);
    EXPECT_EQ(used[0][0].toStringList(), (QStringList{"a", "b"}));
    row("First && best")->setTicked(false);
    row("Second")->setTicked(false);
    EXPECT_FALSE(use()->isEnabled());
}

TEST_F(ModelsDialogTest, TicksStayWhileFactsChange) {
    row("Second")->setTicked(true);
    auto rows = twoHereAndOneToGet();
    rows[1].facts = {"12 ms a picture here"};
    dialog_.setRows(rows);
    EXPECT_EQ(dialog_.ticked(), (QStringList{"a", "b"}));
    rows[0].runs = false;
    rows[1].runs = true;
    dialog_.setRows(rows);
    EXPECT_EQ(dialog_.ticked(), QStringList("b")) << "something else runs: that is ticked";
    EXPECT_FALSE(action("Second")->isEnabled()) << "and not to be removed";
}

TEST_F(ModelsDialogTest, FetchingIsSeenAndCancelledInItsRow) {
    auto rows = twoHereAndOneToGet();
    rows.append({.id = "d", .title = "Fourth", .facts = {}, .is_here = false, .size = "20 MB"});
    dialog_.setRows(rows);
    QSignalSpy fetched(&dialog_, &ModelsDialog::fetchWanted);
    QSignalSpy cancelled(&dialog_, &ModelsDialog::cancelWanted);
    action("Third")->click();
    ASSERT_EQ(fetched.count(), 1);
    EXPECT_EQ(fetched[0][0].toString(), "c");
    dialog_.setProgress("c", 40, "Getting Third: 7 of 17 MB");
    EXPECT_EQ(row("Third")->findChild<QProgressBar*>()->value(), 40);
    EXPECT_FALSE(action("Fourth")->isEnabled()) << "one at a time";
    action("Third")->click();
    EXPECT_EQ(cancelled.count(), 1);
    dialog_.setProgress("c", -1, {});
    EXPECT_TRUE(row("Third")->findChild<QProgressBar*>()->isHidden());
    EXPECT_TRUE(action("Fourth")->isEnabled());
    EXPECT_EQ(action("Third")->text(), "Get it");
}

// A measured speed, say, arrives while something is fetched.
TEST_F(ModelsDialogTest, OtherFactsLeaveTheProgressAlone) {
    QSignalSpy fetched(&dialog_, &ModelsDialog::fetchWanted);
    QSignalSpy cancelled(&dialog_, &ModelsDialog::cancelWanted);
    dialog_.setProgress("c", 40, "Getting Third: 7 of 17 MB");
    auto rows = twoHereAndOneToGet();
    rows[1].facts = {"12 ms a picture here"};
    dialog_.setRows(rows);
    EXPECT_EQ(row("Third")->findChild<QProgressBar*>()->value(), 40);
    EXPECT_FALSE(row("Third")->findChild<QProgressBar*>()->isHidden());
    action("Third")->click();
    EXPECT_EQ(cancelled.count(), 1);
    EXPECT_TRUE(fetched.isEmpty());
}

TEST_F(ModelsDialogTest, RemovingIsAsked) {
    QSignalSpy removed(&dialog_, &ModelsDialog::removeWanted);
    action("Second")->click();
    ASSERT_EQ(removed.count(), 1);
    EXPECT_EQ(removed[0][0].toString(), "b");
}

}  // namespace
}  // namespace overfeat::ui
