// SPDX-License-Identifier: Apache-2.0
#include "app/live/recorder.h"

#include <cmath>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <system_error>
#include <thread>
#include <utility>

#include "engine/core/label_set.h"

namespace overfeat::app {
namespace {

namespace fs = std::filesystem;

// After a longer gap (paused, camera lost) the video goes on instead of standing still.
constexpr double kLongestRepeat_s = 2;
constexpr int kFramesBetweenDiskChecks = 25;

struct Picture {
    QImage image;
    Recorder::Clock::time_point captured;
};

// The files after the one that was asked for take names that nothing has yet.
fs::path nextFile(const fs::path& file, int number) {
    fs::path next = file;
    std::error_code unreadable;
    for (int i = number; i > 1; ++i) {
        fs::path name = file.stem();
        name += "-" + std::to_string(i);
        name += file.extension();
        next = file.parent_path() / name;
        if (!fs::exists(next, unreadable)) break;
    }
    return next;
}

// OpenCV's order of channels, and even sides, which some players need.
cv::Mat bgrOf(const QImage& image) {
    const QImage rgb = image.convertToFormat(QImage::Format_RGB888);
    const cv::Mat view(rgb.height(), rgb.width(), CV_8UC3, const_cast<uchar*>(rgb.constBits()),
                       static_cast<std::size_t>(rgb.bytesPerLine()));
    cv::Mat bgr;
    cv::cvtColor(view, bgr, cv::COLOR_RGB2BGR);
    const int odd_right = bgr.cols % 2;
    const int odd_bottom = bgr.rows % 2;
    if (odd_right + odd_bottom > 0) {
        cv::copyMakeBorder(bgr, bgr, 0, odd_bottom, 0, odd_right, cv::BORDER_REPLICATE);
    }
    return bgr;
}

}  // namespace

class Recorder::Implementation {
public:
    Implementation(fs::path file, RecorderOptions options, std::function<void()> failed)
        : file_(std::move(file)),
          options_(options),
          failed_(std::move(failed)),
          thread_([this](const std::stop_token& stop) { loop(stop); }) {}

    ~Implementation() { finish(); }

    void add(QImage picture, Clock::time_point captured) {
        const std::scoped_lock lock(mutex_);
        if (finishing_ || !status_.failure.empty() || picture.isNull()) return;
        if (waiting_.size() >= kMaxWaiting) {
            ++status_.dropped;
            return;
        }
        waiting_.push_back({std::move(picture), captured});
        changed_.notify_one();
    }

    RecorderStatus finish() {
        {
            const std::scoped_lock lock(mutex_);
            finishing_ = true;
            changed_.notify_one();
        }
        if (thread_.joinable()) thread_.join();
        return status();
    }

    RecorderStatus status() const {
        const std::scoped_lock lock(mutex_);
        return status_;
    }

private:
    void loop(const std::stop_token& stop) {
        while (true) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, stop, [this] { return finishing_ || !waiting_.empty(); });
            if (waiting_.empty()) break;
            const Picture picture = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            try {
                write(picture);
            } catch (const std::exception& error) {
                fail("The recording stopped: " + std::string(error.what()));
            }
        }
        try {
            if (writer_.isOpened()) put(last_);  // the last picture has been seen, too
            writer_.release();
        } catch (const std::exception& error) {
            fail("The recording could not be finished: " + std::string(error.what()));
        }
    }

    void write(const Picture& picture) {
        {
            const std::scoped_lock lock(mutex_);
            if (!status_.failure.empty()) return;
        }
        cv::Mat bgr = bgrOf(picture.image);
        if (!writer_.isOpened() || bgr.size() != last_.size()) {
            if (!open(bgr.size())) return;
            start_ = picture.captured;
            written_in_file_ = 0;
        } else {
            repeatUntil(picture.captured);
        }
        last_ = std::move(bgr);
    }

    // The previous picture stays until this one is due; a picture that comes too early for a video
    // frame of its own replaces the previous one.
    void repeatUntil(Clock::time_point captured) {
        const double due_s = std::chrono::duration<double>(captured - start_).count();
        auto due = static_cast<std::int64_t>(std::llround(due_s * options_.fps));
        const auto longest = static_cast<std::int64_t>(kLongestRepeat_s * options_.fps);
        if (due - written_in_file_ > longest) {
            const auto gap = due - written_in_file_ - longest;
            start_ += std::chrono::duration_cast<Clock::duration>(
                std::chrono::duration<double>(static_cast<double>(gap) / options_.fps));
            due -= gap;
        }
        while (written_in_file_ < due)
            put(last_);
    }

    bool open(cv::Size size) {
        if (writer_.isOpened()) {
            put(last_);
            writer_.release();
        }
        int files = 0;
        {
            const std::scoped_lock lock(mutex_);
            files = ++status_.files;
        }
        const fs::path file = nextFile(file_, files);
        if (!enoughSpace()) return false;
        if (!writer_.open(file.string(), cv::CAP_FFMPEG,
                          cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), options_.fps, size)) {
            fail("The video " + sanitisedLabel(file.string()) +
                 " cannot be written: check that the folder exists and can be written to, and that "
                 "the name ends in .mkv.");
            return false;
        }
        return true;
    }

    void put(const cv::Mat& frame) {
        if (frame.empty()) return;
        writer_.write(frame);
        ++written_in_file_;
        bool check_disk = false;
        {
            const std::scoped_lock lock(mutex_);
            check_disk = ++status_.written % kFramesBetweenDiskChecks == 0;
        }
        if (check_disk) enoughSpace();
    }

    // OpenCV does not tell when a write fails, so the disk is watched instead.
    bool enoughSpace() {
        std::error_code unknown;
        const fs::path folder = file_.has_parent_path() ? file_.parent_path() : fs::path(".");
        const auto space = fs::space(folder, unknown);
        if (unknown || static_cast<std::int64_t>(space.available) >= options_.min_free_bytes) {
            return true;
        }
        fail("The recording stopped because the disk is nearly full; what was recorded is in " +
             sanitisedLabel(file_.string()) + ".");
        return false;
    }

    void fail(const std::string& sentence) {
        {
            const std::scoped_lock lock(mutex_);
            if (!status_.failure.empty()) return;
            status_.failure = sentence;
            waiting_.clear();
        }
        if (failed_) failed_();
    }

    const fs::path file_;
    const RecorderOptions options_;
    const std::function<void()> failed_;

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Picture> waiting_;
    RecorderStatus status_;
    bool finishing_ = false;

    // The recorder thread's own.
    cv::VideoWriter writer_;
    cv::Mat last_;
    Clock::time_point start_;
    std::int64_t written_in_file_ = 0;

    std::jthread thread_;
};

Recorder::Recorder(fs::path file, RecorderOptions options, std::function<void()> failed)
    : implementation_(
          std::make_unique<Implementation>(std::move(file), options, std::move(failed))) {}
Recorder::~Recorder() = default;

void Recorder::add(QImage picture, Clock::time_point captured) {
    implementation_->add(std::move(picture), captured);
}

RecorderStatus Recorder::finish() {
    return implementation_->finish();
}

RecorderStatus Recorder::status() const {
    return implementation_->status();
}

}  // namespace overfeat::app
