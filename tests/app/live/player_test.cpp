// SPDX-License-Identifier: Apache-2.0
//
// The window as a player: real videos and folders, real clicks and keys.
#include <gtest/gtest.h>

#include <QLabel>
#include <QTest>
#include <QToolButton>

#include "app/capture/picture_file.h"
#include "app/video/writer.h"
#include "tests/app/live/application_fixture.h"
#include "ui/live_view.h"
#include "ui/player_bar.h"
#include "ui/time_line.h"

namespace overfeat::app {
namespace {

constexpr int kFrames = 120;
constexpr double kFps = 10;

class PlayerTest : public ApplicationTest {
protected:
    void play(const std::string& source) {
        change_parts_ = [](Parts& parts) {
            parts.parse_source = capture::parseSource;
            parts.open_source = capture::openSource;
        };
        startWith(source);
        ASSERT_TRUE(test::waitFor([this] { return shownIndex() >= 0 && bar().isVisible(); }));
    }
    std::string clip() {
        const auto file = folder_.path() / "clip.mp4";
        video::Writer writer(file);
        for (int i = 0; i < kFrames; ++i) {
            Image image(SizePx{96, 64});
            std::fill_n(image.row(0), 96 * 64 * 3, static_cast<std::uint8_t>(2 * i));
            writer.add(video::pixelsOf(image), i / kFps);
        }
        writer.finish();
        return file.string();
    }
    ui::MainWindow& window() { return application_->window(); }
    ui::PlayerBar& bar() { return *window().findChild<ui::PlayerBar*>(); }
    ui::TimeLine& line() { return *window().findChild<ui::TimeLine*>(); }
    std::int64_t shownIndex() {
        const FramePtr frame = window().livePicture().frame;
        return frame ? frame->index : -1;
    }
    void press(Qt::Key key, Qt::KeyboardModifiers with = {}) {
        QTest::keyClick(&window(), key, with);
    }
    bool comesTo(std::int64_t index) {
        return test::waitFor([this, index] { return shownIndex() == index; });
    }
    void pause() {
        press(Qt::Key_Space);
        ASSERT_TRUE(test::waitFor([this] {
            for (const QToolButton* button : window().findChildren<QToolButton*>())
                if (button->accessibleName() == "Play") return true;
            return false;
        }));
    }
};

TEST_F(PlayerTest, AVideoIsSoughtSteppedAndSlowedDown) {
    play(clip());
    pause();
    QTest::mouseClick(&line(), Qt::LeftButton, {}, {line().width() / 2, line().height() / 2});
    ASSERT_TRUE(test::waitFor([this] { return std::abs(shownIndex() - kFrames / 2) <= 3; }))
        << shownIndex();
    const std::int64_t here = shownIndex();
    press(Qt::Key_Comma);
    EXPECT_TRUE(comesTo(here - 1)) << shownIndex();
    press(Qt::Key_Comma);
    EXPECT_TRUE(comesTo(here - 2)) << shownIndex();
    press(Qt::Key_Period);
    EXPECT_TRUE(comesTo(here - 1)) << shownIndex();
    press(Qt::Key_Home);
    EXPECT_TRUE(comesTo(0)) << shownIndex();
    press(Qt::Key_End);
    EXPECT_TRUE(comesTo(kFrames - 1)) << shownIndex();
    EXPECT_TRUE(waitsToSay("/ 0:12"));
    press(Qt::Key_Home);
    EXPECT_TRUE(comesTo(0));
    press(Qt::Key_BracketRight);
    press(Qt::Key_Space);
    EXPECT_TRUE(test::waitFor([this] { return shownIndex() > 5; })) << "it plays on";
}

TEST_F(PlayerTest, SoughtPicturesAreLookedAt) {
    play(clip());
    pause();
    press(Qt::Key_End);
    ASSERT_TRUE(comesTo(kFrames - 1));
    EXPECT_TRUE(test::waitFor([this] {
        const auto recognition = window().livePicture().recognition;
        const FramePtr frame = window().livePicture().frame;
        return recognition && frame && recognition->frame_id == frame->id;
    }));
}

TEST_F(PlayerTest, AFolderShowsWhichPictureItIs) {
    const auto folder = folder_.path() / "photos";
    std::filesystem::create_directory(folder);
    for (const char* name : {"a.png", "b.png", "c.png"})
        capture::writePicture(folder / name, Image(SizePx{64, 48}));
    play(folder.string());
    pause();
    ASSERT_TRUE(waitsToSay("1 of 3   a.png"));
    press(Qt::Key_Period);
    EXPECT_TRUE(waitsToSay("2 of 3   b.png"));
    press(Qt::Key_Comma);
    EXPECT_TRUE(waitsToSay("1 of 3   a.png"));
}

TEST_F(PlayerTest, WhatAPictureLacksIsSaid) {
    const auto bytes = capture::encodePicture(Image(SizePx{64, 48}), "whole.jpg");
    folder_.write("endless.jpg", std::string(bytes.begin(), bytes.end() - 2));
    change_parts_ = [](Parts& parts) {
        parts.parse_source = capture::parseSource;
        parts.open_source = capture::openSource;
    };
    startWith((folder_.path() / "endless.jpg").string());
    EXPECT_TRUE(waitsToSay("lacks its end mark"));
    EXPECT_TRUE(test::waitFor([this] { return shownIndex() == 0; }));
}

}  // namespace
}  // namespace overfeat::app
