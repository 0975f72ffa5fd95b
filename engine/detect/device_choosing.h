// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/registry.h"
#include "engine/core/error.h"
#include "engine/net/graph.h"

namespace overfeat::detect {

// Which backend computes some networks, and the next one when it fails.
class DeviceChoosing {
public:
    // `first` are tried before the backends of the registry, where `wanted` is "auto".
    DeviceChoosing(std::string wanted, std::vector<const backend::Backend*> first);

    // Chooses the best one that can run all of them. Throws what backend::chooseBackend throws.
    void chooseFor(std::vector<std::shared_ptr<const net::Graph>> graphs);
    const backend::Choice& choice() const noexcept { return choice_; }

    // Chooses the next one. False if there is none, or if somebody asked for this one by its name.
    bool giveUp(const Error& why);

    // Calls work(), and once more for each device that is lost in it, after `given_up()`, which
    // lets go of what was made for that one.
    template <class Work, class GivenUp>
    auto run(Work work, GivenUp given_up) {
        for (;;) {
            try {
                return work();
            } catch (const Error& error) {
                if (error.code() != ErrorCode::kDeviceLost || !giveUp(error)) throw;
            }
            given_up();
        }
    }

private:
    backend::Choice best() const;

    std::string wanted_;
    std::shared_ptr<const backend::Backend> server_;  // made once, with its connections
    std::vector<const backend::Backend*> first_;
    std::vector<std::shared_ptr<const net::Graph>> graphs_;
    std::vector<DeviceChoice::PassedOver> failed_;
    backend::Choice choice_;
};

}  // namespace overfeat::detect
