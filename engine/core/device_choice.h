// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/core/api.h"

namespace overfeat {

// Which device computes, and which better ones do not.
struct OVERFEAT_API DeviceChoice {
    struct PassedOver {
        std::string name;
        std::string why;      // a sentence
        bool failed = false;  // while it computed; the others never did
        bool operator==(const PassedOver&) const = default;
    };

    std::string name;                     // the backend's: "onednn"
    std::string description;              // "oneDNN 2.6.3 (AVX2, 2 threads)"
    std::vector<PassedOver> passed_over;  // best first

    // "onednn: oneDNN 2.6.3 ...", or "reference, because onednn: ...", for logs and `--json`.
    std::string sentence() const;
    bool operator==(const DeviceChoice&) const = default;
};

}  // namespace overfeat
