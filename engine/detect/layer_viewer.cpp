// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/layer_viewer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/backend/layer_label.h"
#include "engine/core/error.h"
#include "engine/detect/views.h"
#include "engine/net/passes.h"

namespace overfeat::detect {
namespace {

constexpr double kMostWindowsHigh = 2.25;

// Channels and cells of a layer's values; a vector is a map of one cell.
struct Extents {
    std::size_t channels = 0;
    SizePx cells;
};

std::optional<Extents> extentsOf(const Shape& shape) {
    if ((shape.rank() != 4 && shape.rank() != 2) || shape[0] != 1 || shape.elementCount() == 0)
        return std::nullopt;
    Extents found{.channels = static_cast<std::size_t>(shape[1]), .cells = {1, 1}};
    if (shape.rank() == 4) found.cells = {static_cast<int>(shape[3]), static_cast<int>(shape[2])};
    return found;
}

// The cells of a centre view share it out.
RectPx firstOf(const PixelRect& view, SizePx cells) {
    return {static_cast<double>(view.x), static_cast<double>(view.y),
            static_cast<double>(view.size.width) / cells.width,
            static_cast<double>(view.size.height) / cells.height};
}

}  // namespace

std::vector<LayerInfo> layersOf(const Network& network) {
    const net::Graph& graph = *network.windowGraph();
    const std::int64_t side = network.model().window_px;
    const std::vector<Shape> shapes = net::inferShapes(graph, {1, 3, side, side});
    std::vector<LayerInfo> layers;
    layers.reserve(graph.nodes.size());
    for (const net::Node& node : graph.nodes) {
        layers.push_back({.name = graph.valueName(node.output),
                          .node = node.name,
                          .op = backend::layerLabel(node),
                          .shape = shapes[static_cast<std::size_t>(node.output)]});
    }
    return layers;
}

SizePx layerLevel(const std::vector<SizePx>& levels, int window_px) noexcept {
    SizePx chosen = levels.front();
    for (const SizePx& level : levels) {
        if (std::min(level.width, level.height) <= kMostWindowsHigh * window_px) chosen = level;
    }
    return chosen;
}

void LayerViewer::choose(const Network& network, const std::string& name, bool slides) {
    if (name == name_ && slides == wants_to_slide_ && (graph_ || !problem_.empty())) return;
    name_ = name;
    wants_to_slide_ = slides;
    slides_ = false;
    graph_.reset();
    problem_.clear();
    refused_ = {};
    const net::Model& model = network.model();
    net::Graph window = net::fuse(net::withOutputs(model.graph, {name}));
    if (slides) {
        auto dense =
            std::make_shared<const net::DenseGraph>(net::makeDense(window, model.window_px));
        if (dense->report.fidelity != net::DenseFidelity::kClassificationOnly) {
            field_ = net::receptiveField(dense->graph, dense->graph.outputs.front());
            graph_ = {dense, &dense->graph};
            slides_ = true;
            return;
        }
    }
    graph_ = std::make_shared<const net::Graph>(std::move(window));
}

std::shared_ptr<const LayerMaps> LayerViewer::look(const Network& network, const LayerLook& wanted,
                                                   SizePx level, SizePx frame, Resampler& resampler,
                                                   const CompilePlan& compile,
                                                   const std::stop_token& stop) {
    auto maps = std::make_shared<LayerMaps>();
    maps->name = wanted.name;
    const int side = network.model().window_px;
    SizePx input;
    try {
        choose(network, wanted.name, !level.empty());
        input = slides_ ? level : SizePx{side, side};
        // It would fail at the next frame, too; one of another size may do with less memory.
        if (graph_ == nullptr || input == refused_) throw Error(ErrorCode::kUsage, problem_);
        const auto plan = compile(graph_, {1, 3, input.height, input.width});
        const auto extents = extentsOf(plan->outputShape(0));
        if (!extents) {
            throw Error(ErrorCode::kUsage,
                        "The values of the layer '" + wanted.name + "' have the shape " +
                            plan->outputShape(0).toString() +
                            ", which is no map of channels; choose another layer.");
        }
        const double crop = network.model().crop;
        network.normaliser().write(slides_ ? resampler.whole(input) : resampler.centre(crop, side),
                                   false, plan->input());
        plan->run(stop);
        maps->channels = extents->channels;
        maps->cells = extents->cells;
        if (slides_) {
            const auto width = static_cast<double>(field_.jump_px.width);
            const auto height = static_cast<double>(field_.jump_px.height);
            maps->first_cell_px = toFrame({field_.first_centre_x_px - width / 2,
                                           field_.first_centre_y_px - height / 2, width, height},
                                          level, frame);
        } else {
            maps->first_cell_px = firstOf(centreView(frame, crop), maps->cells);
        }
        const std::size_t kept =
            std::min(LayerMaps::channelsKept(maps->cellCount()), maps->channels);
        maps->first_channel = std::min(wanted.first_channel, maps->channels - 1);
        const std::size_t count = std::min(kept, maps->channels - maps->first_channel);
        const auto values = plan->output(0).subspan(maps->first_channel * maps->cellCount(),
                                                    count * maps->cellCount());
        maps->values.assign(values.begin(), values.end());
    } catch (const Error& error) {
        if (error.code() == ErrorCode::kCancelled || error.code() == ErrorCode::kDeviceLost) throw;
        problem_ = maps->problem = error.what();
        refused_ = input;
    }
    return maps;
}

}  // namespace overfeat::detect
