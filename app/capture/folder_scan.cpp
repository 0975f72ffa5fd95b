// SPDX-License-Identifier: Apache-2.0
#include "app/capture/folder_scan.h"

#include <string.h>  // strverscmp

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "app/capture/file_bytes.h"
#include "engine/core/error.h"

namespace overfeat::capture {
namespace {

namespace fs = std::filesystem;

bool mayBePicture(const fs::path& name) {
    constexpr std::array<std::string_view, 13> kEndings = {
        ".png", ".jpg",  ".jpeg", ".jpe", ".webp", ".gif", ".bmp",
        ".tif", ".tiff", ".pnm",  ".ppm", ".pgm",  ".pbm"};
    std::string ending = name.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    // Data sets have files without any ending; their content will tell.
    return ending.empty() || std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

[[noreturn]] void refuse(const fs::path& folder, const std::error_code& error) {
    std::string sentence = "The folder " + shown(folder) + " cannot be read (" + error.message() +
                           "); choose another one.";
    if (error == std::errc::no_such_file_or_directory) {
        sentence = "There is no folder " + shown(folder) + "; check the path.";
    } else if (error == std::errc::permission_denied) {
        sentence = "The folder " + shown(folder) +
                   " may not be read by you; change its permissions or choose another one.";
    }
    throw Error(ErrorCode::kInput, sentence, folder.string());
}

}  // namespace

FolderScan::FolderScan(fs::path folder, std::size_t batch)
    : folder_(std::move(folder)), batch_(batch) {
    std::error_code error;
    entries_ = fs::directory_iterator(folder_, error);
    if (error) refuse(folder_, error);
}

bool FolderScan::fill(Clock::time_point deadline, const std::stop_token& stop) {
    std::error_code error;
    const fs::directory_iterator end;
    while (entries_ != end && names_.size() < batch_) {
        if (stop.stop_requested() || Clock::now() >= deadline) return false;
        // is_directory() and is_regular_file() follow links; a circle of links is an error.
        std::error_code broken;
        if (!entries_->is_directory(broken)) {
            const fs::path name = entries_->path().filename();
            if (!broken && mayBePicture(name) && entries_->is_regular_file(broken)) {
                names_.push_back(name);
            } else {
                ++skipped_;
            }
        }
        entries_.increment(error);
        if (error) refuse(folder_, error);
    }
    std::sort(names_.begin(), names_.end(), [](const fs::path& a, const fs::path& b) {
        return ::strverscmp(a.c_str(), b.c_str()) > 0;
    });
    found_ += static_cast<std::int64_t>(names_.size());
    filling_ = false;
    return true;
}

FolderScan::Step FolderScan::next(Clock::time_point deadline, const std::stop_token& stop) {
    if (!filling_ && names_.empty()) {
        if (entries_ == fs::directory_iterator()) return Step::kEnd;
        filling_ = true;
    }
    if (filling_ && !fill(deadline, stop)) return Step::kNotYet;
    if (names_.empty()) return Step::kEnd;
    file_ = folder_ / names_.back();
    names_.pop_back();
    return Step::kFile;
}

std::int64_t FolderScan::length() const noexcept {
    return !filling_ && entries_ == fs::directory_iterator() ? found_ : -1;
}

}  // namespace overfeat::capture
