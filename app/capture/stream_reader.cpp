// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <utility>

#include "app/capture/played_video.h"
#include "app/capture/readers.h"

namespace overfeat::capture {
namespace {

class StreamReader final : public FrameReader {
public:
    StreamReader(const std::string& url, bool loop, double timeout_s)
        : url_(requestUrl(url)), name_(shownUrl(url)), loop_(loop), timeout_s_(timeout_s) {}

    std::variant<Opened, Trouble> open(std::stop_token stop) override {
        auto result = video::Reader::openUrl(url_, {.name = name_, .timeout_s = timeout_s_}, stop);
        if (const auto* refusal = std::get_if<video::Refusal>(&result)) {
            if (refusal->may_help_later) return Trouble{refusal->sentence, Retry::kBackOff};
            // What gave pictures before may do so again: a camera that restarts.
            return Trouble{refusal->sentence, had_frame_ ? Retry::kSlowly : Retry::kNever};
        }
        video_.emplace(std::get<std::unique_ptr<video::Reader>>(std::move(result)), name_);
        any_ = false;
        return video_->opened();
    }

    Reading read(FramePool& pool, Clock::time_point, std::stop_token stop) override {
        Reading reading;
        if (std::exchange(rested_, false)) {
            // A step asks the server again; something else may have come to the address.
            auto result = open(stop);
            if (auto* trouble = std::get_if<Trouble>(&result)) return troubled(*trouble);
            if (!video_->facts().still) return troubled(changed());
        }
        const video::Outcome outcome = video_->next(pool, stop, reading);
        switch (outcome) {
            case video::Outcome::kPicture:
                any_ = had_frame_ = true;
                return reading;
            case video::Outcome::kDamaged:
                reading.outcome = Reading::Outcome::kDamaged;
                return reading;
            case video::Outcome::kStopped:
                return reading;
            default:
                return atEnd(outcome, pool, stop);
        }
    }

    bool seek(double media_time_s) override {
        if (!video_->facts().can_seek) return false;
        video_->seek(media_time_s);
        return true;
    }
    bool seekBack() override {
        if (!video_->facts().can_seek) return false;
        video_->seekBack();
        return true;
    }

    void close() noexcept override { video_.reset(); }

private:
    // A camera has no end, and neither has what never gave a picture.
    Reading atEnd(video::Outcome outcome, FramePool& pool, const std::stop_token& stop) {
        Reading reading;
        const video::Facts& facts = video_->facts();
        const bool whole = outcome == video::Outcome::kEnd;
        if (!any_ || facts.live || (!whole && (loop_ || facts.still))) return troubled(brokenOff());
        if (!loop_) {
            reading.outcome = Reading::Outcome::kEnd;
            if (!whole) reading.trouble.sentence = cutOff();
            return reading;
        }
        if (facts.still) {
            rested_ = true;
            reading.outcome = Reading::Outcome::kRest;
            return reading;
        }
        video_->seek(0);
        if (video_->next(pool, stop, reading) == video::Outcome::kPicture) return reading;
        return troubled(brokenOff());
    }

    static Reading troubled(Trouble trouble) {
        Reading reading;
        reading.outcome = Reading::Outcome::kTrouble;
        reading.trouble = std::move(trouble);
        return reading;
    }

    Trouble changed() const {
        return {
            "There is no longer a single picture at " + name_ + "; it is opened again by itself.",
            Retry::kBackOff};
    }

    Trouble brokenOff() const {
        // Without a picture yet the program may rather go back to the source before.
        const std::string broke = "The stream " + name_ + " ended or its connection broke";
        const char* then = had_frame_
                               ? "; it is opened again by itself."
                               : " before its first picture; check the address and the network.";
        return {broke + then, Retry::kBackOff};
    }

    std::string cutOff() const {
        const std::int64_t all = video_->facts().frames;
        return "The video " + name_ + " is cut off: its connection broke after " +
               std::to_string(video_->count()) +
               (all > 0 ? " of " + std::to_string(all) : std::string()) +
               " frames; check the network and open it again.";
    }

    std::string url_;
    std::string name_;
    bool loop_;
    double timeout_s_;
    std::optional<PlayedVideo> video_;
    bool any_ = false;        // since it was opened
    bool had_frame_ = false;  // ever
    bool rested_ = false;
};

}  // namespace

std::unique_ptr<FrameReader> makeStreamReader(const std::string& url, bool loop, double timeout_s) {
    return std::make_unique<StreamReader>(url, loop, timeout_s);
}

}  // namespace overfeat::capture
