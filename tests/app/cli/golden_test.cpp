// SPDX-License-Identifier: Apache-2.0
//
// What the command line says of ten of our own pictures, kept in tests/data/golden: the demo scene
// and nine frames of the demo clip, with the built-in model. A golden changes when an issue says
// that the answers change; UPDATE_GOLDEN=1 writes it anew, and the difference is looked at.
//
// Processors add in different orders, so numbers may differ a little, and an answer near the limits
// may be there or not: answers of a score of 0.3 and more must be in the other list, which ends at
// 0.25. Names, keys and order of the lines must be the same.
#include <cmath>
#include <cstdlib>

#include "engine/core/geometry.h"
#include "tests/app/cli/cli_fixture.h"

namespace overfeat::test {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kCompared = 0.3;
constexpr double kKept = 0.25;
constexpr double kScore = 0.02;

RectPx boxOf(const Json& object) {
    const auto& box = object.at("box");
    return {box.at(0), box.at(1), box.at(2), box.at(3)};
}

bool sameScore(const Json& one, const Json& other) {
    return std::abs(one.at("score").get<double>() - other.at("score").get<double>()) <= kScore;
}

bool sameAnswer(const Json& one, const Json& other) {
    if (one.at("index") != other.at("index") || one.at("id") != other.at("id") ||
        one.at("label") != other.at("label") || !sameScore(one, other)) {
        return false;
    }
    return !one.contains("box") || intersectionOverUnion(boxOf(one), boxOf(other)) >= 0.9;
}

// Every answer of `from` that counts has one in `in`.
void expectAll(const Json& from, const Json& in, const std::string& where) {
    for (const Json& answer : from) {
        if (answer.at("score") < kCompared) continue;
        EXPECT_TRUE(std::ranges::any_of(in, [&](const Json& o) { return sameAnswer(answer, o); }))
            << where << ": only one of golden and answer has " << answer.dump();
    }
}

std::vector<std::string> keysOf(const Json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items())
        keys.push_back(key);
    return keys;
}

class Golden : public CliTest {
protected:
    // The answers of a command, without what depends on the machine or is too unsure to compare.
    std::vector<Json> answersOf(const std::string& command, const std::string& list) {
        const std::filesystem::path root = OVERFEAT_ROOT;
        const std::string demo = (root / "resources/demo").string() + "/";
        const auto outcome = run({command, demo + "table.png", demo + "demo.mkv", "--every", "15",
                                  "--model", (root / "models/default.onnx").string(), "--json"});
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        std::vector<Json> answers;
        std::istringstream lines(outcome.out);
        for (std::string line; std::getline(lines, line);) {
            Json answer = Json::parse(line);
            answer["file"] = std::filesystem::path(answer.at("file").get<std::string>()).filename();
            for (auto& [stage, ms] : answer.at("timings_ms").items())
                ms = 0;
            Json kept = Json::array();
            for (Json& one : answer.at(list)) {
                if (one.at("score") >= kKept) kept.push_back(std::move(one));
            }
            answer[list] = std::move(kept);
            answers.push_back(std::move(answer));
        }
        return answers;
    }

    void compare(const std::string& command, const std::string& list) {
        const std::vector<Json> answers = answersOf(command, list);
        ASSERT_EQ(answers.size(), 10U);
        const auto file =
            std::filesystem::path(OVERFEAT_ROOT) / "tests/data/golden" / (command + ".jsonl");
        if (std::getenv("UPDATE_GOLDEN") != nullptr) write(answers, file);
        std::ifstream in(file);
        std::size_t count = 0;
        for (std::string line; std::getline(in, line); ++count) {
            const Json golden = Json::parse(line);
            ASSERT_LT(count, answers.size());
            const Json& answer = answers[count];
            const std::string where = command + ", line " + std::to_string(count + 1);
            EXPECT_EQ(keysOf(answer), keysOf(golden)) << where;
            for (const auto& [key, value] : golden.items()) {
                if (key == list) continue;
                if (key == "time" && value.is_number()) {
                    EXPECT_NEAR(answer.at(key), value, 1e-3) << where;
                } else {
                    EXPECT_EQ(answer.at(key), value) << where;
                }
            }
            expectAll(golden.at(list), answer.at(list), where);
            expectAll(answer.at(list), golden.at(list), where);
            if (!golden.at(list).empty() && !answer.at(list).empty()) {
                EXPECT_EQ(keysOf(answer.at(list)[0]), keysOf(golden.at(list)[0])) << where;
            }
        }
        EXPECT_EQ(count, answers.size());
        if (!HasFailure()) return;
        const auto actual = std::filesystem::absolute(command + ".actual.jsonl");
        write(answers, actual);
        ADD_FAILURE() << "What was answered is in " << actual
                      << "; UPDATE_GOLDEN=1 makes it right.";
    }

    static void write(const std::vector<Json>& answers, const std::filesystem::path& file) {
        std::ofstream out(file);
        for (const Json& answer : answers)
            out << answer.dump() << '\n';
    }
};

TEST_F(Golden, DetectSaysWhatItSaid) {
    compare("detect", "detections");
}

TEST_F(Golden, ClassifySaysWhatItSaid) {
    compare("classify", "classes");
}

}  // namespace
}  // namespace overfeat::test
