// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>

#include "app/capture/file_bytes.h"
#include "app/capture/folder_scan.h"
#include "app/capture/picture_file.h"
#include "app/capture/pixels.h"
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

    std::variant<Opened, Trouble> open(std::stop_token) override {
        video_.emplace(path_);
        index_ = 0;
        offset_s_ = 0;
        return Opened{.name = name_,
                      .size = video_->size(),
                      .fps = video_->fps(),
                      .length = video_->length(),
                      .live = false};
    }

    Reading read(FramePool& pool, Clock::time_point, std::stop_token) override {
        if (!video_->next()) {
            if (index_ == 0) {
                return troubled("The video " + shown(path_) +
                                " has no picture that can be decoded; convert it or copy it "
                                "again.");
            }
            if (!loop_) return ended();
            // Opening again works for every container; seeking does not.
            offset_s_ += video_->time_s() + video_->period_s();
            video_.emplace(path_);
            index_ = 0;
            if (!video_->next()) {
                return troubled("The video " + shown(path_) +
                                " cannot be played a second time; copy it to another place.");
            }
        }
        Reading reading;
        const cv::Mat& bgr = video_->bgr();
        reading.outcome = Reading::Outcome::kFrame;
        reading.frame = pool.take({bgr.cols, bgr.rows});
        copyPixels(bgr, reading.frame->image);
        reading.frame->name = name_;
        reading.frame->index = index_++;
        reading.due_s = offset_s_ + video_->time_s();
        return reading;
    }

    void close() noexcept override { video_.reset(); }

private:
    static Reading troubled(std::string sentence) {
        Reading reading;
        reading.outcome = Reading::Outcome::kTrouble;
        reading.trouble = {std::move(sentence), Retry::kNever};
        return reading;
    }

    Reading ended() const {
        Reading reading;
        reading.outcome = Reading::Outcome::kEnd;
        if (isCutOff(path_)) {
            reading.trouble.sentence = "The video " + shown(path_) +
                                       " is cut off: it ended in the middle after " +
                                       std::to_string(index_) + " frames; copy it again.";
        }
        return reading;
    }

    std::filesystem::path path_;
    std::string name_;
    bool loop_;
    std::optional<VideoFile> video_;
    std::int64_t index_ = 0;
    double offset_s_ = 0;  // the time line goes on through loops
};

class PictureReader final : public FrameReader {
public:
    explicit PictureReader(std::filesystem::path path)
        : path_(std::move(path)), name_(nameOf(path_)) {}

    std::variant<Opened, Trouble> open(std::stop_token) override {
        image_ = readPicture(path_);
        return Opened{.name = name_, .size = image_.size(), .length = 1};
    }

    Reading read(FramePool&, Clock::time_point, std::stop_token) override {
        Reading reading;
        reading.outcome = shown_ ? Reading::Outcome::kRest : Reading::Outcome::kFrame;
        if (!shown_) reading.frame = pictureOf(image_, name_, 0);
        shown_ = !shown_;
        return reading;
    }

    void close() noexcept override { image_ = {}; }

private:
    std::filesystem::path path_;
    std::string name_;
    Image image_;
    bool shown_ = false;
};

class FolderReader final : public FrameReader {
public:
    FolderReader(std::filesystem::path path, bool loop, double picture_seconds)
        : path_(std::move(path)), loop_(loop), picture_s_(picture_seconds) {}

    std::variant<Opened, Trouble> open(std::stop_token) override {
        startPass();
        return Opened{.name = nameOf(path_), .size = {}, .fps = 1 / picture_s_};
    }

    Reading read(FramePool&, Clock::time_point deadline, std::stop_token stop) override {
        Reading reading;
        while (!stop.stop_requested() && Clock::now() < deadline) {
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

    void close() noexcept override { scan_.reset(); }

private:
    void startPass() {
        scan_.emplace(path_);
        unreadable_ = 0;
        index_ = 0;
        found_any_ = false;
    }

    bool take(Reading& reading) {
        try {
            reading.frame = pictureOf(readPicture(scan_->file()), nameOf(scan_->file()), index_++);
        } catch (const Error&) {
            ++unreadable_;
            return false;
        }
        found_any_ = true;
        reading.outcome = Reading::Outcome::kFrame;
        reading.due_s = time_s_;
        time_s_ += picture_s_;
        return true;
    }

    // At the end of the folder. False if reading is over, with the reason in `reading`.
    bool nextPass(Reading& reading) {
        if (!found_any_) {
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
    bool found_any_ = false;
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
