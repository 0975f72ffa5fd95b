// SPDX-License-Identifier: Apache-2.0
//
// What a server may send over gRPC, read byte by byte: an answer, or Garbage, and nothing else.
#include "engine/backend/kserve/grpc_messages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace overfeat::backend::kserve {
namespace {

// As it stands in the description of protobuf's encoding; short lengths only.
std::string field(int number, const std::string& bytes) {
    return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}

std::string framed(const std::string& message, char compressed = 0) {
    return std::string{compressed, 0, 0, 0, static_cast<char>(message.size())} + message;
}

const CallShape kCall{.input = {1, 3, 4, 5}, .output_names = {"a", "b"}, .outputs = {{2}, {1, 1}}};

std::string floats(std::size_t count) {
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i)
        bytes += std::string("\0\0\x80\x3f", 4);  // 1
    return bytes;
}

std::string rightAnswer() {
    return framed(field(1, "net") +
                  field(5, field(1, "b") + field(2, "FP32") + field(3, "\x01\x01")) +
                  field(5, field(1, "a") + field(2, "FP32") + field(3, "\x02")) +
                  field(6, floats(1)) + field(6, floats(2)));
}

// Nothing for an answer; what() of Garbage otherwise. Anything else that is thrown fails the test.
std::optional<std::string> refusal(const std::string& answer) {
    std::vector<float> a(2);
    std::vector<float> b(1);
    const std::vector<std::span<float>> places{a, b};
    try {
        // In memory of its own, so that tools see who reads behind it.
        const std::vector<char> bytes(answer.begin(), answer.end());
        readMessage(kCall, bytes, places);
        EXPECT_EQ(a, (std::vector<float>{1, 1}));
        EXPECT_EQ(b, (std::vector<float>{1}));
        return std::nullopt;
    } catch (const Garbage& garbage) {
        return garbage.what();
    }
}

// Or Garbage. Anything else that is thrown fails the test.
bool isAnswer(const std::function<void()>& read) {
    try {
        read();
        return true;
    } catch (const Garbage&) {
        return false;
    }
}

TEST(GrpcMessages, AnswersAreReadInAnyOrder) {
    EXPECT_EQ(refusal(rightAnswer()), std::nullopt);
    const std::string b = field(
        5, field(1, "b") + field(2, "FP32") + field(3, "\x01\x01") + field(5, field(6, floats(1))));
    // Extents one by one, numbers in the tensor and one by one.
    const std::string a = field(5, field(2, "FP32") + "\x18\x02" + field(1, "a") +
                                       field(5, "\x35" + floats(1) + "\x35" + floats(1)));
    EXPECT_EQ(refusal(framed(a + b)), std::nullopt);
    // What another version adds is passed over: a number, eight bytes, four bytes.
    EXPECT_EQ(refusal(framed("\x78\x05" + std::string("\x79") + "12345678" + "\x7d" + "1234" +
                             rightAnswer().substr(5))),
              std::nullopt);
}

TEST(GrpcMessages, CompressedOrOfAnotherLengthIsGarbage) {
    EXPECT_NE(refusal(framed(rightAnswer().substr(5), 1)).value_or("").find("compressed"),
              std::string::npos);
    EXPECT_TRUE(refusal(rightAnswer() + "x"));
    EXPECT_TRUE(refusal(rightAnswer() + rightAnswer()));
    EXPECT_TRUE(refusal(""));
    EXPECT_TRUE(refusal(framed(std::string("\x0b\x0c", 2)))) << "a group";
    EXPECT_TRUE(refusal(framed(field(5, field(1, "b") + field(3, std::string(20, '\x01'))))))
        << "axes without end";
}

TEST(GrpcMessages, EveryBeginningAndEveryWrongByteIsAnAnswerOrGarbage) {
    const std::string right = rightAnswer();
    for (std::size_t size = 0; size < right.size(); ++size) {
        EXPECT_TRUE(refusal(right.substr(0, size))) << size;
        if (size > 5) {
            EXPECT_TRUE(refusal(framed(right.substr(5, size - 5)))) << size;
        }
    }
    std::mt19937 random(1);
    for (int round = 0; round < 20'000; ++round) {
        std::string wrong = right.substr(5);
        for (auto changes = 1 + random() % 3; changes-- > 0;)
            wrong[random() % (wrong.size() - 20)] = static_cast<char>(random());
        refusal(framed(wrong));
        const std::string framed_wrong = framed(wrong);
        const std::vector<char> bytes(framed_wrong.begin(), framed_wrong.end());
        isAnswer([&] { parseModelMessage(bytes); });
        isAnswer([&] { parseServerMessage(bytes); });
    }
}

TEST(GrpcMessages, TensorsWithoutEndAreNotKept) {
    std::string message;
    for (int i = 0; i < 5000; ++i)
        message += field(5, "");
    std::string answer = framed(message);
    for (int i = 0; i < 4; ++i)
        answer[static_cast<std::size_t>(1 + i)] =
            static_cast<char>(message.size() >> (8 * (3 - i)) & 0xff);
    EXPECT_NE(refusal(answer).value_or("").find("too many"), std::string::npos);
    EXPECT_THROW(parseModelMessage(std::vector<char>(answer.begin(), answer.end())), Garbage);
}

// The numbers behind it lie as they should.
TEST(GrpcMessages, WhatStandsBeforeTheNumbersIsWholeFloats) {
    for (std::size_t length = 1; length < 10; ++length) {
        const std::string head = callHead(kCall, std::string(length, 'm'));
        EXPECT_EQ(head.size() % sizeof(float), 0U);
        const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(head[i]); };
        EXPECT_EQ(at(1) << 24 | at(2) << 16 | at(3) << 8 | at(4),
                  static_cast<int>(head.size() - 5 + 60 * sizeof(float)));
    }
}

}  // namespace
}  // namespace overfeat::backend::kserve
