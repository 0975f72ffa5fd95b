// SPDX-License-Identifier: Apache-2.0
#include "app/live/view_conversions.h"

#include <gtest/gtest.h>

#include "app/live/settings.h"

namespace overfeat::app {
namespace {

// The window repeats no number of the engine: whatever the engine's defaults become, these hold.
TEST(ViewConversions, TheWindowStartsWithTheEnginesOptions) {
    const Settings untouched;
    EXPECT_EQ(detectionOptions(untouched.detection), detect::DetectionOptions());
    const detect::RecogniserOptions engine;
    detect::RecogniserOptions window;
    window.scale_count = 16;
    window.smallest_side_windows = window.largest_side_windows = 9;
    window.fine_steps = 7;
    window.views = detect::Views::kTen;
    window.flip = !engine.flip;
    apply(untouched.options, window);
    EXPECT_EQ(window.views, engine.views);
    EXPECT_EQ(window.scale_count, engine.scale_count);
    EXPECT_EQ(window.smallest_side_windows, engine.smallest_side_windows);
    EXPECT_EQ(window.largest_side_windows, engine.largest_side_windows);
    EXPECT_EQ(window.fine_steps, engine.fine_steps);
    EXPECT_EQ(window.flip, engine.flip);
    const live::VideoControls video;
    EXPECT_EQ(untouched.least_fps, video.least_fps);
    EXPECT_EQ(untouched.detection.steady, video.steady);
}

TEST(ViewConversions, DetectionOptionsComeThroughUnchanged) {
    detect::DetectionOptions options;
    options.merge = detect::Merge::kSoftNms;
    options.window_threshold = 0.07F;
    options.match_threshold = 1.25;
    options.nms_overlap = 0.45;
    options.score_threshold = 0.62F;
    options.min_votes = 3;
    EXPECT_EQ(detectionOptions(detectionOptionsView(options)), options);
    EXPECT_EQ(detectionOptionsView(options).score_threshold, 0.62) << "as it was written";
}

TEST(ViewConversions, AnAddressIsShownWithoutItsPassword) {
    for (const char* address :
         {"rtsp://admin:secret@10.0.0.7", "http://a/v.mkv?user=x&pwd=secret"}) {
        const ui::Choice choice = sourceChoice(address);
        EXPECT_FALSE(choice.label.contains("secret")) << address;
        EXPECT_FALSE(choice.detail.contains("secret")) << address;
        EXPECT_FALSE(choice.label.isEmpty());
    }
    EXPECT_EQ(sourceChoice("rtsp://admin:secret@10.0.0.7/door").label, "door");
}

TEST(ViewConversions, DevicesAreNamedForPeople) {
    const ui::DeviceView best = deviceView("auto", "onednn: oneDNN 2.6 (AVX2, 2 threads)");
    EXPECT_EQ(best.label, "oneDNN 2.6 (AVX2, 2 threads)");
    EXPECT_FALSE(best.is_fallback);
    const ui::DeviceView other = deviceView("cuda", "onednn, because cuda is not there");
    EXPECT_EQ(other.label, "onednn");
    EXPECT_EQ(other.reason, "because cuda is not there");
    EXPECT_TRUE(other.is_fallback);
}

}  // namespace
}  // namespace overfeat::app
