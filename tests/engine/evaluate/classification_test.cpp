// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/classification.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/engine/detect/pictures.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

namespace overfeat::evaluate {
namespace {

constexpr int kWindow = 8;

// A "picture" in these tests is the name of the colour all over one window.
Image decode(std::span<const std::byte> bytes, const std::string& /*name*/) {
    const std::map<char, test::Rgb> colours{
        {'r', {255, 0, 0}}, {'g', {0, 255, 0}}, {'b', {0, 0, 255}}};
    return test::plain({kWindow, kWindow}, colours.at(static_cast<char>(bytes[0])));
}

// Tells the three colours apart and has a box for each of them: red's is the upper left quarter of
// the window, green's all of it, blue's the lower half.
std::shared_ptr<const net::Model> modelWithABoxPerClass() {
    test::TinyModel tiny(kWindow);
    const auto mean = tiny.flatten(tiny.globalAveragePool(tiny.input()));
    const auto scores = tiny.gemm(mean, 3, {3, 0, 0, 0, 3, 0, 0, 0, 3}, {0, 0, 0});
    const std::vector<float> no_weight(12UL * 3, 0.0F);
    const auto boxes =
        tiny.gemm(mean, 12, no_weight, {0, 0, 0.5F, 0.5F, 0, 0, 1, 1, 0, 0.5F, 1, 1});
    tiny.model().labels = std::make_shared<const LabelSet>(
        LabelSet({{"c0", "red"}, {"c1", "green"}, {"c2", "blue"}}, std::nullopt));
    return tiny.finish(scores, boxes);
}

// An answer is judged by the box of the picture's class, whatever the network thinks it is, and the
// classes of the data set lie in another order. Of the 64 pixels
//     "green", all of the window is the object, as green's box says: IoU 1 (blue's has 1/2, red's
//              1/4);
//     "blue",  the lower half is, as blue's box says: IoU 1 (green's has 1/2, red's 0);
//     "red",   the left half is, 32 pixels, of which red's box has 16 and nothing else: IoU 1/2
//              (green's has 1/2 as well, blue's 16 of 48), and the network takes it for blue, so
//              that of the best answers alone the first is wrong.
TEST(Classification, TheBoxIsThatOfThePicturesClass) {
    const test::TemporaryFolder folder;
    folder.write("classes.tsv", "index\twnid\tname\n0\tc2\tblue\n1\tc0\tred\n2\tc1\tgreen\n");
    folder.write("val.tsv",
                 "file\tclass\tx1\ty1\tx2\ty2\n"
                 "green\t2\t0\t0\t7\t7\n"
                 "blue\t0\t0\t4\t7\t7\n"
                 "red\t1\t0\t0\t3\t7\n");
    std::filesystem::create_directory(folder.path() / "val");
    folder.write("val/green", "g");
    folder.write("val/blue", "b");
    folder.write("val/red", "b");
    const auto model = modelWithABoxPerClass();
    detect::Recogniser recogniser({model}, {.device = "reference"});
    const auto report =
        evaluateClassification(LabelledPictures(folder.path(), "val"), decode, recogniser,
                               {.progress = {}, .look = {.views = Views::kCentre}});
    EXPECT_DOUBLE_EQ(report.classification.top1Error(), 1.0 / 3);
    ASSERT_TRUE(report.localisation.has_value());
    EXPECT_EQ(report.localisation->pictures(), 3);
    EXPECT_NEAR(report.localisation->meanOverlap(), (1 + 1 + 0.5) / 3, 1e-6);
    EXPECT_DOUBLE_EQ(report.localisation->goodBoxShare(), 1);
    EXPECT_DOUBLE_EQ(report.localisation->top1Error(), 1.0 / 3);
    EXPECT_DOUBLE_EQ(report.localisation->top5Error(), 0);
}

}  // namespace
}  // namespace overfeat::evaluate
