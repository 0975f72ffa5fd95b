// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/embed_example.h"

#include <cstddef>
#include <vector>

#include "engine/core/error.h"
#include "engine/detect/example_maker.h"
#include "engine/detect/example_views.h"

namespace overfeat::detect {
namespace {

// So much larger than the window, in strides, are the squares that examples are shown in.
constexpr int kExampleStrides = 3;

}  // namespace

FeatureMap featureMap(const FeatureOutput& from, const backend::Plan& plan, SizePx input,
                      SizePx shown) {
    const RectPx step =
        toFrame({from.first_px.x, from.first_px.y, from.step_x_px, from.step_y_px}, input, shown);
    const Shape& shape = plan.outputShape(from.output);
    return {.values = plan.output(from.output),
            .channels = static_cast<std::size_t>(shape[1]),
            .cells = {static_cast<int>(shape[3]), static_cast<int>(shape[2])},
            .first_px = {step.x, step.y},
            .step_x_px = step.width,
            .step_y_px = step.height};
}

ExampleEmbedding embedExample(Network& network, const Example& example, ExampleDepth depth,
                              const CompilePlan& compiled, const std::stop_token& stop) {
    if (!network.canTeach()) {
        throw Error(ErrorCode::kModel,
                    "Nothing can be taught to the model '" + network.model().name +
                        "': it has no maps of features to compare; choose another model.");
    }
    const RectPx inside =
        intersection(example.box, {0, 0, static_cast<double>(example.image.size().width),
                                   static_cast<double>(example.image.size().height)});
    // A box may be anything, even no numbers.
    if (example.image.empty() || !(inside.width >= 1 && inside.height >= 1)) {
        throw Error(ErrorCode::kInput,
                    "There is no object in the picture where the box is; draw it again.");
    }
    const auto& dense = network.exampleGraph();
    const EmbeddingSource& source = network.embedding();
    const int window = network.model().window_px;
    const int side = window + kExampleStrides * static_cast<int>(dense->stride_px.width);
    const auto plan_for = [&](std::int64_t px) {
        return compiled({dense, &dense->graph}, {1, 3, px, px});
    };
    const auto window_plan = plan_for(window);
    const auto plan = plan_for(side);
    const auto run = [&stop](backend::Plan& shown) {
        if (stop.stop_requested())
            throw Error(ErrorCode::kCancelled, "Looking at the example was stopped.");
        shown.run(stop);
    };
    ExampleMaker maker(network.normaliser(), network.model().normalisation);
    ExampleEmbedding made;
    made.width_px = inside.width;
    made.height_px = inside.height;
    const SizePx size = example.image.size();
    const auto window_of = [&](double factor) {
        maker.show(example.image, windowView(size, inside, window, factor), window,
                   window_plan->input());
        run(*window_plan);
        return ExampleMaker::wholeOf(
            featureMap(source.last, *window_plan, {window, window}, {window, window}));
    };
    const auto seen = [&] { return featureMap(source.sharp, *plan, {side, side}, {side, side}); };

    const auto views = exampleViews(size, inside, side, source.sharp.step_x_px);
    const std::size_t middle = views.size() / 2;
    const std::vector<float> middle_window = window_of(kWindowFactors[middle]);
    for (std::size_t i = 0; i < views.size(); ++i) {
        const bool same_window = i == middle || depth == ExampleDepth::kUpright;
        const auto whole = same_window ? middle_window : window_of(kWindowFactors[i]);
        maker.show(example.image, views[i], side, plan->input());
        run(*plan);
        maker.add(seen(), views[i].box, whole, made);
        // At one size, the middle one: there are fourteen, and thousands of captures are kept.
        if (i == middle) maker.addSurroundings(seen(), views[i].box, made);
    }
    if (depth == ExampleDepth::kUpright) return made;
    maker.show(example.image, views[middle], side, plan->input());
    for (const double degrees : kExampleTurns) {
        maker.turn(views[middle].box.centre(), degrees, side, plan->input());
        run(*plan);
        maker.add(seen(), turnedBox(views[middle].box, degrees), middle_window, made);
    }
    return made;
}

}  // namespace overfeat::detect
