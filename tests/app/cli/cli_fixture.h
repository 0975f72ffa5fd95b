// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stop_token>
#include <string>
#include <vector>

#include "app/capture/picture_file.h"
#include "app/cli/program.h"
#include "tests/app/cli/colour_model.h"
#include "tests/support/file_bytes.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::test {

// Runs the command line in this process, with the colour model as its default.
class CliTest : public ::testing::Test {
protected:
    struct Outcome {
        int code = -1;
        std::string out;
        std::string err;

        // The lines of `out`, each parsed as JSON.
        std::vector<nlohmann::json> objects() const {
            std::vector<nlohmann::json> all;
            std::istringstream lines(out);
            for (std::string line; std::getline(lines, line);) {
                all.push_back(nlohmann::json::parse(line));
            }
            return all;
        }
    };

    CliTest() { folder_.write("models/default.onnx", colourModel()); }

    Outcome run(const std::vector<std::string>& arguments) {
        std::ostringstream out;
        std::ostringstream err;
        cli::Console console{out, err, stop_.get_token()};
        const store::ModelStore models({folder_.path() / "models"}, {});
        const int code = cli::run(arguments, models, console, folder_.path() / "home/own.overfeat");
        return {code, out.str(), err.str()};
    }

    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

    // A picture of one colour, written as PNG.
    std::string picture(const std::string& name, std::array<std::uint8_t, 3> rgb,
                        SizePx size = {24, 16}) {
        std::vector<std::uint8_t> bytes;
        for (int i = 0; i < size.width * size.height; ++i) {
            bytes.insert(bytes.end(), rgb.begin(), rgb.end());
        }
        std::filesystem::create_directories((folder_.path() / name).parent_path());
        capture::writePicture(folder_.path() / name, Image(size, std::move(bytes)));
        return path(name);
    }
    std::string red(const std::string& name = "red.png") { return picture(name, {255, 0, 0}); }
    std::string blue(const std::string& name = "blue.png") { return picture(name, {0, 0, 255}); }

    // One sentence and nothing else: "overfeat: Sentence.\n".
    static void expectOneSentence(const std::string& text) {
        EXPECT_TRUE(text.starts_with("overfeat: ")) << text;
        EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
    }

    // Refused with one sentence, before anything is written or said, and no file has changed.
    void expectOutputRefused(const std::vector<std::string>& arguments, const std::string& word) {
        const auto files = snapshot();
        const auto outcome = run(arguments);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        expectOneSentence(outcome.err);
        EXPECT_NE(outcome.err.find(word), std::string::npos) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        EXPECT_TRUE(snapshot() == files) << outcome.err;
    }

    TemporaryFolder folder_;
    std::stop_source stop_;

private:
    // Every file of the test with its content.
    std::map<std::string, std::string> snapshot() const {
        std::map<std::string, std::string> files;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
            if (entry.is_regular_file()) files.emplace(entry.path(), bytesOf(entry.path()));
        }
        return files;
    }
};

}  // namespace overfeat::test
