// SPDX-License-Identifier: Apache-2.0
#include "tests/app/video/made_video.h"

#include <cmath>
#include <cstring>
#include <stdexcept>

#include "app/video/ffmpeg.h"
#include "app/video/reader.h"

namespace overfeat::video::test {
namespace {

constexpr double kFps = 25;

// The oldest codecs know but a few rates.
AVRational tickOf(const MadeVideo& video) {
    const bool old = video.codec.starts_with("mpeg1") || video.codec.starts_with("mpeg2");
    return {1, old ? static_cast<int>(kFps) : 1000};
}

void check(bool good, const std::string& what) {
    if (!good) throw std::runtime_error("no video: " + what);
}

FramePointer blank(SizePx size, AVPixelFormat format) {
    FramePointer frame(av_frame_alloc());
    frame->format = format;
    frame->width = size.width;
    frame->height = size.height;
    check(av_frame_get_buffer(frame.get(), 0) >= 0, "memory");
    return frame;
}

// Drawn in RGB and converted, with the colours the video says it has.
FramePointer drawn(const MadePicture& picture, const MadeVideo& video) {
    const FramePointer rgb = blank(picture.size, AV_PIX_FMT_RGBA);
    for (int y = 0; y < picture.size.height; ++y) {
        std::uint8_t* row = rgb->data[0] + std::ptrdiff_t{y} * rgb->linesize[0];
        for (int x = 0; x < picture.size.width; ++x) {
            const bool left = 2 * x < picture.size.width;
            std::memcpy(row, left ? picture.left.data() : picture.right.data(), 3);
            row[3] = left ? 255 : picture.right_alpha;
            row += 4;
        }
    }
    const AVPixelFormat format = av_get_pix_fmt(picture.format.c_str());
    FramePointer frame = blank(picture.size, format);
    const ScalerPointer scaler(
        sws_getContext(picture.size.width, picture.size.height, AV_PIX_FMT_RGBA, picture.size.width,
                       picture.size.height, format, SWS_BICUBIC, nullptr, nullptr, nullptr));
    check(scaler != nullptr, picture.format);
    const int full = video.range == AVCOL_RANGE_JPEG || picture.format.starts_with("yuvj");
    sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(SWS_CS_DEFAULT), 1,
                             sws_getCoefficients(video.colours), full, 0, 1 << 16, 1 << 16);
    sws_scale(scaler.get(), rgb->data, rgb->linesize, 0, picture.size.height, frame->data,
              frame->linesize);
    frame->pts = std::llround(picture.time_s * tickOf(video).den);
    return frame;
}

class Maker {
public:
    Maker(const std::filesystem::path& path, const MadeVideo& video)
        : video_(video), tick_(tickOf(video)) {
        check(avformat_alloc_output_context2(&format_, nullptr, video.container.c_str(),
                                             path.c_str()) >= 0,
              video.container);
        check(avio_open(&format_->pb, path.c_str(), AVIO_FLAG_WRITE) >= 0, path.string());
        stream_ = avformat_new_stream(format_, nullptr);
    }
    ~Maker() {
        avio_closep(&format_->pb);
        avformat_free_context(format_);
    }
    Maker(const Maker&) = delete;
    Maker& operator=(const Maker&) = delete;

    void add(const MadePicture& picture) {
        const AVPixelFormat format = av_get_pix_fmt(picture.format.c_str());
        const bool fits = encoder_ && encoder_->pix_fmt == format &&
                          encoder_->width == picture.size.width &&
                          encoder_->height == picture.size.height;
        if (!fits) {
            if (encoder_) write(nullptr);
            begin(picture.size, format);
        }
        write(drawn(picture, video_));
    }

    void finish() {
        if (encoder_) write(nullptr);
        check(av_write_trailer(format_) >= 0, "trailer");
    }

private:
    void begin(SizePx size, AVPixelFormat format) {
        const AVCodec* codec = avcodec_find_encoder_by_name(video_.codec.c_str());
        check(codec != nullptr, video_.codec);
        encoder_.reset(avcodec_alloc_context3(codec));
        encoder_->width = size.width;
        encoder_->height = size.height;
        encoder_->pix_fmt = format;
        encoder_->time_base = tick_;
        encoder_->framerate = {25, 1};
        encoder_->gop_size = video_.group;
        encoder_->max_b_frames = video_.b_pictures;
        encoder_->thread_count = 1;
        encoder_->bit_rate = 4'000'000;
        encoder_->colorspace = static_cast<AVColorSpace>(video_.colours);
        encoder_->color_range = static_cast<AVColorRange>(video_.range);
        encoder_->sample_aspect_ratio = {video_.pixel_aspect[0], video_.pixel_aspect[1]};
        encoder_->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
        if ((format_->oformat->flags & AVFMT_GLOBALHEADER) != 0) {
            encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
        }
        check(avcodec_open2(encoder_.get(), codec, nullptr) >= 0, video_.codec + " opened");
        if (begun_) return;
        begun_ = true;
        avcodec_parameters_from_context(stream_->codecpar, encoder_.get());
        stream_->sample_aspect_ratio = encoder_->sample_aspect_ratio;
        stream_->time_base = tick_;
        if (video_.matrix) addMatrix();
        check(avformat_write_header(format_, nullptr) >= 0, "header");
    }

    void addMatrix() {
        const std::size_t bytes = sizeof(*video_.matrix);
#if LIBAVCODEC_VERSION_MAJOR >= 61
        AVPacketSideData* side = av_packet_side_data_new(&stream_->codecpar->coded_side_data,
                                                         &stream_->codecpar->nb_coded_side_data,
                                                         AV_PKT_DATA_DISPLAYMATRIX, bytes, 0);
        std::memcpy(side->data, video_.matrix->data(), bytes);
#else
        std::memcpy(av_stream_new_side_data(stream_, AV_PKT_DATA_DISPLAYMATRIX, bytes),
                    video_.matrix->data(), bytes);
#endif
    }

    void write(const FramePointer& frame) {
        check(avcodec_send_frame(encoder_.get(), frame.get()) >= 0, "encoding");
        const PacketPointer packet(av_packet_alloc());
        while (avcodec_receive_packet(encoder_.get(), packet.get()) >= 0) {
            packet->duration = std::llround(tick_.den / kFps);
            av_packet_rescale_ts(packet.get(), tick_, stream_->time_base);
            packet->stream_index = 0;
            check(av_write_frame(format_, packet.get()) >= 0, "writing");
        }
    }

    const MadeVideo& video_;
    AVRational tick_;
    AVFormatContext* format_ = nullptr;
    AVStream* stream_ = nullptr;
    CodecPointer encoder_;
    bool begun_ = false;
};

}  // namespace

std::vector<MadePicture> growing(int count, double fps, SizePx size) {
    std::vector<MadePicture> pictures;
    for (int i = 0; i < count; ++i) {
        const auto value = static_cast<std::uint8_t>(growingBrightness(i));
        pictures.push_back({.size = size,
                            .time_s = i / fps,
                            .left = {value, value, value},
                            .right = {value, value, value}});
    }
    return pictures;
}

int growingBrightness(std::int64_t index) {
    return 20 + 4 * static_cast<int>(index % 50);
}

void makeVideo(const std::filesystem::path& path, const MadeVideo& video) {
    quietFfmpeg();
    Maker maker(path, video);
    for (const MadePicture& picture : video.pictures)
        maker.add(picture);
    maker.finish();
}

}  // namespace overfeat::video::test
