// SPDX-License-Identifier: Apache-2.0
//
// The list of all models in the real window: what is said of each, getting, removing, voting.
#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QPushButton>
#include <QRegularExpression>
#include <algorithm>
#include <memory>
#include <string>

#include "app/store/embedded_model.h"
#include "engine/net/model.h"
#include "tests/app/live/application_fixture.h"
#include "tests/app/store/published_net.h"
#include "ui/model_row.h"
#include "ui/models_dialog.h"

namespace overfeat::app {
namespace {

class ModelListTest : public ApplicationTest {
protected:
    ModelListTest() {
        change_parts_ = [this](Parts& parts) {
            static constexpr std::byte kBuiltIn[1] = {};
            parts.models = std::make_shared<store::ModelStore>(
                std::vector<std::filesystem::path>{net_.models()},
                std::span<const std::byte>(kBuiltIn), net_.published());
        };
    }
    void openList() {
        emit application_->window().moreModelsRequested();
        ASSERT_TRUE(test::waitFor([this] { return row("Net") != nullptr; }));
    }
    void startWithList(const std::string& model) {
        startWith("good.mp4", model);
        ASSERT_TRUE(seesResults());
        ASSERT_NO_FATAL_FAILURE(openList());
    }
    ui::ModelRow* row(const QString& title) {
        for (auto* row : application_->modelsDialog().findChildren<ui::ModelRow*>()) {
            if (row->findChild<QCheckBox*>()->text() == title) return row;
        }
        return nullptr;
    }
    bool waitsForFact(const QString& title, const QString& fact) {
        return test::waitFor([&] {
            const ui::ModelRow* found = row(title);
            return found && found->findChild<QLabel*>()->text().contains(fact);
        });
    }
    bool waitsForAction(const QString& title, const QString& text) {
        return test::waitFor([&] {
            const ui::ModelRow* found = row(title);
            const auto* action = found ? found->findChild<QPushButton*>() : nullptr;
            return action && !action->isHidden() && action->isEnabled() && action->text() == text;
        });
    }
    void act(const QString& title) { row(title)->findChild<QPushButton*>()->click(); }
    std::string lastModel() {
        const std::scoped_lock lock(world_->mutex);
        return world_->last_model;
    }

    test::PublishedNet net_;
};

TEST_F(ModelListTest, WhatRunsIsMeasuredOnceAndRemembered) {
    world_->says_ms = 40;
    ASSERT_NO_FATAL_FAILURE(startWithList("default"));
    EXPECT_TRUE(waitsForFact("Built-in model", "running"));
    // Four scales and what is said to be the rest: the fake network's way of telling.
    EXPECT_TRUE(waitsForFact("Built-in model", "200 ms a picture here"));
    EXPECT_TRUE(waitsForFact("Net", "speed here not measured yet"));
    application_.reset();
    world_->says_ms = 1;
    ASSERT_NO_FATAL_FAILURE(startWithList("default"));
    EXPECT_TRUE(waitsForFact("Built-in model", "200 ms a picture here"));
    const int before = world_->processed;
    ASSERT_TRUE(test::waitFor([&] { return world_->processed > before + 5; }));
    EXPECT_TRUE(waitsForFact("Built-in model", "200 ms a picture here")) << "not measured again";
}

// Its speed there is another one, and the window says which device it is.
TEST_F(ModelListTest, AfterTheDeviceFailedTheNextOneIsMeasured) {
    world_->says_ms = 1;
    ASSERT_NO_FATAL_FAILURE(startWithList("default"));
    ASSERT_TRUE(waitsForFact("Built-in model", " 5 ms a picture here"));
    world_->says_ms = 40;
    world_->card_lost = true;
    EXPECT_TRUE(waitsToSay("Another device computes from now on: spare, because fake: The fake"));
    EXPECT_TRUE(waitsForFact("Built-in model", "200 ms a picture here"));
    application_.reset();
    world_->card_lost = false;
    ASSERT_NO_FATAL_FAILURE(startWithList("default"));
    EXPECT_TRUE(waitsForFact("Built-in model", " 5 ms a picture here")) << "on the first one";
}

// Neither takes the place of the other, though both wait.
TEST_F(ModelListTest, SpeedAndComparisonAreBothAnswered) {
    net_.folder_.write("user/models/boxes.onnx", "a fake");
    startWith("good.mp4", "boxes");
    ASSERT_TRUE(seesResults());
    world_->holds_next = true;
    const int started = world_->started;
    ASSERT_TRUE(test::waitFor([&] { return world_->started > started; }));
    ASSERT_NO_FATAL_FAILURE(openList());
    EXPECT_TRUE(waitsForFact("boxes", "its speed here is being measured"));
    emit application_->window().comparisonRequested(ui::ComparisonChoice::kStride);
    world_->holds_next = false;
    EXPECT_TRUE(waitsForFact("boxes", "ms a picture here"));
    EXPECT_TRUE(test::waitFor([&] { return world_->fine_looks > 0; }));
}

// Its files are being read.
TEST_F(ModelListTest, WhatIsBeingLoadedIsNotRemoved) {
    ASSERT_NO_FATAL_FAILURE(startWithList("default"));
    ASSERT_TRUE(waitsForAction("Net", "Get it"));
    act("Net");
    ASSERT_TRUE(waitsForAction("Net", "Remove"));
    world_->loading_ms = 1'000'000;
    emit application_->window().modelChosen("net");
    act("Net");
    EXPECT_TRUE(waitsToSay("Net is being loaded; use another model before you remove it."));
    EXPECT_TRUE(std::filesystem::exists(net_.models() / "net.onnx"));
    world_->loading_ms = 0;
    emit application_->window().modelChosen("default");
    act("Net");
    EXPECT_TRUE(waitsForAction("Net", "Get it"));
}

TEST_F(ModelListTest, WhatIsSaidOfTheBuiltInModelStandsOnItsCard) {
    const auto model = net::parseModel(store::embeddedModel(), "default");
    startWith("good.mp4", "default");
    ASSERT_NO_FATAL_FAILURE(openList());
    const QString facts = row("Built-in model")->findChild<QLabel*>()->text();
    const auto classes = model->labels->size() - (model->labels->background() ? 1 : 0);
    EXPECT_TRUE(facts.contains(QString("%1 classes").arg(classes))) << facts.toStdString();
    const auto right = QRegularExpression("([0-9.]+ %) right on Tiny ImageNet").match(facts);
    ASSERT_TRUE(right.hasMatch());
    const QString card = QString::fromStdString(model->card);
    EXPECT_TRUE(card.contains("top-1 " + right.captured(1))) << card.toStdString();
    EXPECT_TRUE(facts.contains("Apache-2.0") && card.contains("Weights: Apache-2.0"));
}

TEST_F(ModelListTest, OneIsFetchedInPlaceWithoutBeingUsedAndRemovedAgain) {
    ASSERT_NO_FATAL_FAILURE(startWithList("default"));
    ASSERT_TRUE(waitsForAction("Net", "Get it"));
    EXPECT_TRUE(waitsForFact("Net", "3 classes"));
    act("Net");
    ASSERT_TRUE(waitsForAction("Net", "Remove"));
    EXPECT_EQ(lastModel(), "default") << "nobody asked for it to be used";
    act("Net");
    EXPECT_TRUE(waitsForAction("Net", "Get it"));
    EXPECT_FALSE(std::filesystem::exists(net_.models() / "net.onnx"));
}

TEST_F(ModelListTest, FetchingIsCancelledInPlace) {
    net_.client("while :; do sleep 0.05; done");
    ASSERT_NO_FATAL_FAILURE(startWithList("default"));
    ASSERT_TRUE(waitsForAction("Net", "Get it"));
    act("Net");
    ASSERT_TRUE(waitsForAction("Net", "Cancel"));
    act("Net");
    EXPECT_TRUE(waitsForAction("Net", "Get it"));
}

TEST_F(ModelListTest, SeveralThatAreTickedVote) {
    ASSERT_NO_FATAL_FAILURE(startWithList("default"));
    ASSERT_TRUE(waitsForAction("Net", "Get it"));
    act("Net");
    ASSERT_TRUE(waitsForAction("Net", "Remove"));
    EXPECT_TRUE(row("Built-in model")->isTicked()) << "what runs";
    row("Net")->setTicked(true);
    QPushButton* use = button("Let 2 vote");
    ASSERT_NE(use, nullptr);
    use->click();
    EXPECT_TRUE(test::waitFor([&] { return lastModel() == "default,net"; }));
    EXPECT_TRUE(waitsForFact("Net", "running"));
    const auto* action = row("Net")->findChild<QPushButton*>();
    EXPECT_FALSE(action->isEnabled()) << "it is in use";
    EXPECT_TRUE(test::waitFor([&] {
        const auto boxes = application_->window().findChildren<QComboBox*>();
        return std::ranges::any_of(boxes, [](const QComboBox* box) {
            return box->currentText() == "Built-in model + Net";
        });
    }));
}

}  // namespace
}  // namespace overfeat::app
