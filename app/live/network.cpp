// SPDX-License-Identifier: Apache-2.0
#include "app/live/network.h"

#include <utility>

#include "app/store/load_models.h"

namespace overfeat::app {
namespace {

// One Recogniser that also answers requests for layer timings.
class RecogniserProcessor final : public live::Processor {
public:
    RecogniserProcessor(detect::Recogniser recogniser, std::shared_ptr<ProfileExchange> profile)
        : recogniser_(std::move(recogniser)), profile_(std::move(profile)) {}

    Recognition process(const Frame& frame, std::stop_token stop) override {
        Recognition recognition = recogniser_.recognise(frame.image, stop);
        recognition.frame_id = frame.id;
        if (profile_ && profile_->wanted.exchange(false)) {
            profile_->ready.put(recogniser_.profile(frame.image.size()));
            profile_->nudge();
        }
        return recognition;
    }
    void configure(const detect::RecogniserOptions& options) override {
        // The device belongs to the network that was built for it: a new one is a new request.
        detect::RecogniserOptions own = options;
        own.device = recogniser_.options().device;
        recogniser_.configure(own);
    }
    Recognition examine(const Frame& frame, const detect::RecogniserOptions& options,
                        std::stop_token stop) override {
        return live::examineWith(recogniser_, frame, options, stop);
    }
    detect::RecogniserInfo info() const override { return recogniser_.info(); }

private:
    detect::Recogniser recogniser_;
    std::shared_ptr<ProfileExchange> profile_;
};

}  // namespace

NetworkMaker networkMaker(std::shared_ptr<const store::ModelStore> models) {
    return [models = std::move(models)](const NetworkRequest& request, NetworkFacts& facts,
                                        const std::shared_ptr<ProfileExchange>& profile,
                                        const std::stop_token& stop) {
        facts.models = store::loadModels(models->resolve(request.model), stop);
        return live::makeVideoProcessor(
            std::make_unique<RecogniserProcessor>(detect::Recogniser(facts.models, request.options),
                                                  profile),
            request.options, request.video);
    };
}

}  // namespace overfeat::app
