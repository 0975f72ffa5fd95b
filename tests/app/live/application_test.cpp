// SPDX-License-Identifier: Apache-2.0
#include "app/live/application.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QEvent>
#include <QTest>
#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "tests/app/live/application_fixture.h"
#include "tests/app/video/played.h"
#include "tests/support/stopwatch.h"
#include "ui/live_view.h"

namespace overfeat::app {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

TEST_F(ApplicationTest, ShowsWhatTheNetworkSees) {
    startWith("good.mp4");
    ASSERT_TRUE(seesResults(3));
    EXPECT_TRUE(waitsToSay("left"));
    EXPECT_FALSE(application_->window().snapshot(false).isNull());
}

TEST_F(ApplicationTest, ASlowNetworkDoesNotSlowThePreviewOrKeepFrames) {
    world_->network_ms = 60'000;
    startWith("good.mp4");
    std::set<int> shown;
    ASSERT_TRUE(test::waitFor([&] {
        shown.insert(shownFrame());
        return shown.size() >= 30;
    }));
    EXPECT_EQ(world_->processed, 0) << "the preview went on while the network was busy";
    EXPECT_LE(world_->frames_alive, 8) << "late frames are dropped, not queued";
}

// Counts what other threads had queued for the GUI before `endHere()`; what comes while that is
// handled stands behind the mark.
class QueuedCalls : public QObject {
public:
    QueuedCalls() { qApp->installEventFilter(this); }
    void endHere() { QCoreApplication::postEvent(this, new QEvent(kMark)); }
    bool eventFilter(QObject*, QEvent* event) override {
        if (event->type() == kMark) ended_ = true;
        if (event->type() == QEvent::MetaCall && !ended_) ++count;
        return false;
    }
    int count = 0;

private:
    static constexpr auto kMark = static_cast<QEvent::Type>(QEvent::User + 1);
    bool ended_ = false;
};

TEST_F(ApplicationTest, ABlockedWindowLeavesAtMostOneEventPerThread) {
    world_->frame_interval_ms = 2;
    startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    QCoreApplication::sendPostedEvents();  // what the GUI has queued for itself
    QueuedCalls calls;
    const int before = world_->processed;
    std::this_thread::sleep_for(5s);  // the GUI is blocked
    EXPECT_GE(world_->processed, before + 100) << "the others went on";
    EXPECT_LE(world_->frames_alive, 8);
    calls.endHere();
    QCoreApplication::sendPostedEvents();
    EXPECT_GE(calls.count, 1);
    EXPECT_LE(calls.count, 4) << "one each for preview, results and the two workers, not hundreds";
}

TEST_F(ApplicationTest, WithoutACameraTheDemoIsShownAndSaid) {
    start();
    EXPECT_TRUE(waitsToSay("No camera was found"));
    EXPECT_TRUE(seesResults());
    EXPECT_EQ(opened(), QStringList(""));
}

TEST_F(ApplicationTest, TheFirstCameraThatCanBeUsedIsOpened) {
    world_->cameras = {{"busy", "Busy camera", "/dev/video0", {}, "It is used by another program."},
                       {"free", "Free camera", "/dev/video1", {}, ""}};
    start();
    ASSERT_TRUE(seesResults());
    EXPECT_EQ(opened(), QStringList("free"));
}

TEST_F(ApplicationTest, ASourceThatIsNotThereGivesASentenceAndTheDemo) {
    startWith("missing.mp4");
    EXPECT_TRUE(waitsToSay("There is no file missing.mp4."));
    EXPECT_TRUE(seesResults());
}

TEST_F(ApplicationTest, ASourceThatIsBrokenGivesASentenceAndTheDemo) {
    startWith("broken.mp4");
    EXPECT_TRUE(waitsToSay("broken.mp4 is broken."));
    EXPECT_TRUE(seesResults());
}

TEST_F(ApplicationTest, ABrokenVideoAndABrokenModelBothSayWhy) {
    startWith("broken.mp4", "bad.onnx");
    EXPECT_TRUE(waitsToSay("broken.mp4 is broken."));
    EXPECT_TRUE(waitsToSay("bad.onnx is a web page."));
    EXPECT_TRUE(says("broken.mp4 is broken.")) << "both are to be read";
    QTest::keyClick(&application_->window(), Qt::Key_Escape);
    QTest::keyClick(&application_->window(), Qt::Key_Escape);
    EXPECT_FALSE(says("is broken.") || says("is a web page."));
}

TEST_F(ApplicationTest, ACameraThatIsMissingCanBeTriedAgainOrLeftForTheDemo) {
    world_->unplugged = true;
    startWith("camera:cam");
    ASSERT_TRUE(waitsToSay("The camera is not there"));
    ASSERT_TRUE(button("Demo") != nullptr && button("Try again") != nullptr);
    world_->unplugged = false;
    QTest::mouseClick(button("Try again"), Qt::LeftButton);
    EXPECT_TRUE(test::waitFor([&] { return opened() == QStringList{"cam", "cam"}; }));
    EXPECT_TRUE(seesResults(3));
    EXPECT_FALSE(says("The camera is not there"));

    world_->unplugged = true;  // while it runs
    ASSERT_TRUE(waitsToSay("The camera is not there"));
    QTest::mouseClick(button("Demo"), Qt::LeftButton);
    EXPECT_TRUE(test::waitFor([&] { return opened().size() == 3; }));
    EXPECT_EQ(opened().last(), "");
    EXPECT_TRUE(seesResults(3));
}

TEST_F(ApplicationTest, ACameraThatComesBackByItselfTakesItsMessageBack) {
    startWith("camera:cam");
    ASSERT_TRUE(seesResults());
    world_->unplugged = true;
    ASSERT_TRUE(waitsToSay("The camera is not there"));
    world_->unplugged = false;
    EXPECT_TRUE(test::waitFor([&] { return !says("The camera is not there"); }));
    EXPECT_EQ(opened().size(), 1);
}

TEST_F(ApplicationTest, ACameraThatIsMissingBesideSomethingElseCanBeTriedAgain) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    world_->unplugged = true;
    emit app.window().sourceChosen("camera:cam");
    ASSERT_TRUE(waitsToSay("The camera is not there"));
    EXPECT_EQ(button("Demo"), nullptr) << "the other one goes on";
    world_->unplugged = false;
    QTest::mouseClick(button("Try again"), Qt::LeftButton);
    EXPECT_TRUE(test::waitFor([&] { return opened().size() == 3 && world_->sources_open == 1; }));
}

TEST_F(ApplicationTest, APastedPictureSaysWhatItIs) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    QImage picture(40, 30, QImage::Format_RGB888);
    picture.fill(Qt::red);
    emit app.window().imagePasted(picture);
    const QComboBox* chooser = nullptr;
    for (const QComboBox* box : app.window().findChildren<QComboBox*>()) {
        if (box->accessibleName() == "Source") chooser = box;
    }
    ASSERT_NE(chooser, nullptr);
    EXPECT_TRUE(test::waitFor([&] { return chooser->currentText() == "Pasted picture"; }));
    EXPECT_TRUE(test::waitFor(
        [&] { return app.window().windowTitle() == "Pasted picture - OverFeat Live"; }));
    emit app.window().sourceChosen({});  // it is there already
    emit app.window().sourceChosen("demo");
    EXPECT_TRUE(test::waitFor([&] { return chooser->currentText() == "Demo clip"; }));
    EXPECT_EQ(chooser->findText("Pasted picture"), -1) << "it cannot be opened again";
    EXPECT_FALSE(says("There is no"));
}

TEST_F(ApplicationTest, ADamagedPictureThatCanBeReadSaysSo) {
    startWith("damaged picture.jpg");
    EXPECT_TRUE(waitsToSay("damaged picture.jpg is damaged."));
}

TEST_F(ApplicationTest, ASourceThatCannotBeUsedLeavesTheRunningOneAlone) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    for (const char* name : {"broken.mp4", "missing.mp4"}) {
        emit app.window().openRequested({QUrl::fromLocalFile(QString("/v/") + name)});
        EXPECT_TRUE(waitsToSay(name));
        EXPECT_TRUE(seesResults(5)) << "after " << name;
        EXPECT_EQ(world_->sources_open, 1);
    }
    emit app.window().openRequested({QUrl::fromLocalFile("/v/silent.mp4")});
    EXPECT_TRUE(waitsToSay("Opening silent.mp4"));
    EXPECT_TRUE(seesResults(5));
    emit app.window().messageActionTriggered(SourceController::kCancelOpening);
    EXPECT_TRUE(test::waitFor([&] { return !says("Opening silent.mp4"); }));
}

// However many files of a dead network drive were tried: what lies elsewhere opens, pictures are
// saved, and the program ends.
TEST_F(ApplicationTest, ADeadDriveHoldsUpNothingElse) {
    struct Drive {
        std::mutex mutex;
        std::condition_variable answered;
        int asked = 0;
        bool answers = false;
    };
    const auto drive = std::make_shared<Drive>();
    change_parts_ = [drive](Parts& parts) {
        parts.parse_source = [drive, parse = parts.parse_source](const std::string& target) {
            if (target.starts_with("/dead/")) {
                std::unique_lock lock(drive->mutex);
                ++drive->asked;
                drive->answered.wait(lock, [&] { return drive->answers; });
            }
            return parse(target);
        };
    };
    patience_at_end_ = std::chrono::milliseconds(500);
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    for (const char* file : {"/dead/a.mp4", "/dead/b.mp4", "/dead/a.mp4"})
        emit app.window().openRequested({QUrl::fromLocalFile(file)});
    ASSERT_TRUE(test::waitFor([&] {
        const std::scoped_lock lock(drive->mutex);
        return drive->asked == 2;
    }));
    EXPECT_FALSE(opened().contains("/dead/a.mp4"));
    emit app.window().openRequested({QUrl::fromLocalFile("/alive/good.mp4")});
    EXPECT_TRUE(test::waitFor([&] { return opened().contains("/alive/good.mp4"); }));
    emit app.window().snapshotRequested(false);
    EXPECT_TRUE(waitsToSay("The picture is saved"));
    const auto start = std::chrono::steady_clock::now();
    app.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
    const std::scoped_lock lock(drive->mutex);
    drive->answers = true;
    drive->answered.notify_all();
}

TEST_F(ApplicationTest, AnotherSourceTakesThePlaceOfTheFirst) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    emit app.window().openRequested({QUrl::fromLocalFile("/v/good-2.mp4")});
    ASSERT_TRUE(test::waitFor([&] { return opened().size() == 2 && world_->sources_open == 1; }));
    EXPECT_TRUE(seesResults(3));
}

// What the network was still working on belongs to a picture that nobody sees any more.
TEST_F(ApplicationTest, ResultsOfTheSourceBeforeAreNotShown) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    world_->network_ms = 300;
    const auto sourceOfResult = [&]() -> std::string {
        const Recognition* shown = app.window().liveView().recognition();
        const std::scoped_lock lock(world_->mutex);
        return shown != nullptr ? world_->source_of[shown->frame_id] : "";
    };
    const int started = world_->started;
    ASSERT_TRUE(test::waitFor([&] { return world_->started > started; }));
    emit app.window().openRequested({QUrl::fromLocalFile("/v/good-2.mp4")});
    ASSERT_TRUE(test::waitFor([&] { return opened().size() == 2 && world_->sources_open == 1; }));
    EXPECT_EQ(sourceOfResult(), "") << "the window is empty at first";
    ASSERT_TRUE(test::waitFor([&] { return !sourceOfResult().empty(); }));
    EXPECT_EQ(sourceOfResult(), "/v/good-2.mp4");
}

TEST_F(ApplicationTest, AFailureIsSaidAgainOfAnotherNetwork) {
    Application& app = startWith("good.mp4", "frail.onnx");
    ASSERT_TRUE(waitsToSay("The network gave no finite number."));
    QTest::keyClick(&app.window(), Qt::Key_Escape);
    ASSERT_FALSE(says("no finite number"));
    const int frames = world_->frames_made;
    ASSERT_TRUE(test::waitFor([&] { return world_->frames_made > frames + 5; }));
    EXPECT_FALSE(says("no finite number")) << "once is enough";
    emit app.window().modelChosen("frail-2.onnx");
    EXPECT_TRUE(waitsToSay("The network gave no finite number."));
}

TEST_F(ApplicationTest, APictureIsLookedAtAgainByAnotherNetworkAndOtherOptions) {
    Application& app = startWith("picture.png");
    ASSERT_TRUE(test::waitFor([&] { return world_->processed >= 1; }));
    const int first = world_->processed;
    emit app.window().modelChosen("another");
    ASSERT_TRUE(test::waitFor([&] { return world_->processed > first; }));
    const int second = world_->processed;
    Look options;
    options.scale_count = 2;
    emit app.window().optionsChanged(options);
    EXPECT_TRUE(test::waitFor([&] { return world_->processed > second; }));
    EXPECT_EQ(world_->last_scales, 2);
}

TEST_F(ApplicationTest, ADroppedModelThatCannotBeUsedLeavesTheRunningOneAlone) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    emit app.window().openRequested({QUrl::fromLocalFile("/m/bad.onnx")});
    EXPECT_TRUE(waitsToSay("The model /m/bad.onnx is a web page."));
    EXPECT_TRUE(seesResults(5));
    EXPECT_TRUE(world_->processor_alive);
}

TEST_F(ApplicationTest, WithoutAnyModelThePictureIsStillShown) {
    startWith("good.mp4", "bad.onnx");
    EXPECT_TRUE(waitsToSay("is a web page."));
    EXPECT_TRUE(test::waitFor([&] { return !application_->window().snapshot(false).isNull(); }));
    EXPECT_EQ(world_->processed, 0);
}

TEST_F(ApplicationTest, ANetworkThatFailsAtAFrameSaysSo) {
    startWith("good.mp4", "frail.onnx");
    EXPECT_TRUE(waitsToSay("The network gave no finite number."));
    EXPECT_FALSE(application_->window().snapshot(false).isNull());
}

TEST_F(ApplicationTest, PauseStopsFramesAndStepGivesOne) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    emit app.window().playPauseToggled(true);
    const int paused_at = settledFrameCount();
    test::waitFor([] { return false; }, 100ms);
    EXPECT_EQ(world_->frames_made, paused_at);
    emit app.window().stepRequested();
    EXPECT_TRUE(test::waitFor([&] { return world_->frames_made == paused_at + 1; }));
    emit app.window().playPauseToggled(false);
    EXPECT_TRUE(test::waitFor([&] { return world_->frames_made > paused_at + 3; }));
}

TEST_F(ApplicationTest, AStepWhilePlayingPauses) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    emit app.window().stepRequested();
    const int stopped_at = settledFrameCount();
    emit app.window().stepRequested();
    EXPECT_TRUE(test::waitFor([&] { return world_->frames_made == stopped_at + 1; }));
    EXPECT_EQ(settledFrameCount(), stopped_at + 1);
}

TEST_F(ApplicationTest, ACameraThatIsPluggedInAppearsInTheChooser) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    const QComboBox* chooser = nullptr;
    for (const QComboBox* box : app.window().findChildren<QComboBox*>()) {
        if (box->accessibleName() == "Source") chooser = box;
    }
    ASSERT_NE(chooser, nullptr);
    EXPECT_EQ(chooser->findText("New camera"), -1);
    std::thread([this] {
        const std::scoped_lock lock(world_->mutex);
        world_->cameras = {{"cam", "New camera", "/dev/video0", {"640x480"}, ""}};
        world_->cameras_changed();
    }).join();
    EXPECT_TRUE(test::waitFor([&] { return chooser->findText("New camera") >= 0; }));
    EXPECT_EQ(chooser->currentText(), "good.mp4");
    EXPECT_EQ(opened().size(), 1) << "it is offered, not taken";
}

TEST_F(ApplicationTest, SnapshotsAreSavedWithAndWithoutOverlay) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults(3));
    emit app.window().snapshotRequested(false);
    emit app.window().snapshotRequested(true);
    ASSERT_TRUE(test::waitFor([&] { return files("pictures").size() == 2; }));
    EXPECT_TRUE(waitsToSay("The picture is saved as"));
    for (const fs::path& file : files("pictures")) {
        EXPECT_EQ(QImage(file.c_str()).size(), QSize(64, 48)) << file;
    }
}

TEST_F(ApplicationTest, RecordsWhatIsShown) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    emit app.window().recordToggled(true);
    ASSERT_TRUE(test::waitFor([&] { return files("videos").size() == 1; }));
    ASSERT_TRUE(seesResults(10));
    emit app.window().recordToggled(false);
    EXPECT_TRUE(waitsToSay("The recording is saved as"));
    EXPECT_GT(fs::file_size(files("videos").at(0)), 1000U);
}

TEST_F(ApplicationTest, ARecordingIsAnMp4UnlessAnotherFormatIsChosen) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    for (const char* extension : {".mp4", ".mkv"}) {
        if (std::string(extension) == ".mkv") {
            for (QAction* action : app.window().findChildren<QAction*>())
                if (action->text() == "MKV") action->trigger();
        }
        emit app.window().recordToggled(true);
        const auto made = [&] {
            return std::ranges::any_of(files("videos"), [&](const fs::path& file) {
                return file.extension() == extension && fs::file_size(file) > 0;
            });
        };
        EXPECT_TRUE(test::waitFor(made)) << extension;
        emit app.window().recordToggled(false);
        EXPECT_TRUE(waitsToSay(QString(extension) + "."));
    }
    for (const fs::path& file : files("videos"))
        EXPECT_GE(video::test::play(file).pictures.size(), 1U) << file;
    application_.reset();
    EXPECT_EQ(startWith("good.mp4").window().preferences().recording, ui::RecordingFormat::kMkv)
        << "it is remembered";
}

TEST_F(ApplicationTest, ARecordingSaysHowLongAndHowLargeItIs) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    emit app.window().recordToggled(true);
    EXPECT_TRUE(says("recording 0:00"));
    EXPECT_TRUE(waitsToSay("recording 0:01")) << "it goes on";
    const auto hasSize = [&] { return says("KB") || says("kB") || says("KiB") || says("MiB"); };
    EXPECT_TRUE(test::waitFor(hasSize));
    emit app.window().recordToggled(false);
    EXPECT_FALSE(says("recording 0:"));
}

// Each press asks for the other state, however long folder and file take.
TEST_F(ApplicationTest, RecordPressedTwiceDoesNotRecord) {
    Application& app = startWith("good.mp4");
    ASSERT_TRUE(seesResults());
    for (int i = 0; i < 2; ++i)
        QTest::keyClick(&app.window(), Qt::Key_R, Qt::ControlModifier);
    EXPECT_FALSE(says("recording"));
    EXPECT_TRUE(test::waitFor(
        [&] { return says("The recording is saved as") || says("Nothing was recorded"); }));
    const auto size_of_all = [&] {
        std::uintmax_t bytes = 0;
        for (const fs::path& file : files("videos"))
            bytes += fs::file_size(file);
        return bytes;
    };
    const std::uintmax_t bytes = size_of_all();
    ASSERT_TRUE(seesResults(10));
    EXPECT_EQ(size_of_all(), bytes);
    QTest::keyClick(&app.window(), Qt::Key_R, Qt::ControlModifier);
    EXPECT_TRUE(says("recording 0:00")) << "the third press records";
}

TEST_F(ApplicationTest, RecordsAPictureAtRestToo) {
    Application& app = startWith("picture.png");
    ASSERT_TRUE(seesResults(0) &&
                test::waitFor([&] { return app.window().liveView().recognition(); }));
    emit app.window().recordToggled(true);
    ASSERT_TRUE(test::waitFor([&] { return files("videos").size() == 1; }));
    emit app.window().recordToggled(false);
    EXPECT_TRUE(waitsToSay("The recording is saved as"));
}

TEST_F(ApplicationTest, ClosingWhileAModelLoadsIsQuick) {
    world_->loading_ms = 60'000;
    patience_at_end_ = Parts().patience_at_end;
    const auto closing = [this] {
        Application& app = startWith("good.mp4");
        EXPECT_TRUE(test::waitFor([&] { return world_->frames_alive > 0; }));
        int finished = 0;
        QObject context;
        QObject::connect(&app, &Application::finished, &context, [&finished] { ++finished; });
        const auto time = test::timeOf([&] {
            app.window().close();
            application_.reset();
        });
        EXPECT_EQ(finished, 1);
        EXPECT_EQ(world_->sources_open, 0);
        return time;
    };
    EXPECT_LT(test::shortestOfThree(2s, closing), 2s);
}

TEST_F(ApplicationTest, NothingHappensAfterStop) {
    startWith("good.mp4");
    ASSERT_TRUE(seesResults(3));
    application_->stop();
    const int made = world_->frames_made;
    const int processed = world_->processed;
    EXPECT_FALSE(world_->processor_alive);
    EXPECT_EQ(world_->sources_open, 0);
    test::waitFor([] { return false; }, 100ms);
    EXPECT_EQ(world_->frames_made, made);
    EXPECT_EQ(world_->processed, processed);
    application_.reset();
    EXPECT_EQ(world_->frames_alive, 0);
}

}  // namespace
}  // namespace overfeat::app
