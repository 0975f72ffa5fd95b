// SPDX-License-Identifier: Apache-2.0
#include "ui/status_strip.h"

#include <gtest/gtest.h>

#include <QLabel>

namespace overfeat::ui {
namespace {

class StatusStripTest : public ::testing::Test {
protected:
    void SetUp() override { strip_.resize(1400, strip_.height()); }
    // Everything that is not hidden, in order.
    QStringList shown() {
        QStringList texts;
        for (const QLabel* field : strip_.findChildren<QLabel*>()) {
            if (!field->isHidden() && !field->text().isEmpty()) texts << field->text();
        }
        return texts;
    }
    static SourceStatusView live() {
        SourceStatusView status;
        status.phase = SourcePhase::kLive;
        status.form = SourceForm::kLive;
        status.fps = 25;
        return status;
    }

    StatusStrip strip_;
};

TEST_F(StatusStripTest, ACameraIsLive) {
    strip_.setSource(live());
    EXPECT_TRUE(shown().contains("\u25cf live")) << shown().join("|").toStdString();
    EXPECT_TRUE(shown().contains("camera 25.0 fps")) << shown().join("|").toStdString();
}

TEST_F(StatusStripTest, AVideoPlays) {
    SourceStatusView video = live();
    video.form = SourceForm::kVideo;
    video.position = 63;
    video.length = 101;
    video.duration_s = 6;
    strip_.setSource(video);
    EXPECT_TRUE(shown().contains("\u25b6 playing  64 / 101")) << shown().join("|").toStdString();
    EXPECT_TRUE(shown().contains("video 25.0 fps")) << shown().join("|").toStdString();
}

TEST_F(StatusStripTest, APictureHasNoRate) {
    SourceStatusView picture = live();
    picture.form = SourceForm::kPictures;
    picture.position = 2;
    picture.length = 20;
    strip_.setSource(picture);
    EXPECT_TRUE(shown().contains("picture  3 / 20")) << shown().join("|").toStdString();
    EXPECT_TRUE(shown().filter("25.0").isEmpty()) << shown().join("|").toStdString();
}

// One that was pasted or came from an address has no place among others.
TEST_F(StatusStripTest, APictureAloneIsNoCamera) {
    SourceStatusView picture = live();
    picture.form = SourceForm::kPictures;
    strip_.setSource(picture);
    EXPECT_TRUE(shown().contains("picture")) << shown().join("|").toStdString();
    EXPECT_TRUE(shown().filter("camera").isEmpty()) << shown().join("|").toStdString();
}

// Some say neither how long they are nor how many frames they have.
TEST_F(StatusStripTest, AVideoOfUnknownLengthPlays) {
    SourceStatusView video = live();
    video.form = SourceForm::kVideo;
    video.position = 63;
    strip_.setSource(video);
    EXPECT_TRUE(shown().contains("\u25b6 playing  64")) << shown().join("|").toStdString();
    EXPECT_TRUE(shown().contains("video 25.0 fps")) << shown().join("|").toStdString();
}

}  // namespace
}  // namespace overfeat::ui
