// SPDX-License-Identifier: Apache-2.0
#include "app/cli/console.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "app/report/recognition_json.h"
#include "engine/core/error.h"
#include "engine/core/label_set.h"

namespace overfeat::cli {
namespace {

constexpr std::size_t kMaxPrintableBytes = 8192;

std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padding(std::string_view text, std::size_t width) {
    return std::string(width - std::min(width, columns(text)), ' ');
}

}  // namespace

void note(Console& console, std::string_view sentence) {
    console.err << "overfeat: " << printable(sentence) << '\n';
    console.err.flush();
}

void checkStop(const Console& console) {
    if (console.stop.stop_requested()) {
        throw Error(ErrorCode::kCancelled, "Interrupted; what was finished has been written.");
    }
}

std::string printable(std::string_view text) {
    return sanitisedLabel(text, kMaxPrintableBytes);
}

std::string fixed(double value, int decimals) {
    std::array<char, 400> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                   std::chars_format::fixed, decimals);
    return end.ec == std::errc{} ? std::string(text.data(), end.ptr) : "?";
}

std::string padLeft(const std::string& text, std::size_t width) {
    return padding(text, width) + text;
}

std::string padRight(const std::string& text, std::size_t width) {
    return text + padding(text, width);
}

void Results::object(const nlohmann::ordered_json& value) {
    write(report::lineOf(value));
}

void Results::line(std::string_view text) {
    write(text);
}

void Results::write(std::string_view text) {
    errno = 0;
    console_.out << text << '\n';
    console_.out.flush();
    if (console_.out.good()) return;
    if (errno == EPIPE) throw OutputClosed{};
    const std::string why = errno != 0 ? std::generic_category().message(errno) : "unknown reason";
    throw Error(ErrorCode::kRuntime, "The results could not be written to standard output (" + why +
                                         "); check the disk or the program that reads them.");
}

}  // namespace overfeat::cli
