// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/core/geometry.h"
#include "tests/app/cli/cli_fixture.h"

namespace overfeat::test {

// A square flag on grey, red on the left and blue on the right, or, turned, red on top and blue
// below.
inline constexpr int kFlag = 40;
inline Image flagPicture(int x, int y, bool turned = false) {
    constexpr SizePx kSize{96, 96};
    Image image(kSize);
    for (int row = 0; row < kSize.height; ++row) {
        for (int column = 0; column < kSize.width; ++column) {
            std::uint8_t* pixel = image.row(row) + 3 * static_cast<std::ptrdiff_t>(column);
            const bool inside = row >= y && row < y + kFlag && column >= x && column < x + kFlag;
            const bool first = (turned ? row - y : column - x) < kFlag / 2;
            pixel[0] = inside ? (first ? 230 : 20) : 128;
            pixel[1] = inside ? 20 : 128;
            pixel[2] = inside ? (first ? 20 : 230) : 128;
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
