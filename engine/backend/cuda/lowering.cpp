// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/lowering.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>
#include <variant>

#include "engine/backend/layer_label.h"
#include "engine/core/error.h"

namespace overfeat::backend::cuda {

using net::Node;
using net::ValueId;

namespace {

std::size_t index(ValueId id) {
    return static_cast<std::size_t>(id);
}

// So that what is read by wide copies begins on a line of the cache.
constexpr std::int64_t kPinnedAlignment = 16;  // floats

}  // namespace

Lowering::Lowering(const net::Graph& graph, const Shape& input, WeightStore& weights,
                   const DeviceApi& api, const Card& card, const CompileOptions& options)
    : graph_(graph),
      shapes_(net::inferShapes(graph, input)),
      weights_(weights),
      card_(card),
      options_(options),
      places_(graph.values.size()) {
    program_.arena = std::make_unique<Arena>();
    program_.stream = std::make_unique<Stream>(api);
    arena_ = program_.arena.get();
    program_.input_shape = input;
    program_.pinned = std::make_unique<PinnedMemory>();
    if (graph.input != net::kNoValue) {
        const std::int64_t floats = shape(graph.input).elementCount();
        program_.input_floats = program_.pinned_floats = floats;
        const BufferId buffer = program_.input = arena_->add(floats);
        places_[index(graph.input)].push_back({buffer, Layout::kPlain});
        emit("Upload", "copy", {buffer}, 0,
             [this_arena = arena_, pinned = program_.pinned.get(), buffer, floats](Stream& stream) {
                 stream.copyToDevice(this_arena->data(buffer), pinned->get(),
                                     floats * std::int64_t{sizeof(float)});
             });
        program_.steps.back().node = "input";
    }
    for (const Node& node : graph.nodes) {
        node_ = &node;
        const std::size_t first_step = program_.steps.size();
        std::visit([this](const auto& op) { lower(op); }, node.op);
        creditMultiplyAdds(first_step);
    }
    node_ = nullptr;
}

// To the step that does the work of the node.
void Lowering::creditMultiplyAdds(std::size_t first_step) {
    const std::int64_t multiply_adds = layerMultiplyAdds(*node_, shapes_);
    if (multiply_adds == 0) return;
    const auto steps = std::span(program_.steps).subspan(first_step);
    const auto longest = std::ranges::max_element(steps, {}, &Step::work);
    if (longest != steps.end()) longest->multiply_adds = multiply_adds;
}

Program Lowering::finish() {
    struct Download {
        BufferId buffer;
        std::int64_t floats;
        std::int64_t offset;
    };
    PlanStatistics& statistics = program_.statistics;
    for (const ValueId id : graph_.outputs) {
        Program::Output output{.shape = shape(id), .constant = graph_.values[index(id)].constant};
        if (!output.constant) {
            const int before = statistics.reorders_per_run;
            const BufferId buffer = require(id, Layout::kPlain).buffer;
            statistics.output_conversions +=
                std::exchange(statistics.reorders_per_run, before) - before;
            const std::int64_t floats = output.shape.elementCount();
            const std::int64_t offset = (program_.pinned_floats + kPinnedAlignment - 1) /
                                        kPinnedAlignment * kPinnedAlignment;
            output.offset = offset;
            program_.pinned_floats = offset + floats;
            emit("Download", "copy", {buffer}, 0,
                 [arena = arena_, pinned = program_.pinned.get(), buffer, floats,
                  offset](Stream& stream) {
                     stream.copyToPinned(static_cast<float*>(pinned->get()) + offset,
                                         arena->data(buffer), floats * std::int64_t{sizeof(float)});
                 });
        }
        program_.outputs.push_back(std::move(output));
    }
    const std::int64_t bytes = arena_->layOut();
    checkBudget(bytes, options_.max_workspace_bytes, program_.input_shape);
    const DeviceApi& api = program_.stream->api();
    arena_->allocate(api);
    const std::int64_t pinned_bytes =
        std::max<std::int64_t>(program_.pinned_floats, 1) * std::int64_t{sizeof(float)};
    *program_.pinned = allocatePinned(api, pinned_bytes);
    std::memset(program_.pinned->get(), 0, static_cast<std::size_t>(pinned_bytes));
    statistics.workspace_bytes = bytes;
    return std::move(program_);
}

std::shared_ptr<const Tensor> Lowering::constant(std::size_t i) const {
    if (!has(i)) return nullptr;
    if (const auto& tensor = graph_.values[index(in(i))].constant) return tensor;
    throw Error(ErrorCode::kModel,
                "Node '" + node_->name + "' (" + layerLabel(*node_) +
                    ") computes its weights, which a GPU is not used for; try the device 'cpu'.",
                node_->name);
}

Place Lowering::home(ValueId id) {
    std::vector<Place>& places = places_[index(id)];
    if (places.empty()) {  // a constant that nobody has asked for yet
        const auto& tensor = graph_.values[index(id)].constant;
        places.push_back({addConstant(tensor, Packing::kAsTheyAre), Layout::kPlain});
    }
    return places.front();
}

Place Lowering::require(ValueId id, Layout layout) {
    const Place from = home(id);
    for (const Place& place : places_[index(id)])
        if (place.layout == layout) return place;
    Place to{from.buffer, layout};
    const Shape& s = shape(id);
    if (!isOneLayout(s)) {
        to.buffer = arena_->add(s.elementCount());
        if (id != graph_.input) ++program_.statistics.reorders_per_run;
        emitElementwise("Reorder", "kernel:copy", Elementwise::Kind::kCopy,
                        {from.buffer, stepsOf(s, from.layout)}, {}, {},
                        {to.buffer, stepsOf(s, layout)}, s.dims(), {});
    }
    places_[index(id)].push_back(to);
    return to;
}

void Lowering::settle(Place place) {
    places_[index(node_->output)].push_back(place);
}

Place Lowering::newPlace(Layout layout) {
    return {arena_->add(outShape().elementCount()), layout};
}

Layout Lowering::layoutLike(const Shape& y) {
    if (y.rank() != 4) return Layout::kPlain;
    for (const ValueId id : node_->inputs) {
        if (id == net::kNoValue || shape(id).rank() != 4) continue;
        if (home(id).layout == Layout::kChannelsLast && !isOneLayout(shape(id)))
            return Layout::kChannelsLast;
    }
    return Layout::kPlain;
}

BufferId Lowering::addConstant(const std::shared_ptr<const Tensor>& tensor, Packing packing) {
    auto memory = weights_.get(tensor, packing, *program_.stream);
    const auto values = tensor->values();
    if (counted_.insert(memory.get()).second)
        program_.statistics.weight_bytes += static_cast<std::int64_t>(values.size_bytes());
    return arena_->addConstant(std::move(memory), static_cast<std::int64_t>(values.size()));
}

BufferId Lowering::addValues(const std::vector<float>& values) {
    auto memory = std::make_shared<const DeviceMemory>(
        program_.stream->upload(std::as_bytes(std::span(values))));
    program_.statistics.weight_bytes += static_cast<std::int64_t>(values.size() * sizeof(float));
    return arena_->addConstant(std::move(memory), static_cast<std::int64_t>(values.size()));
}

void Lowering::emit(std::string op, std::string implementation,
                    std::initializer_list<BufferId> buffers, std::int64_t work,
                    std::function<void(Stream&)> queue) {
    program_.steps.push_back({.node = node_ != nullptr ? node_->name : "output",
                              .op = std::move(op),
                              .implementation = std::move(implementation),
                              .work = work,
                              .queue = std::move(queue)});
    for (const BufferId buffer : buffers)
        if (buffer >= 0) arena_->use(buffer, static_cast<int>(program_.steps.size()) - 1);
}

}  // namespace overfeat::backend::cuda
