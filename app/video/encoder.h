// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "app/video/canvas.h"
#include "app/video/ffmpeg.h"
#include "app/video/writer.h"

namespace overfeat::video {

// 1001/24000 of a second and its like are whole numbers of ticks, or nearly; MPEG-4 counts no
// finer.
inline constexpr AVRational kTick{1, 60'000};

// Turns pictures into packets: no picture waits for a later one except on the encoder's threads.
class Encoder {
public:
    // `global_header`: the container wants the codec's headers for itself. Throws Error(kRuntime)
    // if no encoder takes the size.
    Encoder(SizePx size, const WriteOptions& options, bool global_header);

    using OnPacket = std::function<void(AVPacket&)>;
    // `ticks` grows. Throws Error(kRuntime).
    void encode(const PixelsView& picture, std::int64_t ticks, const OnPacket& onPacket);
    // The last picture once more.
    void repeat(std::int64_t ticks, const OnPacket& onPacket);
    void drain(const OnPacket& onPacket);

    const AVCodecContext& context() const noexcept { return *codec_; }

private:
    void send(AVFrame* frame, const OnPacket& onPacket);
    void submit(AVFrame& frame, std::int64_t ticks, const OnPacket& onPacket);

    std::int64_t keyframe_ticks_;
    std::optional<Canvas> canvas_;
    CodecPointer codec_;
    PacketPointer packet_;
    std::optional<std::int64_t> last_keyframe_;
};

}  // namespace overfeat::video
