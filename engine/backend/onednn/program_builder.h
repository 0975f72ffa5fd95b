// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/onednn/compiler.h"
#include "engine/backend/onednn/layout.h"

namespace overfeat::backend::onednn {

// A value in memory. A value may be in several places, in different layouts.
struct Place {
    BufferId buffer = -1;
    Layout layout;
};

// Collects the steps of a program and knows where every value lies meanwhile: which layouts it is
// there in, and who still needs it.
class ProgramBuilder {
public:
    ProgramBuilder(const net::Graph& graph, const Shape& input);

    const net::Graph& graph() const noexcept { return graph_; }
    const Shape& shape(net::ValueId id) const { return shapes_[static_cast<std::size_t>(id)]; }
    Workspace& workspace() noexcept { return *program_.workspace; }
    Program& program() noexcept { return program_; }

    // Steps emitted from now on belong to this node...
    void begin(const net::Node& node) { node_ = &node; }
    // ...whose inputs it has consumed here.
    void end();

    // A new buffer for a tensor.
    BufferId newBuffer(const Shape& shape, Layout layout);
    // Says where a value was computed.
    void settle(net::ValueId id, Place place);
    // Where that was.
    Place home(net::ValueId id) const { return places_[static_cast<std::size_t>(id)].front(); }
    // A place of the value in `layout`; a step brings it there if there is none.
    Place require(net::ValueId id, Layout layout);
    // True if nothing but the node being lowered needs what is in the buffer, and only once.
    bool mayOverwrite(BufferId buffer) const {
        return pending_[static_cast<std::size_t>(buffer)] == 1;
    }

    // Appends a step that touches `buffers`.
    void emit(std::string op, std::string implementation, std::initializer_list<BufferId> buffers,
              Work work);
    // Appends the step that computes the current node's output.
    void emitNode(std::string implementation, std::initializer_list<BufferId> buffers, Work work);
    // Most work is done to its end: it is short, or the library's.
    template <std::invocable Brief>
    void emit(std::string op, std::string implementation, std::initializer_list<BufferId> buffers,
              Brief work) {
        emit(std::move(op), std::move(implementation), buffers, toTheEnd(std::move(work)));
    }
    template <std::invocable Brief>
    void emitNode(std::string implementation, std::initializer_list<BufferId> buffers, Brief work) {
        emitNode(std::move(implementation), buffers, toTheEnd(std::move(work)));
    }
    void emitCopy(net::ValueId id, Place from, Place to);
    // The last emitted step touches this buffer as well.
    void touch(BufferId buffer);

    // Brings the outputs into row-major order and lays the workspace out; its size in bytes.
    std::int64_t finish();

private:
    template <std::invocable Brief>
    static Work toTheEnd(Brief work) {
        return [work = std::move(work)](const std::stop_token& /*stop*/) {
            work();
            return true;
        };
    }
    void placeInputAndConstants();
    BufferId shared(BufferId buffer);
    BufferId foreign(std::shared_ptr<const Tensor> tensor);

    const net::Graph& graph_;
    std::vector<Shape> shapes_;
    std::vector<std::vector<Place>> places_;  // per value
    std::vector<int> uses_;                   // per value
    std::vector<int> pending_;                // per buffer: uses that are still to be lowered
    const net::Node* node_ = nullptr;
    Program program_;
};

}  // namespace overfeat::backend::onednn
