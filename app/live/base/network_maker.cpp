// SPDX-License-Identifier: Apache-2.0
#include "app/live/base/network_maker.h"

#include <utility>

#include "app/store/load_models.h"

namespace overfeat::app {

NetworkMaker networkMaker(std::shared_ptr<const store::ModelStore> models) {
    return [models = std::move(models)](const NetworkRequest& request,
                                        const std::stop_token& stop) {
        return live::makeProcessor(detect::Recogniser(
            store::loadModels(models->resolve(request.model), stop), {.device = request.device}));
    };
}

}  // namespace overfeat::app
