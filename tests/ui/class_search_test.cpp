// SPDX-License-Identifier: Apache-2.0
#include "ui/class_search.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <algorithm>
#include <vector>

#include "engine/core/label_set.h"

namespace overfeat::ui {
namespace {

class ClassSearchTest : public ::testing::Test {
protected:
    void SetUp() override {
        search_.setLabels(labels_);
        search_.setScores(std::vector<float>{0.1F, 0.9F, 0.3F, 0.2F, 0.0F});
        search_.resize(300, 400);
        search_.show();
        search_.activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(&search_, 5000));
        search_.focusField();
    }
    QLineEdit& field() { return *search_.findChild<QLineEdit*>(); }
    QListView& list() { return *search_.findChild<QListView*>(); }
    QStringList rows() {
        QStringList names;
        for (int row = 0; row < list().model()->rowCount(); ++row)
            names << list().model()->index(row, 0).data().toString();
        return names;
    }
    bool says(const QString& text) {
        const auto labels = search_.findChildren<QLabel*>();
        return std::ranges::any_of(labels, [&](const QLabel* label) {
            return label->isVisible() && label->text().contains(text);
        });
    }

    // Class 1 is the background, and the network is sure of it.
    const std::shared_ptr<const LabelSet> labels_ =
        std::make_shared<LabelSet>(std::vector<ClassLabel>{{"n01", "Arabian camel"},
                                                           {"", "background"},
                                                           {"n02", "Persian cat"},
                                                           {"n03", "Egyptian cat"},
                                                           {"n04", "\u00c4rmel"}},
                                   1);
    ClassSearch search_;
};

TEST_F(ClassSearchTest, ListsEveryObjectClassTheBestFirst) {
    EXPECT_EQ(rows(), (QStringList{"Persian cat", "Egyptian cat", "Arabian camel", "\u00c4rmel"}));
    EXPECT_TRUE(says("4 of 4")) << "the background is not an object";
}

TEST_F(ClassSearchTest, IgnoresCaseAndSortsHitsByScore) {
    QTest::keyClicks(&field(), "CAT");
    EXPECT_EQ(rows(), (QStringList{"Persian cat", "Egyptian cat"}));
    EXPECT_TRUE(says("2 of 4"));
    field().setText("\u00e4R");
    EXPECT_EQ(rows(), QStringList{"\u00c4rmel"}) << "letters beyond ASCII, too";
    field().setText(" N03 ");
    EXPECT_EQ(rows(), QStringList{"Egyptian cat"}) << "by id";
    field().setText("background");
    EXPECT_TRUE(rows().isEmpty());
}

TEST_F(ClassSearchTest, ReturnTakesTheBestOfNow) {
    QSignalSpy taken(&search_, &ClassSearch::classSelected);
    QTest::keyClicks(&field(), "cat");
    QTest::keyClick(&field(), Qt::Key_Return);
    ASSERT_EQ(taken.count(), 1);
    EXPECT_EQ(taken[0][0].value<std::size_t>(), 2U);
    // A person is in the list, so that rows stay; Return in the field still takes the best.
    QTest::keyClick(&field(), Qt::Key_Down);
    ASSERT_TRUE(list().hasFocus());
    search_.setScores(std::vector<float>{0, 0, 0.1F, 0.8F, 0});
    EXPECT_EQ(rows(), (QStringList{"Persian cat", "Egyptian cat"})) << "not under the keyboard";
    QTest::keyClick(&field(), Qt::Key_Return);
    ASSERT_EQ(taken.count(), 2);
    EXPECT_EQ(taken[1][0].value<std::size_t>(), 3U);
}

TEST_F(ClassSearchTest, TheOrderFollowsClearChangesOnly) {
    search_.setScores(std::vector<float>{0.1F, 0, 0.3F, 0.305F, 0});
    EXPECT_EQ(rows().first(), "Persian cat") << "as good as before";
    search_.setScores(std::vector<float>{0.1F, 0, 0.3F, 0.6F, 0});
    EXPECT_EQ(rows().first(), "Egyptian cat");
    EXPECT_EQ(list().model()->index(0, 0).data(Qt::AccessibleTextRole).toString(),
              "Egyptian cat, 60 %");
}

TEST_F(ClassSearchTest, SaysThatNothingIsCalledSo) {
    QSignalSpy taken(&search_, &ClassSearch::classSelected);
    QTest::keyClicks(&field(), "zebra");
    EXPECT_TRUE(says("no class called \u201czebra\u201d"));
    EXPECT_TRUE(says("0 of 4"));
    QTest::keyClick(&field(), Qt::Key_Return);
    EXPECT_EQ(taken.count(), 0) << "no class is taken";
    QTest::keyClick(&field(), Qt::Key_Escape);
    EXPECT_FALSE(says("no class called"));
    EXPECT_EQ(rows().size(), 4);
}

TEST_F(ClassSearchTest, OffersToTeachWhatItDoesNotKnow) {
    QSignalSpy taught(&search_, &ClassSearch::teachWanted);
    auto* offer = search_.findChild<QPushButton*>();
    EXPECT_FALSE(offer->isVisible());
    QTest::keyClicks(&field(), " my  R&D mug ");
    ASSERT_TRUE(offer->isVisible());
    EXPECT_EQ(offer->text(), QStringLiteral("Teach \u201cmy R&&D mug\u201d\u2026"));
    QTest::mouseClick(offer, Qt::LeftButton);
    QTest::keyClick(&field(), Qt::Key_Return);
    ASSERT_EQ(taught.count(), 2);
    EXPECT_EQ(taught[0][0].toString(), "my R&D mug");
    EXPECT_EQ(taught[1][0].toString(), "my R&D mug");
    field().setText("cat");
    EXPECT_FALSE(offer->isVisible());
}

}  // namespace
}  // namespace overfeat::ui
