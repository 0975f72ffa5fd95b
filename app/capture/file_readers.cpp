// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "app/capture/file_bytes.h"
#include "app/capture/folder_scan.h"
#include "app/capture/picture_file.h"
#include "app/capture/played_video.h"
#include "app/capture/readers.h"
#include "app/capture/video_file.h"
#include "engine/core/error.h"
#include "engine/core/label_set.h"

namespace overfeat::capture {
namespace {

std::shared_ptr<Frame> pictureOf(Image image, const std::string& name, std::int64_t index) {
    auto frame = std::make_shared<Frame>();
    frame->id = nextFrameId();
    frame->image = std::move(image);
    frame->name = name;
    frame->index = index;
    frame->still = true;
    return frame;
}

std::string nameOf(const std::filesystem::path& path) {
    // A folder may be written with a slash at the end.
    const auto name = path.has_filename() ? path.filename() : path.parent_path().filename();
    return sanitisedLabel(name.string());
}

class VideoReader final : public FrameReader {
public:
    VideoReader(std::filesystem::path path, bool loop)
        : path_(std::move(path)), name_(nameOf(path_)), loop_(loop) {}

    std::variant<Opened, Trouble> open(std::stop_token stop) override {
        video_.emplace(openVideo(path_, stop), name_);
        any_ = false;
        return video_->opened();
    }

    Reading read(FramePool& pool, Clock::time_point, std::stop_token stop) override {
        Reading reading;
        video::Outcome outcome = video_->next(pool, stop, reading);
        const bool at_end = outcome == video::Outcome::kEnd || outcome == video::Outcome::kCutOff;
        if (at_end && !any_) return troubled(noPictureIn(path_));
        if (at_end && !loop_) return ended(outcome);
        if (at_end) {
            video_->seek(0);
            if (video_->facts().still) {
                reading.outcome = Reading::Outcome::kRest;
                return reading;
            }
            outcome = video_->next(pool, stop, reading);
        }
        if (outcome == video::Outcome::kDamaged) {
            reading.outcome = Reading::Outcome::kDamaged;
        } else if (outcome != video::Outcome::kPicture && outcome != video::Outcome::kStopped) {
            return troubled("The video " + shown(path_) +
                            " cannot be read any more; check its disk and open it again.");
        }
        any_ = any_ || outcome == video::Outcome::kPicture;
        return reading;
    }

    bool seek(double media_time_s) override {
        if (!video_->facts().can_seek) return false;
        video_->seek(media_time_s);
        return true;
    }
    bool seekBack() override {
        video_->seekBack();
        return true;
    }

    void close() noexcept override { video_.reset(); }

private:
    static Reading troubled(std::string sentence) {
        Reading reading;
        reading.outcome = Reading::Outcome::kTrouble;
        reading.trouble = {std::move(sentence), Retry::kNever};
        return reading;
    }

    Reading ended(video::Outcome outcome) const {
        Reading reading;
        reading.outcome = Reading::Outcome::kEnd;
        if (outcome == video::Outcome::kCutOff) {
            reading.trouble.sentence = "The video " + shown(path_) +
                                       " is cut off: it ended in the middle after " +
                                       std::to_string(video_->count()) + " frames; copy it again.";
        }
        return reading;
    }

    std::filesystem::path path_;
    std::string name_;
    bool loop_;
    bool any_ = false;
    std::optional<PlayedVideo> video_;
};

class PictureReader final : public FrameReader {
public:
    explicit PictureReader(std::filesystem::path path)
        : path_(std::move(path)), name_(nameOf(path_)) {}

    std::variant<Opened, Trouble> open(std::stop_token) override {
        image_ = readPicture(path_, &remark_);
        return Opened{.name = name_, .size = image_.size(), .length = 1};
    }

    Reading read(FramePool&, Clock::time_point, std::stop_token) override {
        Reading reading;
        reading.outcome = shown_ ? Reading::Outcome::kRest : Reading::Outcome::kFrame;
        if (!shown_) {
            reading.frame = pictureOf(image_, name_, 0);
            reading.remark = remark_;
        }
        shown_ = !shown_;
        return reading;
    }

    void close() noexcept override { image_ = {}; }

private:
    std::filesystem::path path_;
    std::string name_;
    Image image_;
    std::string remark_;
    bool shown_ = false;
};

class FolderReader final : public FrameReader {
public:
    FolderReader(std::filesystem::path path, bool loop, double picture_seconds)
        : path_(std::move(path)), loop_(loop), picture_s_(picture_seconds) {}

    std::variant<Opened, Trouble> open(std::stop_token) override {
        startPass();
        Opened facts{.name = nameOf(path_), .size = {}, .fps = 1 / picture_s_};
        facts.has_items = true;
        return facts;
    }

    Reading read(FramePool&, Clock::time_point deadline, std::stop_token stop) override {
        Reading reading;
        while (!stop.stop_requested() && Clock::now() < deadline) {
            if (again_ < given_.size()) {
                if (show(given_[again_++], reading)) break;
                continue;  // gone since
            }
            const FolderScan::Step step = scan_->next(deadline, stop);
            if (step == FolderScan::Step::kEnd && !nextPass(reading)) break;
            if (step == FolderScan::Step::kFile && take(reading)) break;
        }
        const std::uint64_t skipped = scan_->skipped() + unreadable_;
        // A second pass over the same files does not make more of them.
        if (skipped > reported_skipped_) {
            reading.newly_skipped = skipped - std::exchange(reported_skipped_, skipped);
        }
        return reading;
    }

    // Back to the first picture of this pass, and as far as names are kept.
    bool seekBack() override {
        if (again_ == 0) return false;
        again_ -= std::min<std::size_t>(again_, 2);
        return true;
    }

    void close() noexcept override { scan_.reset(); }

private:
    struct Given {
        std::filesystem::path file;
        std::int64_t index;
    };

    void startPass() {
        scan_.emplace(path_);
        unreadable_ = 0;
        given_.clear();
        again_ = 0;
        index_ = 0;
    }

    bool take(Reading& reading) {
        const Given next{scan_->file(), index_};
        if (!show(next, reading)) {
            ++unreadable_;
            return false;
        }
        ++index_;
        given_.push_back(next);
        if (given_.size() > FolderScan::kBatch) given_.pop_front();
        again_ = given_.size();
        return true;
    }

    bool show(const Given& given, Reading& reading) {
        try {
            reading.frame = pictureOf(readPicture(given.file, &reading.remark), nameOf(given.file),
                                      given.index);
        } catch (const Error&) {
            return false;
        }
        reading.outcome = Reading::Outcome::kFrame;
        const std::int64_t known = scan_->length();
        if (known >= 0) reading.length = known - static_cast<std::int64_t>(unreadable_);
        reading.due_s = time_s_;
        time_s_ += picture_s_;
        return true;
    }

    // At the end of the folder. False if reading is over, with the reason in `reading`.
    bool nextPass(Reading& reading) {
        if (index_ == 0) {
            const std::uint64_t others = scan_->skipped() + unreadable_;
            reading.outcome = Reading::Outcome::kTrouble;
            reading.trouble.sentence =
                "The folder " + shown(path_) +
                (others == 0
                     ? " is empty"
                     : " holds no picture this program can read, only " + std::to_string(others) +
                           (others == 1 ? " other file" : " other files")) +
                "; put pictures into it or choose another one.";
            return false;
        }
        if (!loop_) {
            reading.outcome = Reading::Outcome::kEnd;
            return false;
        }
        startPass();
        return true;
    }

    std::filesystem::path path_;
    bool loop_;
    double picture_s_;
    std::optional<FolderScan> scan_;
    std::int64_t index_ = 0;
    double time_s_ = 0;
    std::deque<Given> given_;  // pictures of this pass, to go back to
    std::size_t again_ = 0;    // which of them comes next
    std::uint64_t unreadable_ = 0;
    std::uint64_t reported_skipped_ = 0;
};

}  // namespace

std::unique_ptr<FrameReader> makeVideoReader(std::filesystem::path path, bool loop) {
    return std::make_unique<VideoReader>(std::move(path), loop);
}

std::unique_ptr<FrameReader> makePictureReader(std::filesystem::path path) {
    return std::make_unique<PictureReader>(std::move(path));
}

std::unique_ptr<FrameReader> makeFolderReader(std::filesystem::path path, bool loop,
                                              double picture_seconds) {
    return std::make_unique<FolderReader>(std::move(path), loop, picture_seconds);
}

}  // namespace overfeat::capture
