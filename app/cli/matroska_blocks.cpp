// SPDX-License-Identifier: Apache-2.0
#include "app/cli/matroska_blocks.h"

#include <fstream>
#include <optional>

namespace overfeat::cli {
namespace {

// RFC 9559.
constexpr std::uint64_t kSegment = 0x18538067;
constexpr std::uint64_t kCluster = 0x1F43B675;
constexpr std::uint64_t kBlockGroup = 0xA0;
constexpr std::uint64_t kBlock = 0xA1;
constexpr std::uint64_t kSimpleBlock = 0xA3;

// An EBML number (RFC 8794): the place of the first 1 bit tells how many bytes it has. An element's
// name keeps that bit, a length does not.
struct Number {
    std::uint64_t value = 0;
    bool unknown = false;  // a length of ones only: the writer did not come back to fill it in
};

std::optional<Number> readNumber(std::istream& stream, bool keep_marker) {
    const int first = stream.get();
    if (first <= 0) return std::nullopt;  // the end, or longer than EBML allows
    int count = 1;
    while ((first & (0x100 >> count)) == 0)
        ++count;
    const int marker = 0x100 >> count;
    auto value = static_cast<std::uint64_t>(keep_marker ? first : first & (marker - 1));
    for (int i = 1; i < count; ++i) {
        const int next = stream.get();
        if (next < 0) return std::nullopt;
        value = value << 8U | static_cast<std::uint64_t>(next);
    }
    const std::uint64_t ones = (std::uint64_t{1} << static_cast<unsigned>(7 * count)) - 1;
    return Number{value, !keep_marker && value == ones};
}

}  // namespace

MatroskaBlocks matroskaBlocks(const std::filesystem::path& path) {
    MatroskaBlocks blocks;
    std::ifstream stream(path, std::ios::binary | std::ios::ate);
    if (!stream) return blocks;
    const auto size = static_cast<std::uint64_t>(stream.tellg());
    stream.seekg(0);
    for (;;) {
        const auto name = readNumber(stream, true);
        const auto length = name ? readNumber(stream, false) : std::nullopt;
        if (!length) return blocks;
        const auto start = static_cast<std::uint64_t>(stream.tellg());
        const bool inside = !length->unknown && length->value <= size - start;
        if (name->value == kSegment) blocks.complete = inside;
        // These hold other elements, which come next.
        if (name->value == kSegment || name->value == kCluster || name->value == kBlockGroup) {
            continue;
        }
        if (!inside) return blocks;
        if (name->value == kBlock || name->value == kSimpleBlock) ++blocks.whole;
        stream.seekg(static_cast<std::streamoff>(start + length->value));
    }
}

}  // namespace overfeat::cli
