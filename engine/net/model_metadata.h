// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/label_set.h"

namespace overfeat::net {

// What somebody wrote down about a network: in its metadata_props (overfeat.* keys) or in the
// sidecar beside it. The formats are in README.md.
struct ModelDescription {
    std::optional<int> window_px;
    std::optional<std::array<float, 3>> mean;  // RGB, 0..255 scale
    std::optional<std::array<float, 3>> std;
    std::optional<double> crop;     // of the shorter side, for the centre view
    bool scaled_from_unit = false;  // mean and std were given for pixels of 0..1
    std::optional<std::vector<ClassLabel>> classes;
    std::optional<std::size_t> background;
    std::optional<std::string> scores;
    std::optional<std::string> boxes;
    std::optional<std::string> features;
    std::optional<std::string> feature_mean;
    std::string card;
};

// Reads the overfeat.* keys and ignores all others. Throws Error(kModel) naming the key.
ModelDescription readMetadata(const std::map<std::string, std::string, std::less<>>& metadata);

inline constexpr int kSmallestWindowPx = 8;
inline constexpr int kLargestWindowPx = 4096;

// Throws Error(kModel) unless every number is finite (and above 0 where `positive`). `what` names
// the source of the numbers.
void checkChannels(const std::array<float, 3>& numbers, bool positive, const std::string& what);
// Many describe pixels as numbers of 0..1, and such a mean and standard deviation are brought to
// 0..255 here: nothing above 1 makes sense there. A mean of 0 with a deviation of 1 is kept,
// because it says that a network takes pixels of 0..255 as they are.
void readScaleOfPixels(ModelDescription& described);
void checkCrop(double crop, const std::string& what);
void checkWindow(double window_px, const std::string& what);

// One line of a list of classes: "wnid<TAB>label", "index<TAB>wnid<TAB>label", "wnid label" or
// only a label. Blanks around it and a byte-order mark before it do not belong to it.
ClassLabel parseClassLine(std::string_view line);
// A blank line is a class without a name: only who knows the number of outputs can tell whether it
// is one (ModelBuilder does).
std::vector<ClassLabel> parseClassLines(std::string_view text);

}  // namespace overfeat::net
