// SPDX-License-Identifier: Apache-2.0
#include "app/video/encoder.h"

#include <cmath>
#include <new>
#include <string>

#include "engine/core/error.h"

namespace overfeat::video {
namespace {

constexpr double kUsualFps = 30;
// Quality, on each codec's own scale: hardly to be told from the original, at a fraction of JPEG's
// size with H.264.
constexpr const char* kH264Quality = "23";
constexpr int kMpeg4Quantiser = 3;

CodecPointer opened(const std::string& name, const Canvas& canvas, const WriteOptions& options,
                    bool global_header) {
    const AVCodec* found = avcodec_find_encoder_by_name(name.c_str());
    if (found == nullptr) return nullptr;
    CodecPointer codec(avcodec_alloc_context3(found));
    if (!codec) throw std::bad_alloc();
    codec->width = canvas.size().width;
    codec->height = canvas.size().height;
    codec->pix_fmt = canvas.format();
    codec->time_base = kTick;
    codec->framerate = av_d2q(options.fps.value_or(kUsualFps), 100'000);
    codec->sample_aspect_ratio = {1, 1};
    codec->colorspace = canvas.matrix();
    codec->color_range = canvas.range();
    codec->color_primaries = AVCOL_PRI_BT709;
    codec->color_trc = AVCOL_TRC_BT709;
    codec->chroma_sample_location = AVCHROMA_LOC_LEFT;
    codec->thread_count = options.threads;
    codec->max_b_frames = 0;
    // Keyframes are asked for by time; this only keeps the encoder from its own.
    codec->gop_size = 600;
    if (global_header) codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    Dictionary settings;
    if (found->id == AV_CODEC_ID_H264) {
        settings.set("preset", "superfast");
        settings.set("crf", kH264Quality);
        settings.set("forced-idr", "1");
        settings.set("rc-lookahead", "0");
    } else {
        codec->flags |= AV_CODEC_FLAG_QSCALE;
        codec->global_quality = FF_QP2LAMBDA * kMpeg4Quantiser;
    }
    if (avcodec_open2(codec.get(), found, settings.address()) < 0) return nullptr;
    return codec;
}

bool isMotionJpeg(const std::string& encoder) {
    return encoder == "mjpeg";
}

}  // namespace

Encoder::Encoder(SizePx size, const WriteOptions& options, bool global_header)
    : keyframe_ticks_(std::llround(options.keyframe_seconds / av_q2d(kTick))),
      packet_(av_packet_alloc()) {
    if (!packet_) throw std::bad_alloc();
    for (const std::string& name : options.encoders) {
        canvas_.emplace(size, isMotionJpeg(name));
        codec_ = opened(name, *canvas_, options, global_header);
        if (codec_) return;
    }
    throw Error(ErrorCode::kRuntime,
                "A video of " + std::to_string(size.width) + "x" + std::to_string(size.height) +
                    " pixels cannot be encoded on this machine; choose a smaller picture.");
}

void Encoder::encode(const PixelsView& picture, std::int64_t ticks, const OnPacket& onPacket) {
    submit(canvas_->draw(picture), ticks, onPacket);
}

void Encoder::repeat(std::int64_t ticks, const OnPacket& onPacket) {
    submit(canvas_->last(), ticks, onPacket);
}

void Encoder::drain(const OnPacket& onPacket) {
    send(nullptr, onPacket);
}

void Encoder::submit(AVFrame& frame, std::int64_t ticks, const OnPacket& onPacket) {
    const bool due = !last_keyframe_ || ticks - *last_keyframe_ >= keyframe_ticks_;
    if (due) last_keyframe_ = ticks;
    frame.pict_type = due ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    frame.pts = ticks;
    // What the codec was told counts for no picture; each says it for itself, or gets the finest.
    frame.quality = codec_->global_quality;
    send(&frame, onPacket);
}

void Encoder::send(AVFrame* frame, const OnPacket& onPacket) {
    int answer = avcodec_send_frame(codec_.get(), frame);
    while (answer >= 0) {
        answer = avcodec_receive_packet(codec_.get(), packet_.get());
        if (answer == AVERROR(EAGAIN) || answer == AVERROR_EOF) return;
        if (answer < 0) break;
        onPacket(*packet_);
        av_packet_unref(packet_.get());
    }
    throw Error(ErrorCode::kRuntime, "A picture could not be encoded for the video.");
}

}  // namespace overfeat::video
