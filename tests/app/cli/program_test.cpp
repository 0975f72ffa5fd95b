// SPDX-License-Identifier: Apache-2.0
//
// Parsing, help, and the commands that only look: devices, cameras, models.
#include <algorithm>

#include "tests/app/cli/cli_fixture.h"

namespace overfeat::test {
namespace {

class Program : public CliTest {};

TEST_F(Program, HelpAndVersionGoToStandardOutput) {
    for (const char* option : {"--help", "--version"}) {
        const auto outcome = run({option});
        EXPECT_EQ(outcome.code, 0);
        EXPECT_EQ(outcome.err, "");
        EXPECT_NE(outcome.out.find("overfeat"), std::string::npos);
    }
    EXPECT_NE(run({"classify", "--help"}).out.find("--heatmap"), std::string::npos);
    EXPECT_NE(run({"--version"}).out.find("0.1.0"), std::string::npos);
}

TEST_F(Program, WrongUsageIsOneSentenceThatPointsToTheHelp) {
    const std::vector<std::vector<std::string>> wrong{
        {},
        {"dance"},
        {"classify"},
        {"classify", "a.png", "--sideways"},
        {"classify", "a.png", "--scales", "99"},
        {"classify", "a.png", "--scales", "many"},
        {"classify", "a.png", "--views", "inside-out"},
        {"classify", "a.png", "--top", "0"},
        {"classify", "a.png", "--threads", "-1"},
        {"classify", "a.png", "--device", "abacus"},
        {"models"},
        {"bench", "--against", "nobody"}};
    for (const auto& arguments : wrong) {
        const auto outcome = run(arguments);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        expectOneSentence(outcome.err);
        EXPECT_NE(outcome.err.find("--help'"), std::string::npos) << outcome.err;
    }
    EXPECT_NE(run({"classify", "a.png", "--sideways"}).err.find("'overfeat classify --help'"),
              std::string::npos);
}

TEST_F(Program, DevicesListsTheReferenceWithASentence) {
    const auto outcome = run({"devices", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto objects = outcome.objects();
    const auto reference = std::ranges::find_if(
        objects, [](const auto& object) { return object["name"] == "reference"; });
    ASSERT_NE(reference, objects.end());
    EXPECT_TRUE((*reference)["available"].get<bool>());
    EXPECT_FALSE((*reference)["sentence"].get<std::string>().empty());
    EXPECT_NE(run({"devices"}).out.find("reference"), std::string::npos);
}

TEST_F(Program, AGpuThatCannotBeUsedIsRefusedWithTheReasonThatDevicesGives) {
    const auto devices = run({"devices", "--json"}).objects();
    const auto cuda =
        std::ranges::find_if(devices, [](const auto& object) { return object["name"] == "cuda"; });
    if (cuda != devices.end() && (*cuda)["available"].get<bool>()) return;
    const auto outcome = run({"classify", red(), "--device", "cuda"});
    EXPECT_EQ(outcome.code, 1);
    expectOneSentence(outcome.err);
    EXPECT_NE(outcome.err.find("GPU"), std::string::npos);
    if (cuda == devices.end()) return;
    EXPECT_EQ(cuda, devices.begin()) << "the best one is listed first";
    EXPECT_NE(outcome.err.find((*cuda)["sentence"].get<std::string>()), std::string::npos);
}

TEST_F(Program, TheReferenceDeviceAnswersTheSame) {
    const auto fast = run({"classify", red(), "--json"});
    const auto slow = run({"classify", red(), "--json", "--device", "reference"});
    ASSERT_EQ(slow.code, 0) << slow.err;
    EXPECT_NEAR(fast.objects().at(0)["classes"][0]["score"].get<double>(),
                slow.objects().at(0)["classes"][0]["score"].get<double>(), 1e-5);
}

TEST_F(Program, CamerasIsAnswerableWithoutACamera) {
    const auto outcome = run({"cameras", "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    for (const auto& camera : outcome.objects())
        EXPECT_TRUE(camera.contains("device"));
    EXPECT_EQ(outcome.out.empty(), !outcome.err.empty());
}

TEST_F(Program, ModelsAreListedByName) {
    const auto outcome = run({"models", "list", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.objects().at(0)["name"], "default");
}

TEST_F(Program, ModelInfoSaysWhatTheModelIs) {
    const auto outcome = run({"models", "info", "--json", "--classes", "--layers"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto info = outcome.objects().at(0);
    EXPECT_EQ(info["window"], 8);
    EXPECT_EQ(info["classes"], 3);
    EXPECT_EQ(info["scores"], "logits");
    EXPECT_EQ(info["features"], "means");
    EXPECT_TRUE(info["boxes"].is_null());
    EXPECT_EQ(info["dense"], "exact");
    EXPECT_EQ(info["boxes_from"], "evidence");
    EXPECT_EQ(info["objectness"], false) << "it was trained for another network";
    EXPECT_FALSE(info["fingerprint"].get<std::string>().empty());
    EXPECT_EQ(info["stride"], 4);
    EXPECT_EQ(info["strides"].size(), info["fine_steps"].get<std::size_t>() + 1);
    EXPECT_EQ(info["strides"].front(), 4);
    EXPECT_LT(info["strides"].back(), 4) << "what is finer comes behind it";
    EXPECT_TRUE(info["embedding"].empty()) << "it has no map twice as fine";
    EXPECT_EQ(info["parameters"], 3 * 3 * 16 + 3 * 3 + 3);
    EXPECT_EQ(info["multiply_adds"], 3 * 3 * 16 * 4 + 3 * 3);
    EXPECT_EQ(info["labels"][2]["label"], "blue");
    EXPECT_EQ(info["layers"][0]["value"], "blocks");
    const auto text = run({"models", "info", "--layers"}).out;
    EXPECT_NE(text.find("8x8 px"), std::string::npos) << text;
    EXPECT_NE(text.find("Knows three colours."), std::string::npos) << text;
    EXPECT_NE(text.find("pooled"), std::string::npos) << text;
}

}  // namespace
}  // namespace overfeat::test
