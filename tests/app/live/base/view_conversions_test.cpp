// SPDX-License-Identifier: Apache-2.0
#include "app/live/base/view_conversions.h"

#include <gtest/gtest.h>

#include <string>

#include "ui/layer_picture.h"

namespace overfeat::app {
namespace {

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

TEST(ViewConversions, WhatASourceShowsIsToldByItsPictures) {
    const auto formOf = [](bool live, bool still, std::uint64_t frames) {
        capture::SourceStatus status;
        status.live = live;
        status.still = still;
        status.frames = frames;
        return sourceStatusView(status).form;
    };
    EXPECT_EQ(formOf(true, false, 3), ui::SourceForm::kLive);
    EXPECT_EQ(formOf(false, false, 3), ui::SourceForm::kVideo) << "the test card has no length";
    EXPECT_EQ(formOf(false, true, 3), ui::SourceForm::kPictures);
    EXPECT_EQ(formOf(true, true, 1), ui::SourceForm::kPictures) << "a picture at an address";
    EXPECT_EQ(formOf(false, false, 0), ui::SourceForm::kUnknown);
}

TEST(ViewConversions, LayersKeepEveryByteOfTheirNames) {
    detect::RecogniserInfo info;
    info.layers = {
        {.name = "a\xFF\nb", .node = "c\x1b[2J\xFF", .op = "Relu", .shape = {1, 2, 3, 3}}};
    const ui::ModelView view = modelView(info);
    ASSERT_EQ(view.layers.size(), 1U);
    EXPECT_EQ(view.layers[0].name, ui::layerId("a\xFF\nb"));
    EXPECT_EQ(ui::layerName(view.layers[0].name), "a\xFF\nb");
    EXPECT_EQ(view.layers[0].node, "c[2J?");
}

TEST(ViewConversions, DevicesAreNamedForPeople) {
    const ui::DeviceView best = deviceView(
        "auto",
        {.name = "onednn", .description = "oneDNN 2.6 (AVX2, 2 threads)", .passed_over = {}});
    EXPECT_EQ(best.label, "oneDNN 2.6 (AVX2, 2 threads)");
    EXPECT_FALSE(best.is_fallback);
    const ui::DeviceView other =
        deviceView("auto", {.name = "onednn",
                            .description = "oneDNN 2.6",
                            .passed_over = {{"cuda", "The GPU failed.", true}}});
    EXPECT_EQ(other.label, "oneDNN 2.6");
    EXPECT_EQ(other.reason, "because cuda: The GPU failed.");
    EXPECT_TRUE(other.is_fallback);
    const ui::DeviceView usual =
        deviceView("auto", {.name = "onednn",
                            .description = "oneDNN 2.6",
                            .passed_over = {{"cuda", "There is no driver."}}});
    EXPECT_EQ(usual.reason,
              "The best device of this computer.\nNot used: cuda: There is no driver.");
    EXPECT_FALSE(usual.is_fallback) << "most computers have none";
    const ui::DeviceView slow =
        deviceView("auto", {.name = "reference",
                            .description = "plain loops",
                            .passed_over = {{"onednn", "The processor is too old."}}});
    EXPECT_TRUE(slow.is_fallback);
    const DeviceChoice here{.name = "onednn",
                            .description = "oneDNN 2.6",
                            .passed_over = {{"kserve", "Nobody listens there."}}};
    const ui::DeviceView gone = deviceView("kserve:localhost:8000/default", here);
    EXPECT_EQ(gone.reason, "because kserve: Nobody listens there.");
    EXPECT_TRUE(gone.is_fallback) << "it was asked for";
}

}  // namespace
}  // namespace overfeat::app
