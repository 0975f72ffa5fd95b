// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/net/onnx_reader.h"
#include "tests/engine/net/onnx_maker.h"

namespace overfeat::test {

// A file that must be refused, and parts of the sentence that must say why.
struct Refusal {
    std::string name;
    std::function<std::string()> file;
    std::vector<std::string> says;
};

inline void PrintTo(const Refusal& refusal, std::ostream* out) {
    *out << refusal.name;
}

inline void expectRefusal(const Refusal& refusal) {
    const std::string file = refusal.file();
    try {
        net::readOnnx(asBytes(file));
        FAIL() << "was accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kModel);
        const std::string sentence = error.what();
        for (const std::string& part : refusal.says)
            EXPECT_NE(sentence.find(part), std::string::npos) << sentence;
        EXPECT_TRUE(sentence.ends_with('.')) << sentence;
        EXPECT_EQ(sentence.find('\n'), std::string::npos) << sentence;
    }
}

}  // namespace overfeat::test
