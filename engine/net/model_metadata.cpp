// SPDX-License-Identifier: Apache-2.0
#include "engine/net/model_metadata.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "engine/net/refusal.h"

namespace overfeat::net {
namespace {

constexpr std::size_t kMaxCardBytes = std::size_t{64} * 1024;

[[noreturn]] void refuse(std::string_view key, const std::string& what) {
    throw Error(ErrorCode::kModel, "The model's metadata " + inQuotes(key) + " " + what,
                std::string(key));
}

template <class Number>
std::optional<Number> parsed(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string_view withoutBlanks(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// Numbers between commas, spaces or both.
std::array<float, 3> threeNumbers(std::string_view key, std::string_view text) {
    std::vector<float> numbers;
    constexpr std::string_view kBetween = ", \t\r\n";
    for (std::size_t at = text.find_first_not_of(kBetween); at != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(kBetween, at), text.size());
        const auto number = parsed<float>(text.substr(at, end - at));
        if (!number || numbers.size() == 3) refuse(key, "is not three numbers.");
        numbers.push_back(*number);
        at = text.find_first_not_of(kBetween, end);
    }
    if (numbers.size() != 3) refuse(key, "is not three numbers.");
    return {numbers[0], numbers[1], numbers[2]};
}

// Plain text for people: lines survive, control characters do not.
std::string cleanCard(std::string_view text) {
    std::string card;
    text = text.substr(0, kMaxCardBytes);
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        card += sanitisedLabel(text.substr(0, end), kMaxCardBytes);
        if (end < text.size()) card += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return card;
}

bool isNumber(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A WordNet id: n and eight digits.
bool isWordNetId(std::string_view text) {
    return text.size() == 9 && text.front() == 'n' && isNumber(text.substr(1));
}

}  // namespace

void checkChannels(const std::array<float, 3>& numbers, bool positive, const std::string& what) {
    for (const float number : numbers) {
        if (!std::isfinite(number) || (positive && number <= 0)) {
            throw Error(ErrorCode::kModel, what + (positive ? " must be three numbers above 0."
                                                            : " must be three finite numbers."));
        }
    }
}

void readScaleOfPixels(ModelDescription& described) {
    bool within_unit = true;
    bool changes_pixels = false;
    const auto look = [&](const std::optional<std::array<float, 3>>& numbers, float unchanged) {
        if (!numbers) return;
        for (const float number : *numbers) {
            within_unit = within_unit && number >= 0 && number <= 1;
            changes_pixels = changes_pixels || number != unchanged;
        }
    };
    look(described.mean, 0);
    look(described.std, 1);
    if (!within_unit || !changes_pixels) return;
    for (auto* numbers : {&described.mean, &described.std}) {
        if (!*numbers) continue;
        for (float& number : **numbers)
            number *= 255;
    }
    described.scaled_from_unit = true;
}

void checkCrop(double crop, const std::string& what) {
    if (!(crop > 0 && crop <= 1)) {
        throw Error(ErrorCode::kModel, what + " must be a share above 0 and at most 1.");
    }
}

void checkWindow(double window_px, const std::string& what) {
    if (!(window_px >= kSmallestWindowPx && window_px <= kLargestWindowPx) ||
        window_px != std::floor(window_px)) {
        throw Error(ErrorCode::kModel, what + " must be a whole number of pixels from " +
                                           std::to_string(kSmallestWindowPx) + " to " +
                                           std::to_string(kLargestWindowPx) + ".");
    }
}

ClassLabel parseClassLine(std::string_view line) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    while (line.ends_with('\r') || line.ends_with(' '))
        line.remove_suffix(1);
    std::size_t tab = line.find('\t');
    if (tab != std::string_view::npos && isNumber(line.substr(0, tab)) &&
        line.find('\t', tab + 1) != std::string_view::npos) {
        line.remove_prefix(tab + 1);
        tab = line.find('\t');
    }
    if (tab != std::string_view::npos) {
        return {std::string(line.substr(0, tab)), std::string(line.substr(tab + 1))};
    }
    if (line.size() > 10 && line[9] == ' ' && isWordNetId(line.substr(0, 9))) {
        return {std::string(line.substr(0, 9)), std::string(line.substr(10))};
    }
    return {"", std::string(line)};
}

std::vector<ClassLabel> parseClassLines(std::string_view text) {
    std::vector<ClassLabel> classes;
    while (!text.empty()) {
        // Lines end with LF, CR LF or, from old editors, CR.
        const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
        classes.push_back(parseClassLine(text.substr(0, end)));
        const std::size_t ending = text.substr(end).starts_with("\r\n") ? 2 : 1;
        text.remove_prefix(std::min(end + ending, text.size()));
    }
    return classes;
}

ModelDescription readMetadata(const std::map<std::string, std::string, std::less<>>& metadata) {
    const auto text = [&](std::string_view key) -> std::optional<std::string> {
        const auto found = metadata.find(key);
        if (found == metadata.end() || found->second.empty()) return std::nullopt;
        return found->second;
    };
    const auto whole = [&](std::string_view key) -> std::optional<int> {
        const auto written = text(key);
        if (!written) return std::nullopt;
        const auto number = parsed<int>(withoutBlanks(*written));
        if (!number || *number < 0) refuse(key, "is not a whole number.");
        return number;
    };
    ModelDescription described;
    described.window_px = whole("overfeat.window");
    if (described.window_px) {
        checkWindow(*described.window_px, "The model's metadata 'overfeat.window'");
    }
    if (const auto mean = text("overfeat.mean")) {
        described.mean = threeNumbers("overfeat.mean", *mean);
        checkChannels(*described.mean, false, "The model's metadata 'overfeat.mean'");
    }
    if (const auto std = text("overfeat.std")) {
        described.std = threeNumbers("overfeat.std", *std);
        checkChannels(*described.std, true, "The model's metadata 'overfeat.std'");
    }
    readScaleOfPixels(described);
    if (const auto crop = text("overfeat.crop")) {
        described.crop = parsed<double>(withoutBlanks(*crop));
        if (!described.crop) refuse("overfeat.crop", "is not a number.");
        checkCrop(*described.crop, "The model's metadata 'overfeat.crop'");
    }
    if (const auto classes = text("overfeat.classes")) {
        described.classes = parseClassLines(*classes);
    }
    if (const auto background = whole("overfeat.background")) {
        described.background = static_cast<std::size_t>(*background);
    }
    described.scores = text("overfeat.scores");
    described.boxes = text("overfeat.boxes");
    described.features = text("overfeat.features");
    described.feature_mean = text("overfeat.feature_mean");
    described.card = cleanCard(text("overfeat.card").value_or(""));
    return described;
}

}  // namespace overfeat::net
