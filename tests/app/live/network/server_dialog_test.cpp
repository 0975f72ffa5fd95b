// SPDX-License-Identifier: Apache-2.0
//
// An inference server named in the window: the real dialog, filled in as a person does, and a real
// process that listens; and what asks it, without a window.
#include <gtest/gtest.h>

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTest>
#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/live/network/server_controller.h"
#include "tests/app/live/application_fixture.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/backend/server/inference_server.h"
#include "ui/server_dialog.h"

namespace overfeat::app {
namespace {

class ServerDialogTest : public ApplicationTest {
protected:
    ServerDialogTest() {
        const Shape input{1, 3, 8, 8};
        test::GraphMaker maker(input);
        test::serve(models_.path(), "net",
                    maker.finish({maker.conv(maker.input(),
                                             {.in = 3, .out = 2, .window = {.kernel = {3, 3}}})}),
                    input);
        change_parts_ = [](Parts& parts) { parts.check_server = realParts().check_server; };
    }

    QComboBox& devices() const {
        for (auto* chooser : application_->window().findChildren<QComboBox*>())
            if (chooser->accessibleName() == "Device") return *chooser;
        throw std::runtime_error("no chooser of devices");
    }
    // Chooses it in the list, as the mouse does.
    void choose(const QString& text) const {
        ASSERT_TRUE(test::waitFor([&] { return devices().isEnabled(); }));
        const int row = devices().findText(text);
        ASSERT_GE(row, 0) << text.toStdString();
        devices().setCurrentIndex(row);
        emit devices().activated(row);
    }
    ui::ServerDialog* dialog() const {
        auto* shown = application_->window().findChild<ui::ServerDialog*>();
        return shown != nullptr && shown->isVisible() ? shown : nullptr;
    }
    void open() {
        choose("Inference server...");
        ASSERT_TRUE(test::waitFor([&] { return dialog() != nullptr; }));
    }
    void type(const QString& address) const {
        auto* field = dialog()->findChild<QLineEdit*>();
        field->selectAll();
        QTest::keyClicks(field, address);
    }
    QPushButton* button(const QString& text) const {
        for (auto* each : dialog()->findChildren<QPushButton*>())
            if (each->text() == text) return each;
        return nullptr;
    }
    bool dialogSays(const QString& part) const {
        for (const QLabel* label : dialog()->findChildren<QLabel*>())
            if (label->text().contains(part)) return true;
        return false;
    }
    std::string device() const {
        const std::scoped_lock lock(world_->mutex);
        return world_->last_device;
    }

    test::TemporaryFolder models_;
};

TEST_F(ServerDialogTest, ServerIsAskedUsedAndRemembered) {
    if (test::serverMissing()) return;
    const test::InferenceServer server(models_.path());
    startWith("good");
    ASSERT_TRUE(seesResults());
    open();
    EXPECT_FALSE(button("Use")->isEnabled()) << "nothing is typed";
    const QString address = QString("127.0.0.1:%1/net").arg(server.port());
    type(address);
    QTest::keyClick(dialog()->findChild<QLineEdit*>(), Qt::Key_Return);
    ASSERT_TRUE(test::waitFor([&] { return dialog() == nullptr; })) << "all is well: it closes";
    const std::string expected = server.device("net");
    EXPECT_TRUE(test::waitFor([&] { return device() == expected; })) << device();
    EXPECT_TRUE(
        test::waitFor([&] { return devices().currentText() == QString::fromStdString(expected); }));
    // Another device is chosen, and the program started again.
    choose("Automatic");
    EXPECT_TRUE(test::waitFor([&] { return device() == "auto"; }));
    application_.reset();
    startWith("good");
    choose(QString::fromStdString(expected));
    EXPECT_TRUE(test::waitFor([&] { return device() == expected; }));
    open();
    EXPECT_EQ(dialog()->findChild<QLineEdit*>()->text(), address);
}

TEST_F(ServerDialogTest, WhatCannotBeUsedIsASentenceAndTheDeviceStays) {
    if (test::serverMissing()) return;
    test::InferenceServer server(models_.path());
    const QString there = QString("127.0.0.1:%1/").arg(server.port());
    startWith("good");
    ASSERT_TRUE(seesResults());
    open();
    const auto refused = [&](const QString& address, const QString& part) {
        type(address);
        button("Use")->click();
        EXPECT_TRUE(test::waitFor([&] { return button("Use")->isEnabled() && dialogSays(part); }))
            << address.toStdString();
    };
    refused("somewhere", "HOST:PORT/MODEL");
    refused("me:secret@localhost:1/net", "passwords");
    refused(there + "other", "holds no model 'other'");
    dialog()->findChild<QComboBox*>()->setCurrentIndex(1);
    refused(there + "net", "gRPC");
    dialog()->findChild<QComboBox*>()->setCurrentIndex(0);
    server.end();
    refused(there + "net", "does not listen");
    EXPECT_EQ(device(), "auto");
    EXPECT_EQ(devices().findText("kserve", Qt::MatchContains), -1) << "it is not remembered";
}

TEST_F(ServerDialogTest, AServerThatIsSlowIsGivenUpByCancel) {
    if (test::serverMissing()) return;
    const test::InferenceServer server(models_.path(), {"--fault", "server:slow"});
    startWith("good");
    ASSERT_TRUE(seesResults());
    open();
    type(QString("127.0.0.1:%1/net").arg(server.port()));
    button("Use")->click();
    EXPECT_TRUE(dialogSays("Asking the server"));
    EXPECT_FALSE(button("Use")->isEnabled());
    EXPECT_TRUE(seesResults(3)) << "the window is not waiting";
    button("Cancel")->click();
    EXPECT_EQ(dialog(), nullptr);
    open();
    EXPECT_FALSE(dialogSays("Asking")) << "the question is forgotten";
    EXPECT_EQ(device(), "auto");
}

// Answers are made up here, and the first one is given when the test says so.
TEST_F(ServerDialogTest, WhatWasGivenUpIsNotUsedWhenItsAnswerComes) {
    const auto answers = std::make_shared<std::latch>(1);
    const auto asked = std::make_shared<std::atomic<int>>(0);
    change_parts_ = [answers, asked](Parts& parts) {
        parts.check_server = [answers, asked](const std::string&) -> QString {
            if ((*asked)++ > 0) return "This is another question.";
            answers->wait();
            return {};
        };
    };
    startWith("good");
    ASSERT_TRUE(seesResults());
    open();
    type("somewhere:1/net");
    const long before = answers.use_count();
    button("Use")->click();
    EXPECT_TRUE(test::waitFor([&] { return *asked == 1; }));
    button("Cancel")->click();
    answers->count_down();
    // The worker forgets its order as soon as it has handed the answer over.
    EXPECT_TRUE(test::waitFor([&] { return answers.use_count() == before; }));
    open();
    type("somewhere:1/net");
    button("Use")->click();
    // What was asked first is answered first.
    EXPECT_TRUE(test::waitFor([&] { return dialogSays("another question"); }));
    EXPECT_EQ(device(), "auto");
    EXPECT_EQ(devices().findText("kserve", Qt::MatchContains), -1) << "it is not remembered";
}

// A server with "slow" in its address answers when the test says so, all others at once.
class ServerControllerTest : public ::testing::Test {
protected:
    ServerControllerTest() {
        parts_.check_server = [answers = answers_](const std::string& device) {
            if (device.find("slow") != std::string::npos) answers->wait();
            return QString();
        };
        QObject::connect(&servers_, &ServerController::found,
                         [this](const std::string& device) { found_.push_back(device); });
    }
    bool finds(const std::string& device) const {
        return test::waitFor([&] { return !found_.empty() && found_.back() == device; });
    }

    std::shared_ptr<std::latch> answers_ = std::make_shared<std::latch>(1);
    Parts parts_;
    Worker worker_;
    ServerController servers_{parts_, worker_};
    std::vector<std::string> found_;
};

TEST_F(ServerControllerTest, WhatIsGivenUpIsNotUsed) {
    servers_.use("slow:1/net", false);
    servers_.cancel();
    answers_->count_down();
    // Of the same place, and so behind it.
    bool is_done = false;
    worker_.run("server kserve:slow:1/net", [&] { return [&] { is_done = true; }; });
    EXPECT_TRUE(test::waitFor([&] { return is_done; }));
    EXPECT_TRUE(found_.empty());
    EXPECT_TRUE(servers_.servers().empty());
}

TEST_F(ServerControllerTest, WhatIsGivenUpKeepsNoOtherServerWaiting) {
    servers_.use("slow:1/net", false);
    servers_.cancel();
    servers_.use("quick:1/net", false);
    EXPECT_TRUE(finds("kserve:quick:1/net"));
    answers_->count_down();
}

TEST_F(ServerControllerTest, AComputerMayBeCalledAsTheSchemeIs) {
    servers_.use("kserve:8000/net", false);
    EXPECT_TRUE(finds("kserve:kserve:8000/net"));
    EXPECT_EQ(servers_.newest().address, "kserve:8000/net");
    servers_.use("kserve:8000/net", true);
    EXPECT_TRUE(finds("kserve+grpc:kserve:8000/net"));
    servers_.use("kserve:kserve:8000/other", true);
    EXPECT_TRUE(finds("kserve:kserve:8000/other"));
    servers_.use("kserve+grpc:[::1]:8001/net", false);
    EXPECT_TRUE(finds("kserve+grpc:[::1]:8001/net"));
    servers_.use(" kserve:computer:8000/net ", true);
    EXPECT_TRUE(finds("kserve:computer:8000/net")) << "as the command line takes it";
}

}  // namespace
}  // namespace overfeat::app
