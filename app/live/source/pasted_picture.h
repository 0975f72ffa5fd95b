// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/capture/source.h"

namespace overfeat::app {

// A picture that is already in memory, e.g. from the clipboard, as a source: delivers it once.
class PastedPicture final : public capture::Source {
public:
    PastedPicture(FramePtr picture, const capture::FrameSink& sink);

    const capture::SourceSpec& spec() const noexcept override { return spec_; }
    capture::SourceStatus status() const override;
    void setPaused(bool paused) override { paused_ = paused; }
    void step() override {}

private:
    FramePtr picture_;
    capture::SourceSpec spec_{capture::SourceKind::kPicture, {}};
    bool paused_ = false;
};

}  // namespace overfeat::app
