// SPDX-License-Identifier: Apache-2.0
#include "engine/live/processor.h"

#include <utility>

namespace overfeat::live {
namespace {

class RecogniserProcessor final : public Processor {
public:
    explicit RecogniserProcessor(detect::Recogniser recogniser)
        : recogniser_(std::move(recogniser)) {}

    Recognition process(const Frame& frame, const Look& look, std::stop_token stop) override {
        Recognition recognition = recogniser_.recognise(frame.image, look, stop);
        recognition.frame_id = frame.id;
        return recognition;
    }
    detect::RecogniserInfo info() const override { return recogniser_.info(); }
    std::vector<backend::LayerTiming> profile(SizePx frame, const Look& look) override {
        return recogniser_.profile(frame, look);
    }
    ExampleEmbedding embed(const Example& example, ExampleDepth depth,
                           std::stop_token stop) override {
        return recogniser_.embed(example, stop, depth);
    }

private:
    detect::Recogniser recogniser_;
};

}  // namespace

std::unique_ptr<Processor> makeProcessor(detect::Recogniser recogniser) {
    return std::make_unique<RecogniserProcessor>(std::move(recogniser));
}

}  // namespace overfeat::live
