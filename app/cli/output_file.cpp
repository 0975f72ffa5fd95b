// SPDX-License-Identifier: Apache-2.0
#include "app/cli/output_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "app/capture/file_bytes.h"
#include "app/capture/picture_file.h"
#include "engine/core/error.h"

namespace overfeat::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kDigits = 6;  // of a file's number, at least

}  // namespace

void writeFile(const fs::path& path, std::string_view bytes, const KeptFiles& kept) {
    kept.check(path);
    capture::replaceFile(path, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

std::string npyBytes(const Shape& shape, std::span<const float> values) {
    static_assert(std::endian::native == std::endian::little, "the header says little endian");
    std::string extents;
    for (const std::int64_t extent : shape.dims())
        extents += std::to_string(extent) + ", ";
    if (shape.rank() > 1) extents.resize(extents.size() - 2);  // only (n, ) keeps its comma
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + extents + "), }";
    constexpr std::size_t kPreamble = 10;
    constexpr std::size_t kAlignment = 64;
    const std::size_t unpadded = kPreamble + header.size() + 1;
    header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
    header += '\n';

    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(header.size() & 0xFFU);
    bytes += static_cast<char>(header.size() >> 8U);
    bytes += header;
    const std::size_t start = bytes.size();
    bytes.resize(start + values.size_bytes());
    if (!values.empty()) std::memcpy(bytes.data() + start, values.data(), values.size_bytes());
    return bytes;
}

std::string png16Bytes(const HeatMap& map) {
    std::vector<std::uint16_t> deep(map.values.size());
    std::ranges::transform(map.values, deep.begin(), [](float value) {
        return static_cast<std::uint16_t>(std::lround(std::clamp(value, 0.0F, 1.0F) * 65535.0F));
    });
    const auto bytes = capture::encodeDeepGrey(map.size, deep);
    return {bytes.begin(), bytes.end()};
}

void writeHeatMap(const fs::path& path, const HeatMap& map, const KeptFiles& kept) {
    const fs::path extension = path.extension();
    if (extension == ".npy") {
        writeFile(path, npyBytes(Shape{map.size.height, map.size.width}, map.values), kept);
    } else if (extension == ".png") {
        writeFile(path, png16Bytes(map), kept);
    } else {
        throw Error(ErrorCode::kUsage,
                    "A heat map is written as .png or .npy, not as '" + path.string() +
                        "'; change the extension.",
                    path.string());
    }
}

fs::path numbered(const fs::path& out, std::int64_t number) {
    std::string digits = std::to_string(number);
    digits.insert(0, kDigits - std::min(kDigits, digits.size()), '0');
    fs::path name = out.stem();
    name += "-" + digits;
    name += out.extension();
    return out.parent_path() / name;
}

bool isNumbered(const fs::path& name, const fs::path& out) {
    const std::string text = name.string();
    const std::string start = out.stem().string() + "-";
    const std::string end = out.extension().string();
    if (text.size() < start.size() + kDigits + end.size()) return false;
    return text.starts_with(start) && text.ends_with(end) &&
           std::all_of(text.begin() + static_cast<std::ptrdiff_t>(start.size()),
                       text.end() - static_cast<std::ptrdiff_t>(end.size()),
                       [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace overfeat::cli
