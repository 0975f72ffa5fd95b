// SPDX-License-Identifier: Apache-2.0
//
// A network trained by others on real photographs: are they recognised, and where?
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <opencv2/imgcodecs.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/detect/features.h"
#include "engine/detect/objectness.h"
#include "engine/detect/recogniser.h"
#include "tests/support/capability.h"

namespace overfeat::detect {
namespace {

namespace fs = std::filesystem;

struct Picture {
    std::string wnid;
    Image image;
};

Image readRgb(const fs::path& path) {
    const cv::Mat bgr = cv::imread(path.string(), cv::IMREAD_COLOR);
    Image image({bgr.cols, bgr.rows});
    for (int y = 0; y < bgr.rows; ++y) {
        for (int x = 0; x < bgr.cols; ++x) {
            const auto& pixel = bgr.at<cv::Vec3b>(y, x);
            for (int channel = 0; channel < 3; ++channel)
                image.row(y)[x * 3 + channel] = pixel[2 - channel];
        }
    }
    return image;
}

// Every `stride`-th of the sample pictures; their names start with the WordNet id of what they
// show.
std::vector<Picture> samples(const fs::path& data, std::size_t stride) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(data / "images" / "imagenet-samples")) {
        if (entry.path().extension() == ".JPEG") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    std::vector<Picture> pictures;
    for (std::size_t i = 0; i < files.size(); i += stride) {
        const std::string name = files[i].filename().string();
        pictures.push_back({name.substr(0, name.find('_')), readRgb(files[i])});
    }
    return pictures;
}

bool isAmongBest(const Recognition& seen, const std::string& wnid, std::size_t count) {
    return std::ranges::any_of(topClasses(seen.scores, *seen.labels, count), [&](const auto& top) {
        return (*seen.labels)[top.index].id == wnid;
    });
}

class RealModel : public testing::Test {
protected:
    void SetUp() override {
        if (test::missing("shared-data", test::sharedData().has_value())) return;
        const fs::path data = *test::sharedData();
        model = net::loadModel(data / "models" / "mobilenetv2-imagenet1k.onnx");
        pictures = samples(data, 8);
        ASSERT_GE(pictures.size(), 8U);
        // The names of the classes decide what can be checked.
        ASSERT_FALSE((*model->labels)[0].id.empty());
    }

    double topFive(const Look& options) {
        Recogniser recogniser({model}, {});
        double hits = 0;
        for (const Picture& picture : pictures)
            hits +=
                isAmongBest(recogniser.recognise(picture.image, options), picture.wnid, 5) ? 1 : 0;
        return hits / static_cast<double>(pictures.size());
    }

    std::shared_ptr<const net::Model> model;
    std::vector<Picture> pictures;
};

TEST_F(RealModel, RecognisesPhotographsInTheCentreView) {
    Look options;
    options.views = Views::kCentre;
    EXPECT_GE(topFive(options), 0.8);
}

TEST_F(RealModel, RecognisesPhotographsDensely) {
    Look options;
    options.scale_count = 2;
    options.smallest_side_windows = 1;
    options.largest_side_windows = 1.5;
    EXPECT_GE(topFive(options), 0.8);
}

TEST_F(RealModel, TenViewsAgreeWithTheCentreOnMost) {
    Look options;
    options.views = Views::kTen;
    pictures.resize(4);
    EXPECT_GE(topFive(options), 0.75);
}

TEST_F(RealModel, AnyLayerCanBeExtracted) {
    FeatureExtractor extractor(model, model->scores, {});
    Look options;
    options.views = Views::kCentre;
    Recogniser recogniser({model}, {});
    const auto& image = pictures.front().image;
    const Tensor logits = extractor.extract(image);
    const auto seen = recogniser.recognise(image, options);
    const auto best = std::ranges::max_element(logits.values()) - logits.values().begin();
    EXPECT_EQ(static_cast<std::size_t>(best), topClasses(seen.scores, *seen.labels, 1)[0].index);
}

// Where `overfeat models fetch` puts it.
std::optional<fs::path> fetchedModel(const std::string& name) {
    const char* data = std::getenv("XDG_DATA_HOME");
    const char* home = std::getenv("HOME");
    if (data == nullptr && home == nullptr) return std::nullopt;
    const fs::path folder = data != nullptr ? fs::path(data) : fs::path(home) / ".local" / "share";
    fs::path file = folder / "overfeat-live" / "models" / (name + ".onnx");
    if (!fs::exists(file)) return std::nullopt;
    return file;
}

class FetchedModel : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Lite, FetchedModel,
                         testing::Values("efficientnet-lite0", "efficientnet-lite1"),
                         [](const auto& given) {
                             return given.param.substr(given.param.find('-') + 1);
                         });

// The heads that are shipped are for these very weights, read as they are read today.
TEST_P(FetchedModel, WeighsWindowsByObjectness) {
    const std::optional<fs::path> file = fetchedModel(GetParam());
    if (test::missing(GetParam(), file.has_value())) return;
    const auto model = net::loadModel(*file);
    const auto objectness = objectnessOf(model->graph, 1280);
    ASSERT_NE(objectness, nullptr);
    Recogniser recogniser({model}, {});
    ASSERT_TRUE(recogniser.info().has_objectness);
    Look look;
    look.scale_count = 1;
    look.smallest_side_windows = look.largest_side_windows = 2;
    look.detection.emplace();
    const Recognition seen = recogniser.recognise(
        readRgb(test::sourceRoot() / "resources" / "demo" / "table.png"), look);
    EXPECT_EQ(seen.calibration, objectness->calibration);
    ASSERT_FALSE(seen.detections.raw.empty());
    for (const RawBox& raw : seen.detections.raw) {
        EXPECT_GT(raw.score, 0);
        EXPECT_LT(raw.score, seen.scales[0].score(raw.class_index, raw.cell));
    }
}

}  // namespace
}  // namespace overfeat::detect
