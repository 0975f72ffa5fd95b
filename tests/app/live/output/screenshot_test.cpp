// SPDX-License-Identifier: Apache-2.0
#include "tests/app/live/application_fixture.h"

namespace overfeat::app {
namespace {

namespace fs = std::filesystem;

class ScreenshotTest : public ApplicationTest {
protected:
    // Returns the exit code, or -1 if it did not end.
    int run(const std::string& source, const std::string& model, const fs::path& file) {
        Arguments arguments;
        arguments.source = source;
        arguments.model = model;
        arguments.screenshot = file.string();
        arguments.after_frames = 3;
        arguments.window = SizePx{900, 600};
        bool finished = false;
        Application& app = start(arguments);
        QObject context;
        QObject::connect(&app, &Application::finished, &context, [&finished] { finished = true; });
        return test::waitFor([&] { return finished; }) ? app.exitCode() : -1;
    }
};

TEST_F(ScreenshotTest, IsThePictureOfTheWindow) {
    const fs::path file = folder_.path() / "window.png";
    EXPECT_EQ(run("good.mp4", "m", file), 0);
    const QImage picture(file.c_str());
    EXPECT_EQ(picture.size(), QSize(900, 600) * application_->window().devicePixelRatio());
    EXPECT_GE(world_->processed, 3);
    application_->stop();
    EXPECT_TRUE(files("config").empty()) << "leaves the user's settings alone";
}

TEST_F(ScreenshotTest, EndsWithTheExitCodeOfWhatIsWrong) {
    EXPECT_EQ(run("good.mp4", "m", folder_.path() / "no folder" / "x.png"), 1);
    EXPECT_NE(application_->lastSentence().indexOf("could not be written"), -1);
    EXPECT_EQ(run("missing.mp4", "m", folder_.path() / "x.png"), 3);
    EXPECT_NE(application_->lastSentence().indexOf("missing.mp4"), -1);
    EXPECT_EQ(run("good.mp4", "bad", folder_.path() / "x.png"), 4);
    EXPECT_NE(application_->lastSentence().indexOf("web page"), -1);
    EXPECT_EQ(run("good.mp4", "frail", folder_.path() / "x.png"), 4);
    EXPECT_NE(application_->lastSentence().indexOf("no finite number"), -1);
}

TEST_F(ScreenshotTest, EndsWithTheOnlyResultOfAStillPicture) {
    const fs::path file = folder_.path() / "window.png";
    EXPECT_EQ(run("picture.png", "m", file), 0);
    EXPECT_EQ(world_->processed, 1) << "three were wanted, but a picture gives no more";
    EXPECT_FALSE(QImage(file.c_str()).isNull());
}

TEST_F(ScreenshotTest, EndsWithTheLastResultOfAVideoThatIsTooShort) {
    world_->network_ms = 2000;  // the video has ten frames and ends after a fifth of a second
    const fs::path file = folder_.path() / "window.png";
    EXPECT_EQ(run("short.mp4", "m", file), 0);
    EXPECT_LT(world_->processed, 3);
    EXPECT_FALSE(QImage(file.c_str()).isNull());
}

}  // namespace
}  // namespace overfeat::app
