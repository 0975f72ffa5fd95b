// SPDX-License-Identifier: Apache-2.0
#include "app/capture/source.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "app/capture/camera_reader.h"
#include "app/capture/file_bytes.h"
#include "app/capture/picture_decoder.h"
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

// Pictures are known by their first bytes. Where these tell nothing, the name decides who gets to
// say what is wrong with the file.
SourceKind kindOfFile(const fs::path& path) {
    std::vector<char> head(32);
    std::ifstream file(path, std::ios::binary);
    const auto read = [&](std::size_t from) -> std::span<const std::uint8_t> {
        file.read(head.data() + from, static_cast<std::streamsize>(head.size() - from));
        head.resize(from + static_cast<std::size_t>(file.gcount()));
        return {reinterpret_cast<const std::uint8_t*>(head.data()), head.size()};
    };
    const auto kind = sniffPicture(read(0));
    if (kind == PictureKind::kGif) {
        // Long enough to see whether a second picture follows the first.
        const std::size_t known = head.size();
        head.resize(std::size_t{4} << 20);
        try {
            const PictureDecoder gif(read(known), *kind, Strictness::kCutOff);
            return gif.pictures() > 1 ? SourceKind::kVideo : SourceKind::kPicture;
        } catch (const DecodeFailure&) {
            return SourceKind::kVideo;
        }
    }
    if (kind) return SourceKind::kPicture;
    // The last three are not read, but the one who reads pictures says what to do about them.
    constexpr std::array<std::string_view, 12> kPictureEndings = {".png", ".jpg",  ".jpeg", ".webp",
                                                                  ".bmp", ".tif",  ".tiff", ".ppm",
                                                                  ".pgm", ".heic", ".heif", ".pdf"};
    const std::string ending = lowerCase(path.extension().string());
    const bool named =
        std::find(kPictureEndings.begin(), kPictureEndings.end(), ending) != kPictureEndings.end();
    return named ? SourceKind::kPicture : SourceKind::kVideo;
}

SourceSpec parsePath(const std::string& text) {
    std::error_code error;
    if (fs::is_directory(text, error)) return {SourceKind::kFolder, text};
    requireFile(text, "picture or video");
    return {kindOfFile(text), text};
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

void quietFfmpeg() {
    ::setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);  // FFmpeg's AV_LOG_QUIET
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
