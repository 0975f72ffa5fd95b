// SPDX-License-Identifier: Apache-2.0
#include "app/capture/video_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <string>

#include "app/capture/byte_view.h"
#include "app/capture/file_bytes.h"
#include "app/capture/picture_file.h"
#include "app/capture/pixels.h"
#include "engine/core/error.h"

namespace overfeat::capture {
namespace {

constexpr double kUsualFps = 25;
constexpr double kLongestPause_s = 10;  // a longer gap is a damaged timestamp

// Some bytes at any place of a file that may be larger than memory.
class FileWindow {
public:
    explicit FileWindow(const std::filesystem::path& path) : file_(path, std::ios::binary) {
        file_.seekg(0, std::ios::end);
        size_ = file_ ? static_cast<std::uint64_t>(file_.tellg()) : 0;
    }
    std::uint64_t size() const noexcept { return size_; }
    // The bytes from `offset` on: up to 512, fewer at the end.
    ByteView at(std::uint64_t offset) {
        if (offset >= size_) return ByteView({});
        const auto count = std::min<std::uint64_t>(buffer_.size(), size_ - offset);
        file_.clear();
        file_.seekg(static_cast<std::streamoff>(offset));
        file_.read(buffer_.data(), static_cast<std::streamsize>(count));
        if (!file_) return ByteView({});
        return ByteView({reinterpret_cast<const std::uint8_t*>(buffer_.data()),
                         static_cast<std::size_t>(count)});
    }

private:
    std::ifstream file_;
    std::uint64_t size_ = 0;
    std::array<char, 512> buffer_{};
};

bool aviIsCut(FileWindow& file) {
    for (std::uint64_t chunk = 0; chunk < file.size();) {
        ByteView head = file.at(chunk);
        if (!head.has(0, "RIFF")) return false;  // something appended
        const std::uint64_t length = head.little(4, 4);
        if (length == 0) return true;  // the writer never came back to fill it in
        chunk += 8 + length;
        if (chunk > file.size()) return true;
        chunk += length & 1U;
    }
    return false;
}

bool mp4IsCut(FileWindow& file) {
    for (std::uint64_t box = 0; box < file.size();) {
        ByteView head = file.at(box);
        std::uint64_t length = head.big(0, 4);
        if (length == 1) length = std::uint64_t{head.big(8, 4)} << 32 | head.big(12, 4);
        if (length == 0) return false;  // "until the end"
        if (head.overrun() || length < 8 || length > file.size() - box) return true;
        box += length;
    }
    return false;
}

bool matroskaIsCut(FileWindow& file) {
    // An EBML number: the position of the first 1 bit tells its length.
    const auto number = [](ByteView& view, std::uint64_t& offset, bool& unknown) {
        const std::uint32_t first = view.byte(offset);
        int count = 1;
        while (count <= 8 && (first & (0x100U >> count)) == 0)
            ++count;
        std::uint64_t value = first & ((0x100U >> count) - 1);
        for (int i = 1; i < count && i < 8; ++i) {
            value = value << 8 | view.byte(offset + static_cast<std::uint64_t>(i));
        }
        unknown = count > 8 || value == (std::uint64_t{1} << (7 * count)) - 1;
        offset += static_cast<std::uint64_t>(count);
        return value;
    };
    bool unknown = false;
    std::uint64_t offset = 4;
    ByteView head = file.at(0);
    const std::uint64_t header_bytes = number(head, offset, unknown);
    const std::uint64_t segment = offset + header_bytes;
    if (unknown || segment > file.size()) return true;
    ByteView body = file.at(segment);
    if (!body.has(0, "\x18\x53\x80\x67")) return false;
    offset = 4;
    const std::uint64_t length = number(body, offset, unknown);
    if (unknown) return false;  // live recordings do not know their length
    return segment + offset > file.size() || length > file.size() - segment - offset;
}

bool gifIsCut(FileWindow& file) {
    ByteView tail = file.at(file.size() - std::min<std::uint64_t>(file.size(), 64));
    std::uint64_t last = tail.size();
    while (last > 0 && tail.byte(last - 1) == 0)
        --last;  // padding
    return last == 0 || tail.byte(last - 1) != 0x3B;
}

// FFmpeg renders text files as moving letters and follows playlists to anywhere; neither is a video
// somebody meant to open.
bool isText(const std::filesystem::path& path) {
    FileWindow file(path);
    ByteView head = file.at(0);
    if (head.has(0, "YUV4MPEG2")) return false;
    std::uint64_t beyond_ascii = 0;  // letters of other languages, or no text at all
    for (std::uint64_t i = 0; i < head.size(); ++i) {
        const std::uint32_t c = head.byte(i);
        if (c >= 0x80) ++beyond_ascii;
        if (c == 0 || c == 0x7F || (c < 0x20 && c != '\n' && c != '\r' && c != '\t')) return false;
    }
    return beyond_ascii * 4 < head.size();
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& sentence) {
    throw Error(ErrorCode::kInput, sentence, path.string());
}

}  // namespace

bool isCutOff(const std::filesystem::path& path) {
    FileWindow file(path);
    ByteView head = file.at(0);
    if (head.has(0, "RIFF") && head.has(8, "AVI ")) return aviIsCut(file);
    if (head.has(4, "ftyp")) return mp4IsCut(file);
    if (head.has(0, "\x1A\x45\xDF\xA3")) return matroskaIsCut(file);
    if (head.has(0, "GIF8")) return gifIsCut(file);
    return false;
}

VideoFile::VideoFile(const std::filesystem::path& path) {
    requireFile(path, "video");
    if (isText(path)) refuse(path, shown(path) + " is a text file, not a video; choose a video.");
    quietDecoders();
    // An absolute path cannot be mistaken for a protocol ("http:...").
    if (!decoder_.open(std::filesystem::absolute(path).string(), cv::CAP_FFMPEG)) {
        if (isCutOff(path)) {
            refuse(path, "The video " + shown(path) +
                             " is cut off and its index is missing; copy or download it again.");
        }
        refuse(path, "The file " + shown(path) +
                         " is not a video this program can play; convert it, for example to MP4 "
                         "with H.264.");
    }
    fps_ = decoder_.get(cv::CAP_PROP_FPS);
    if (!std::isfinite(fps_) || fps_ <= 0 || fps_ > 1000) fps_ = kUsualFps;
    const double count = decoder_.get(cv::CAP_PROP_FRAME_COUNT);
    if (std::isfinite(count) && count > 0 && count < 1e12) {
        length_ = static_cast<std::int64_t>(count);
    }
    size_ = {static_cast<int>(decoder_.get(cv::CAP_PROP_FRAME_WIDTH)),
             static_cast<int>(decoder_.get(cv::CAP_PROP_FRAME_HEIGHT))};
}

bool VideoFile::next() {
    if (!decoder_.read(bgr_) || bgr_.empty()) return false;
    const double stamp = decoder_.get(cv::CAP_PROP_POS_MSEC) / 1000;
    if (!started_) {
        time_s_ = 0;
        started_ = true;
    } else if (std::isfinite(stamp) && stamp > time_s_ && stamp < time_s_ + kLongestPause_s) {
        time_s_ = stamp;
    } else {
        time_s_ += period_s();
    }
    return true;
}

VideoSummary readVideo(const std::filesystem::path& path,
                       const std::function<bool(Image, std::int64_t index)>& onFrame) {
    VideoFile video(path);
    VideoSummary summary{.frames = 0, .truncated = false, .fps = video.fps()};
    bool wanted = true;
    while (wanted && video.next())
        wanted = onFrame(toImage(video.bgr()), summary.frames++);
    if (summary.frames == 0) {
        refuse(path, "The video " + shown(path) +
                         " has no picture that can be decoded; convert it or copy it again.");
    }
    // Somebody who stops early has not seen the end.
    summary.truncated = wanted && isCutOff(path);
    return summary;
}

}  // namespace overfeat::capture
