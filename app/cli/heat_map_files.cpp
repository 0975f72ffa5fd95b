// SPDX-License-Identifier: Apache-2.0
#include "app/cli/heat_map_files.h"

#include <CLI/Option.hpp>
#include <algorithm>
#include <cmath>

#include "app/cli/options.h"
#include "app/cli/output_file.h"
#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

// Heat maps of larger pictures are written at a lower resolution: they are smooth anyway.
constexpr double kMaxHeatMapPoints = 4e6;

double heatMapStep(SizePx frame) {
    const double pixels = static_cast<double>(frame.width) * frame.height;
    return std::max(1.0, std::ceil(std::sqrt(pixels / kMaxHeatMapPoints)));
}

}  // namespace

void HeatMapFiles::addTo(CLI::App& command) {
    command
        .add_option("--heatmap", texts_,
                    "Write the confidence of a class over the picture: 16-bit grey PNG (65535 = "
                    "1) or NPY; repeatable; numbered if there are several pictures")
        ->type_name("LABEL=OUT.png|.npy")
        ->allow_extra_args(false);
}

void HeatMapFiles::parse() {
    wishes_.clear();
    for (const std::string& text : texts_) {
        const auto equals = text.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
            throw Error(ErrorCode::kUsage,
                        "--heatmap wants LABEL=OUT.png or LABEL=OUT.npy, not '" + text + "'.");
        }
        Wish wish{text.substr(0, equals), text.substr(equals + 1), 0};
        const std::filesystem::path extension = wish.out.extension();
        if (extension != ".png" && extension != ".npy") {
            throw Error(ErrorCode::kUsage, "A heat map is written as .png or .npy, not as '" +
                                               wish.out.string() + "'; change the extension.");
        }
        wishes_.push_back(std::move(wish));
    }
}

void HeatMapFiles::resolve(const LabelSet& labels) {
    for (Wish& wish : wishes_)
        wish.class_index = classNamed(labels, wish.label);
}

void HeatMapFiles::write(const Recognition& seen, bool single, std::int64_t number,
                         const KeptFiles& kept) const {
    const double step = heatMapStep(seen.frame_size);
    for (const Wish& wish : wishes_) {
        writeHeatMap(
            single ? wish.out : numbered(wish.out, number),
            heatMap(seen.mapsOf(wish.class_index), wish.class_index, seen.frame_size, step), kept);
    }
}

std::vector<PlannedOutput> HeatMapFiles::planned(bool single) const {
    std::vector<PlannedOutput> all;
    for (const Wish& wish : wishes_)
        all.push_back({wish.out, !single});
    return all;
}

}  // namespace overfeat::cli
