// SPDX-License-Identifier: Apache-2.0
#include "app/capture/source.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <system_error>

#include "app/capture/camera_reader.h"
#include "app/capture/file_kind.h"
#include "app/capture/pixels.h"
#include "app/capture/readers.h"
#include "app/capture/running_source.h"
#include "engine/core/error.h"
#include "engine/core/label_set.h"

namespace overfeat::capture {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr auto kCameraPrefix = "camera:"sv;
constexpr double kStreamTimeout_s = 5;

std::string lowerCase(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// The part before "://" in lower case, or nothing.
std::string scheme(const std::string& text) {
    const std::size_t end = text.find("://");
    if (end == std::string::npos || end == 0) return {};
    const bool plain = std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end),
                                   [](unsigned char c) { return std::isalnum(c) != 0; });
    return plain ? lowerCase(text.substr(0, end)) : std::string();
}

// file:///a%20b, as dropped onto windows, to /a b.
std::string pathOfFileUrl(const std::string& url) {
    std::string path;
    for (std::size_t i = url.find('/', "file://"sv.size()); i < url.size(); ++i) {
        const bool coded = url[i] == '%' && i + 2 < url.size() &&
                           std::isxdigit(static_cast<unsigned char>(url[i + 1])) != 0 &&
                           std::isxdigit(static_cast<unsigned char>(url[i + 2])) != 0;
        path += coded ? static_cast<char>(std::stoi(url.substr(i + 1, 2), nullptr, 16)) : url[i];
        if (coded) i += 2;
    }
    return path;
}

SourceSpec parsePath(const std::string& text) {
    std::error_code error;
    if (fs::is_directory(text, error)) return {SourceKind::kFolder, text};
    const bool picture = fileKind(text) == FileKind::kPicture;
    return {picture ? SourceKind::kPicture : SourceKind::kVideo, text};
}

SourceSpec parseUrl(const std::string& url, const std::string& url_scheme) {
    if (url_scheme == "file") return parsePath(pathOfFileUrl(url));
    if (url_scheme != "http" && url_scheme != "https" && url_scheme != "rtsp") {
        throw Error(ErrorCode::kInput,
                    "Addresses that begin with '" + url_scheme +
                        "://' cannot be opened; use http, https or rtsp.",
                    shownUrl(url));
    }
    if (url.size() == url_scheme.size() + 3) {
        throw Error(ErrorCode::kInput, "The address '" + url + "' names no server; complete it.");
    }
    // FFmpeg knows its protocols in lower case only.
    return {SourceKind::kStream, url_scheme + url.substr(url_scheme.size())};
}

}  // namespace

SourceSpec parseSource(const std::string& text) {
    if (text.empty()) {
        throw Error(ErrorCode::kInput,
                    "No source was named; give a camera, a file, a folder, an address or 'demo'.");
    }
    if (text == "demo") return {SourceKind::kDemo, {}};
    if (text == "camera") return {SourceKind::kCamera, {}};
    if (text.starts_with(kCameraPrefix)) {
        return {SourceKind::kCamera, text.substr(kCameraPrefix.size())};
    }
    if (text.starts_with("/dev/video")) return {SourceKind::kCamera, text};
    const std::string url_scheme = scheme(text);
    return url_scheme.empty() ? parsePath(text) : parseUrl(text, url_scheme);
}

std::unique_ptr<Source> openSource(const SourceSpec& spec, const SourceOptions& options,
                                   FrameSink sink) {
    quietDecoders();
    std::unique_ptr<FrameReader> reader;
    std::string name = sanitisedLabel(fs::path(spec.target).filename().string());
    switch (spec.kind) {
        case SourceKind::kCamera:
            reader = makeCameraReader(spec.target, options, systemCameras());
            name = spec.target.empty() ? "camera" : name;
            break;
        case SourceKind::kVideo:
            reader = makeVideoReader(spec.target, options.loop);
            break;
        case SourceKind::kPicture:
            reader = makePictureReader(spec.target);
            break;
        case SourceKind::kFolder:
            reader = makeFolderReader(spec.target, options.loop, options.picture_seconds);
            break;
        case SourceKind::kStream:
            reader = makeStreamReader(spec.target, options.loop, kStreamTimeout_s);
            name = shownUrl(spec.target);
            break;
        case SourceKind::kDemo:
            reader = makeDemoReader(options.demo_clip, options.loop);
            name = "Demo";
            break;
    }
    return runSource(spec, options, std::move(name), std::move(reader), std::move(sink));
}

}  // namespace overfeat::capture
