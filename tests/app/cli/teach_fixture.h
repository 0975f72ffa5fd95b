// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/geometry.h"
#include "tests/app/cli/cli_fixture.h"

namespace overfeat::test {

// A square flag of four colours, before what is of no one colour: red, blue, green and yellow; or,
// turned, the same upside down.
inline constexpr int kFlag = 40;
inline Image flagPicture(int x, int y, bool turned = false) {
    constexpr SizePx kSize{96, 96};
    constexpr std::uint8_t kColours[4][3] = {
        {230, 20, 20}, {20, 20, 230}, {20, 230, 20}, {230, 230, 20}};
    Image image(kSize);
    for (int row = 0; row < kSize.height; ++row) {
        for (int column = 0; column < kSize.width; ++column) {
            const bool inside = row >= y && row < y + kFlag && column >= x && column < x + kFlag;
            const bool lower = (row - y >= kFlag / 2) != turned;
            const bool second = (column - x >= kFlag / 2) != turned;
            const std::uint8_t light = (row / 12 + column / 12) % 2 == 0 ? 60 : 200;
            const std::uint8_t behind[3] = {light, light, light};
            const auto& colour = inside ? kColours[2 * lower + second] : behind;
            std::ranges::copy(colour, image.row(row) + 3 * static_cast<std::ptrdiff_t>(column));
        }
    }
    return image;
}

// Runs the command line with a colour model that can be taught, on pictures of flags.
class TeachCliTest : public CliTest {
protected:
    TeachCliTest() {
        folder_.write("models/default.onnx", colourModel({.teachable = true}));
        folder_.write("models/plain.onnx", colourModel());
    }

    std::string flag(const std::string& name, int x, int y, bool turned = false) {
        std::filesystem::create_directories((folder_.path() / name).parent_path());
        capture::writePicture(folder_.path() / name, flagPicture(x, y, turned));
        return path(name);
    }
    static std::string boxed(const std::string& file, int x, int y) {
        return file + ":" + std::to_string(x) + "," + std::to_string(y) + "," +
               std::to_string(kFlag) + "," + std::to_string(kFlag);
    }
    std::string library() const { return path("lib.overfeat"); }

    // Teaches "flag" from one picture.
    void teachFlag(const std::string& name = "flag") {
        const auto taught =
            run({"teach", name, boxed(flag("one.png", 8, 30), 8, 30), "--library", library()});
        ASSERT_EQ(taught.code, 0) << taught.err;
    }

    // The objects of a taught class in the answer of `detect --json`.
    static std::vector<nlohmann::json> taughtIn(const nlohmann::json& answer) {
        std::vector<nlohmann::json> found;
        for (const auto& object : answer["detections"])
            if (object.contains("taught")) found.push_back(object);
        return found;
    }
    static RectPx rect(const nlohmann::json& box) {
        return {box[0].get<double>(), box[1].get<double>(), box[2].get<double>(),
                box[3].get<double>()};
    }

    std::vector<nlohmann::json> listed() {
        const auto outcome = run({"classes", "list", "--library", library(), "--json"});
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return outcome.objects();
    }
};

}  // namespace overfeat::test
