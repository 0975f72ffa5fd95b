// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/program_builder.h"

#include <algorithm>
#include <utility>

#include "engine/backend/layer_label.h"
#include "engine/backend/onednn/loops.h"

namespace overfeat::backend::onednn {
namespace {

using net::ValueId;

// More uses than any graph has: what a buffer holds is needed to the end.
constexpr int kAlways = 1 << 28;

std::size_t index(ValueId id) {
    return static_cast<std::size_t>(id);
}

}  // namespace

ProgramBuilder::ProgramBuilder(const net::Graph& graph, const Shape& input)
    : graph_(graph),
      shapes_(net::inferShapes(graph, input)),
      places_(graph.values.size()),
      uses_(graph.values.size(), 0) {
    program_.workspace = std::make_unique<Workspace>();
    program_.input_shape = input;
    for (const net::Node& node : graph.nodes)
        for (const ValueId id : node.inputs)
            if (id != net::kNoValue) ++uses_[index(id)];
    for (const ValueId id : graph.outputs)
        ++uses_[index(id)];
    placeInputAndConstants();
}

void ProgramBuilder::placeInputAndConstants() {
    if (graph_.input != net::kNoValue) {
        const Shape& input = shape(graph_.input);
        program_.input_count = input.elementCount();
        program_.input = shared(newBuffer(input, {}));
        workspace().keep(program_.input);
        settle(graph_.input, {program_.input, {}});
    }
    for (std::size_t i = 0; i < graph_.values.size(); ++i) {
        const auto& constant = graph_.values[i].constant;
        if (constant && uses_[i] > 0) settle(static_cast<ValueId>(i), {foreign(constant), {}});
    }
}

void ProgramBuilder::end() {
    for (const ValueId id : node_->inputs)
        if (id != net::kNoValue) --pending_[static_cast<std::size_t>(home(id).buffer)];
    node_ = nullptr;
}

BufferId ProgramBuilder::newBuffer(const Shape& shape, Layout layout) {
    const BufferId buffer =
        workspace().add(Extents(shape, layout).count() * std::int64_t{sizeof(float)});
    pending_.resize(std::max(pending_.size(), static_cast<std::size_t>(buffer) + 1), 0);
    return buffer;
}

BufferId ProgramBuilder::shared(BufferId buffer) {
    pending_[static_cast<std::size_t>(buffer)] += kAlways;
    return buffer;
}

BufferId ProgramBuilder::foreign(std::shared_ptr<const Tensor> tensor) {
    const BufferId buffer = workspace().addForeign(tensor->values().data());
    pending_.resize(std::max(pending_.size(), static_cast<std::size_t>(buffer) + 1), 0);
    program_.constants.push_back(std::move(tensor));
    return shared(buffer);
}

void ProgramBuilder::settle(ValueId id, Place place) {
    places_[index(id)].push_back(place);
    pending_[static_cast<std::size_t>(place.buffer)] += uses_[index(id)];
}

Place ProgramBuilder::require(ValueId id, Layout layout) {
    std::vector<Place>& places = places_[index(id)];
    for (const Place& place : places)
        if (place.layout == layout) return place;
    const Shape& s = shape(id);
    const Place from = places.front();
    Place to{.buffer = from.buffer, .layout = layout};
    const bool same_bytes = isPlainInMemory(s, from.layout) && isPlainInMemory(s, layout);
    if (workspace().isForeign(from.buffer) && !same_bytes) {
        std::vector<float> values(static_cast<std::size_t>(Extents(s, layout).count()));
        convert({workspace().data(from.buffer), s, from.layout}, {values.data(), s, layout});
        const Shape flat{static_cast<std::int64_t>(values.size())};
        to.buffer = foreign(std::make_shared<Tensor>(flat, std::move(values)));
    } else if (!same_bytes) {
        to.buffer = shared(newBuffer(s, layout));  // others may ask for it, too
        emitCopy(id, from, to);
    }
    places.push_back(to);
    return to;
}

void ProgramBuilder::emit(std::string op, std::string implementation,
                          std::initializer_list<BufferId> buffers, Work work) {
    program_.steps.push_back({.node = node_ != nullptr ? node_->name : "output",
                              .op = std::move(op),
                              .implementation = std::move(implementation),
                              .multiply_adds = 0,
                              .weight_bytes = 0,
                              .work = std::move(work)});
    for (const BufferId buffer : buffers)
        touch(buffer);
}

void ProgramBuilder::touch(BufferId buffer) {
    workspace().use(buffer, static_cast<int>(program_.steps.size()) - 1);
}

void ProgramBuilder::emitNode(std::string implementation, std::initializer_list<BufferId> buffers,
                              Work work) {
    emit(layerLabel(*node_), std::move(implementation), buffers, std::move(work));
    program_.steps.back().multiply_adds = layerMultiplyAdds(*node_, shapes_);
}

void ProgramBuilder::emitCopy(ValueId id, Place from, Place to) {
    const Shape s = shape(id);
    Workspace* w = &workspace();
    if (from.layout == to.layout) {
        const std::int64_t count = Extents(s, from.layout).count();
        emit("Copy", "loops:copy", {from.buffer, to.buffer},
             [=] { copyRuns(w->data(from.buffer), w->data(to.buffer), 1, count, count); });
        return;
    }
    if (id != graph_.input) ++program_.statistics.reorders_per_run;
    emit("Reorder", "loops:reorder", {from.buffer, to.buffer}, [=] {
        convert({w->data(from.buffer), s, from.layout}, {w->data(to.buffer), s, to.layout});
    });
}

std::int64_t ProgramBuilder::finish() {
    node_ = nullptr;
    PlanStatistics& statistics = program_.statistics;
    for (const ValueId id : graph_.outputs) {
        const int before = statistics.reorders_per_run;
        const BufferId buffer = require(id, {}).buffer;
        statistics.output_conversions +=
            std::exchange(statistics.reorders_per_run, before) - before;
        if (!workspace().isForeign(buffer)) workspace().keep(buffer);
        program_.outputs.push_back({shape(id), buffer});
    }
    return workspace().layOut();
}

}  // namespace overfeat::backend::onednn
