// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/detection.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/engine/detect/pictures.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

namespace overfeat::evaluate {
namespace {

constexpr int kWindow = 8;

// Three windows side by side: bright red, less green, dark blue.
Image decode(std::span<const std::byte> /*bytes*/, const std::string& /*name*/) {
    return test::painted({3 * kWindow, kWindow}, [](int x, int) {
        return x < kWindow       ? test::Rgb{255, 0, 0}
               : x < 2 * kWindow ? test::Rgb{0, 204, 0}
                                 : test::Rgb{0, 0, 153};
    });
}

// Tells the three colours apart in windows of every pixel; the box is the window.
std::shared_ptr<const net::Model> modelWithBoxes() {
    test::TinyModel tiny(kWindow);
    const auto mean = tiny.flatten(tiny.globalAveragePool(tiny.input()));
    const auto scores = tiny.gemm(mean, 3, {3, 0, 0, 0, 3, 0, 0, 0, 3}, {0, 0, 0});
    const auto boxes = tiny.gemm(mean, 4, std::vector<float>(12, 0.0F), {0, 0, 1, 1});
    tiny.model().labels = std::make_shared<const LabelSet>(
        LabelSet({{"c0", "red"}, {"c1", "green"}, {"c2", "blue"}}, std::nullopt));
    return tiny.finish(scores, boxes);
}

// The softmax of three times the mean colour gives the windows of one colour 0.91 (red), 0.85
// (green) and 0.75 (blue). Others of at least 0.6 lie at most 3 pixels beside them (half a window
// away red has 0.51 left), where the IoU is at least 5/11, so that suppression at 0.4 leaves three
// objects, the best first: red, which is there; green, which is not; blue, which is there.
// A person who lets the program show two objects sees one true and one false. Precision is measured
// on all three: red and blue are found, so their average precisions are 1; cut at two, blue's would
// be 0, their mean 1/2 and only one detection true.
TEST(Detection, WhatAProgramShowsDoesNotLimitWhatIsMeasured) {
    const test::TemporaryFolder folder;
    for (const char* name : {"images", "images/val", "labels", "labels/val"})
        std::filesystem::create_directory(folder.path() / name);
    folder.write("data.yaml", "names: ['red', 'green', 'blue']\n");
    folder.write("images/val/a.png", "x");
    // Class, centre and size in shares of the picture: the first and the last third of it.
    folder.write("labels/val/a.txt", "0 0.1666667 0.5 0.3333333 1\n2 0.8333333 0.5 0.3333333 1\n");
    detect::Recogniser recogniser({modelWithBoxes()}, {.device = "reference"});
    MergeRun run{.name = "nms", .options = {}};
    run.options.merge = Merge::kNms;
    run.options.window_threshold = 0.6F;
    run.options.nms_overlap = 0.4;
    run.options.max_objects = 2;
    std::vector<std::size_t> judged;
    DetectionRunOptions options;
    options.look = {.scale_count = 1, .largest_side_windows = 1};
    options.onDetection = [&](const auto&, const auto&, const Detection& object, const auto&) {
        judged.push_back(object.class_index);
    };
    const auto report =
        evaluateDetection(AnnotatedSet(folder.path(), "val"), decode, recogniser, {run}, options);
    EXPECT_EQ(judged, (std::vector<std::size_t>{0, 1, 2}));
    ASSERT_EQ(report.merges.size(), 1U);
    const MergeReport& merge = report.merges[0];
    EXPECT_EQ(merge.scores.true_detections, 2U);
    EXPECT_EQ(merge.scores.false_detections, 1U);
    EXPECT_NEAR(merge.scores.ap50, 1, 1e-12);
    EXPECT_EQ(merge.shown_true, 1U);
    EXPECT_EQ(merge.shown_false, 1U);
}

// Of the three colours red is a crowd: who finds it has found nothing and made nothing up, and who
// misses it has missed nothing. Blue alone is to be found.
TEST(Detection, CrowdsAreNeitherFoundNorMissedNorFalse) {
    const test::TemporaryFolder folder;
    for (const char* name : {"val", "annotations"})
        std::filesystem::create_directory(folder.path() / name);
    folder.write("val/a.png", "x");
    folder.write("annotations/instances_val.json",
                 R"({"images": [{"id": 1, "file_name": "a.png", "width": 24, "height": 8}],
                     "categories": [{"id": 1, "name": "red"}, {"id": 2, "name": "green"},
                                    {"id": 3, "name": "blue"}],
                     "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 1,
                                      "bbox": [0, 0, 8, 8]},
                                     {"id": 2, "image_id": 1, "category_id": 3, "iscrowd": 0,
                                      "bbox": [16, 0, 8, 8]}]})");
    detect::Recogniser recogniser({modelWithBoxes()}, {.device = "reference"});
    const DetectionRunOptions options{.look = {.scale_count = 1, .largest_side_windows = 1}};
    const auto measure = [&](std::size_t most) {
        MergeRun run{.name = "nms", .options = {}};
        run.options.merge = Merge::kNms;
        run.options.window_threshold = 0.6F;
        run.options.nms_overlap = 0.4;
        run.options.max_objects = static_cast<int>(most);
        return evaluateDetection(AnnotatedSet(folder.path(), "val"), decode, recogniser, {run},
                                 options);
    };
    const auto report = measure(3);
    EXPECT_EQ(report.objects, 1U);
    EXPECT_EQ(report.pictures_with_objects, 1U);
    ASSERT_EQ(report.merges.size(), 1U);
    EXPECT_EQ(report.merges[0].shown_true, 1U) << "blue, and not red";
    EXPECT_EQ(report.merges[0].shown_false, 1U) << "green, and not red";
    EXPECT_EQ(report.merges[0].complete_pictures, 1U);
    // Red comes first: shown alone it completes nothing.
    const auto red = measure(1);
    EXPECT_EQ(red.merges[0].shown_true, 0U);
    EXPECT_EQ(red.merges[0].shown_false, 0U);
    EXPECT_EQ(red.merges[0].complete_pictures, 0U);
}

}  // namespace
}  // namespace overfeat::evaluate
