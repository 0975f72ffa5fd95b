// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/core/geometry.h"
#include "engine/core/score_map.h"
#include "engine/core/taught_classes.h"
#include "engine/detect/part_scan.h"
#include "engine/detect/summed_map.h"

namespace overfeat::detect {

// Looks for taught classes on a level, as one more head beside the network's classes: boxes of the
// object's shape and of many sizes slide over the sharp map of features, each cut into parts. How
// like an example's parts the box's are says whether and where the object is there (README.md has
// the figures).
// Threads: one at a time; works on as many as look() is told. Keeps its scratch memory.
class TaughtHead {
public:
    // What is looked for from now on.
    void setClasses(const std::shared_ptr<const TaughtClasses>& taught);

    // One cell for every cell of the sharp map, with a window as large as `window_px` around it;
    // its probability is that of the best box centred there. Requires classes.
    ScoreMap look(const FeatureMap& sharp, const RectPx& window_px, std::size_t first_class,
                  int threads);

private:
    // What has one shape slides as one: most of the work is the same for all of it.
    struct SharedShape {
        double aspect = 1;  // height by width
        PartGrid grid;
        struct Member {
            std::size_t class_index = 0;
            std::vector<float> examples;   // templates: [n][parts][channels]
            std::vector<float> negatives;  // likewise
            std::size_t first = 0;         // its first of `scanned`
            std::size_t scanned = 0;       // and how many
        };
        std::vector<Member> members;
        std::vector<float> scanned;  // one template of each example: enough to find a place
    };
    struct Sighting {
        float margin = -2;  // how far above the class's threshold, and above its negatives
        RectPx cells;       // where
    };
    struct Job {
        const SharedShape* shape = nullptr;
        Lattice lattice;
        PartScan scan;
        std::vector<float> similarity;
    };

    SharedShape& shapeOf(const ExampleEmbedding& example);
    void plan(SizePx cells);
    void gather(const Job& job, SizePx cells);
    float marginAt(const SharedShape& shape, const SharedShape::Member& member,
                   const RectPx& cells);

    std::shared_ptr<const TaughtClasses> taught_;
    std::vector<SharedShape> shapes_;
    std::vector<Job> jobs_;
    std::size_t job_count_ = 0;
    SummedMap sharp_;
    std::vector<Sighting> best_;  // [class][cell]
    std::vector<float> parts_;
};

}  // namespace overfeat::detect
