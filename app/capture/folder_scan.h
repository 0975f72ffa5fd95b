// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <vector>

#include "app/capture/frame_reader.h"

namespace overfeat::capture {

// Walks the picture files of one folder (not of folders in it) without ever holding all names.
//
// Names are read in batches; each batch is sorted the way people count (2 before 10). So a folder
// with up to `batch` pictures is in order as a whole, and one with a million starts at once and
// needs no more memory. Files are judged by their names here: those that end like something else
// are skipped and counted, as are broken links, pipes and devices.
// Threads: none.
class FolderScan {
public:
    static constexpr std::size_t kBatch = 20'000;

    // Throws Error(kInput) if there is no such folder or it may not be read.
    explicit FolderScan(std::filesystem::path folder, std::size_t batch = kBatch);

    enum class Step { kFile, kNotYet, kEnd };
    // Moves on to the next file, or gives up for now at the deadline or a stop request.
    Step next(Clock::time_point deadline, const std::stop_token& stop);
    const std::filesystem::path& file() const noexcept { return file_; }

    // The number of picture files if all are known by now, else -1.
    std::int64_t length() const noexcept;
    std::uint64_t skipped() const noexcept { return skipped_; }

private:
    bool fill(Clock::time_point deadline, const std::stop_token& stop);

    std::filesystem::path folder_;
    std::size_t batch_;
    std::filesystem::directory_iterator entries_;
    std::vector<std::filesystem::path> names_;  // reversed, so that taking one is cheap
    bool filling_ = true;
    std::filesystem::path file_;
    std::int64_t found_ = 0;
    std::uint64_t skipped_ = 0;
};

}  // namespace overfeat::capture
