// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace overfeat::detect {

// Who proposes the box of a window.
enum class BoxSource {
    kRegressor,  // the network's own box output (OverFeat section 4)
    kEvidence,   // EvidenceBoxes, from where in the window the class's evidence lies
    kWindow,     // the window itself, shrunk: nothing else is known
};

}  // namespace overfeat::detect
