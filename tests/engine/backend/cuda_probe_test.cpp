// SPDX-License-Identifier: Apache-2.0
//
// What is said of cards that cannot be used, and of modules that cannot be loaded.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/backend/cuda/module_loader.h"
#include "engine/core/error.h"
#include "tests/engine/backend/simulated/simulated_device.h"
#include "tests/engine/backend/test_networks.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::backend::cuda {
namespace {

namespace fs = std::filesystem;

Availability probed(const test::SimulatedDevice::Options& options) {
    const test::SimulatedDevice device(options);
    return CudaBackend("simulated", [&] { return Device{&device.api(), {}}; }).probe();
}

void expectRefusal(const Availability& state, const std::string& mentions) {
    EXPECT_FALSE(state.available);
    EXPECT_NE(state.sentence.find(mentions), std::string::npos) << state.sentence;
    EXPECT_TRUE(state.sentence.ends_with('.')) << state.sentence;
}

TEST(CudaProbe, NamesTheCardAndItsLibraries) {
    const Availability state = probed({});
    EXPECT_TRUE(state.available);
    EXPECT_EQ(state.sentence, "Simulated card (GPU, CUDA 13.0, cuDNN 9.19)");
}

TEST(CudaProbe, HasASentenceForEverythingThatIsMissing) {
    expectRefusal(probed({.describes = Status::kNoDriver, .driver = 0}), "no NVIDIA driver");
    expectRefusal(probed({.describes = Status::kDriverTooOld, .driver = 0}), "no NVIDIA driver");
    expectRefusal(probed({.describes = Status::kDriverTooOld, .driver = 12020}),
                  "serves CUDA 12.2 and 13.0 is needed");
    expectRefusal(probed({.describes = Status::kNoCard}), "no GPU");
    expectRefusal(probed({.describes = Status::kFailed}), "does not answer");
    expectRefusal(probed({.capability = 70}), "compute capability is 7.0 and 7.5 is needed");
    expectRefusal(probed({.memory_bytes = std::int64_t{512} << 20}), "has 512 MiB");
    EXPECT_TRUE(probed({.capability = 75}).available);
}

class CudaModule : public ::testing::Test {
protected:
    // A folder with this file as the module in it.
    fs::path folderWith(const fs::path& module) {
        fs::copy_file(module, folder_.path() / "liboverfeat_cuda.so");
        return folder_.path();
    }
    static std::string problem(const fs::path& folder) {
        const Device device = loadModule(folder);
        EXPECT_EQ(device.api, nullptr);
        return device.problem;
    }

    test::TemporaryFolder folder_;
};

TEST_F(CudaModule, IsSaidToBeMissing) {
    EXPECT_NE(problem(folder_.path()).find("not beside the program"), std::string::npos);
}

TEST_F(CudaModule, ThatIsNoLibraryIsRefusedWithTheReason) {
    std::ofstream(folder_.path() / "liboverfeat_cuda.so") << "no library at all";
    const std::string said = problem(folder_.path());
    EXPECT_NE(said.find("cannot be loaded (file too short"), std::string::npos) << said;
}

TEST_F(CudaModule, OfAnotherAbiIsNotCalled) {
    // Its function ends the process.
    EXPECT_NE(problem(folderWith(OVERFEAT_OTHER_MODULE)).find("another version"),
              std::string::npos);
}

TEST_F(CudaModule, IsLookedForNowhereElse) {
    // Not in the working directory, where a module lies that would say its version.
    const fs::path before = fs::current_path();
    fs::current_path(folderWith(OVERFEAT_OTHER_MODULE));
    const fs::path empty = folder_.path() / "empty";
    fs::create_directory(empty);
    EXPECT_NE(problem(empty).find("not beside the program"), std::string::npos);
    EXPECT_EQ(loadModuleBesideProgram().problem.find("another version"), std::string::npos);
    fs::current_path(before);
}

// The same table through a module instead of in this program.
TEST_F(CudaModule, ThatFitsComputes) {
    const fs::path folder = folderWith(OVERFEAT_SIMULATED_MODULE);
    const CudaBackend backend("simulated", [&] { return loadModule(folder); });
    const Availability state = backend.probe();
    ASSERT_TRUE(state.available) << state.sentence;
    const auto plan = backend.compile(test::denseNetwork(), {1, 3, 24, 24}, {});
    plan->run();
    float sum = 0;  // of probabilities, per place
    for (const float value : plan->output(0))
        sum += value;
    const Shape& shape = plan->outputShape(0);
    EXPECT_NEAR(sum, static_cast<float>(shape[2] * shape[3]), 1e-3F);
}

#ifdef OVERFEAT_REAL_MODULE
// Whether there is a card, a driver or neither: it loads, and either computes or says why not.
TEST(RealCudaModule, AnswersOnEveryMachine) {
    const fs::path folder = fs::path(OVERFEAT_REAL_MODULE).parent_path();
    const CudaBackend backend("cuda", [&] { return loadModule(folder); });
    const Availability state = backend.probe();
    std::cout << state.sentence << '\n';
    EXPECT_EQ(state.sentence.find("module"), std::string::npos) << state.sentence;
    if (state.available) {
        EXPECT_NE(state.sentence.find("(GPU, CUDA "), std::string::npos) << state.sentence;
        return;
    }
    EXPECT_TRUE(state.sentence.ends_with('.')) << state.sentence;
    EXPECT_THROW(backend.compile(test::denseNetwork(), {1, 3, 24, 24}, {}), Error);
}
#endif

}  // namespace
}  // namespace overfeat::backend::cuda
