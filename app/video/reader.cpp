// SPDX-License-Identifier: Apache-2.0
#include "app/video/reader.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

#include "app/video/converter.h"
#include "app/video/ffmpeg.h"
#include "app/video/input.h"
#include "engine/core/error.h"

namespace overfeat::video {
namespace {

constexpr double kUsualFps = 25;
constexpr unsigned kMostThreads = 8;    // each holds pictures of its own
constexpr double kSameTime_s = 0.0005;  // times that were written down are rounded
// The number of frames and the length are estimates in some containers.
constexpr double kAsGoodAsAll = 0.9;
constexpr double kFirstStepBack_s = 1;
// A time that goes back further is that of another recording which follows in the same file.
constexpr double kNewClock_s = 0.2;

double nominalFps(AVFormatContext& format, AVStream& stream) {
    const double fps = av_q2d(av_guess_frame_rate(&format, &stream, nullptr));
    return std::isfinite(fps) && fps > 0 && fps <= 1000 ? fps : kUsualFps;
}

const std::int32_t* streamMatrix(const AVStream& stream) {
    const std::uint8_t* data = nullptr;
#if LIBAVCODEC_VERSION_MAJOR >= 61
    const AVPacketSideData* side =
        av_packet_side_data_get(stream.codecpar->coded_side_data,
                                stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    if (side != nullptr && side->size >= 9 * sizeof(std::int32_t)) data = side->data;
#else
    std::size_t bytes = 0;
    data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &bytes);
    if (bytes < 9 * sizeof(std::int32_t)) data = nullptr;
#endif
    return reinterpret_cast<const std::int32_t*>(data);
}

std::int64_t durationOf(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_MAJOR >= 58
    return frame.duration;
#else
    return frame.pkt_duration;
#endif
}

// A picture that belongs to a song is none; of several videos the one the file prefers.
int chosenStream(AVFormatContext& format) {
    bool any = false;
    for (unsigned i = 0; i < format.nb_streams; ++i) {
        AVStream& stream = *format.streams[i];
        const bool cover = (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
        any = any || (stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO && !cover);
    }
    return any ? av_find_best_stream(&format, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0) : -1;
}

struct Picture {
    FramePointer frame;
    double time_s = 0;
    double period_s = 0;
    std::int64_t index = 0;
};

}  // namespace

class Reader::Implementation {
public:
    Implementation(std::filesystem::path path, std::string url, ReadOptions options)
        : path_(std::move(path)), url_(std::move(url)), options_(std::move(options)) {
        for (Picture* picture : {&current_, &next_})
            picture->frame.reset(av_frame_alloc());
        packet_.reset(av_packet_alloc());
        if (!current_.frame || !next_.frame || !packet_) {
            throw Error(ErrorCode::kRuntime, "There is not enough memory to read a video.");
        }
    }

    std::optional<Refusal> open(const std::stop_token& stop) {
        input_.emplace(options_.timeout_s);
        auto refusal = url_.empty() ? input_->openFile(path_, options_, stop)
                                    : input_->openUrl(url_, options_, stop);
        if (!refusal) refusal = openDecoder();
        if (refusal) input_.reset();
        return refusal;
    }

    const Facts& facts() const noexcept { return facts_; }
    const Picture& current() const noexcept { return current_; }

    Outcome read(const std::stop_token& stop) {
        Outcome outcome = Outcome::kPicture;
        if (limit_s_) {
            outcome = readAt(stop);
        } else if (has_next_) {
            std::swap(current_, next_);
            has_next_ = false;
        } else {
            outcome = decode(current_, stop);
        }
        has_current_ = has_current_ || outcome == Outcome::kPicture;
        if (outcome == Outcome::kPicture) {
            turn_ = turnOf(matrixOf(*current_.frame));
            size_ = shownSize({current_.frame->width, current_.frame->height},
                              pixelAspect(current_.frame.get()), turn_);
        }
        return outcome;
    }

    SizePx size() const noexcept { return size_; }
    void copyTo(Image& image) {
        if (image.size() != size_) {
            throw Error(ErrorCode::kRuntime, "A picture is to be copied into one of another size.");
        }
        converter_.convert(*current_.frame, turn_, image);
    }

    void seek(double time_s) {
        limit_s_ = std::max(0.0, time_s) + kSameTime_s;
        wanted_index_.reset();
    }

    void seekBack() {
        if (!has_current_) return;
        wanted_index_ = std::max<std::int64_t>(0, current_.index - 1);
        limit_s_ = std::max(0.0, current_.time_s - std::min(kSameTime_s, current_.period_s / 2));
    }

private:
    std::optional<Refusal> openDecoder() {
        AVFormatContext& format = input_->format();
        const int chosen = chosenStream(format);
        if (chosen < 0) {
            return Refusal{options_.name + " holds no video, only sound or data; choose a video."};
        }
        stream_ = format.streams[chosen];
        const AVCodecParameters& about = *stream_->codecpar;
        const AVCodec* decoder = avcodec_find_decoder(about.codec_id);
        CodecPointer codec(decoder != nullptr ? avcodec_alloc_context3(decoder) : nullptr);
        bool usable = codec && avcodec_parameters_to_context(codec.get(), &about) >= 0;
        if (usable) {
            const bool live = input_->endless();
            codec->pkt_timebase = stream_->time_base;
            codec->max_pixels = Image::kMaxPixels;
            codec->thread_count =
                static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads));
            // Decoding several pictures at a time gives each of them later.
            codec->thread_type = live ? FF_THREAD_SLICE : FF_THREAD_FRAME | FF_THREAD_SLICE;
            usable = avcodec_open2(codec.get(), decoder, nullptr) >= 0;
        }
        if (!usable) {
            return Refusal{"The video " + options_.name + " is coded as '" +
                           avcodec_get_name(about.codec_id) +
                           "', which this program cannot decode; convert it, for example to MP4 "
                           "with H.264."};
        }
        codec_ = std::move(codec);
        const AVCodecDescriptor* kind = avcodec_descriptor_get(about.codec_id);
        pictures_alone_ = kind != nullptr && (kind->props & AV_CODEC_PROP_INTRA_ONLY) != 0;
        // Sound is read along, because it tells where a file ends.
        for (unsigned i = 0; i < format.nb_streams; ++i) {
            const AVMediaType type = format.streams[i]->codecpar->codec_type;
            const bool sound = type == AVMEDIA_TYPE_AUDIO;
            if (static_cast<int>(i) != chosen && !sound) format.streams[i]->discard = AVDISCARD_ALL;
        }
        learn();
        startOver();
        return std::nullopt;
    }

    void learn() {
        AVFormatContext& format = input_->format();
        const AVCodecParameters& about = *stream_->codecpar;
        Facts facts;
        facts.codec = avcodec_get_name(about.codec_id);
        facts.container = format.iformat->name;
        facts.fps = nominalFps(format, *stream_);
        facts.live = input_->endless();
        const bool guessed = format.duration_estimation_method == AVFMT_DURATION_FROM_BITRATE;
        if (!facts.live && !guessed && format.duration != AV_NOPTS_VALUE && format.duration > 0) {
            facts.duration_s = static_cast<double>(format.duration) / AV_TIME_BASE;
        }
        if (stream_->nb_frames > 0 && !facts.live) {
            facts.frames = stream_->nb_frames;
        } else if (facts.duration_s > 0) {
            facts.frames = std::max<std::int64_t>(1, std::llround(facts.duration_s * facts.fps));
        }
        facts.still = input_->onePicture() || (facts.frames == 1 && !facts.live);
        const AVIOContext* bytes = format.pb;
        random_ = bytes != nullptr && (bytes->seekable & AVIO_SEEKABLE_NORMAL) != 0;
        facts.can_seek = random_ && facts.duration_s > 0 && !facts.still;
        const bool jumps = (format.iformat->flags & AVFMT_TS_DISCONT) != 0;
        facts.longest_pause_s = jumps ? 10 : 3600;
        const Turn turn = turnOf(streamMatrix(*stream_));
        if (about.width > 0 && about.height > 0) {
            facts.size = shownSize({about.width, about.height}, pixelAspect(nullptr), turn);
        }
        facts_ = std::move(facts);
        start_s_.reset();
        if (format.start_time != AV_NOPTS_VALUE) {
            start_s_ = static_cast<double>(format.start_time) / AV_TIME_BASE;
        }
    }

    AVRational pixelAspect(AVFrame* frame) {
        return av_guess_sample_aspect_ratio(&input_->format(), stream_, frame);
    }

    const std::int32_t* matrixOf(const AVFrame& frame) const {
        const AVFrameSideData* side = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX);
        if (side != nullptr && side->size >= 9 * sizeof(std::int32_t)) {
            return reinterpret_cast<const std::int32_t*>(side->data);
        }
        return streamMatrix(*stream_);
    }

    // Decoding begins at the first picture.
    void startOver() {
        forgetPlace();
        next_index_ = 0;
        shift_s_ = 0;
        seen_until_s_ = 0;
    }

    void forgetPlace() {
        draining_ = false;
        torn_ = false;
        read_error_ = 0;
        last_s_.reset();
        next_index_.reset();
        has_next_ = false;
    }

    // Goes to a place at or before `time_s`, or to the start.
    std::optional<Outcome> land(double time_s, const std::stop_token& stop) {
        AVFormatContext& format = input_->format();
        input_->patience().start(stop);
        if (time_s > 0 && random_ && !counted_ && start_s_) {
            const double at = (time_s + *start_s_) / av_q2d(stream_->time_base);
            const auto stamp = static_cast<std::int64_t>(std::floor(at));
            if (avformat_seek_file(&format, stream_->index, INT64_MIN, stamp, stamp, 0) >= 0) {
                avcodec_flush_buffers(codec_.get());
                forgetPlace();
                return std::nullopt;
            }
        }
        return restart(stop);
    }

    // The only way back that is exact for every container.
    std::optional<Outcome> restart(const std::stop_token& stop) {
        codec_.reset();
        if (const auto refusal = open(stop)) {
            return stop.stop_requested() ? Outcome::kStopped : Outcome::kBroken;
        }
        return std::nullopt;
    }

    // The picture on screen at `limit_s_`: the last one that does not begin after it.
    Outcome readAt(const std::stop_token& stop) {
        const double limit = *limit_s_;
        for (double back = 0;; back = std::max(kFirstStepBack_s, back * 4)) {
            const double place = std::max(0.0, limit - back);
            if (const auto failed = land(place, stop)) return *failed;
            Outcome outcome = decodeGood(current_, stop);
            const bool missed = outcome == Outcome::kEnd || outcome == Outcome::kCutOff ||
                                (outcome == Outcome::kPicture && current_.time_s > limit);
            if (missed && place > 0) continue;
            if (outcome != Outcome::kPicture) return outcome;
            while ((outcome = decodeGood(next_, stop)) == Outcome::kPicture) {
                if (next_.time_s > limit) break;
                std::swap(current_, next_);
            }
            if (outcome == Outcome::kStopped) return outcome;
            has_next_ = outcome == Outcome::kPicture;
            limit_s_.reset();
            if (wanted_index_) {
                next_.index += *wanted_index_ - current_.index;
                next_index_ = *next_index_ + *wanted_index_ - current_.index;
                current_.index = *wanted_index_;
                wanted_index_.reset();
            }
            return Outcome::kPicture;
        }
    }

    Outcome decodeGood(Picture& picture, const std::stop_token& stop) {
        Outcome outcome = Outcome::kDamaged;
        while (outcome == Outcome::kDamaged)
            outcome = decode(picture, stop);
        return outcome;
    }

    Outcome decode(Picture& picture, const std::stop_token& stop) {
        if (!input_) return Outcome::kBroken;  // it could not be opened again
        input_->patience().start(stop);
        while (!stop.stop_requested()) {
            const int got = avcodec_receive_frame(codec_.get(), picture.frame.get());
            if (got == 0) {
                stamp(picture);
                return Outcome::kPicture;
            }
            if (got == AVERROR_EOF) return ending();
            if (got != AVERROR(EAGAIN)) {
                torn_ = true;
                return Outcome::kDamaged;
            }
            if (!feed()) return Outcome::kDamaged;
        }
        return Outcome::kStopped;
    }

    // One packet into the decoder. False if it was damaged.
    bool feed() {
        if (draining_) return avcodec_send_packet(codec_.get(), nullptr) >= 0;
        const int got = av_read_frame(&input_->format(), packet_.get());
        if (got == AVERROR(EAGAIN)) return true;
        if (got < 0) {
            read_error_ = got;
            draining_ = true;
            avcodec_send_packet(codec_.get(), nullptr);
            return true;
        }
        input_->patience().start(input_->patience().stopToken());
        noteEnd();
        bool good = true;
        if (packet_->stream_index == stream_->index) {
            torn_ = (packet_->flags & AV_PKT_FLAG_CORRUPT) != 0;
            // Half a picture would be filled with grey, which looks like one.
            good = !(torn_ && pictures_alone_);
            if (good) {
                const int sent = avcodec_send_packet(codec_.get(), packet_.get());
                good = sent >= 0 || sent == AVERROR(EAGAIN);
                torn_ = torn_ || !good;
            }
        }
        av_packet_unref(packet_.get());
        return good;
    }

    void noteEnd() {
        const AVStream& stream = *input_->format().streams[packet_->stream_index];
        const std::int64_t at = packet_->pts != AV_NOPTS_VALUE ? packet_->pts : packet_->dts;
        if (at == AV_NOPTS_VALUE) return;
        const double end = static_cast<double>(at + packet_->duration) * av_q2d(stream.time_base);
        seen_until_s_ = std::max(seen_until_s_, end - start_s_.value_or(0));
    }

    Outcome ending() {
        const bool network = input_->fromNetwork();
        if (input_->patience().stopped()) return Outcome::kStopped;
        if (network && input_->patience().ranOut()) return Outcome::kSilent;
        const AVIOContext* bytes = input_->format().pb;
        const bool hung_up = bytes != nullptr && bytes->error < 0 && bytes->error != AVERROR_EOF;
        if (hung_up || read_error_ != AVERROR_EOF || torn_ || isShort() || lacksTrailer()) {
            return network ? Outcome::kBroken : Outcome::kCutOff;
        }
        return Outcome::kEnd;
    }

    // A GIF tells neither its length nor, when it breaks off inside a picture, that it did: FFmpeg
    // leaves the rest out. But its last byte is a semicolon.
    bool lacksTrailer() {
        AVFormatContext& format = input_->format();
        if (std::string_view(format.iformat->name) != "gif" || format.pb == nullptr) return false;
        const std::int64_t size = avio_size(format.pb);
        if (size < 1 || avio_seek(format.pb, size - 1, SEEK_SET) < 0) return false;
        return avio_r8(format.pb) != ';';
    }

    // Both the number of frames and the time must be short, because both may be estimates.
    bool isShort() const {
        const auto seen = static_cast<double>(next_index_.value_or(0));
        const bool few =
            facts_.frames < 0 || seen < kAsGoodAsAll * static_cast<double>(facts_.frames);
        return facts_.duration_s > 0 && few && seen_until_s_ < kAsGoodAsAll * facts_.duration_s;
    }

    void stamp(Picture& picture) {
        const AVFrame& frame = *picture.frame;
        const double unit = av_q2d(stream_->time_base);
        picture.period_s =
            durationOf(frame) > 0 ? static_cast<double>(durationOf(frame)) * unit : 1 / facts_.fps;
        const double expected = last_s_ ? *last_s_ + last_period_s_ : 0;
        if (frame.best_effort_timestamp == AV_NOPTS_VALUE) {
            counted_ = true;
            picture.time_s = expected;
        } else {
            const double own = static_cast<double>(frame.best_effort_timestamp) * unit;
            if (!start_s_) start_s_ = own;
            picture.time_s = std::max(0.0, own - *start_s_ + shift_s_);
            if (last_s_ && picture.time_s < *last_s_ - kNewClock_s) {
                shift_s_ += expected - picture.time_s;
                picture.time_s = expected;
            } else if (last_s_) {
                picture.time_s = std::max(picture.time_s, *last_s_);
            }
        }
        if (!next_index_) next_index_ = std::llround((picture.time_s - first_s_) * facts_.fps);
        picture.index = std::max<std::int64_t>(0, *next_index_);
        next_index_ = picture.index + 1;
        if (picture.index == 0) first_s_ = picture.time_s;
        last_s_ = picture.time_s;
        last_period_s_ = picture.period_s;
    }

    const std::filesystem::path path_;
    const std::string url_;
    const ReadOptions options_;
    std::optional<Input> input_;
    AVStream* stream_ = nullptr;
    CodecPointer codec_;
    Facts facts_;
    bool pictures_alone_ = false;

    PacketPointer packet_;
    bool draining_ = false;
    bool torn_ = false;  // the newest packet was no whole one
    int read_error_ = 0;

    std::optional<double> start_s_;  // the file's time of its beginning
    double shift_s_ = 0;             // where its times went back
    double first_s_ = 0;             // of the first picture
    std::optional<double> last_s_;
    double last_period_s_ = 0;
    double seen_until_s_ = 0;
    bool counted_ = false;  // it has no times
    bool random_ = false;   // any part of it can be read next
    std::optional<std::int64_t> next_index_;

    Picture current_;
    Picture next_;  // decoded already
    bool has_current_ = false;
    bool has_next_ = false;
    std::optional<double> limit_s_;
    std::optional<std::int64_t> wanted_index_;
    SizePx size_;
    Turn turn_;
    Converter converter_;
};

Reader::Reader(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Reader::~Reader() = default;

Reader::Result Reader::open(const std::filesystem::path& path, const std::string& url,
                            const ReadOptions& options, const std::stop_token& stop) {
    auto implementation = std::make_unique<Implementation>(path, url, options);
    if (auto refusal = implementation->open(stop)) return *std::move(refusal);
    return std::unique_ptr<Reader>(new Reader(std::move(implementation)));
}

Reader::Result Reader::openFile(const std::filesystem::path& path, const ReadOptions& options,
                                const std::stop_token& stop) {
    return open(path, {}, options, stop);
}

Reader::Result Reader::openUrl(const std::string& url, const ReadOptions& options,
                               const std::stop_token& stop) {
    return open({}, url, options, stop);
}

const Facts& Reader::facts() const noexcept {
    return implementation_->facts();
}
Outcome Reader::read(const std::stop_token& stop) {
    return implementation_->read(stop);
}
SizePx Reader::size() const noexcept {
    return implementation_->size();
}
double Reader::time_s() const noexcept {
    return implementation_->current().time_s;
}
double Reader::period_s() const noexcept {
    return implementation_->current().period_s;
}
std::int64_t Reader::index() const noexcept {
    return implementation_->current().index;
}
void Reader::copyTo(Image& image) {
    implementation_->copyTo(image);
}
void Reader::seek(double time_s) {
    implementation_->seek(time_s);
}
void Reader::seekBack() {
    implementation_->seekBack();
}

}  // namespace overfeat::video
