// SPDX-License-Identifier: Apache-2.0
//
// What the program remembers of one start for the next.
#include <QComboBox>

#include "tests/app/live/application_fixture.h"

namespace overfeat::app {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

TEST_F(ApplicationTest, ADamagedSettingsFileIsKeptAsideAndSaid) {
    folder_.write("config/overfeat-live.ini", std::string(100, '\0'));
    startWith("good.mp4");
    EXPECT_TRUE(says("The settings file was damaged"));
    application_->stop();
    int aside = 0;
    for (const fs::path& file : files("config")) {
        if (file.string().find(".corrupt-") == std::string::npos) continue;
        ++aside;
        EXPECT_EQ(fs::file_size(file), 100U);
    }
    EXPECT_EQ(aside, 1);
}

TEST_F(ApplicationTest, RemembersWhatRan) {
    startWith("good.mp4", "second.onnx");
    ASSERT_TRUE(seesResults());
    application_.reset();
    start();
    ASSERT_TRUE(seesResults());
    ASSERT_EQ(opened().size(), 2);
    EXPECT_EQ(opened()[0], opened()[1]);
    EXPECT_TRUE(opened()[1].endsWith("/good.mp4")) << "by its absolute path";
}

// What stands in for something else is nobody's choice.
TEST_F(ApplicationTest, TheDemoThatStandsInForACameraIsNotRemembered) {
    start();
    ASSERT_TRUE(waitsToSay("No camera was found"));
    ASSERT_TRUE(seesResults());
    application_.reset();
    world_->cameras = {{"new", "New camera", "/dev/video0", {}, ""}};
    start();
    ASSERT_TRUE(seesResults());
    EXPECT_EQ(opened(), (QStringList{"", "new"}));
}

TEST_F(ApplicationTest, ARememberedSourceThatCannotBeUsedTodayIsRememberedStill) {
    folder_.write("config/overfeat-live.ini",
                  "[General]\nformat=1\n\n[source]\nlast=missing.mp4\n");
    start();
    ASSERT_TRUE(waitsToSay("The demo clip is shown instead."));
    ASSERT_TRUE(seesResults());
    application_.reset();
    start();
    EXPECT_TRUE(waitsToSay("There is no file missing.mp4."));
}

// A list of what cannot be opened is no help; a camera or server may be there tomorrow.
TEST_F(ApplicationTest, AFileThatCannotBeUsedLeavesTheListOfRecentOnes) {
    folder_.write("config/overfeat-live.ini",
                  "[General]\nformat=1\n\n[source]\nlast=demo\n"
                  "[recent_sources]\n1\\target=/v/good-2.mp4\n2\\target=/v/missing.mp4\n"
                  "3\\target=/v/broken.mp4\n4\\target=rtsp://broken/\nsize=4\n");
    Application& app = start();
    ASSERT_TRUE(seesResults());
    const auto offers = [&](const QString& text) {
        for (const QComboBox* box : app.window().findChildren<QComboBox*>())
            if (box->accessibleName() == "Source") return box->findText(text) >= 0;
        return false;
    };
    ASSERT_TRUE(offers("missing.mp4") && offers("broken.mp4") && offers("good-2.mp4"));
    emit app.window().sourceChosen("/v/missing.mp4");
    EXPECT_TRUE(waitsToSay("There is no file /v/missing.mp4."));
    EXPECT_FALSE(offers("missing.mp4"));
    emit app.window().sourceChosen("/v/broken.mp4");
    EXPECT_TRUE(waitsToSay("/v/broken.mp4 is broken."));
    EXPECT_FALSE(offers("broken.mp4"));
    emit app.window().sourceChosen("rtsp://broken/");
    EXPECT_TRUE(waitsToSay("rtsp://broken/ is broken."));
    EXPECT_TRUE(offers("broken"));
    application_.reset();
    Application& next = start();
    ASSERT_TRUE(seesResults());
    for (const QComboBox* box : next.window().findChildren<QComboBox*>()) {
        if (box->accessibleName() != "Source") continue;
        EXPECT_EQ(box->findText("missing.mp4"), -1) << "nor tomorrow";
        EXPECT_GE(box->findText("good-2.mp4"), 0);
    }
}

TEST_F(ApplicationTest, ASourceThatNeverGaveAPictureIsNotRemembered) {
    startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    application_.reset();
    startWith("silent.mp4");
    ASSERT_TRUE(test::waitFor([&] { return opened().size() == 2; }));
    test::waitFor([] { return false; }, 1500ms);  // settings are saved a second after a change
    application_.reset();
    start();
    ASSERT_TRUE(seesResults());
    EXPECT_TRUE(opened().last().endsWith("/good.mp4")) << opened().last().toStdString();
}

TEST_F(ApplicationTest, TheDemoIsRememberedWhenItWasChosen) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    emit app.window().sourceChosen("demo");
    ASSERT_TRUE(test::waitFor([&] { return opened().size() == 2; }));
    // Once it has the first one's place, what is in the window is the demo's.
    ASSERT_TRUE(test::waitFor([&] { return world_->sources_open == 1 && shownFrame() >= 0; }));
    application_.reset();
    world_->cameras = {{"new", "New camera", "/dev/video0", {}, ""}};
    start();
    ASSERT_TRUE(seesResults());
    EXPECT_EQ(opened().last(), "");
}

TEST_F(ApplicationTest, ARememberedModelThatIsGoneIsReplacedByTheDefault) {
    folder_.write("config/overfeat-live.ini",
                  "[General]\nformat=1\n\n[network]\nmodel=bad.onnx\ndevice=reference\n");
    startWith("good.mp4");
    EXPECT_TRUE(waitsToSay("The built-in model is used instead."));
    EXPECT_TRUE(seesResults());
}

TEST_F(ApplicationTest, WithoutAHomeItWorksAndSaysWhatIsLost) {
    with_home_ = false;
    startWith("good.mp4");
    EXPECT_TRUE(says("settings are not remembered"));
    EXPECT_TRUE(seesResults());
}

TEST_F(ApplicationTest, AReadOnlyHomeIsSaidWhenSomethingShouldBeRemembered) {
    folder_.write("config", "a file where the folder should be");
    startWith("good.mp4");
    EXPECT_TRUE(waitsToSay("The settings could not be saved"));
    EXPECT_TRUE(seesResults());
}

}  // namespace
}  // namespace overfeat::app
