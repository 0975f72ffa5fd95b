// SPDX-License-Identifier: Apache-2.0
//
// A list of labels, as it lies beside a model or in its metadata.
#include <optional>
#include <string_view>
#include <vector>

#include "engine/net/model_metadata.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/targets.h"

namespace overfeat::fuzz {

void labels(Input input) {
    const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
    std::vector<ClassLabel> classes = net::parseClassLines(text);
    promise(classes.size() <= text.size(), "a line for each class");
    const LabelSet set(std::move(classes), std::nullopt);
    for (std::size_t i = 0; i < set.size(); ++i) {
        promiseShowable(set[i].label);
        promiseShowable(set[i].id);
        promise(set.indexOf(set.idOf(i)).has_value(), "a class is found again");
    }
}

}  // namespace overfeat::fuzz
