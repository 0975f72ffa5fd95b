// SPDX-License-Identifier: Apache-2.0
#include "app/video/writer.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <new>
#include <utility>

#include "app/video/encoder.h"
#include "app/video/ffmpeg.h"
#include "app/video/file_output.h"
#include "engine/core/error.h"
#include "engine/core/label_set.h"
#include "engine/core/write_error.h"

namespace overfeat::video {
namespace {

// Matroska counts milliseconds, so this is the least between two pictures.
constexpr std::int64_t kLeastStep_ticks = 60;
// A picture that stays is written again: players do not like long pauses, and a killed process
// leaves what was shown. But not without end.
constexpr double kLongestPause_s = 1;
constexpr double kMostRepeats = 60;

struct FreeFormat {
    void operator()(AVFormatContext* format) const noexcept { avformat_free_context(format); }
};

std::string containerFor(const std::filesystem::path& path) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (extension == ".mp4") return "mp4";
    if (extension == ".mkv") return "matroska";
    return {};
}

std::int64_t ticksOf(double seconds) {
    return std::llround(seconds / av_q2d(kTick));
}

double secondsOf(std::int64_t ticks) {
    return static_cast<double>(ticks) * av_q2d(kTick);
}

}  // namespace

class Writer::Implementation {
public:
    Implementation(std::filesystem::path path, WriteOptions options)
        : path_(std::move(path)), container_(containerFor(path_)), options_(std::move(options)) {
        if (container_.empty()) {
            throw Error(ErrorCode::kUsage,
                        "A video is written as .mp4 or .mkv, not as '" +
                            sanitisedLabel(path_.string()) + "'; change the name.",
                        path_.string());
        }
    }

    ~Implementation() {
        try {
            finish(std::nullopt);
        } catch (const std::exception&) {  // nobody is there to hear it
        }
    }

    void add(const PixelsView& picture, double time_s) {
        if (picture.size.empty() || failed_ || finished_) return;
        guarded([&] {
            if (!encoder_) open(picture.size);
            if (pictures_ == 0) start_s_ = time_s;
            std::int64_t ticks = ticksOf(time_s - start_s_);
            if (pictures_ > 0) {
                ticks = std::max(ticks, last_ticks_ + kLeastStep_ticks);
                repeatUntil(ticks);
            }
            encoder_->encode(picture, ticks, onPacket());
            period_ticks_ = pictures_ > 0 ? ticks - last_ticks_ : usualPeriod();
            last_ticks_ = ticks;
            ++pictures_;
        });
    }

    void finish(std::optional<double> end_s) {
        if (std::exchange(finished_, true) || pictures_ == 0) return;
        if (failed_) {
            release();
            return;
        }
        guarded([&] {
            std::int64_t end = last_ticks_ + period_ticks_;
            if (end_s) {
                end = std::max(ticksOf(*end_s - start_s_), last_ticks_ + kLeastStep_ticks);
                repeatUntil(end);
            }
            encoder_->drain(onPacket());
            if (waiting_->data != nullptr) put(end);
            check(av_write_trailer(format_.get()));
            release();
            if (output_->error() != 0) refuse();
        });
    }

    std::int64_t pictures() const noexcept { return pictures_; }
    std::int64_t bytes() const noexcept { return output_ ? output_->bytes() : 0; }
    double length_s() const noexcept { return secondsOf(last_ticks_); }
    const std::string& codec() const { return codec_; }

private:
    template <class Work>
    void guarded(const Work& work) {
        try {
            work();
        } catch (...) {
            failed_ = true;
            throw;
        }
    }

    void open(SizePx size) {
        AVFormatContext* format = nullptr;
        avformat_alloc_output_context2(&format, nullptr, container_.c_str(), nullptr);
        format_.reset(format);
        waiting_.reset(av_packet_alloc());
        if (!format_ || !waiting_) throw std::bad_alloc();
        const bool global_header = (format_->oformat->flags & AVFMT_GLOBALHEADER) != 0;
        encoder_.emplace(size, options_, global_header);
        codec_ = avcodec_get_name(encoder_->context().codec_id);
        output_.emplace(path_);
        format_->pb = output_->context();
        format_->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_FLUSH_PACKETS | AVFMT_FLAG_BITEXACT;
        stream_ = avformat_new_stream(format_.get(), nullptr);
        if (stream_ == nullptr) throw std::bad_alloc();
        stream_->time_base = kTick;
        stream_->sample_aspect_ratio = {1, 1};
        if (options_.fps) stream_->avg_frame_rate = encoder_->context().framerate;
        if (avcodec_parameters_from_context(stream_->codecpar, &encoder_->context()) < 0)
            throw std::bad_alloc();
        Dictionary settings;
        const double fragment_s = options_.fragment_seconds;
        if (container_ == "mp4") {
            settings.set("movflags", "empty_moov+default_base_moof+frag_keyframe");
            settings.set("frag_duration", std::to_string(std::llround(fragment_s * 1e6)));
        } else {
            settings.set("cluster_time_limit", std::to_string(std::llround(fragment_s * 1e3)));
        }
        check(avformat_write_header(format_.get(), settings.address()));
    }

    // Enough of the last picture that no pause is long.
    void repeatUntil(std::int64_t ticks) {
        const double pause_s = secondsOf(ticks - last_ticks_);
        const std::int64_t step = ticksOf(std::max(kLongestPause_s, pause_s / kMostRepeats));
        while (ticks - last_ticks_ > step) {
            last_ticks_ += step;
            encoder_->repeat(last_ticks_, onPacket());
        }
    }

    std::int64_t usualPeriod() const {
        constexpr double kUsualFps = 30;
        return std::max(kLeastStep_ticks, ticksOf(1 / options_.fps.value_or(kUsualFps)));
    }

    // A packet is written when the next one tells how long it lasts.
    Encoder::OnPacket onPacket() {
        return [this](AVPacket& packet) {
            if (waiting_->data != nullptr) put(packet.pts);
            av_packet_move_ref(waiting_.get(), &packet);
        };
    }

    void put(std::int64_t end) {
        waiting_->duration = end - waiting_->pts;
        waiting_->dts = waiting_->pts;
        waiting_->stream_index = stream_->index;
        av_packet_rescale_ts(waiting_.get(), kTick, stream_->time_base);
        const int answer = av_write_frame(format_.get(), waiting_.get());
        av_packet_unref(waiting_.get());
        check(answer);
    }

    void check(int answer) const {
        if (answer < 0 || output_->error() != 0) refuse();
    }

    [[noreturn]] void refuse() const {
        const std::string name = "'" + sanitisedLabel(path_.string()) + "'";
        const std::string why = output_->error() != 0
                                    ? writeProblem(output_->error())
                                    : std::string("its pictures do not fit together; try again");
        throw Error(ErrorCode::kRuntime,
                    "The video " + name + " breaks off after " +
                        std::to_string(std::llround(secondsOf(last_ticks_))) + " s: " + why + ".",
                    path_.string());
    }

    // Everything but what can be asked for.
    void release() noexcept {
        encoder_.reset();
        format_.reset();
        waiting_.reset();
        if (output_) output_->close();
    }

    const std::filesystem::path path_;
    const std::string container_;
    const WriteOptions options_;

    std::optional<Encoder> encoder_;
    std::optional<FileOutput> output_;
    std::unique_ptr<AVFormatContext, FreeFormat> format_;
    AVStream* stream_ = nullptr;
    PacketPointer waiting_;
    std::string codec_;
    double start_s_ = 0;
    std::int64_t last_ticks_ = 0;
    std::int64_t period_ticks_ = 0;
    std::int64_t pictures_ = 0;
    bool failed_ = false;
    bool finished_ = false;
};

Writer::Writer(std::filesystem::path path, WriteOptions options)
    : implementation_(std::make_unique<Implementation>(std::move(path), std::move(options))) {}
Writer::~Writer() = default;

void Writer::add(const PixelsView& picture, double time_s) {
    implementation_->add(picture, time_s);
}
void Writer::finish(std::optional<double> end_s) {
    implementation_->finish(end_s);
}
std::int64_t Writer::pictures() const noexcept {
    return implementation_->pictures();
}
std::int64_t Writer::bytes() const noexcept {
    return implementation_->bytes();
}
double Writer::length_s() const noexcept {
    return implementation_->length_s();
}
std::string Writer::codec() const {
    return implementation_->codec();
}

PixelsView pixelsOf(const Image& image) {
    return {image.empty() ? nullptr : image.row(0), static_cast<std::ptrdiff_t>(image.rowBytes()),
            image.size(), PixelsView::Order::kRgb};
}

bool isVideoName(const std::filesystem::path& path) {
    return !containerFor(path).empty();
}

}  // namespace overfeat::video
