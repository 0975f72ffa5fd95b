// SPDX-License-Identifier: Apache-2.0
//
// engine/examples/recognise_picture as a person would run it.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <string>

#include "tests/support/capability.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::test {
namespace {

namespace fs = std::filesystem;

struct Outcome {
    int exit_code = -1;
    std::string text;  // stdout and stderr
};

Outcome runExample(const std::string& arguments) {
    const std::string command = "'" OVERFEAT_EXAMPLE "' " + arguments + " 2>&1";
    Outcome outcome;
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return outcome;
    std::array<char, 256> part{};
    while (std::fgets(part.data(), static_cast<int>(part.size()), pipe) != nullptr)
        outcome.text += part.data();
    const int status = ::pclose(pipe);
    if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
    return outcome;
}

TEST(Example, SaysHowToUseItAndWhatIsWrong) {
    EXPECT_EQ(runExample("").exit_code, 2);
    const Outcome missing = runExample("/nowhere/model.onnx /nowhere/picture.ppm");
    EXPECT_EQ(missing.exit_code, 1);
    EXPECT_NE(missing.text.find("model.onnx"), std::string::npos) << missing.text;
}

TEST(Example, RecognisesAPicture) {
    const auto data = sharedData();
    if (missing("shared-data", data.has_value())) return;
    const std::string model = (*data / "models" / "mobilenetv2-imagenet1k.onnx").string();
    const fs::path photo = *data / "images" / "imagenet-samples" / "n02009912_American_egret.JPEG";
    const TemporaryFolder folder;
    const std::string ppm = (folder.path() / "egret.ppm").string();
    ASSERT_TRUE(cv::imwrite(ppm, cv::imread(photo.string())));

    const Outcome good = runExample("'" + model + "' '" + ppm + "'");
    EXPECT_EQ(good.exit_code, 0) << good.text;
    const std::string first_line = good.text.substr(0, good.text.find('\n'));
    EXPECT_NE(first_line.find("egret"), std::string::npos) << good.text;

    fs::resize_file(ppm, fs::file_size(ppm) / 2);
    const Outcome truncated = runExample("'" + model + "' '" + ppm + "'");
    EXPECT_EQ(truncated.exit_code, 1);
    EXPECT_NE(truncated.text.find("ends too early"), std::string::npos) << truncated.text;
}

}  // namespace
}  // namespace overfeat::test
