// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/kserve/kserve_backend.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "engine/backend/kserve/kserve_plan.h"
#include "engine/backend/kserve/served_network.h"
#include "engine/backend/memory_plan.h"
#include "engine/core/error.h"

namespace overfeat::backend {
namespace kserve {
namespace {

// Of the largest number of an output. Graphics cards round factors to 11 bits, and other weights
// make other numbers altogether.
constexpr double kMostDifference = 0.01;

constexpr int kOk = 200;

bool allFinite(std::span<const float> values) {
    return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

// The same numbers every time, as a picture's are after normalisation.
void fillWithNoise(std::span<float> input) {
    std::uint32_t state = 1;
    for (float& value : input) {
        state = state * 1664525U + 1013904223U;
        value = static_cast<float>(state >> 8U) / 4194304.0F - 2.0F;
    }
}

bool nearlyEqual(std::span<const float> a, std::span<const float> b) {
    double largest = 0;
    for (const float value : b)
        largest = std::max(largest, std::abs(double{value}));
    // Written so that NaN is no equal.
    return std::ranges::equal(a, b, [&](float x, float y) {
        return std::abs(double{x} - y) <= kMostDifference * largest;
    });
}

}  // namespace

KserveBackend::KserveBackend(Address address, const Backend& processor, Patience patience)
    : address_(std::move(address)), processor_(processor), patience_(patience) {}
KserveBackend::~KserveBackend() = default;

void KserveBackend::lose(const std::string& what) const {
    throw Error(ErrorCode::kDeviceLost, "The inference server at " + address_.server() + " " + what,
                "kserve");
}

void KserveBackend::exchange(std::span<Exchange> exchanges, std::chrono::milliseconds patience,
                             const std::stop_token& stop) const {
    std::unique_ptr<HttpClient> client;
    {
        const std::scoped_lock lock(mutex_);
        if (!idle_.empty()) {
            client = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    if (client == nullptr) client = std::make_unique<HttpClient>(address_);
    client->exchange(exchanges, patience, stop);
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(client));
}

ServerInfo KserveBackend::server() const {
    std::array<Exchange, 1> asked{Exchange{.path = "/v2", .most_bytes = kMostMetadataBytes}};
    exchange(asked, patience_.asking, {});
    if (asked[0].status != kOk) lose("does not speak KServe's protocol: it has no page /v2.");
    try {
        return parseServer({asked[0].answer.data(), asked[0].answer.size()});
    } catch (const Garbage& garbage) {
        lose(garbage.what());
    }
}

std::optional<ModelInfo> KserveBackend::modelCalled(const std::string& name) const {
    std::array<Exchange, 1> asked{
        Exchange{.path = "/v2/models/" + name, .most_bytes = kMostMetadataBytes}};
    exchange(asked, patience_.asking, {});
    const int status = asked[0].status;
    if (status >= 400 && status < 500) return std::nullopt;
    if (status != kOk) lose("answers with HTTP status " + std::to_string(status) + ".");
    try {
        return parseModel({asked[0].answer.data(), asked[0].answer.size()});
    } catch (const Garbage& garbage) {
        lose(garbage.what());
    }
}

std::optional<KserveBackend::Part> KserveBackend::find(
    const std::vector<std::string>& outputs) const {
    for (const std::string_view part : kParts) {
        std::string name = address_.model + std::string(part);
        std::optional<ModelInfo> info = modelCalled(name);
        if (!info) continue;
        const bool has_all = std::ranges::all_of(outputs, [&](const std::string& output) {
            return std::ranges::find(info->outputs, output, &TensorInfo::name) !=
                   info->outputs.end();
        });
        if (has_all) return Part{.model = std::move(name), .info = std::move(*info)};
    }
    return std::nullopt;
}

Availability KserveBackend::probe() const {
    try {
        const ServerInfo info = server();
        return {true, address_.model + " at " + address_.server() + " (" + info.name + ")"};
    } catch (const Error& error) {
        return {false, error.what()};
    }
}

std::optional<std::string> KserveBackend::supports(const net::Graph& graph) const {
    if (auto problem = Backend::supports(graph)) return problem;
    try {
        if (find(servedOutputs(graph))) return std::nullopt;
    } catch (const Error& error) {
        return error.what();
    }
    return "The inference server at " + address_.server() + " does not hold this network as '" +
           address_.model +
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
    const std::optional<Part> part = find(shape.output_names);
    if (!part) return processor_.compile(graph, input, options);
    if (const auto problem = whyNotInput(part->info, input)) lose(*problem);
    const ServerInfo info = server();
    KservePlan::Made made{
        .graph = graph,
        .told_apart = part->model + " " + std::to_string(net::fingerprint(graph)),
        .model = part->model,
        .description = address_.model + " at " + address_.server() + " (" + info.name + ")",
        .binary = info.takes_binary,
        .shape = std::move(shape),
        .options = options};
    auto plan = std::make_unique<KservePlan>(*this, std::move(made));
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
    run(there, stop);
    if (!here.empty()) processor_.runTogether(here, stop);
}

void KserveBackend::run(std::span<KservePlan* const> plans, const std::stop_token& stop) const {
    if (plans.empty()) return;
    for (const KservePlan* plan : plans)
        plan->throwIfLost();
    try {
        // The smallest size will do, as the processor is to answer, too.
        compareOnce(**std::ranges::min_element(
                        plans, {},
                        [](const KservePlan* plan) { return plan->inputShape().elementCount(); }),
                    stop);
        std::vector<Exchange> exchanges;
        exchanges.reserve(plans.size());
        for (KservePlan* plan : plans)
            exchanges.push_back(plan->call().exchange());
        exchange(exchanges, patience_.running, stop);
        for (std::size_t i = 0; i < plans.size(); ++i) {
            Call& call = plans[i]->call();
            readInto(call, exchanges[i]);
        }
    } catch (const Error& error) {
        if (error.code() == ErrorCode::kDeviceLost) {
            for (KservePlan* plan : plans)
                plan->lose(error.what());
        }
        throw;
    }
}

void KserveBackend::readInto(Call& call, Exchange& answered) const {
    if (answered.status != kOk) {
        std::string why = errorText({answered.answer.data(), answered.answer.size()});
        lose("refuses to compute (HTTP status " + std::to_string(answered.status) + ")" +
             (why.empty() ? "." : ": " + why));
    }
    try {
        call.read(std::move(answered));
    } catch (const Garbage& garbage) {
        lose(garbage.what());
    }
    for (std::size_t i = 0; i < call.shape().outputs.size(); ++i) {
        if (!allFinite(call.output(i)) && allFinite(call.input()))
            lose("answers with numbers that are not finite.");
    }
}

// Its layers are told by the names of the outputs; only an answer tells its weights.
void KserveBackend::compareOnce(const KservePlan& plan, const std::stop_token& stop) const {
    const KservePlan::Made& made = plan.made();
    {
        const std::scoped_lock lock(mutex_);
        if (compared_.contains(made.told_apart)) return;
    }
    Call call = plan.anotherCall();
    fillWithNoise(call.input());
    std::array<Exchange, 1> exchanges{call.exchange()};
    exchange(exchanges, patience_.running, stop);
    readInto(call, exchanges[0]);
    const auto here = processor_.compile(made.graph, made.shape.input, made.options);
    std::ranges::copy(call.input(), here->input().begin());
    here->run(stop);
    for (std::size_t i = 0; i < here->outputCount(); ++i) {
        if (!nearlyEqual(call.output(i), here->output(i))) {
            lose("holds other weights as '" + made.model +
                 "' than this network has; give it what 'overfeat export-server' writes for the "
                 "same model.");
        }
    }
    const std::scoped_lock lock(mutex_);
    compared_.insert(made.told_apart);
}

}  // namespace kserve

const Backend& kserveBackend(std::string_view device, const Backend& processor) {
    static std::mutex mutex;
    static std::map<std::string, std::unique_ptr<kserve::KserveBackend>> all;
    const kserve::Address address = kserve::parseAddress(device);
    const std::scoped_lock lock(mutex);
    auto& backend = all[address.server() + "/" + address.model];
    if (backend == nullptr) backend = std::make_unique<kserve::KserveBackend>(address, processor);
    return *backend;
}

}  // namespace overfeat::backend
