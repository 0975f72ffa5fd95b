// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "engine/live/session.h"

namespace overfeat::live {
namespace {

class RecogniserProcessor final : public Processor {
public:
    explicit RecogniserProcessor(detect::Recogniser recogniser)
        : recogniser_(std::move(recogniser)) {}

    Recognition process(const Frame& frame, std::stop_token stop) override {
        Recognition recognition = recogniser_.recognise(frame.image, stop);
        recognition.frame_id = frame.id;
        return recognition;
    }
    void configure(const detect::RecogniserOptions& options) override {
        recogniser_.configure(options);
    }
    Recognition examine(const Frame& frame, const detect::RecogniserOptions& options,
                        std::stop_token stop) override {
        return examineWith(recogniser_, frame, options, stop);
    }
    detect::RecogniserInfo info() const override { return recogniser_.info(); }

private:
    detect::Recogniser recogniser_;
};

}  // namespace

Recognition examineWith(detect::Recogniser& recogniser, const Frame& frame,
                        detect::RecogniserOptions options, const std::stop_token& stop) {
    const detect::RecogniserOptions before = recogniser.options();
    options.device = before.device;
    options.threads = before.threads;
    recogniser.configure(options);
    try {
        Recognition seen = recogniser.recognise(frame.image, stop);
        seen.frame_id = frame.id;
        recogniser.configure(before);
        return seen;
    } catch (...) {
        recogniser.configure(before);
        throw;
    }
}

std::unique_ptr<Processor> makeProcessor(detect::Recogniser recogniser) {
    return std::make_unique<RecogniserProcessor>(std::move(recogniser));
}

}  // namespace overfeat::live
