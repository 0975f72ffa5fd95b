// SPDX-License-Identifier: Apache-2.0
#include "app/live/network/server_controller.h"

#include <string_view>
#include <utility>

#include "app/live/base/settings.h"
#include "engine/backend/kserve/address.h"

namespace overfeat::app {

namespace kserve = backend::kserve;

namespace {

// Somebody may have copied what the command line takes. But "kserve:8000/net" is a computer that is
// called so, and its port.
bool hasScheme(std::string_view typed) {
    if (!kserve::isServer(typed)) return false;
    const std::string_view rest = typed.substr(typed.find(':') + 1);
    return rest.substr(0, rest.find('/')).find(':') != std::string_view::npos;
}

}  // namespace

void ServerController::start(std::vector<std::string> servers) {
    servers_ = std::move(servers);
    std::erase_if(servers_, [](const std::string& device) { return !kserve::isServer(device); });
    emit serversChanged();
}

ServerController::Typed ServerController::newest() const {
    if (servers_.empty()) return {};
    const std::string& device = servers_.front();
    const bool grpc = device.starts_with(kserve::kGrpcScheme);
    const std::size_t scheme = (grpc ? kserve::kGrpcScheme : kserve::kHttpScheme).size();
    return {.address = QString::fromStdString(device.substr(scheme)), .grpc = grpc};
}

void ServerController::use(const QString& address, bool grpc) {
    std::string device = address.trimmed().toStdString();
    if (!hasScheme(device)) device.insert(0, grpc ? kserve::kGrpcScheme : kserve::kHttpScheme);
    const std::uint64_t number = ++asked_;
    // A place for each, so that one that hangs, and was given up, keeps no other waiting.
    worker_.run("server " + device, [this, number, device, check = parts_.check_server]() {
        return [this, number, device, problem = check(device)] {
            if (number != asked_) return;
            if (problem.isEmpty()) {
                remember(servers_, device);
                emit serversChanged();
                emit found(device);
            }
            emit answered(problem);
        };
    });
}

}  // namespace overfeat::app
