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
    // A class is looked for in all of them: of many some are enough.
    constexpr std::size_t kLookedFor = 256;
    const std::size_t step = 1 + set.size() / kLookedFor;
    for (std::size_t i = 0; i < set.size(); ++i) {
        promiseShowable(set[i].label);
        promiseShowable(set[i].id);
        if (i % step == 0) promise(set.indexOf(set.idOf(i)).has_value(), "a class is found again");
    }
}

}  // namespace overfeat::fuzz
