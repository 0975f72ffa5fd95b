// SPDX-License-Identifier: Apache-2.0
#include "app/capture/video_file.h"

#include <string>
#include <utility>
#include <variant>

#include "app/capture/file_bytes.h"
#include "engine/core/error.h"

namespace overfeat::capture {

std::unique_ptr<video::Reader> openVideo(const std::filesystem::path& path,
                                         const std::stop_token& stop) {
    requireFile(path, "video");
    auto result = video::Reader::openFile(path, {.name = shown(path)}, stop);
    if (const auto* refusal = std::get_if<video::Refusal>(&result)) {
        throw Error(ErrorCode::kInput, refusal->sentence, path.string());
    }
    return std::get<std::unique_ptr<video::Reader>>(std::move(result));
}

VideoSummary readVideo(const std::filesystem::path& path, const std::stop_token& stop,
                       const std::function<bool(VideoFrame)>& onFrame) {
    const auto reader = openVideo(path, stop);
    VideoSummary summary;
    for (;;) {
        const video::Outcome outcome = reader->read(stop);
        if (outcome == video::Outcome::kDamaged) continue;
        if (outcome == video::Outcome::kStopped) {
            throw Error(ErrorCode::kCancelled, "Reading " + shown(path) + " was interrupted.");
        }
        if (outcome != video::Outcome::kPicture) {
            if (summary.frames == 0) {
                throw Error(ErrorCode::kInput, noPictureIn(path), path.string());
            }
            summary.truncated = outcome == video::Outcome::kCutOff;
            return summary;
        }
        VideoFrame frame{
            .image = Image(reader->size()), .index = reader->index(), .time_s = reader->time_s()};
        reader->copyTo(frame.image);
        ++summary.frames;
        if (!onFrame(std::move(frame))) return summary;
    }
}

std::string noPictureIn(const std::filesystem::path& path) {
    return "The video " + shown(path) +
           " has no picture that can be decoded; convert it or copy it again.";
}

}  // namespace overfeat::capture
