// SPDX-License-Identifier: Apache-2.0
#include "engine/core/device_choice.h"

namespace overfeat {

std::string DeviceChoice::sentence() const {
    if (passed_over.empty()) return name + ": " + description;
    std::string text = name;
    for (const PassedOver& other : passed_over) {
        text.append(&other == &passed_over.front() ? ", because " : " ");
        text.append(other.name).append(": ").append(other.why);
    }
    return text;
}

}  // namespace overfeat
