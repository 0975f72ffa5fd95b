// SPDX-License-Identifier: Apache-2.0
//
// The description beside a model, and after the first NUL the list of labels beside it, names.tsv.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "engine/net/model_metadata.h"
#include "engine/net/sidecar.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/targets.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::fuzz {

void sidecar(Input input) {
    static const test::TemporaryFolder folder;
    const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
    const std::size_t end = std::min(text.find('\0'), text.size());
    folder.write("model.json", text.substr(0, end));
    folder.write("names.tsv", text.substr(std::min(end + 1, text.size())));

    const auto model = folder.path() / "model.onnx";
    std::optional<net::ModelDescription> described;
    if (taken(ErrorCode::kModel, [&] { described = net::readSidecar(model); })) {
        promise(described.has_value(), "a description that is there is read");
        if (described->window_px) {
            promise(*described->window_px >= net::kSmallestWindowPx &&
                        *described->window_px <= net::kLargestWindowPx,
                    "a window within the limits");
        }
        for (const auto& numbers : {described->mean, described->std}) {
            if (!numbers) continue;
            promise(std::ranges::all_of(*numbers, [](float v) { return std::isfinite(v); }),
                    "finite numbers for pixels");
        }
    }
    for (const auto& file : net::sidecarFiles(model)) {
        promise(file.parent_path() == folder.path(), "no file but of the model's folder");
    }
}

}  // namespace overfeat::fuzz
