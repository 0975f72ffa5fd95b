// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>
#include <thread>

#include "engine/detect/features.h"
#include "tests/engine/c/c_fixture.h"

namespace overfeat::test {
namespace {

FeaturesHandle extractorOf(const RecogniserHandle& recogniser, const char* layer) {
    overfeat_features* made = nullptr;
    EXPECT_EQ(overfeat_features_of(recogniser.get(), layer, &made), OVERFEAT_OK)
        << overfeat_last_error();
    return FeaturesHandle(made);
}

overfeat_features_info infoOf(const FeaturesHandle& features) {
    overfeat_features_info info{};
    EXPECT_EQ(overfeat_features_get_info(features.get(), &info, sizeof info), OVERFEAT_OK);
    return info;
}

TEST(CFeatures, OfTheEmbedding) {
    overfeat_features* made = nullptr;
    ASSERT_EQ(overfeat_features_open(builtInModel(), nullptr, nullptr, &made), OVERFEAT_OK)
        << overfeat_last_error();
    const FeaturesHandle features(made);
    const Painted picture = scene(30, 30, 60);
    const overfeat_image image = picture.image();
    const float* values = nullptr;
    std::size_t count = 0;
    const std::int64_t* shape = nullptr;
    std::size_t rank = 0;
    ASSERT_EQ(overfeat_features_extract(made, &image, &values, &count, &shape, &rank), OVERFEAT_OK)
        << overfeat_last_error();
    ASSERT_GE(rank, 2U);
    std::size_t product = 1;
    for (std::size_t i = 0; i < rank; ++i)
        product *= static_cast<std::size_t>(shape[i]);
    EXPECT_EQ(product, count);
    float largest = 0;
    for (std::size_t i = 0; i < count; ++i)
        largest = std::max(largest, std::abs(values[i]));
    EXPECT_GT(largest, 0);

    overfeat_image wrong = image;
    wrong.width = 0;
    EXPECT_EQ(overfeat_features_extract(made, &wrong, &values, &count, &shape, &rank),
              OVERFEAT_INPUT);
    EXPECT_EQ(values, nullptr);
    EXPECT_EQ(count, 0U);
    EXPECT_EQ(shape, nullptr);
    EXPECT_EQ(rank, 0U);

    overfeat_features* none = nullptr;
    EXPECT_EQ(overfeat_features_open(builtInModel(), "tea", nullptr, &none), OVERFEAT_USAGE);
    EXPECT_EQ(none, nullptr);
}

TEST(CFeatures, OfEveryLayerOfARecogniser) {
    RecogniserHandle recogniser = opened();
    const Painted picture = scene(30, 30, 60);
    const overfeat_image image = picture.image();
    const auto model = net::loadModel(builtInModel());
    ASSERT_EQ(overfeat_layer_count(recogniser.get()), model->graph.nodes.size());
    for (std::size_t i = 0; i < overfeat_layer_count(recogniser.get()); i += 7) {
        overfeat_layer layer;
        ASSERT_EQ(overfeat_layer_at(recogniser.get(), i, &layer, sizeof layer), OVERFEAT_OK);
        const FeaturesHandle features = extractorOf(recogniser, layer.name);
        ASSERT_NE(features, nullptr) << layer.name;
        const overfeat_features_info info = infoOf(features);
        EXPECT_STREQ(info.layer, layer.name);
        EXPECT_EQ(info.window_px, model->window_px);
        ASSERT_EQ(info.rank, layer.rank);
        EXPECT_TRUE(std::equal(info.shape, info.shape + info.rank, layer.shape)) << layer.name;
        std::vector<float> values(info.count);
        ASSERT_EQ(overfeat_features_extract_all(features.get(), &image, 1, values.data(),
                                                values.size(), nullptr),
                  OVERFEAT_OK)
            << overfeat_last_error();
        detect::FeatureExtractor same(model, layer.name, {.device = "auto", .threads = 1});
        const Tensor expected = same.extract(Image({picture.width, picture.height}, picture.rgb));
        ASSERT_EQ(expected.values().size(), values.size());
        EXPECT_EQ(
            std::memcmp(expected.values().data(), values.data(), values.size() * sizeof(float)), 0)
            << layer.name;
    }
    const FeaturesHandle features = extractorOf(recogniser, nullptr);
    recogniser.reset();
    const float* values = nullptr;
    EXPECT_EQ(overfeat_features_extract(features.get(), &image, &values, nullptr, nullptr, nullptr),
              OVERFEAT_OK)
        << "stands without its recogniser";
    EXPECT_NE(values, nullptr);
}

TEST(CFeatures, SeveralPicturesOneAfterTheOther) {
    const RecogniserHandle recogniser = opened();
    const FeaturesHandle features = extractorOf(recogniser, nullptr);
    const std::size_t size = infoOf(features).count;
    const std::vector<Painted> pictures{scene(30, 30, 60), scene(90, 10, 120), scene(5, 60, 33)};
    std::vector<overfeat_image> images;
    for (const Painted& one : pictures)
        images.push_back(one.image());
    std::vector<float> all(3 * size + 1, -7);
    std::size_t done = 77;
    ASSERT_EQ(overfeat_features_extract_all(features.get(), images.data(), 3, all.data(),
                                            all.size(), &done),
              OVERFEAT_OK)
        << overfeat_last_error();
    EXPECT_EQ(done, 3U);
    EXPECT_EQ(all.back(), -7) << "beyond the last picture's";
    for (std::size_t i = 0; i < 3; ++i) {
        const float* one = nullptr;
        ASSERT_EQ(
            overfeat_features_extract(features.get(), &images[i], &one, nullptr, nullptr, nullptr),
            OVERFEAT_OK);
        EXPECT_EQ(std::memcmp(one, all.data() + i * size, size * sizeof(float)), 0) << i;
    }
    // The first is there, the second failed.
    images[1].width = 0;
    std::ranges::fill(all, -7.0F);
    EXPECT_EQ(overfeat_features_extract_all(features.get(), images.data(), 3, all.data(),
                                            all.size(), &done),
              OVERFEAT_INPUT);
    EXPECT_EQ(done, 1U);
    EXPECT_NE(all[0], -7);
    EXPECT_EQ(all[2 * size], -7);
    images[1] = pictures[1].image();
    EXPECT_EQ(overfeat_features_extract_all(features.get(), images.data(), 3, all.data(),
                                            3 * size - 1, &done),
              OVERFEAT_USAGE);
    EXPECT_EQ(done, 0U);
    EXPECT_NE(std::strstr(overfeat_last_error(), "3 pictures"), nullptr);
    EXPECT_EQ(overfeat_features_extract_all(features.get(), nullptr, 0, nullptr, 0, &done),
              OVERFEAT_OK);
    EXPECT_EQ(overfeat_features_extract_all(features.get(), nullptr, 1, all.data(), 9999, &done),
              OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_features_extract_all(features.get(), images.data(), 1, nullptr, 9999, &done),
              OVERFEAT_USAGE);
}

TEST(CFeatures, AreCancelledByAnotherThread) {
    const RecogniserHandle recogniser = opened();
    const FeaturesHandle features = extractorOf(recogniser, nullptr);
    overfeat_features_cancel(features.get());  // nothing runs: says nothing about the next call
    const Painted picture = scene(30, 30, 60);
    const std::vector<overfeat_image> images(50, picture.image());
    std::vector<float> values(images.size() * infoOf(features).count);
    std::jthread canceller([&](const std::stop_token& enough) {
        while (!enough.stop_requested()) {
            overfeat_features_cancel(features.get());
            std::this_thread::yield();
        }
    });
    overfeat_status status = OVERFEAT_OK;
    std::size_t done = 0;
    for (int i = 0; i < 1000 && status == OVERFEAT_OK; ++i) {
        status = overfeat_features_extract_all(features.get(), images.data(), images.size(),
                                               values.data(), values.size(), &done);
    }
    EXPECT_EQ(status, OVERFEAT_CANCELLED);
    EXPECT_LT(done, images.size());
    canceller.request_stop();
    canceller.join();
    EXPECT_EQ(overfeat_features_extract_all(features.get(), images.data(), 1, values.data(),
                                            values.size(), nullptr),
              OVERFEAT_OK)
        << "and works on";
}

}  // namespace
}  // namespace overfeat::test
