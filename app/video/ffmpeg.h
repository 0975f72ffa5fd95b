// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

// FFmpeg's headers are C without a thought for C++.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

namespace overfeat::video {

struct FreeAv {
    void operator()(AVFrame* frame) const noexcept { av_frame_free(&frame); }
    void operator()(AVPacket* packet) const noexcept { av_packet_free(&packet); }
    void operator()(AVCodecContext* codec) const noexcept { avcodec_free_context(&codec); }
    void operator()(SwsContext* scaler) const noexcept { sws_freeContext(scaler); }
};
using FramePointer = std::unique_ptr<AVFrame, FreeAv>;
using PacketPointer = std::unique_ptr<AVPacket, FreeAv>;
using CodecPointer = std::unique_ptr<AVCodecContext, FreeAv>;
using ScalerPointer = std::unique_ptr<SwsContext, FreeAv>;

class Dictionary {
public:
    Dictionary() = default;
    ~Dictionary() { av_dict_free(&entries_); }
    Dictionary(const Dictionary&) = delete;
    Dictionary& operator=(const Dictionary&) = delete;
    void set(const char* key, const std::string& value) {
        av_dict_set(&entries_, key, value.c_str(), 0);
    }
    AVDictionary** address() noexcept { return &entries_; }

private:
    AVDictionary* entries_ = nullptr;
};

}  // namespace overfeat::video
