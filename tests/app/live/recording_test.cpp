// SPDX-License-Identifier: Apache-2.0
//
// What may go wrong while the window records: one sentence each, and nothing else is lost.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <utility>

#include "tests/app/live/application_fixture.h"
#include "tests/app/video/played.h"

namespace overfeat::app {
namespace {

class RecordingTest : public ApplicationTest {
protected:
    ui::MainWindow& record(const std::string& source) {
        ui::MainWindow& window = startWith(source).window();
        EXPECT_TRUE(seesResults());
        emit window.recordToggled(true);
        EXPECT_TRUE(says("recording 0:00"));
        return window;
    }
    bool endsWith(const QString& sentence) {
        return waitsToSay(sentence) && !says("recording 0:") && seesResults(3);
    }
};

TEST_F(RecordingTest, AFolderThatCannotBeWrittenIsSaid) {
    folder_.write("videos", "a file where the folder should be");
    record("good.mp4");
    EXPECT_TRUE(endsWith("cannot be written"));
}

// As on a disk that is full, for this process only.
TEST_F(RecordingTest, ADiskWithoutRoomIsSaidAndWhatWasWrittenPlays) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto signal_before = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit little{3000, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
    record("good.mp4");
    EXPECT_TRUE(endsWith("the file may not grow any more"));
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, signal_before);
    ASSERT_EQ(files("videos").size(), 1U);
    EXPECT_GE(video::test::play(files("videos")[0]).pictures.size(), 1U);
}

// A camera that gives no picture any more and says why.
class Unpluggable final : public capture::Source {
public:
    Unpluggable(std::unique_ptr<capture::Source> camera, std::shared_ptr<std::atomic<bool>> gone)
        : camera_(std::move(camera)), gone_(std::move(gone)) {}
    const capture::SourceSpec& spec() const noexcept override { return camera_->spec(); }
    capture::SourceStatus status() const override {
        capture::SourceStatus status = camera_->status();
        if (!*gone_) return status;
        camera_->setPaused(true);
        status.state = capture::SourceState::kLost;
        status.sentence = "The camera is gone; plug it in again.";
        return status;
    }
    void setPaused(bool paused) override { camera_->setPaused(paused); }
    void step() override { camera_->step(); }

private:
    std::unique_ptr<capture::Source> camera_;
    std::shared_ptr<std::atomic<bool>> gone_;
};

TEST_F(RecordingTest, ACameraThatIsUnpluggedLeavesARecording) {
    const auto gone = std::make_shared<std::atomic<bool>>(false);
    change_parts_ = [gone](Parts& parts) {
        parts.open_source = [gone, open = parts.open_source](const capture::SourceSpec& spec,
                                                             const capture::SourceOptions& options,
                                                             capture::FrameSink sink) {
            return std::make_unique<Unpluggable>(open(spec, options, std::move(sink)), gone);
        };
    };
    ui::MainWindow& window = record("camera:good");
    ASSERT_TRUE(seesResults(10));
    *gone = true;
    ASSERT_TRUE(waitsToSay("lost"));
    EXPECT_TRUE(says("recording 0:")) << "it may come back";
    emit window.recordToggled(false);
    EXPECT_TRUE(waitsToSay("The recording is saved as"));
    ASSERT_EQ(files("videos").size(), 1U);
    EXPECT_GE(video::test::play(files("videos")[0]).pictures.size(), 2U);
}

}  // namespace
}  // namespace overfeat::app
