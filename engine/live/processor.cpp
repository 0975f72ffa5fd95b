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
        Recognition recognition = recogniser_.recognise(frame.image, std::move(stop));
        recognition.frame_id = frame.id;
        return recognition;
    }
    void configure(const detect::RecogniserOptions& options) override {
        recogniser_.configure(options);
    }
    detect::RecogniserInfo info() const override { return recogniser_.info(); }

private:
    detect::Recogniser recogniser_;
};

}  // namespace

std::unique_ptr<Processor> makeProcessor(detect::Recogniser recogniser) {
    return std::make_unique<RecogniserProcessor>(std::move(recogniser));
}

}  // namespace overfeat::live
