// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/taught_classes.h"
#include "engine/detect/features.h"
#include "engine/detect/recogniser.h"
#include "engine/evaluate/annotated_set.h"
#include "engine/evaluate/class_folders.h"

namespace overfeat::evaluate {

// How well classes are learnt from one example, or a few.

// What a network makes of one whole picture: rows of unit length, one for each size that it was
// looked at in.
using Rows = std::vector<std::vector<float>>;
struct ShownPicture {
    std::string class_name;
    std::string file;
    Rows rows;
};

// How the rows of a picture are made. They keep a reference to what they are made with.
using PictureEmbedder = std::function<Rows(const Image& picture)>;
// The `whole` parts of Recogniser::embed(), the picture being the object.
PictureEmbedder embedWhole(detect::Recogniser& recogniser, std::stop_token stop = {});
// The features of the centre view.
PictureEmbedder embedCentre(detect::FeatureExtractor& extractor);
// Those of the centre view and of the middle four fifths of it, each also mirrored: four rows.
PictureEmbedder embedFourViews(detect::FeatureExtractor& extractor);

struct ShowOptions {
    std::set<std::string> only = {};  // classes; empty = all
    std::function<void(std::size_t done)> progress = {};
};
// The pictures of a set of classes (class_folders.h), sorted by class and file. Throws
// Error(kCancelled) after a stop request.
std::vector<ShownPicture> showPictures(const std::filesystem::path& set,
                                       const PictureDecoder& decode, const PictureEmbedder& embed,
                                       const ShowOptions& options = {},
                                       const std::stop_token& stop = {});

// The mean of all their rows, and the pictures with it taken away from each row, of unit length
// again: CL2N (Wang et al. 2019), where the mean is that of pictures of other things.
std::vector<float> meanRow(std::span<const ShownPicture> pictures);
std::vector<ShownPicture> centred(std::vector<ShownPicture> pictures, std::span<const float> mean);

enum class Matching {
    kNearest,  // the largest cosine of any row of one with any row of the other
    kMean,     // the cosine of the means of their rows
};

// One picture of each class teaches it, all others are found among all classes; the mean over many
// draws of the pictures that teach.
struct OneOfEachReport {
    std::size_t classes = 0;
    std::size_t pictures = 0;
    std::size_t unknown = 0;
    double accuracy = 0;  // the nearest class is the right one
    // With pictures of unknown things: right, and nearer than 99 % of those are to any class.
    std::optional<double> accepted = {};
    // Of one class at a time, the others not taught: nearer to the right class than 99 % of the
    // unknown pictures are to a class.
    std::optional<double> accepted_alone = {};
    std::optional<double> auroc_alone = {};  // how well that similarity tells them apart
    // How well the similarity to the right class tells pictures of it from unknown ones, and from
    // pictures of the other classes.
    std::optional<double> auroc_unknown = {};
    std::optional<double> auroc_others = {};
};
// Throws Error(kUsage) for fewer than two classes of two pictures.
OneOfEachReport oneOfEach(std::span<const ShownPicture> pictures,
                          std::span<const ShownPicture> unknown, Matching matching, int draws,
                          std::uint64_t seed = 0);

// Of `ways` classes, drawn anew for every episode, `shots` pictures each teach and at most
// `queries` others each are found among them. Several shots: with kMean a class is the mean of its
// examples.
struct EpisodeOptions {
    int ways = 5;
    int shots = 1;
    int queries = 5;
    int episodes = 600;
    std::uint64_t seed = 0;
};
struct EpisodeReport {
    std::size_t classes = 0;  // that have pictures enough
    double accuracy = 0;      // mean over the episodes
    double interval95 = 0;    // 1.96 standard errors of it
};
// Throws Error(kUsage) if there are not enough classes with enough pictures.
EpisodeReport playEpisodes(std::span<const ShownPicture> pictures, Matching matching,
                           const EpisodeOptions& options);

// Which objects of an annotated set teach, of those of a class that are neither difficult nor
// crowds: so many from this number on, or the last ones; each as it is and turned by equal steps.
struct TeachOptions {
    std::size_t first = 0;
    std::size_t count = 1;
    int turns = 1;
    double threshold = kUsualThreshold;
};
struct TaughtFromSet {
    std::shared_ptr<const TaughtClasses> taught;  // the names are the set's
    std::set<std::string> files;                  // of the pictures they are in
};
// Throws Error(kModel) if nothing can be taught to the network, Error(kInput) for a class without
// an object.
TaughtFromSet teachFromSet(const AnnotatedSet& set, const PictureDecoder& decode,
                           detect::Recogniser& recogniser, const TeachOptions& options,
                           const std::stop_token& stop = {});

}  // namespace overfeat::evaluate
