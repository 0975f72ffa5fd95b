// SPDX-License-Identifier: Apache-2.0
#include "app/cli/inputs.h"

#include <algorithm>
#include <array>
#include <exception>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "app/capture/file_bytes.h"
#include "app/capture/picture_file.h"
#include "app/capture/picture_kind.h"
#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 14> kPictureExtensions{
    ".jpg",  ".jpeg", ".jpe", ".png", ".bmp", ".webp", ".tif",
    ".tiff", ".ppm",  ".pgm", ".pbm", ".pnm", ".jp2",  ".dib"};
constexpr std::array<std::string_view, 14> kVideoExtensions{
    ".mp4",  ".mkv", ".avi", ".mov", ".webm", ".m4v", ".mpg",
    ".mpeg", ".gif", ".ogv", ".wmv", ".ts",   ".flv", ".3gp"};

std::optional<FileKind> kindByExtension(const fs::path& path) {
    std::string extension = path.extension().string();
    std::ranges::transform(extension, extension.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (std::ranges::count(kPictureExtensions, extension) > 0) return FileKind::kPicture;
    if (std::ranges::count(kVideoExtensions, extension) > 0) return FileKind::kVideo;
    return std::nullopt;
}

std::optional<FileKind> kindByContent(std::string_view start) {
    using namespace std::string_view_literals;
    const auto hasAt = [&](std::size_t at, std::string_view text) {
        return start.size() >= at + text.size() && start.substr(at, text.size()) == text;
    };
    if (hasAt(0, "\x1A\x45\xDF\xA3"sv) || hasAt(4, "ftyp"sv) || hasAt(0, "GIF8"sv) ||
        hasAt(0, "\0\0\1\xBA"sv) || hasAt(0, "OggS"sv) || hasAt(0, "FLV\1"sv) ||
        (hasAt(0, "RIFF"sv) && hasAt(8, "AVI "sv))) {
        return FileKind::kVideo;
    }
    const auto picture =
        capture::sniffPicture({reinterpret_cast<const std::uint8_t*>(start.data()), start.size()});
    return picture ? std::optional(FileKind::kPicture) : std::nullopt;
}

bool isUrl(const std::string& text) {
    const auto colon = text.find("://");
    return colon != std::string::npos && colon > 0 &&
           std::ranges::all_of(text.substr(0, colon), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+';
           });
}

// What a folder holds, or why that is unknown.
struct Listing {
    std::vector<std::string> names;
    std::exception_ptr problem;
};

// Nothing for what is no folder.
std::optional<Listing> listingOf(const std::string& input, const Console& console) {
    std::error_code ignored;
    if (!fs::is_directory(input, ignored)) return std::nullopt;
    Listing listing;
    try {
        listing.names = filesIn(input, console);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::kInput) throw;
        listing.problem = std::current_exception();  // reported when its turn comes
    }
    return listing;
}

class Walk {
public:
    Walk(const WalkOptions& options, Console& console,
         const std::function<void(const InputFrame&)>& on_frame)
        : options_(options), console_(console), on_frame_(on_frame) {}

    WalkSummary summary() const noexcept { return {bad_, numbers_}; }

    void input(const std::string& text, const std::optional<Listing>& folder) {
        tryInput([&] {
            std::error_code ignored;
            if (isUrl(text) && !fs::exists(text, ignored)) {
                ++numbers_;
                throw Error(ErrorCode::kInput,
                            "'" + text +
                                "' is a network address; this command reads files and folders, "
                                "overfeat-live --source opens streams.",
                            text);
            }
            if (!folder) return file(text);
            if (folder->problem) std::rethrow_exception(folder->problem);
            for (const std::string& name : folder->names) {
                tryInput([&] { file(fs::path(text) / name); });
            }
        });
    }

private:
    template <class Work>
    void tryInput(const Work& work) {
        checkStop(console_);
        try {
            work();
        } catch (const Error& error) {
            if (error.code() != ErrorCode::kInput) throw;
            note(console_, error.what());
            ++bad_;
        }
    }

    void file(const fs::path& path) {
        std::int64_t number = numbers_++;  // before anything can fail
        if (fileKind(path) == FileKind::kPicture) {
            on_frame_({.file = path.string(),
                       .image = capture::readPicture(path),
                       .number = number,
                       .still = true});
            return;
        }
        std::int64_t taken = 0;
        const auto summary = capture::readVideo(path, [&](Image image, std::int64_t index) {
            checkStop(console_);
            if (index % options_.every != 0) return true;
            if (taken > 0) number = numbers_++;
            on_frame_({.file = path.string(),
                       .frame = index,
                       .image = std::move(image),
                       .number = number});
            return ++taken != options_.max_frames;
        });
        if (summary.truncated) {
            throw Error(ErrorCode::kInput,
                        capture::shown(path) + " ends in the middle of a frame after " +
                            std::to_string(summary.frames) +
                            " good ones, which were used; copy or record the file again.",
                        path.string());
        }
    }

    const WalkOptions& options_;
    Console& console_;
    const std::function<void(const InputFrame&)>& on_frame_;
    int bad_ = 0;
    std::int64_t numbers_ = 0;
};

}  // namespace

FileKind fileKind(const fs::path& path) {
    capture::requireFile(path, "picture or video");
    std::ifstream stream(path, std::ios::binary);
    std::array<char, 16> start{};
    stream.read(start.data(), start.size());
    const std::string_view bytes(start.data(), static_cast<std::size_t>(stream.gcount()));
    if (const auto kind = kindByContent(bytes)) return *kind;
    return kindByExtension(path).value_or(FileKind::kPicture);
}

std::vector<std::string> filesIn(const fs::path& folder, const Console& console) {
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    std::vector<std::string> files;
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        checkStop(console);
        const fs::path& path = entry->path();
        if (path.filename().string().starts_with('.') || !kindByExtension(path)) continue;
        std::error_code ignored;
        if (!entry->is_directory(ignored)) files.push_back(path.filename());
    }
    if (error) {
        throw Error(ErrorCode::kInput,
                    "The folder " + capture::shown(folder) + " cannot be read (" + error.message() +
                        "); check its permissions.",
                    folder.string());
    }
    if (files.empty()) {
        throw Error(ErrorCode::kInput,
                    "The folder " + capture::shown(folder) +
                        " holds no pictures or videos; choose one that does (subfolders are not "
                        "searched).",
                    folder.string());
    }
    std::ranges::sort(files);
    return files;
}

WalkSummary forEachFrame(const std::vector<std::string>& inputs, const WalkOptions& options,
                         Console& console, const std::function<void(const InputFrame&)>& onFrame) {
    Walk walk(options, console, onFrame);
    // All folders are listed first: what is written into one meanwhile is no input.
    std::vector<std::optional<Listing>> folders;
    folders.reserve(inputs.size());
    for (const std::string& input : inputs)
        folders.push_back(listingOf(input, console));
    for (std::size_t i = 0; i < inputs.size(); ++i)
        walk.input(inputs[i], folders[i]);
    return walk.summary();
}

bool isSinglePicture(const std::vector<std::string>& inputs) {
    if (inputs.size() != 1) return false;
    std::error_code ignored;
    if (fs::is_directory(inputs.front(), ignored)) return false;
    try {
        return fileKind(inputs.front()) == FileKind::kPicture;
    } catch (const Error&) {
        return true;  // the walk will say what is wrong with it
    }
}

}  // namespace overfeat::cli
