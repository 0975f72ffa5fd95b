// SPDX-License-Identifier: Apache-2.0
#include "tests/app/video/played.h"

#include "app/video/ffmpeg.h"

namespace overfeat::video::test {
namespace {

struct CloseInput {
    void operator()(AVFormatContext* format) const noexcept { avformat_close_input(&format); }
};

Image shown(const AVFrame& frame) {
    Image image(SizePx{frame.width, frame.height});
    const ScalerPointer scaler(sws_getContext(
        frame.width, frame.height, static_cast<AVPixelFormat>(frame.format), frame.width,
        frame.height, AV_PIX_FMT_RGB24, SWS_BICUBIC | SWS_ACCURATE_RND, nullptr, nullptr, nullptr));
    const bool hd = frame.colorspace == AVCOL_SPC_BT709;
    const int* table = sws_getCoefficients(hd ? SWS_CS_ITU709 : SWS_CS_ITU601);
    sws_setColorspaceDetails(scaler.get(), table, frame.color_range == AVCOL_RANGE_JPEG ? 1 : 0,
                             table, 1, 0, 1 << 16, 1 << 16);
    // With room for what the converter writes beyond a row.
    const std::size_t stride = image.rowBytes() + 64;
    std::vector<std::uint8_t> rows(stride * static_cast<std::size_t>(frame.height));
    std::uint8_t* first = rows.data();
    const int line = static_cast<int>(stride);
    sws_scale(scaler.get(), frame.data, frame.linesize, 0, frame.height, &first, &line);
    for (int y = 0; y < frame.height; ++y) {
        const std::uint8_t* row = rows.data() + static_cast<std::size_t>(y) * stride;
        std::copy(row, row + image.rowBytes(), image.row(y));
    }
    return image;
}

}  // namespace

Played play(const std::filesystem::path& file) {
    Played played;
    AVFormatContext* opened = nullptr;
    if (avformat_open_input(&opened, file.c_str(), nullptr, nullptr) < 0) return played;
    const std::unique_ptr<AVFormatContext, CloseInput> format(opened);
    if (avformat_find_stream_info(opened, nullptr) < 0 || opened->nb_streams != 1) return played;
    const AVStream& stream = *opened->streams[0];
    const AVCodec* decoder = avcodec_find_decoder(stream.codecpar->codec_id);
    const CodecPointer codec(avcodec_alloc_context3(decoder));
    avcodec_parameters_to_context(codec.get(), stream.codecpar);
    if (avcodec_open2(codec.get(), decoder, nullptr) < 0) return played;
    played.codec = avcodec_get_name(stream.codecpar->codec_id);
    const char* matrix = av_color_space_name(stream.codecpar->color_space);
    played.matrix = matrix == nullptr ? "" : matrix;
    played.duration_s = static_cast<double>(opened->duration) / AV_TIME_BASE;
    const PacketPointer packet(av_packet_alloc());
    const FramePointer frame(av_frame_alloc());
    for (bool more = true; more;) {
        more = av_read_frame(opened, packet.get()) >= 0;
        avcodec_send_packet(codec.get(), more ? packet.get() : nullptr);
        av_packet_unref(packet.get());
        while (avcodec_receive_frame(codec.get(), frame.get()) >= 0) {
            const double time_s =
                static_cast<double>(frame->best_effort_timestamp) * av_q2d(stream.time_base);
            played.pictures.push_back(
                {time_s, frame->pict_type == AV_PICTURE_TYPE_I, shown(*frame)});
        }
    }
    return played;
}

}  // namespace overfeat::video::test
