// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/api.h"
#include "engine/core/geometry.h"

namespace overfeat {

// An 8-bit RGB picture, rows from top to bottom, 3 bytes per pixel in the order R, G, B, no padding
// between rows. This is the only picture type that crosses between rooms; whoever reads OpenCV's
// BGR converts at that spot (the 2014 demo did not, and classified colour-swapped frames).
class OVERFEAT_API Image {
public:
    Image() = default;
    // A black picture. Throws Error(kInput) for a negative size or one beyond kMaxPixels.
    explicit Image(SizePx size);
    // Takes ownership of `rgb`, which must hold exactly width * height * 3 bytes.
    Image(SizePx size, std::vector<std::uint8_t> rgb);

    // Larger pictures are refused before anything is allocated for them.
    static constexpr std::int64_t kMaxPixels = 100'000'000;

    SizePx size() const noexcept { return size_; }
    int width() const noexcept { return size_.width; }
    int height() const noexcept { return size_.height; }
    bool empty() const noexcept { return size_.empty(); }
    std::size_t rowBytes() const noexcept { return static_cast<std::size_t>(size_.width) * 3; }

    const std::uint8_t* row(int y) const noexcept {
        return rgb_.data() + static_cast<std::size_t>(y) * rowBytes();
    }
    std::uint8_t* row(int y) noexcept {
        return rgb_.data() + static_cast<std::size_t>(y) * rowBytes();
    }
    const std::vector<std::uint8_t>& bytes() const noexcept { return rgb_; }

private:
    SizePx size_;
    std::vector<std::uint8_t> rgb_;
};

// One picture of a source, with when it was taken. Immutable once published, shared by pointer.
struct Frame {
    std::uint64_t id = 0;      // unique and increasing within the process, 0 = none
    std::uint64_t source = 0;  // whose it is: unique within the process; 0 = of none in particular
    std::chrono::steady_clock::time_point captured;
    Image image;
    std::string name;  // file name or camera name, for display; may be empty
    // Of a video, how often somebody had sought in it, or it had begun again, before this one: of
    // what was seen in another passage nothing is said about this one.
    std::uint64_t passage = 0;
    // Index within the source (frame number of a video), or -1 where that has no meaning.
    std::int64_t index = -1;
    // Of a video: the file's own time of this frame, in seconds from its start. Nothing for cameras
    // and stills.
    std::optional<double> media_time_s;
    // A picture of its own, not a moment of a video: what was seen before says nothing about it.
    bool still = false;
};
using FramePtr = std::shared_ptr<const Frame>;

}  // namespace overfeat
