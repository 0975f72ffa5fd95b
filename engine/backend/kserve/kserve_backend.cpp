// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/kserve/kserve_backend.h"

#include <utility>

#include "engine/backend/kserve/kserve_plan.h"
#include "engine/backend/kserve/served_network.h"
#include "engine/backend/memory_plan.h"
#include "engine/core/error.h"

namespace overfeat::backend {
namespace kserve {

KserveBackend::KserveBackend(Address address, const Backend& processor, Patience patience)
    : server_(std::make_shared<const Server>(std::move(address), processor, patience)),
      processor_(processor) {}

Availability KserveBackend::probe() const {
    try {
        const ServerInfo info = server_->info();
        if (!server_->find({})) server_->lose("holds no model '" + server_->address().model + "'.");
        return {true, server_->description(info)};
    } catch (const Error& error) {
        return {false, error.what()};
    }
}

std::optional<std::string> KserveBackend::supports(const net::Graph& graph) const {
    if (auto problem = Backend::supports(graph)) return problem;
    try {
        if (server_->find(servedOutputs(graph))) return std::nullopt;
    } catch (const Error& error) {
        return error.what();
    }
    return "The inference server at " + server_->address().server() +
           " does not hold this network as '" + server_->address().model +
           "'; give it what 'overfeat export-server' of this version writes for the same model.";
}

std::unique_ptr<Plan> KserveBackend::compile(const net::Graph& graph, const Shape& input,
                                             const CompileOptions& options) const {
    net::validate(graph);
    if (graph.input == net::kNoValue) return processor_.compile(graph, input, options);
    CallShape shape{.input = input, .output_names = servedOutputs(graph), .outputs = {}};
    const std::vector<Shape> shapes = net::inferShapes(graph, input);
    for (const net::ValueId output : graph.outputs)
        shape.outputs.push_back(shapes[static_cast<std::size_t>(output)]);
    const std::optional<Server::Part> part = server_->find(shape.output_names);
    if (!part) return processor_.compile(graph, input, options);
    if (const auto problem = whyNotInput(part->info, input)) server_->lose(*problem);
    const ServerInfo info = server_->info();
    auto plan = std::make_unique<KservePlan>(
        server_,
        KservePlan::Made{.graph = graph,
                         .told_apart = part->model + " " + std::to_string(net::fingerprint(graph)),
                         .model = part->model,
                         .description = server_->description(info),
                         .said = info,
                         .options = options},
        server_->dialect().makeCall(shape, part->model, info));
    checkBudget(plan->statistics().workspace_bytes, options.max_workspace_bytes, input);
    return plan;
}

void KserveBackend::runTogether(std::span<Plan* const> plans, const std::stop_token& stop) const {
    std::vector<KservePlan*> there;
    std::vector<Plan*> here;
    for (Plan* plan : plans) {
        if (auto* sent = dynamic_cast<KservePlan*>(plan)) {
            there.push_back(sent);
        } else {
            here.push_back(plan);
        }
    }
    server_->run(there, stop);
    if (!here.empty()) processor_.runTogether(here, stop);
}

}  // namespace kserve

std::unique_ptr<const Backend> makeKserveBackend(std::string_view device,
                                                 const Backend& processor) {
    return std::make_unique<kserve::KserveBackend>(kserve::parseAddress(device), processor);
}

}  // namespace overfeat::backend
