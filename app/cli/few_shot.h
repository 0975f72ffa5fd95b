// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/options.h"
#include "engine/evaluate/detection.h"
#include "engine/evaluate/few_shot.h"

// What the files of `overfeat evaluate few-shot` share.
namespace overfeat::cli {

struct FewShotOptions {
    CommonOptions common;
    ViewOptions views;
    std::string data;
    // Sets of classes.
    std::vector<std::string> unknown;
    std::string only;
    std::vector<int> shots{1};
    evaluate::EpisodeOptions episodes;
    int draws = 200;
    // Sets with boxes.
    std::string split;
    evaluate::TeachOptions teach;
    std::size_t limit = 0;
    std::vector<std::string> without;
    std::int64_t every = 1;
    int live_like = 0;
};

// Four digits behind the point.
double rounded(double value);
nlohmann::ordered_json rounded(const std::optional<double>& value);

// Of sets whose pictures show one thing each; returns the exit code.
int measureClasses(const FewShotOptions& options, Context& context);

}  // namespace overfeat::cli
