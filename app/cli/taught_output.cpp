// SPDX-License-Identifier: Apache-2.0
#include "app/cli/taught_output.h"

#include <algorithm>
#include <system_error>

#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

std::size_t negativesOf(const learn::TaughtClass& taught) {
    return static_cast<std::size_t>(
        std::ranges::count_if(taught.captures, &learn::Capture::negative));
}

// What is said of a library that was opened, except that it is read-only: who wants to change it
// is told so anyway.
learn::OpenedLibrary opened(const std::filesystem::path& file, bool read_only, Console& console) {
    learn::OpenedLibrary library = learn::ClassLibrary::open(file, {.read_only = read_only});
    if (!library.notice.empty() && library.notice != library.library->readOnlyBecause())
        note(console, library.notice);
    return library;
}

}  // namespace

learn::OpenedLibrary openToRead(const std::filesystem::path& file, Console& console) {
    return opened(file, true, console);
}

learn::OpenedLibrary openToMake(const std::filesystem::path& file, Console& console) {
    learn::OpenedLibrary library = opened(file, false, console);
    const std::string& why = library.library->readOnlyBecause();
    if (!why.empty()) throw Error(ErrorCode::kInput, why, file.string());
    return library;
}

learn::OpenedLibrary openToChange(const std::filesystem::path& file, Console& console) {
    std::error_code unknown;
    if (!std::filesystem::exists(file, unknown))
        openToRead(file, console);  // says that, and throws
    return openToMake(file, console);
}

const learn::TaughtClass& taughtNamed(const learn::LibraryContent& content,
                                      const std::string& text) {
    if (const learn::TaughtClass* named = content.findNamed(text)) return *named;
    if (const learn::TaughtClass* known = content.find(text)) return *known;
    std::string close;
    int count = 0;
    for (const learn::TaughtClass& one : content.classes) {
        if (count == 5 || one.name.find(text) == std::string::npos) continue;
        close += (count++ == 0 ? "'" : ", '") + one.name + "'";
    }
    throw Error(ErrorCode::kUsage,
                "The class library has no class '" + text + "'" +
                    (close.empty() ? std::string("; 'overfeat classes list' lists them.")
                                   : "; did you mean " + close + "?"),
                text);
}

nlohmann::ordered_json taughtJson(const learn::TaughtClass& taught) {
    const std::size_t negatives = negativesOf(taught);
    nlohmann::ordered_json json{{"id", taught.id},
                                {"label", taught.name},
                                {"captures", taught.captures.size() - negatives},
                                {"negatives", negatives},
                                {"threshold", nullptr},
                                {"enabled", taught.enabled}};
    if (taught.threshold) json["threshold"] = *taught.threshold;
    return json;
}

std::string captureCounts(const learn::TaughtClass& taught) {
    const std::size_t negatives = negativesOf(taught);
    std::string text = counted(taught.captures.size() - negatives, "capture");
    if (negatives > 0) text += " and " + std::to_string(negatives) + " of what it is not";
    return text;
}

std::string counted(std::size_t count, const std::string& thing) {
    return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

}  // namespace overfeat::cli
