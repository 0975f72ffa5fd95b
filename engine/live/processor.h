// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "engine/core/api.h"
#include "engine/core/example.h"
#include "engine/core/image.h"
#include "engine/core/look.h"
#include "engine/core/recognition.h"
#include "engine/core/taught_classes.h"
#include "engine/detect/recogniser.h"

namespace overfeat::live {

// What turns frames into recognitions: detect::Recogniser in the program, something slow or broken
// in tests. Keeps nothing of one frame for the next. Created, used and destroyed on the inference
// thread only.
class OVERFEAT_API Processor {
public:
    virtual ~Processor() = default;
    virtual Recognition process(const Frame& frame, const Look& look, std::stop_token stop) = 0;
    virtual detect::RecogniserInfo info() const = 0;
    virtual std::vector<backend::LayerTiming> profile(SizePx frame, const Look& look) = 0;
    virtual ExampleEmbedding embed(const Example& example, ExampleDepth depth,
                                   std::stop_token stop) = 0;
};
// Loads a model, so it may take seconds and may throw Error; runs on the inference thread. Its
// token is stopped by Session::stop() and by a later Session::use().
using ProcessorFactory = std::function<std::unique_ptr<Processor>(std::stop_token)>;

// The processor of the program: one Recogniser.
OVERFEAT_API std::unique_ptr<Processor> makeProcessor(detect::Recogniser recogniser);

}  // namespace overfeat::live
