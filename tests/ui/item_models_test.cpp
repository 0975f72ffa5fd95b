// SPDX-License-Identifier: Apache-2.0
//
// The lists' own models keep the rules of Qt's item models while what they show changes: a view
// that is told of rows which are not there reads them.
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QAbstractItemView>
#include <QSignalSpy>
#include <algorithm>
#include <memory>
#include <vector>

#include "tests/ui/synthetic.h"
#include "ui/class_search.h"
#include "ui/layer_table.h"
#include "ui/taught_captures.h"
#include "ui/top_list.h"

namespace overfeat::ui {
namespace {

// Reports every broken rule; the tester looks at each signal of the model.
class ItemModels : public ::testing::Test {
protected:
    QAbstractItemModel& watch(QAbstractItemView& view) {
        QAbstractItemModel* model = view.model();
        tester_ = std::make_unique<QAbstractItemModelTester>(
            model, QAbstractItemModelTester::FailureReportingMode::Warning);
        return *model;
    }
    void SetUp() override {
        broken_.clear();
        previous_ = qInstallMessageHandler(
            [](QtMsgType type, const QMessageLogContext& context, const QString& text) {
                if (context.category == std::string_view("qt.modeltest")) {
                    broken_ << text;
                } else {
                    previous_(type, context, text);
                }
            });
    }
    void TearDown() override {
        tester_.reset();
        qInstallMessageHandler(previous_);
        EXPECT_TRUE(broken_.isEmpty()) << broken_.join("\n").toStdString();
    }

    std::unique_ptr<QAbstractItemModelTester> tester_;
    static inline QStringList broken_;
    static inline QtMessageHandler previous_ = nullptr;
};

TEST_F(ItemModels, TheFiveBestChangePlacesAndNumber) {
    TopList list;
    const QAbstractItemModel& model = watch(*list.findChild<QAbstractItemView*>());
    for (const std::size_t classes : {20U, 3U, 1U, 7U}) {
        for (std::size_t best = 0; best < classes; ++best) {
            const auto seen = test::syntheticRecognition({320, 240}, {{best, {100, 100}, 60, 0.9F}},
                                                         {2, 240, classes});
            list.add(*seen, 0.1 * static_cast<double>(best));
        }
        EXPECT_EQ(model.rowCount(), static_cast<int>(std::min(classes, TopList::kRows)));
    }
    list.clear();
    EXPECT_EQ(model.rowCount(), 0);
}

TEST_F(ItemModels, TheSearchedClassesAreFilteredSortedAndReplaced) {
    ClassSearch search;
    const QAbstractItemModel& model = watch(*search.findChild<QAbstractItemView*>());
    for (const std::size_t classes : {5U, 40U, 0U, 12U}) {
        search.setLabels(test::syntheticLabels(classes));
        std::vector<float> scores(classes);
        for (std::size_t i = 0; i < classes; ++i)
            scores[i] = static_cast<float>((i * 7) % 5) / 5;
        search.setScores(scores);
        std::ranges::reverse(scores);
        search.setScores(scores);
        EXPECT_EQ(model.rowCount(), search.hitCount());
    }
}

TEST_F(ItemModels, LayersAreSortedAndReplaced) {
    LayerTable table;
    const QAbstractItemModel& model = watch(table);
    for (const int count : {3, 0, 30}) {
        std::vector<LayerTimingView> layers;
        for (int i = 0; i < count; ++i)
            layers.push_back(
                {"conv" + QString::number(i), "Conv 3x3", "jit:avx2", 1.0 / (i + 1), i});
        table.setLayers(layers);
        for (int column = 0; column < LayerTable::kColumnCount; ++column)
            table.sortByColumn(column, Qt::DescendingOrder);
        EXPECT_EQ(model.rowCount(), count);
    }
}

TEST_F(ItemModels, CapturesComeAndGo) {
    TaughtCaptures captures;
    const QAbstractItemModel& model = watch(captures);
    for (const int count : {1, 9, 4, 0, 2}) {
        std::vector<TaughtCaptureView> shown;
        for (int i = 0; i < count; ++i)
            shown.push_back({QString::number(i), QImage(), "camera", "", i % 2 == 1});
        captures.setCaptures(shown);
        EXPECT_EQ(model.rowCount(), count);
    }
}

// The tests above can fail: a model that forgets to say what it does is reported.
TEST_F(ItemModels, AModelThatBreaksTheRulesIsFound) {
    class Forgetful : public QAbstractListModel {
    public:
        int rowCount(const QModelIndex& /*parent*/ = {}) const override { return rows_; }
        QVariant data(const QModelIndex& /*index*/, int /*role*/) const override { return {}; }
        void add() {
            beginInsertRows({}, rows_, rows_);
            rows_ += 2;
            endInsertRows();
        }

    private:
        int rows_ = 0;
    };
    Forgetful model;
    QAbstractItemModelTester tester(&model,
                                    QAbstractItemModelTester::FailureReportingMode::Warning);
    model.add();
    EXPECT_FALSE(broken_.isEmpty());
    broken_.clear();
}

}  // namespace
}  // namespace overfeat::ui
