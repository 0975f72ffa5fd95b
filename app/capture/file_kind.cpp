// SPDX-License-Identifier: Apache-2.0
#include "app/capture/file_kind.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "app/capture/file_bytes.h"
#include "app/capture/picture_kind.h"
#include "app/capture/video_file.h"
#include "app/video/reader.h"
#include "engine/core/error.h"

namespace overfeat::capture {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

// The last ones are not read, but the one who reads pictures says what to do about them.
constexpr std::array kPictureEndings = {".bmp"sv,  ".dib"sv,  ".gif"sv,  ".jp2"sv,  ".jpe"sv,
                                        ".jpeg"sv, ".jpg"sv,  ".pbm"sv,  ".pgm"sv,  ".png"sv,
                                        ".pnm"sv,  ".ppm"sv,  ".tif"sv,  ".tiff"sv, ".webp"sv,
                                        ".avif"sv, ".heic"sv, ".heif"sv, ".pdf"sv};
constexpr std::array kVideoEndings = {".3gp"sv, ".avi"sv, ".flv"sv, ".m2ts"sv, ".m4v"sv,
                                      ".mkv"sv, ".mov"sv, ".mp4"sv, ".mpeg"sv, ".mpg"sv,
                                      ".mts"sv, ".ogv"sv, ".ts"sv,  ".webm"sv, ".wmv"sv};
constexpr std::size_t kSniffBytes = 32;
constexpr std::size_t kHeadBytes = 4 << 20;
constexpr std::size_t kPicturesInside = 64 << 10;  // are announced this early

std::string ending(const fs::path& path) {
    std::string text = path.extension().string();
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

bool isNamedLikePicture(const fs::path& path) {
    return std::ranges::find(kPictureEndings, ending(path)) != kPictureEndings.end();
}

bool isNamedLikeVideo(const fs::path& path) {
    return std::ranges::find(kVideoEndings, ending(path)) != kVideoEndings.end();
}

std::string head(const fs::path& path, std::size_t most) {
    std::string bytes(most, '\0');
    std::ifstream file(path, std::ios::binary);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    return bytes;
}

std::span<const std::uint8_t> asBytes(const std::string& bytes) {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

// Whether there are `count` pictures of one size. Sizes that differ are a photo with a smaller
// copy.
bool hasPictures(const fs::path& path, int count) {
    try {
        const auto reader = openVideo(path, {});
        SizePx first;
        for (int i = 0; i < count; ++i) {
            if (reader->read({}) != video::Outcome::kPicture) return false;
            if (i == 0) first = reader->size();
            if (reader->size() != first) return false;
        }
        return true;
    } catch (const Error&) {
        return false;
    }
}

// Whether a file of this kind, which usually is one picture, is several that follow each other.
bool moves(const fs::path& path, PictureKind kind) {
    if (kind == PictureKind::kGif) return hasPictures(path, 2);
    if (kind == PictureKind::kPng) {
        return video::containerOf(path) == "apng" && hasPictures(path, 2);
    }
    if (kind != PictureKind::kJpeg) return false;
    // The end of a picture and the start of another. A JPEG may hold other pictures behind the one
    // to be shown, too (CIPA DC-007): the other eye's, a larger one, a map of its brightness.
    const std::string bytes = head(path, kHeadBytes);
    if (bytes.find("\xFF\xD9\xFF\xD8\xFF"sv) == bytes.npos) return false;
    const bool photo = bytes.find("MPF\0"sv) < kPicturesInside;
    return !photo && hasPictures(path, 3);
}

}  // namespace

std::optional<FileKind> kindByContent(const fs::path& path) {
    std::error_code unreadable;
    if (!fs::is_regular_file(path, unreadable)) return std::nullopt;
    const std::string bytes = head(path, kSniffBytes);
    const auto kind = sniffPicture(asBytes(bytes));
    if (kind) return moves(path, *kind) ? FileKind::kVideo : FileKind::kPicture;
    return video::containerOf(path) ? std::optional(FileKind::kVideo) : std::nullopt;
}

FileKind fileKind(const fs::path& path) {
    requireFile(path, "picture or video");
    if (const auto kind = kindByContent(path)) return *kind;
    // Neither: the name decides who explains what is wrong; without one, who knows what it is.
    if (isNamedLikePicture(path)) return FileKind::kPicture;
    const bool unread = !nameOfUnread(asBytes(head(path, kSniffBytes))).empty();
    return unread && !isNamedLikeVideo(path) ? FileKind::kPicture : FileKind::kVideo;
}

bool isNamedLikeMedia(const fs::path& path) {
    return isNamedLikePicture(path) || isNamedLikeVideo(path);
}

}  // namespace overfeat::capture
