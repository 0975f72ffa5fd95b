// SPDX-License-Identifier: Apache-2.0
//
// A device that is lost is given up for the next one; what a caller is told follows it.
#include <memory>
#include <string>
#include <vector>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/c/handles.h"
#include "engine/c/live_handles.h"
#include "tests/engine/backend/simulated/simulated_device.h"
#include "tests/engine/c/c_fixture.h"
#include "tests/support/tiny_model.h"

namespace overfeat::test {
namespace {

using backend::cuda::Status;

class CLostDevice : public ::testing::Test {
protected:
    CLostDevice() {
        TinyModel tiny(8);
        // Two layers that differ in stride, so that something can be taught to it.
        const auto sharp =
            tiny.relu(tiny.conv(tiny.input(), 4, 3, 2, 2, std::vector<float>(48, 0.1F)));
        const auto last = tiny.relu(tiny.conv(sharp, 3, 4, 2, 2, std::vector<float>(48, 0.1F)));
        const auto mean = tiny.flatten(tiny.globalAveragePool(last));
        model_ = tiny.finish(tiny.gemm(mean, 3, {1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0}), {}, mean);
    }

    detect::Placement placement() const { return {.threads = 1, .first = {&backend_}}; }
    RecogniserHandle recogniser() const {
        return RecogniserHandle(c::handOut(std::make_shared<overfeat_recogniser>(
            detect::Recogniser({model_}, placement()), placement())));
    }
    overfeat_status look(const RecogniserHandle& at) const {
        const overfeat_image image = picture_.image();
        overfeat_seen* seen = nullptr;
        const overfeat_status status = overfeat_recognise(at.get(), &image, nullptr, &seen);
        overfeat_free(seen);
        return status;
    }
    overfeat_status extract(const FeaturesHandle& by) const {
        const overfeat_image image = picture_.image();
        return overfeat_features_extract(by.get(), &image, nullptr, nullptr, nullptr, nullptr);
    }
    static const char* deviceOf(const RecogniserHandle& one) {
        overfeat_info info;
        EXPECT_EQ(overfeat_get_info(one.get(), &info, sizeof info), OVERFEAT_OK);
        return info.device;
    }
    static const char* deviceOf(const FeaturesHandle& one) {
        overfeat_features_info info;
        EXPECT_EQ(overfeat_features_get_info(one.get(), &info, sizeof info), OVERFEAT_OK);
        return info.device;
    }
    static FeaturesHandle featuresOf(const RecogniserHandle& one) {
        overfeat_features* made = nullptr;
        EXPECT_EQ(overfeat_features_of(one.get(), nullptr, &made), OVERFEAT_OK)
            << overfeat_last_error();
        return FeaturesHandle(made);
    }
    void lose() { device_.failAt(1, Status::kFailed, true); }

    SimulatedDevice device_;
    backend::cuda::CudaBackend backend_{"simulated", [this] {
                                            return backend::cuda::Device{&device_.api(), {}};
                                        }};
    std::shared_ptr<const net::Model> model_;
    Painted picture_ = scene(30, 30, 60);
};

TEST_F(CLostDevice, TheRecogniserNamesTheOneThatTookOver) {
    const RecogniserHandle one = recogniser();
    ASSERT_EQ(look(one), OVERFEAT_OK) << overfeat_last_error();
    const char* const before = deviceOf(one);
    const std::string text = before;
    EXPECT_EQ(text.find("simulated"), 0U) << text;
    lose();
    ASSERT_EQ(look(one), OVERFEAT_OK) << overfeat_last_error();
    EXPECT_NE(std::string(deviceOf(one)).find("simulated"), 0U) << deviceOf(one);
    EXPECT_EQ(before, text) << "the older pointer is good until the recogniser is closed";
}

TEST_F(CLostDevice, TeachingTellsItToo) {
    const RecogniserHandle one = recogniser();
    const overfeat_image image = picture_.image();
    const overfeat_box box{30, 30, 60, 60};
    lose();
    ASSERT_EQ(overfeat_teach(one.get(), "sign", &image, &box), OVERFEAT_OK)
        << overfeat_last_error();
    EXPECT_NE(std::string(deviceOf(one)).find("simulated"), 0U) << deviceOf(one);
}

TEST_F(CLostDevice, FeaturesNameTheOneThatTookOver) {
    const FeaturesHandle features = featuresOf(recogniser());
    ASSERT_EQ(extract(features), OVERFEAT_OK) << overfeat_last_error();
    const char* const before = deviceOf(features);
    const std::string text = before;
    lose();
    ASSERT_EQ(extract(features), OVERFEAT_OK) << overfeat_last_error();
    EXPECT_STRNE(deviceOf(features), text.c_str());
    EXPECT_EQ(before, text);
}

TEST_F(CLostDevice, FeaturesOfARecogniserBeginOnTheOneThatTookOver) {
    const RecogniserHandle one = recogniser();
    lose();
    ASSERT_EQ(look(one), OVERFEAT_OK) << overfeat_last_error();
    device_.repair();
    const std::int64_t calls = device_.calls();
    const FeaturesHandle features = featuresOf(one);
    ASSERT_EQ(extract(features), OVERFEAT_OK) << overfeat_last_error();
    EXPECT_EQ(device_.calls(), calls) << "the one that was lost is left alone";
}

}  // namespace
}  // namespace overfeat::test
