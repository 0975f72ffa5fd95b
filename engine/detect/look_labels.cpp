// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/look_labels.h"

#include <utility>
#include <vector>

namespace overfeat::detect {

const std::shared_ptr<const LabelSet>& LookLabels::of(
    const Look& look, const std::shared_ptr<const LabelSet>& network, const std::string& space) {
    if (!look.taught && look.network_classes) return network;
    if (look.taught == taught_ && look.network_classes == with_network_ && labels_) return labels_;
    std::vector<ClassLabel> taught;
    if (look.taught && look.taught->space == space) {
        for (const EmbeddedClass& one : look.taught->classes) {
            taught.push_back(
                {.id = one.id, .label = one.name, .taught = true, .colour = one.colour});
        }
    }
    taught_ = look.taught;
    with_network_ = look.network_classes;
    LabelSet all = (look.network_classes ? *network : LabelSet()).with(taught);
    // Another pointer only where a class is another one: who shows them compares.
    if (!labels_ || all != *labels_) labels_ = std::make_shared<const LabelSet>(std::move(all));
    return labels_;
}

}  // namespace overfeat::detect
