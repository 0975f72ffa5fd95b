// SPDX-License-Identifier: Apache-2.0
#include "app/live/network/fetch_controller.h"

#include <gtest/gtest.h>

#include <QStringList>
#include <filesystem>
#include <memory>
#include <vector>

#include "tests/app/live/fakes.h"
#include "tests/app/store/published_net.h"

namespace overfeat::app {
namespace {

class FetchControllerTest : public ::testing::Test {
protected:
    FetchControllerTest() {
        QObject::connect(&fetching_, &FetchController::messageWanted,
                         [this](const ui::MessageView& m) { shown_.push_back(m); });
        QObject::connect(&fetching_, &FetchController::messageOutdated,
                         [this](const QString& id) { outdated_.append(id); });
        QObject::connect(&fetching_, &FetchController::fetched,
                         [this](const QString& name, bool use) {
                             fetched_.append(name);
                             used_ = use;
                         });
    }
    const store::PublishedModel& model() const { return models_->published().named("net"); }

    test::PublishedNet net_;
    std::shared_ptr<const store::ModelStore> models_ =
        std::make_shared<store::ModelStore>(std::vector<std::filesystem::path>{net_.models()},
                                            std::span<const std::byte>(), net_.published());
    FetchController fetching_{models_};
    std::vector<ui::MessageView> shown_;
    QStringList outdated_;
    QStringList fetched_;
    bool used_ = false;
};

TEST_F(FetchControllerTest, OffersAndGetsTheModel) {
    fetching_.offer(model());
    ASSERT_EQ(shown_.size(), 1U);
    EXPECT_EQ(shown_[0].sentence, "3 classes: get Net (0 MB)");
    EXPECT_EQ(shown_[0].actions.at(0).label, "Get it");
    EXPECT_TRUE(fetching_.act(shown_[0].actions.at(0).id));
    ASSERT_GE(shown_.size(), 2U);
    EXPECT_EQ(shown_[1].actions.at(0).label, "Cancel");
    EXPECT_TRUE(test::waitFor([this] { return !fetched_.empty(); }));
    EXPECT_EQ(fetched_, QStringList{"net"});
    EXPECT_EQ(outdated_, QStringList{shown_[1].actions.at(0).id});
    EXPECT_TRUE(models_->published().isThere(model()));
}

TEST_F(FetchControllerTest, CanBeCancelled) {
    net_.client("while :; do sleep 0.05; done");
    fetching_.fetch("net");
    ASSERT_EQ(shown_.size(), 1U);
    // A second wish is told to wait.
    fetching_.fetch("net");
    ASSERT_EQ(shown_.size(), 2U);
    EXPECT_TRUE(shown_[1].actions.isEmpty());
    EXPECT_TRUE(fetching_.act(shown_[0].actions.at(0).id));
    EXPECT_TRUE(test::waitFor([this] { return !outdated_.empty(); }));
    EXPECT_TRUE(fetched_.empty());
    EXPECT_EQ(shown_.size(), 2U) << "who cancels needs no message";
    EXPECT_FALSE(models_->published().isThere(model()));
}

TEST_F(FetchControllerTest, SaysWhatWentWrongAndOffersToTryAgain) {
    net_.client("echo 'ERROR: [Errno 28] No space left on device' >&2; exit 1");
    fetching_.fetch("net");
    EXPECT_TRUE(test::waitFor([this] { return shown_.size() == 2; }));
    ASSERT_EQ(shown_.size(), 2U);
    EXPECT_EQ(shown_[1].level, ui::MessageLevel::kError);
    EXPECT_TRUE(shown_[1].sentence.contains("no room")) << shown_[1].sentence.toStdString();
    EXPECT_EQ(shown_[1].actions.at(0).label, "Try again");
    EXPECT_TRUE(fetching_.act(shown_[1].actions.at(0).id));
    EXPECT_TRUE(test::waitFor([this] { return shown_.size() == 4; }));
}

// Who only fetched it from the list did not ask for it to be used, however often it was tried.
TEST_F(FetchControllerTest, TryingAgainWantsWhatWasWanted) {
    net_.client("exit 1");
    fetching_.fetch("net", false);
    ASSERT_TRUE(test::waitFor([this] { return shown_.size() == 2; }));
    net_.workingClient();
    ASSERT_TRUE(fetching_.act(shown_[1].actions.at(0).id));
    ASSERT_TRUE(test::waitFor([this] { return !fetched_.empty(); }));
    EXPECT_FALSE(used_);
}

TEST_F(FetchControllerTest, ChosenWhileItIsFetchedItIsUsed) {
    fetching_.fetch("net", false);
    fetching_.fetch("net", true);
    ASSERT_TRUE(test::waitFor([this] { return !fetched_.empty(); }));
    EXPECT_TRUE(used_);
}

TEST_F(FetchControllerTest, KnowsItsOwnActions) {
    EXPECT_FALSE(fetching_.act("open-folder"));
    EXPECT_TRUE(fetching_.act("get-model:unknown"));
    EXPECT_TRUE(shown_.empty());
}

TEST_F(FetchControllerTest, EndsWithTheProgram) {
    net_.client("trap 'echo >ended; exit 1' TERM; echo >begun; while :; do sleep 0.05; done");
    fetching_.fetch("net");
    EXPECT_TRUE(
        test::waitFor([this] { return std::filesystem::exists(net_.folder_.path() / "begun"); }));
    fetching_.stop();
    EXPECT_TRUE(std::filesystem::exists(net_.folder_.path() / "ended"));
    EXPECT_TRUE(fetched_.empty());
}

}  // namespace
}  // namespace overfeat::app
