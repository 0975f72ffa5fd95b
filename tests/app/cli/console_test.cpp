// SPDX-License-Identifier: Apache-2.0
#include "app/cli/console.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <limits>
#include <locale>
#include <sstream>
#include <streambuf>

#include "app/cli/output_file.h"
#include "engine/core/error.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::cli {
namespace {

TEST(Console, NumbersDoNotDependOnTheLocale) {
    struct Comma : std::numpunct<char> {
        char do_decimal_point() const override { return ','; }
        char do_thousands_sep() const override { return '.'; }
        std::string do_grouping() const override { return "\3"; }
    };
    const std::locale before = std::locale::global(std::locale(std::locale(), new Comma));
    std::ostringstream out;
    Console console{out, out, {}};
    Results results(console, true);
    results.object({{"value", shortest(0.1F)}, {"count", 1234567}});
    const std::string number = fixed(1234.5678, 2);
    std::locale::global(before);
    EXPECT_EQ(out.str(), "{\"value\":0.1,\"count\":1234567}\n");
    EXPECT_EQ(number, "1234.57");
}

TEST(Console, FloatsPrintAsTheShortestNumberThatIsThem) {
    EXPECT_EQ(shortest(0.3F), 0.3);
    EXPECT_EQ(shortest(1.0F), 1.0);
    EXPECT_EQ(static_cast<float>(shortest(std::numeric_limits<float>::denorm_min())),
              std::numeric_limits<float>::denorm_min());
}

TEST(Console, JsonStaysUtf8WhateverTheFileNameIs) {
    std::ostringstream out;
    Console console{out, out, {}};
    Results(console, true).object({{"file", "a\xFF\xC0.png"}});
    EXPECT_EQ(out.str(), "{\"file\":\"a\xEF\xBF\xBD\xEF\xBF\xBD.png\"}\n");
}

TEST(Console, NotesCannotDriveATerminal) {
    std::ostringstream err;
    Console console{err, err, {}};
    note(console, "bad \x1b[31mfile\n\xFF");
    EXPECT_EQ(err.str(), "overfeat: bad [31mfile?\n");
}

TEST(Console, PaddingCountsCharactersAndNotBytes) {
    EXPECT_EQ(padLeft("é", 3), "  é");
    EXPECT_EQ(padRight("é", 3), "é  ");
    EXPECT_EQ(padRight("long", 2), "long");
}

// A stream that fails like a closed pipe or a full disk.
class FailingBuffer : public std::streambuf {
public:
    explicit FailingBuffer(int reason) : reason_(reason) {}

protected:
    int_type overflow(int_type) override {
        errno = reason_;
        return traits_type::eof();
    }

private:
    int reason_;
};

TEST(Console, AClosedPipeIsTheEndAndNotAnError) {
    FailingBuffer buffer(EPIPE);
    std::ostream out(&buffer);
    Console console{out, out, {}};
    EXPECT_THROW(Results(console, false).line("text"), OutputClosed);
}

TEST(Console, AFullDiskIsAnErrorWithItsReason) {
    FailingBuffer buffer(ENOSPC);
    std::ostream out(&buffer);
    Console console{out, out, {}};
    try {
        Results(console, false).line("text");
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kRuntime);
        EXPECT_NE(std::string(error.what()).find("No space left"), std::string::npos);
    }
}

TEST(OutputFile, NpyHeadersAreAlignedAndSayTheShape) {
    const std::vector<float> values{1, 2, 3};
    const std::string bytes = npyBytes(Shape{3}, values);
    EXPECT_TRUE(bytes.starts_with(std::string("\x93NUMPY\x01\x00", 8)));
    EXPECT_NE(bytes.find("'shape': (3, )"), std::string::npos);
    EXPECT_EQ((bytes.size() - 12) % 64, 0U);
    EXPECT_EQ(bytes[bytes.size() - 13], '\n');
    const auto length = static_cast<unsigned char>(bytes[8]);
    EXPECT_EQ(10U + length + 12U, bytes.size());
}

TEST(OutputFile, NumbersComeBeforeTheExtension) {
    EXPECT_EQ(numbered("a/map.png", 12), "a/map-000012.png");
    EXPECT_EQ(numbered("map", 1234567), "map-1234567");
}

TEST(OutputFile, AnUnwritablePlaceIsNamed) {
    try {
        writeFile("/proc/overfeat/none.npy", "x");
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kRuntime);
        EXPECT_NE(std::string(error.what()).find("none.npy"), std::string::npos);
    }
}

}  // namespace
}  // namespace overfeat::cli
