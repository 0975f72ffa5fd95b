// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/cli/kept_files.h"
#include "engine/core/label_set.h"
#include "engine/core/recognition.h"

namespace overfeat::cli {

// The files that --heatmap LABEL=OUT.png|.npy asks for; repeatable.
class HeatMapFiles {
public:
    void addTo(CLI::App& command);
    bool empty() const noexcept { return texts_.empty(); }

    // Throws Error(kUsage) for anything but LABEL=OUT.png or LABEL=OUT.npy; touches no file.
    void parse();
    // Finds the classes of what was parsed. Throws Error(kUsage), naming similar classes, if the
    // model does not know one.
    void resolve(const LabelSet& labels);
    // Writes all maps of one picture; `number` goes into the names unless it is the only one.
    // Throws Error(kUsage) instead of replacing one of the files in `kept`.
    void write(const Recognition& seen, bool single, std::int64_t number,
               const KeptFiles& kept) const;
    std::vector<PlannedOutput> planned(bool single) const;

private:
    struct Wish {
        std::string label;
        std::filesystem::path out;
        std::size_t class_index = 0;
    };

    std::vector<std::string> texts_;
    std::vector<Wish> wishes_;
};

}  // namespace overfeat::cli
