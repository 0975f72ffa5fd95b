// SPDX-License-Identifier: Apache-2.0
#include "app/video/recorder.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace overfeat::video {

class Recorder::Implementation {
public:
    Implementation(ChooseFile choose, WriteOptions options, std::function<void()> failed)
        : choose_(std::move(choose)),
          options_(std::move(options)),
          failed_(std::move(failed)),
          thread_([this] { loop(); }) {}

    ~Implementation() { finish(std::nullopt); }

    void add(Draw draw, double time_s) {
        const std::scoped_lock lock(mutex_);
        if (finishing_ || !status_.failure.empty()) return;
        if (waiting_.size() >= kMaxWaiting) {
            ++status_.dropped;
            return;
        }
        waiting_.push_back({std::move(draw), time_s});
        changed_.notify_one();
    }

    RecorderStatus finish(std::optional<double> end_s) {
        {
            const std::scoped_lock lock(mutex_);
            if (!std::exchange(finishing_, true)) end_s_ = end_s;
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
    struct Waiting {
        Draw draw;
        double time_s = 0;
    };

    void loop() {
        try {
            while (const auto next = take())
                write(*next);
            if (writer_) writer_->finish(end_s_);
            note();
        } catch (const std::exception& error) {
            fail(error.what());
        }
        writer_.reset();
    }

    // Nothing at the end.
    std::optional<Waiting> take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return finishing_ || !waiting_.empty(); });
        if (waiting_.empty()) return std::nullopt;
        Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        return next;
    }

    void write(const Waiting& next) {
        const PixelsView picture = next.draw();
        if (picture.size.empty()) return;
        if (!writer_) {
            const std::filesystem::path file = choose_();
            writer_ = std::make_unique<Writer>(file, options_);
            const std::scoped_lock lock(mutex_);
            status_.file = file;
        }
        writer_->add(picture, next.time_s);
        note();
    }

    void note() {
        if (!writer_) return;
        const std::scoped_lock lock(mutex_);
        status_.pictures = writer_->pictures();
        status_.bytes = writer_->bytes();
    }

    void fail(const std::string& sentence) {
        {
            const std::scoped_lock lock(mutex_);
            status_.failure = sentence;
            waiting_.clear();
        }
        if (failed_) failed_();
    }

    const ChooseFile choose_;
    const WriteOptions options_;
    const std::function<void()> failed_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Waiting> waiting_;
    RecorderStatus status_;
    std::optional<double> end_s_;
    bool finishing_ = false;

    std::unique_ptr<Writer> writer_;  // the thread's own
    std::thread thread_;
};

Recorder::Recorder(ChooseFile choose, WriteOptions options, std::function<void()> failed)
    : implementation_(std::make_unique<Implementation>(std::move(choose), std::move(options),
                                                       std::move(failed))) {}
Recorder::~Recorder() = default;

void Recorder::add(Draw draw, double time_s) {
    implementation_->add(std::move(draw), time_s);
}
RecorderStatus Recorder::finish(std::optional<double> end_s) {
    return implementation_->finish(end_s);
}
RecorderStatus Recorder::status() const {
    return implementation_->status();
}

}  // namespace overfeat::video
