// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/kserve/server.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "engine/backend/kserve/kserve_plan.h"
#include "engine/backend/kserve/served_network.h"
#include "engine/core/error.h"

namespace overfeat::backend::kserve {
namespace {

// Of the largest number of an output. Graphics cards round factors to 11 bits, and other weights
// make other numbers altogether.
constexpr double kMostDifference = 0.01;

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

Server::Server(Address address, const Backend& processor, Patience patience)
    : address_(std::move(address)),
      dialect_(address_.protocol == Protocol::kGrpc ? makeGrpcDialect() : makeHttpDialect()),
      processor_(processor),
      patience_(patience) {}

void Server::lose(const std::string& what) const {
    throw Error(ErrorCode::kDeviceLost, "The inference server at " + address_.server() + " " + what,
                "kserve");
}

std::string Server::description(const ServerInfo& server) const {
    return address_.model + " at " + address_.server() + " (" + server.name + ")";
}

void Server::exchange(std::span<Exchange> exchanges, std::chrono::milliseconds patience,
                      const std::stop_token& stop) const {
    std::unique_ptr<HttpClient> client;
    {
        const std::scoped_lock lock(mutex_);
        if (!idle_.empty()) {
            client = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    if (client == nullptr) client = std::make_unique<HttpClient>(address_, patience_.connecting);
    client->exchange(exchanges, patience, stop);
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(client));
}

ServerInfo Server::info() const {
    std::array<Exchange, 1> asked{dialect_->askServer()};
    exchange(asked, patience_.asking, {});
    try {
        return dialect_->readServer(asked[0]);
    } catch (const Garbage& garbage) {
        lose(garbage.what());
    }
}

std::optional<ModelInfo> Server::modelCalled(const std::string& name) const {
    std::array<Exchange, 1> asked{dialect_->askModel(name)};
    exchange(asked, patience_.asking, {});
    try {
        return dialect_->readModel(asked[0]);
    } catch (const Garbage& garbage) {
        lose(garbage.what());
    }
}

std::optional<Server::Part> Server::find(const std::vector<std::string>& outputs) const {
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

void Server::run(std::span<KservePlan* const> plans, const std::stop_token& stop) const {
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

void Server::readInto(Call& call, Exchange& answered) const {
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
void Server::compareOnce(const KservePlan& plan, const std::stop_token& stop) const {
    const KservePlan::Made& made = plan.made();
    {
        const std::scoped_lock lock(mutex_);
        if (compared_.contains(made.told_apart)) return;
    }
    const auto call = dialect_->makeCall(plan.shape(), made.model, made.said);
    fillWithNoise(call->input());
    std::array<Exchange, 1> exchanges{call->exchange()};
    exchange(exchanges, patience_.running, stop);
    readInto(*call, exchanges[0]);
    const auto here = processor_.compile(made.graph, plan.inputShape(), made.options);
    std::ranges::copy(call->input(), here->input().begin());
    here->run(stop);
    for (std::size_t i = 0; i < here->outputCount(); ++i) {
        if (!nearlyEqual(call->output(i), here->output(i))) {
            lose("holds other weights as '" + made.model +
                 "' than this network has; give it what 'overfeat export-server' writes for the "
                 "same model.");
        }
    }
    const std::scoped_lock lock(mutex_);
    compared_.insert(made.told_apart);
}

}  // namespace overfeat::backend::kserve
