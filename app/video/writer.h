// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/geometry.h"
#include "engine/core/image.h"

namespace overfeat::video {

// Somebody else's pixels, rows from top to bottom.
struct PixelsView {
    enum class Order { kRgb, kBgrx };  // 3 bytes per pixel; 4, of which the last means nothing
    const std::uint8_t* first = nullptr;
    std::ptrdiff_t row_bytes = 0;
    SizePx size;
    Order order = Order::kRgb;
};
PixelsView pixelsOf(const Image& image);

struct WriteOptions {
    // FFmpeg's names, in order of preference; the first that this machine has and that takes
    // pictures of this size is used.
    std::vector<std::string> encoders = {"libx264", "mpeg4", "mjpeg"};
    int threads = 2;              // of the encoder
    std::optional<double> fps;    // where the rate is steady and known; every picture has its time
    double keyframe_seconds = 2;  // players seek to these
    double fragment_seconds = 0.5;  // what a killed process may lose
};

// Writes pictures into a video file, MP4 or Matroska by the file's name, each at its own time.
//
// What has been written can be played also if the process is killed: an MP4 is written in fragments
// and a Matroska file in clusters, handed to the system at least every `fragment_seconds`.
// All pictures have the size of the first one (plus a column or row where that is odd, as the
// codecs want even sides); later ones of another size are fitted into it, with black bars. The
// colours are BT.709 from 720 lines on and BT.601 below, and the file says so.
//
// Every error is an Error(kRuntime) of one sentence: the file cannot be made, the disk is full, ...
// Afterwards only finish() and the destructor may be called; what was written before stays.
// Threads: one at a time; the encoder has threads of its own.
class Writer {
public:
    // Nothing happens to the file before the first picture; then it is replaced if it exists.
    // Throws Error(kUsage) for a name that isVideoName() does not take.
    explicit Writer(std::filesystem::path path, WriteOptions options = {});
    ~Writer();  // ends the file if finish() has not
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    // The picture that is shown from `time_s` on, counted from anywhere; times that do not grow
    // become a millisecond more than the one before.
    void add(const PixelsView& picture, double time_s);
    // Ends the file; the last picture is shown until `end_s`, or as long as the one before it.
    void finish(std::optional<double> end_s = std::nullopt);

    std::int64_t pictures() const noexcept;  // that were added
    std::int64_t bytes() const noexcept;     // in the file
    double length_s() const noexcept;        // from the first picture to the last one
    std::string codec() const;               // "h264"; empty before the first picture

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

// Whether the name is that of a video that can be written: .mp4 or .mkv, in any case.
bool isVideoName(const std::filesystem::path& path);

}  // namespace overfeat::video
