// SPDX-License-Identifier: Apache-2.0
#include "app/cli/inputs.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <system_error>
#include <utility>

#include "app/capture/file_bytes.h"
#include "app/capture/file_kind.h"
#include "app/capture/video_file.h"
#include "app/cli/read_ahead.h"
#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

namespace fs = std::filesystem;

// Of a network: URL, and no file of that name.
bool isAddress(const std::string& text) {
    const auto colon = text.find("://");
    std::error_code ignored;
    return colon != std::string::npos && colon > 0 &&
           std::ranges::all_of(text.substr(0, colon),
                               [](char c) {
                                   return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                          c == '+';
                               }) &&
           !fs::exists(text, ignored);
}

// What a folder holds, or why that is unknown.
struct Listing {
    FolderFiles files;
    std::exception_ptr problem;
};

// Nothing for what is no folder.
std::optional<Listing> listingOf(const std::string& input, const Console& console) {
    std::error_code ignored;
    if (!fs::is_directory(input, ignored)) return std::nullopt;
    Listing listing;
    try {
        listing.files = filesIn(input, console);
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

    // What input() will come to, for it to be read ahead.
    void expect(const std::string& text, const std::optional<Listing>& folder) {
        if (!folder) {
            if (!isAddress(text)) files_.emplace_back(text);
            return;
        }
        for (const std::string& name : folder->files.names)
            files_.push_back(fs::path(text) / name);
    }

    WalkSummary summary() const noexcept { return {bad_, numbers_}; }

    void input(const std::string& text, const std::optional<Listing>& folder) {
        tryInput([&] {
            if (isAddress(text)) {
                ++numbers_;
                throw Error(ErrorCode::kInput,
                            "'" + text +
                                "' is a network address; this command reads files and folders, "
                                "overfeat-live --source opens streams.",
                            text);
            }
            if (!folder) return file(text);
            if (folder->problem) std::rethrow_exception(folder->problem);
            noteLeftOut(text, folder->files);
            for (const std::string& name : folder->files.names) {
                tryInput([&] { file(fs::path(text) / name); });
            }
        });
    }

private:
    // So that nobody believes all files of a folder were looked at.
    void noteLeftOut(const std::string& folder, const FolderFiles& files) {
        constexpr std::size_t kShown = 5;
        const std::size_t count = files.left_out.size();
        std::string names;
        for (std::size_t i = 0; i < std::min(count, kShown); ++i)
            names += (i > 0 ? ", " : "") + capture::shown(files.left_out[i]);
        if (count > kShown) names += " and " + std::to_string(count - kShown) + " more";
        if (files.names.empty()) {
            throw Error(ErrorCode::kInput,
                        "The folder " + capture::shown(folder) + " holds no pictures or videos" +
                            (names.empty() ? "" : ", only " + names) +
                            "; choose one that does (subfolders are not searched).",
                        folder);
        }
        if (count > 0) {
            note(console_, "Left out of the folder " + capture::shown(folder) +
                               ", being neither pictures nor videos: " + names + ".");
        }
    }

    bool isOver() const noexcept { return options_.most > 0 && handed_ >= options_.most; }

    void hand(const InputFrame& frame) {
        ++handed_;
        on_frame_(frame);
    }

    template <class Work>
    void tryInput(const Work& work) {
        checkStop(console_);
        if (isOver()) return;
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
        ++turn_;
        OpenedFile opened = ahead_.take(path);
        if (!opened.video) {
            const bool is_last = options_.most > 0 && handed_ + 1 >= options_.most;
            if (turn_ < files_.size() && !is_last) ahead_.begin(files_[turn_]);
            if (!opened.remark.empty()) note(console_, opened.remark);
            hand({.file = path.string(),
                  .image = std::move(opened.picture),
                  .number = number,
                  .still = true});
            return;
        }
        std::int64_t taken = 0;
        const auto on_frame = [&](capture::VideoFrame read) {
            if (read.index % options_.every != 0) return true;
            if (taken > 0) number = numbers_++;
            hand({.file = path.string(),
                  .frame = read.index,
                  .time_s = read.time_s,
                  .image = std::move(read.image),
                  .number = number});
            return ++taken != options_.max_frames && !isOver();
        };
        const auto summary = capture::readVideo(path, console_.stop, on_frame);
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
    std::vector<fs::path> files_;
    std::size_t turn_ = 0;  // of the file after the one that is looked at
    ReadAhead ahead_;
    int bad_ = 0;
    std::int64_t numbers_ = 0;
    std::int64_t handed_ = 0;
};

}  // namespace

FolderFiles filesIn(const fs::path& folder, const Console& console) {
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    FolderFiles files;
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        checkStop(console);
        const fs::path& path = entry->path();
        std::error_code ignored;
        if (path.filename().string().starts_with('.') || entry->is_directory(ignored)) continue;
        const bool wanted = capture::isNamedLikeMedia(path) || capture::kindByContent(path);
        (wanted ? files.names : files.left_out).push_back(path.filename());
    }
    if (error) {
        throw Error(ErrorCode::kInput,
                    "The folder " + capture::shown(folder) + " cannot be read (" + error.message() +
                        "); check its permissions.",
                    folder.string());
    }
    std::ranges::sort(files.names);
    std::ranges::sort(files.left_out);
    return files;
}

WalkSummary forEachFrame(const std::vector<std::string>& inputs, const WalkOptions& options,
                         Console& console, const std::function<void(const InputFrame&)>& onFrame) {
    Walk walk(options, console, onFrame);
    // All folders are listed first: what is written into one meanwhile is no input.
    std::vector<std::optional<Listing>> folders;
    folders.reserve(inputs.size());
    for (const std::string& input : inputs) {
        folders.push_back(listingOf(input, console));
        walk.expect(input, folders.back());
    }
    for (std::size_t i = 0; i < inputs.size(); ++i)
        walk.input(inputs[i], folders[i]);
    return walk.summary();
}

bool isSinglePicture(const std::vector<std::string>& inputs) {
    if (inputs.size() != 1) return false;
    std::error_code ignored;
    if (fs::is_directory(inputs.front(), ignored)) return false;
    try {
        return capture::fileKind(inputs.front()) == capture::FileKind::kPicture;
    } catch (const Error&) {
        return true;  // the walk will say what is wrong with it
    }
}

}  // namespace overfeat::cli
