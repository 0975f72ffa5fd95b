// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/core/geometry.h"
#include "engine/core/score_map.h"
#include "engine/core/taught_classes.h"
#include "engine/detect/part_scan.h"
#include "engine/detect/scan_space.h"
#include "engine/detect/summed_map.h"

namespace overfeat::detect {

// Of the longer sides of the boxes that slide over a level, in cells of its sharp map.
struct SlidingSides {
    double smallest = 0;
    double largest = 0;
};
// What a level looks for, so that objects of every size are some level's and few are two's:
// `finest` is the largest one, `coarser` how many times larger a level is than the next smaller
// one, 0 = there is none.
SlidingSides slidingSides(bool finest, double coarser) noexcept;

// How closely is looked where the scan says that something may be what was taught; as far below the
// threshold as this, the sizes positive.
struct SearchEffort {
    float near = 0;              // compared in all channels
    std::size_t far_places = 0;  // of a shape and level at most so many of the less near ones
    float moved = 0;             // moved to where it is most alike
};
// The less the more is looked for, so that a frame takes about as long. `shapes`: of each class
// those its captures have; `channels`: of each part.
SearchEffort searchEffortFor(std::size_t shapes, std::size_t channels) noexcept;

// Looks for taught classes on a level, as one more head beside the network's classes: boxes of the
// object's shape and of several sizes slide over the sharp map of features, each cut into parts.
// How like an example's parts the box's are says whether and where the object is there (README.md
// has the figures). A scan in few channels says where it is worth to compare all of them.
// Threads: one at a time; works on as many as look() is told. Keeps its scratch memory.
class TaughtHead {
public:
    // What is looked for from now on.
    void setClasses(const std::shared_ptr<const TaughtClasses>& taught);

    // One cell for every cell of the sharp map, with a window as large as `window_px` around it;
    // its probability is that of the best box centred there. Requires classes.
    ScoreMap look(const FeatureMap& sharp, const RectPx& window_px, std::size_t first_class,
                  const SlidingSides& sides, int threads);

private:
    struct Member {
        std::size_t class_index = 0;
        double aspect = 1;                     // of its first example: its boxes have it
        std::vector<float> examples = {};      // templates: [n][parts][channels]
        std::vector<double> degrees = {};      // of each of those, by which it is turned
        std::vector<float> surroundings = {};  // likewise
        std::vector<float> negatives = {};     // likewise
    };
    // What has one shape slides as one: most of the work is the same for all of it.
    struct SharedShape {
        double rounded = 1;  // height by width, as it is shared
        double aspect = 1;   // of the boxes that slide: the mean of its templates'
        PartGrid grid;
        std::vector<Member> members;
        TemplateBank scanned;               // one template of each example
        std::vector<std::uint32_t> member;  // of each of those
        // Of every cell and template the best box around it, [block][cell][lane].
        std::vector<float> best;
        std::vector<std::int32_t> job;  // of that box
    };
    struct Job {
        std::size_t shape = 0;
        Lattice lattice;
        std::vector<std::size_t> row_of;     // of each row of cells the nearest one of places
        std::vector<std::size_t> column_of;  // likewise
        PartScan scan;
        std::vector<float> similarity;
    };
    // A place worth looking closer, and a cell it is the best one of.
    struct Candidate {
        std::uint32_t shape = 0;
        std::uint32_t member = 0;
        std::uint32_t job = 0;
        std::uint32_t place = 0;
        std::uint32_t cell = 0;
        float margin = 0;  // in few channels
    };
    struct Place {
        std::vector<Candidate>::iterator first;
        std::vector<Candidate>::iterator end;
        float margin = 0;
        // Once it was looked at: where it is most alike, and how turned that example is.
        RectPx box;
        double degrees = 0;
    };
    // What a cell says of where a class is, in cells: names are told apart by what was compared,
    // for what bounds it is another box for each way in which it may be turned.
    struct FoundBox {
        RectPx compared;
        RectPx bounds;
    };

    SharedShape& shapeOf(const ExampleEmbedding& example);
    void fitScan();
    void plan(SizePx cells, const SlidingSides& sides);
    void gather(std::size_t shape, SizePx cells);
    void findCandidates(SizePx cells);
    void verify(std::size_t cells);
    void climb(const SharedShape& shape, const Member& member, Place& place);
    void keep(std::size_t class_index, std::size_t cell, std::size_t cells, float margin,
              const FoundBox& box);
    void settleNames(std::size_t cells);
    // Sets the place's box, how turned it is, and its margin.
    void compareAt(const SharedShape& shape, const Member& member, const RectPx& cells,
                   Place& place);

    std::shared_ptr<const TaughtClasses> taught_;
    SearchEffort effort_;
    std::vector<SharedShape> shapes_;
    std::vector<Job> jobs_;
    std::size_t job_count_ = 0;
    ScanSpace space_;
    std::vector<float> projected_;
    SummedMap scanned_;
    SummedMap sharp_;
    std::vector<Candidate> candidates_;
    std::vector<Place> places_;
    std::vector<float> margins_;        // [class][cell]: how far above the class's threshold
    std::vector<FoundBox> boxes_;       // [class with boxes][cell]
    std::vector<std::int32_t> row_of_;  // of each class among those; -1 = it has none
    std::vector<std::size_t> named_;    // classes that have some
    std::vector<float> parts_;
};

}  // namespace overfeat::detect
