// SPDX-License-Identifier: Apache-2.0
#include "app/live/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "app/video/writer.h"
#include "engine/core/error.h"

namespace overfeat::app {
namespace {

constexpr const char* kDescription =
    "OverFeat Live: shows live what a convnet sees in a camera, video, folder or stream.";
constexpr const char* kFooter =
    "Without --source the last one is opened again, else the first camera, else the demo clip.\n"
    "Headless runs print what they see and end with the source, after --after N frames, or at "
    "Ctrl+C.\n"
    "Exit codes: 0 ok, 1 runtime, 2 usage, 3 input, 4 model, 130 interrupted.";

// Options of QApplication that take a value. They have one dash and long names, which our own
// parser would read as a bundle of letters.
constexpr std::array<std::string_view, 6> kQtOptions{
    "-platform", "-platformtheme", "-style", "-stylesheet", "-display", "-qwindowgeometry"};

// Moves Qt's options from `arguments` to the result.
std::vector<std::string> takeQtOptions(std::vector<std::string>& arguments) {
    std::vector<std::string> taken;
    for (auto it = arguments.begin(); it != arguments.end();) {
        if (std::ranges::find(kQtOptions, *it) == kQtOptions.end() || it + 1 == arguments.end()) {
            ++it;
            continue;
        }
        taken.insert(taken.end(), it, it + 2);
        it = arguments.erase(it, it + 2);
    }
    return taken;
}

std::optional<SizePx> parseSize(const std::string& text) {
    SizePx size;
    const char* end = text.data() + text.size();
    const auto width = std::from_chars(text.data(), end, size.width);
    if (width.ec != std::errc() || width.ptr == end || *width.ptr != 'x') return std::nullopt;
    const auto height = std::from_chars(width.ptr + 1, end, size.height);
    if (height.ec != std::errc() || height.ptr != end) return std::nullopt;
    constexpr int kLargest = 16384;
    if (size.empty() || size.width > kLargest || size.height > kLargest) return std::nullopt;
    return size;
}

ParsedArguments wrongUsage(const std::string& sentence) {
    return {std::nullopt, sentence + " See overfeat-live --help.", exitCode(ErrorCode::kUsage)};
}

}  // namespace

ParsedArguments parseArguments(const std::vector<std::string>& given) {
    Arguments parsed;
    std::vector<std::string> rest = given;
    parsed.qt = takeQtOptions(rest);

    CLI::App app(kDescription, "overfeat-live");
    app.footer(kFooter);
    app.set_version_flag("--version", "overfeat-live " OVERFEAT_VERSION);
    app.add_option("--source,source", parsed.source,
                   "camera:ID, a video, picture or folder, an http(s) or rtsp address, or demo");
    app.add_option(
        "--model", parsed.model,
        "file or name; several, separated by commas, vote (default: the best one that is there)");
    app.add_option("--device", parsed.device,
                   "auto, cpu, a backend (see overfeat devices), or an inference server as "
                   "kserve:HOST:PORT/MODEL or kserve+grpc:HOST:PORT/MODEL");
    app.add_flag("--headless", parsed.headless, "no window: print what is seen");
    app.add_flag("--json", parsed.json, "headless: one JSON object per recognised frame");
    app.add_option("--record", parsed.record, "headless: write an annotated video (.mp4 or .mkv)");
    auto* const library = app.add_option(
        "--library", parsed.library, "headless: also look for what was taught (overfeat teach)");
    app.add_flag("--only-taught", parsed.only_taught, "headless: look for nothing else")
        ->needs(library);
    app.add_option("--screenshot", parsed.screenshot,
                   "save a picture of the window after --after N recognised frames and end");
    app.add_option("--after", parsed.after_frames, "number of recognised frames, see above")
        ->check(CLI::PositiveNumber);
    std::string window;
    app.add_option("--window-size", window, "WIDTHxHEIGHT instead of the remembered size");

    try {
        std::ranges::reverse(rest);  // CLI11 takes its arguments from the back
        app.parse(rest);
    } catch (const CLI::Success&) {  // --help, --version
        const bool version = std::ranges::find(given, "--version") != given.end();
        return {std::nullopt, version ? app.version() + "\n" : app.help(), 0};
    } catch (const CLI::ParseError& error) {
        return wrongUsage(std::string(error.what()) + ".");
    }
    if (!window.empty()) {
        parsed.window = parseSize(window);
        if (!parsed.window) {
            return wrongUsage("--window-size " + window + " is not a size such as 1280x720.");
        }
    }
    if (!parsed.headless && (!parsed.record.empty() || parsed.json)) {
        return wrongUsage("--record and --json need --headless (the window has a record button).");
    }
    if (!parsed.headless && !parsed.library.empty()) {
        return wrongUsage("--library needs --headless (the window has a library of its own).");
    }
    if (!parsed.record.empty() && !video::isVideoName(parsed.record)) {
        return wrongUsage("--record writes .mp4 or .mkv, not '" + parsed.record + "'.");
    }
    if (parsed.headless && !parsed.screenshot.empty()) {
        return wrongUsage("--screenshot needs the window, so it cannot be used with --headless.");
    }
    if (!parsed.headless && parsed.screenshot.empty() && parsed.after_frames > 0) {
        return wrongUsage("--after needs --screenshot or --headless.");
    }
    return {std::move(parsed), {}, 0};
}

}  // namespace overfeat::app
