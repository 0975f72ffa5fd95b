// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/device_choosing.h"

namespace overfeat::detect {

DeviceChoosing::DeviceChoosing(std::string wanted, std::vector<const backend::Backend*> first)
    : wanted_(std::move(wanted)), first_(std::move(first)) {}

void DeviceChoosing::chooseFor(std::vector<std::shared_ptr<const net::Graph>> graphs) {
    graphs_ = std::move(graphs);
    if (server_ == nullptr) server_ = backend::connectServer(wanted_);
    choice_ = best();
}

backend::Choice DeviceChoosing::best() const {
    backend::Choice best;
    for (const auto& graph : graphs_) {
        backend::Choice next = backend::chooseBackend(
            {.device = wanted_, .server = server_, .first = first_, .failed = failed_}, *graph);
        // The more are passed over, the worse it is.
        if (best.backend == nullptr ||
            next.device.passed_over.size() > best.device.passed_over.size()) {
            best = std::move(next);
        }
    }
    return best;
}

bool DeviceChoosing::giveUp(const Error& why) {
    if (!backend::mayBeReplaced(wanted_)) return false;
    failed_.push_back({.name = choice_.device.name, .why = why.what(), .failed = true});
    try {
        choice_ = best();
        return true;
    } catch (const Error&) {
        failed_.pop_back();
        return false;
    }
}

}  // namespace overfeat::detect
