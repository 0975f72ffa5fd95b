// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/taught_head.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <tuple>
#include <utility>

#include "engine/core/jobs.h"
#include "engine/detect/alike.h"
#include "engine/detect/example_views.h"
#include "engine/detect/vector_sums.h"
#include "engine/detect/vectorised.h"

namespace overfeat::detect {
namespace {

// Longer sides of the boxes that slide, in cells: from what parts can be told from, over where they
// are told best, to what fills a level.
constexpr double kSmallestSide = 4.7;
constexpr double kUsualSide = 6.35;
constexpr double kLargestSide = 16;
constexpr double kSideRatio = 1.35;
// So much larger than the map may a box be.
constexpr double kLargestShare = 1.1;
// Shapes are rounded to powers of this, so that many objects share one: as wide as those that are
// cut into the same parts (partGridFor).
constexpr double kAspectRatio = 1.3 * 1.3;

// What comes so near to the threshold in the scan is compared in all channels, with all examples,
// and with what it should not be.
constexpr float kNear = 0.06F;
// Of a class and a level at most so many places, the best ones.
constexpr std::size_t kMostPlaces = 64;
// What lies otherwise than it was captured comes less near until its box fits. Where there are few
// classes (and shapes of them), some places of each that are only as near as this are compared,
// too: with so many as this none.
constexpr float kFar = 0.17F;
constexpr std::size_t kFewShapes = 50;
// Parts of fewer numbers than this are like others by chance: of places that are so far from it and
// may be moved, one always fits. (Seen with 3; the others measured have 112 and 128.)
constexpr std::size_t kFewChannels = 24;
constexpr std::size_t kFarPlaces = 200;  // of all classes together, about
// The scan goes in large steps: of those so many that are as near as this now are moved to where
// they are most alike.
constexpr std::size_t kMostMoved = 12;
constexpr float kMoved = 0.08F;
constexpr float kMovedFar = 0.25F;  // where far ones are compared
// Less like than this it is none, whatever is around it.
constexpr float kHopeless = 0.08F;

// By so much less like a class than like another one is not it, where both have the same place.
constexpr float kOther = 0.08F;
constexpr double kSamePlace = 0.5;

constexpr std::size_t kLanes = TemplateBank::kLanes;
constexpr float kNowhere = -2;

double roundedAspect(double aspect) noexcept {
    const double step = std::log(kAspectRatio);
    return std::exp(std::round(std::log(aspect) / step) * step);
}

// Of each cell along one direction the place of a box that is nearest to its middle.
void nearestPlaces(int cells, double first, double step, double side, int places,
                   std::vector<std::size_t>& to) {
    to.clear();
    for (int cell = 0; cell < cells; ++cell) {
        const double place = (cell + 0.5 - side / 2 - first) / step;
        to.push_back(static_cast<std::size_t>(
            std::clamp(static_cast<int>(std::lround(place)), 0, places - 1)));
    }
}

// What the scan of one size said along a row of cells.
struct SizeRow {
    const float* places;                    // [place][lane]
    std::span<const std::size_t> place_of;  // of each cell
    std::int32_t job;
};

// Of each cell the largest similarities of all sizes, and whose they are. Half of the lanes at a
// time: they fit into registers.
OVERFEAT_VECTORISED
void keepLargest(std::span<const SizeRow> sizes, std::size_t cells, float* best,
                 std::int32_t* whose) {
    constexpr std::size_t kHalf = 8;
    using Numbers = float __attribute__((vector_size(kHalf * sizeof(float))));
    using Jobs = std::int32_t __attribute__((vector_size(kHalf * sizeof(std::int32_t))));
    for (std::size_t at = 0; at < cells * kLanes; at += kHalf) {
        Numbers most = Numbers{} + kNowhere;
        Jobs job{};
        for (const SizeRow& size : sizes) {
            Numbers now;
            std::memcpy(&now, size.places + size.place_of[at / kLanes] * kLanes + at % kLanes,
                        sizeof(Numbers));
            const Jobs larger = now > most;
            most = larger ? now : most;
            job = larger ? Jobs{} + size.job : job;
        }
        std::memcpy(best + at, &most, sizeof(Numbers));
        std::memcpy(whose + at, &job, sizeof(Jobs));
    }
}

// A box of the same middle and area.
RectPx ofAspect(const RectPx& box, double aspect) noexcept {
    const double width = std::sqrt(box.area() / aspect);
    const double height = width * aspect;
    return {box.centre().x - width / 2, box.centre().y - height / 2, width, height};
}

struct Move {
    int right = 0;
    int down = 0;
    int larger = 0;
};
constexpr Move kMoves[] = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};

}  // namespace

SlidingSides slidingSides(bool finest, double coarser) noexcept {
    return {.smallest = finest ? kSmallestSide : kUsualSide,
            .largest = coarser > 0 ? std::min(kUsualSide * coarser * kSideRatio, kLargestSide)
                                   : kLargestSide};
}

SearchEffort searchEffortFor(std::size_t shapes, std::size_t channels) noexcept {
    constexpr std::size_t kTooFew = kFarPlaces / kFewShapes;
    const std::size_t each = kFarPlaces / std::max<std::size_t>(shapes, 1);
    if (each <= kTooFew || channels < kFewChannels)
        return {.near = kNear, .far_places = 0, .moved = kMoved};
    return {.near = kFar, .far_places = std::min(each - kTooFew, kMostPlaces), .moved = kMovedFar};
}

TaughtHead::SharedShape& TaughtHead::shapeOf(const ExampleEmbedding& example) {
    const double aspect = roundedAspect(example.height_px / example.width_px);
    const PartGrid grid = example.grid();
    const auto known = std::ranges::find_if(shapes_, [&](const SharedShape& shape) {
        return shape.rounded == aspect && shape.grid == grid;
    });
    if (known != shapes_.end()) return *known;
    SharedShape& shape = shapes_.emplace_back();
    shape.rounded = shape.aspect = aspect;
    shape.grid = grid;
    return shape;
}

void TaughtHead::setClasses(const std::shared_ptr<const TaughtClasses>& taught) {
    if (taught == taught_) return;
    taught_ = taught;
    shapes_.clear();
    for (std::size_t k = 0; k < taught->classes.size(); ++k) {
        const auto add = [&](const ExampleEmbedding& example, bool negative) {
            SharedShape& shape = shapeOf(example);
            const std::size_t row = example.size.row(shape.grid);
            const std::size_t parts = shape.grid.count() * example.size.part;
            if (row == 0 || example.rows.size() < row) return;
            if (shape.members.empty() || shape.members.back().class_index != k) {
                if (negative) return;  // there is nothing of this shape to be told from it
                shape.members.push_back({.class_index = k});
            }
            Member& member = shape.members.back();
            if (!negative && member.examples.empty())
                member.aspect = example.height_px / example.width_px;
            const std::span<const float> rows(example.rows);
            for (std::size_t at = 0; at + row <= rows.size(); at += row) {
                const auto one = rows.subspan(at, parts);
                auto& to = negative ? member.negatives : member.examples;
                to.insert(to.end(), one.begin(), one.end());
                if (!negative) member.degrees.push_back(degreesOf(example, at / row));
            }
            if (negative) return;
            shape.member.push_back(static_cast<std::uint32_t>(shape.members.size() - 1));
            if (example.surroundings.size() % parts == 0) {
                member.surroundings.insert(member.surroundings.end(), example.surroundings.begin(),
                                           example.surroundings.end());
            }
        };
        for (const ExampleEmbedding& example : taught->classes[k].examples)
            add(example, false);
        for (const ExampleEmbedding& negative : taught->classes[k].negatives)
            add(negative, true);
    }
    fitScan();
}

// The channels of the scan are those that tell the examples and what lies around them apart.
void TaughtHead::fitScan() {
    std::vector<float> vectors;
    std::size_t channels = 0;
    for (const EmbeddedClass& one : taught_->classes) {
        for (const ExampleEmbedding& example : one.examples) {
            channels = example.size.part;
            const std::size_t parts = example.grid().count() * channels;
            const std::size_t row = example.size.row(example.grid());
            for (std::size_t at = 0; row > 0 && at + row <= example.rows.size(); at += row) {
                const auto first = example.rows.begin() + static_cast<std::ptrdiff_t>(at);
                vectors.insert(vectors.end(), first, first + static_cast<std::ptrdiff_t>(parts));
            }
            vectors.insert(vectors.end(), example.surroundings.begin(), example.surroundings.end());
        }
    }
    space_.fit(vectors, channels);
    std::size_t members = 0;
    for (const SharedShape& shape : shapes_)
        members += shape.members.size();
    effort_ = searchEffortFor(members, channels);
    for (const EmbeddedClass& one : taught_->classes) {
        for (const ExampleEmbedding& example : one.examples) {
            const PartGrid grid = example.grid();
            const std::size_t row = example.size.row(grid);
            if (row == 0 || example.rows.size() < row) continue;
            // What is turned is near enough to that, too, to be compared with everything.
            const std::size_t middle = uprightRows(example) / 2;  // of its sizes
            const std::span<const float> parts(example.rows.data() + middle * row,
                                               grid.count() * channels);
            std::vector<float> projected(grid.count() * kScanChannels);
            const float whole = 1 / std::sqrt(static_cast<float>(grid.count()));
            for (std::size_t p = 0; p < grid.count(); ++p) {
                const auto part = std::span(projected).subspan(p * kScanChannels, kScanChannels);
                space_.project(parts.subspan(p * channels, channels), part);
                makeUnit(part);
                for (float& value : part)
                    value *= whole;
            }
            SharedShape& shape = shapeOf(example);
            const auto before = static_cast<double>(shape.scanned.count());
            const double one_more = std::log(example.height_px / example.width_px);
            shape.aspect = std::exp((std::log(shape.aspect) * before + one_more) / (before + 1));
            shape.scanned.add(projected, grid);
        }
    }
}

void TaughtHead::plan(SizePx cells, const SlidingSides& sides) {
    job_count_ = 0;
    for (std::size_t s = 0; s < shapes_.size(); ++s) {
        const double aspect = shapes_[s].aspect;
        for (double side = sides.smallest; side < sides.largest * 1.01; side *= kSideRatio) {
            const double width = aspect >= 1 ? side / aspect : side;
            const double height = width * aspect;
            if (width > kLargestShare * cells.width || height > kLargestShare * cells.height) break;
            const Lattice lattice = latticeOf(cells, width, height, shapes_[s].grid);
            if (lattice.places.empty()) continue;
            if (jobs_.size() <= job_count_) jobs_.emplace_back();
            Job& job = jobs_[job_count_++];
            job.shape = s;
            job.lattice = lattice;
            nearestPlaces(cells.height, lattice.first_y, lattice.step_y, height,
                          lattice.places.height, job.row_of);
            nearestPlaces(cells.width, lattice.first_x, lattice.step_x, width, lattice.places.width,
                          job.column_of);
        }
    }
}

void TaughtHead::gather(std::size_t number, SizePx cells) {
    SharedShape& shape = shapes_[number];
    const auto columns = static_cast<std::size_t>(cells.width);
    const auto rows = static_cast<std::size_t>(cells.height);
    const std::size_t blocks = shape.scanned.blocks();
    growTo(blocks * rows * columns * kLanes, shape.best);
    growTo(shape.best.size(), shape.job);
    std::vector<SizeRow> sizes;
    for (std::size_t block = 0; block < blocks; ++block) {
        for (std::size_t row = 0; row < rows; ++row) {
            sizes.clear();
            for (std::size_t j = 0; j < job_count_; ++j) {
                const Job& job = jobs_[j];
                if (job.shape != number) continue;
                const auto across = static_cast<std::size_t>(job.lattice.places.width);
                const auto down = static_cast<std::size_t>(job.lattice.places.height);
                const std::size_t from = (block * down + job.row_of[row]) * across;
                sizes.push_back({job.similarity.data() + from * kLanes, job.column_of,
                                 static_cast<std::int32_t>(j)});
            }
            const std::size_t to = (block * rows + row) * columns * kLanes;
            keepLargest(sizes, columns, shape.best.data() + to, shape.job.data() + to);
        }
    }
}

// What is not worth a closer look is as like a class as the scan says.
void TaughtHead::findCandidates(SizePx cells) {
    const auto columns = static_cast<std::size_t>(cells.width);
    const std::size_t count = columns * static_cast<std::size_t>(cells.height);
    candidates_.clear();
    for (std::size_t s = 0; s < shapes_.size(); ++s) {
        const SharedShape& shape = shapes_[s];
        for (std::size_t t = 0; t < shape.member.size(); ++t) {
            const std::size_t k = shape.members[shape.member[t]].class_index;
            const auto threshold = static_cast<float>(taught_->classes[k].threshold);
            const std::size_t first = t / kLanes * count * kLanes + t % kLanes;
            float* margins = margins_.data() + k * count;
            for (std::size_t cell = 0; cell < count; ++cell) {
                const std::size_t at = first + cell * kLanes;
                const float margin = shape.best[at] - threshold;
                if (margin <= -effort_.near) {
                    margins[cell] = std::max(margins[cell], margin);
                    continue;
                }
                const auto j = static_cast<std::size_t>(shape.job[at]);
                const std::size_t place =
                    jobs_[j].row_of[cell / columns] *
                        static_cast<std::size_t>(jobs_[j].lattice.places.width) +
                    jobs_[j].column_of[cell % columns];
                candidates_.push_back({.shape = static_cast<std::uint32_t>(s),
                                       .member = shape.member[t],
                                       .job = static_cast<std::uint32_t>(j),
                                       .place = static_cast<std::uint32_t>(place),
                                       .cell = static_cast<std::uint32_t>(cell),
                                       .margin = margin});
            }
        }
    }
}

// Looks closer at the best places of each class; several cells share one.
void TaughtHead::verify(std::size_t cells) {
    const auto ofClass = [](const Candidate& one) { return std::tuple(one.shape, one.member); };
    const auto ofPlace = [](const Candidate& one) {
        return std::tuple(one.shape, one.member, one.job, one.place);
    };
    std::ranges::sort(candidates_, {}, ofPlace);
    for (auto first = candidates_.begin(); first != candidates_.end();) {
        const auto end = std::find_if(first, candidates_.end(), [&](const Candidate& one) {
            return ofClass(one) != ofClass(*first);
        });
        const SharedShape& shape = shapes_[first->shape];
        const Member& member = shape.members[first->member];
        places_.clear();
        for (auto one = first; one != end;) {
            Place place{one, one, kNowhere, {}, 0};
            for (; place.end != end && ofPlace(*place.end) == ofPlace(*one); ++place.end)
                place.margin = std::max(place.margin, place.end->margin);
            places_.push_back(place);
            one = place.end;
        }
        const auto best = [](std::span<Place> places, std::size_t most) {
            const std::size_t count = std::min(places.size(), most);
            std::ranges::nth_element(places, places.begin() + static_cast<std::ptrdiff_t>(count),
                                     std::greater(), &Place::margin);
            return places.first(count);
        };
        const auto near = static_cast<std::size_t>(std::ranges::count_if(
            places_, [](const Place& place) { return place.margin > -kNear; }));
        const auto looked_at = best(places_, std::clamp(near, effort_.far_places, kMostPlaces));
        for (Place& place : std::span(places_).subspan(looked_at.size()))
            place.margin = std::min(place.margin, -kNear);
        for (Place& place : looked_at) {
            const Lattice& lattice = jobs_[place.first->job].lattice;
            const int across = lattice.places.width;
            const auto at = static_cast<int>(place.first->place);
            place.box = ofAspect(lattice.boxAt(at / across, at % across), member.aspect);
            compareAt(shape, member, place.box, place);
        }
        for (Place& place : best(looked_at, kMostMoved)) {
            if (place.margin > -effort_.moved) climb(shape, member, place);
        }
        for (const Place& place : places_) {
            FoundBox box{place.box, {}};
            if (place.box.area() > 0)
                box.bounds = turnedBounds(place.box, member.aspect, place.degrees);
            for (auto one = place.first; one != place.end; ++one)
                keep(member.class_index, one->cell, cells, place.margin, box);
        }
        first = end;
    }
}

// Tries the box half a step and half a size further.
void TaughtHead::climb(const SharedShape& shape, const Member& member, Place& place) {
    const double step = std::sqrt(kSideRatio);
    for (const Move& move : kMoves) {
        const PointPx centre = place.box.centre();
        const double scale = std::pow(step, move.larger);
        const double width = place.box.width * scale;
        const double height = place.box.height * scale;
        const double half = std::max(width, height) / kStepsPerSide / 2;
        const RectPx box{centre.x + move.right * half - width / 2,
                         centre.y + move.down * half - height / 2, width, height};
        Place moved = place;
        compareAt(shape, member, box, moved);
        if (moved.margin > place.margin) place = moved;
    }
}

void TaughtHead::keep(std::size_t class_index, std::size_t cell, std::size_t cells, float margin,
                      const FoundBox& box) {
    float& best = margins_[class_index * cells + cell];
    if (margin <= best) return;
    best = margin;
    if (!(box.compared.area() > 0)) return;
    if (row_of_[class_index] < 0) {
        row_of_[class_index] = static_cast<std::int32_t>(boxes_.size() / cells);
        boxes_.resize(boxes_.size() + cells);
    }
    boxes_[static_cast<std::size_t>(row_of_[class_index]) * cells + cell] = box;
}

// What is more like another taught class is not this one, whatever its threshold says.
void TaughtHead::settleNames(std::size_t cells) {
    named_.clear();
    for (std::size_t k = 0; k < row_of_.size(); ++k) {
        if (row_of_[k] >= 0) named_.push_back(k);
    }
    if (named_.size() < 2) return;
    const auto boxAt = [&](std::size_t k, std::size_t cell) -> FoundBox& {
        return boxes_[static_cast<std::size_t>(row_of_[k]) * cells + cell];
    };
    for (std::size_t cell = 0; cell < cells; ++cell) {
        const std::size_t best = *std::ranges::max_element(
            named_, {}, [&](std::size_t k) { return margins_[k * cells + cell]; });
        const float most = margins_[best * cells + cell];
        if (most < 0) continue;
        const FoundBox& place = boxAt(best, cell);
        for (const std::size_t k : named_) {
            float& margin = margins_[k * cells + cell];
            if (k == best || margin < -kOther) continue;
            FoundBox& box = boxAt(k, cell);
            if (intersectionOverUnion(box.compared, place.compared) <= kSamePlace) continue;
            // Whatever its name is, it is turned as what it is most like.
            box.bounds = place.bounds;
            if (margin <= most - kOther) margin = -kOther;
        }
    }
}

void TaughtHead::compareAt(const SharedShape& shape, const Member& member, const RectPx& cells,
                           Place& place) {
    parts_.resize(shape.grid.count() * sharp_.channels());
    partsOf(sharp_, cells, shape.grid, parts_);
    const auto threshold = static_cast<float>(taught_->classes[member.class_index].threshold);
    const Alike like = mostAlike(parts_, member.examples);
    place.box = cells;
    place.degrees = member.degrees[like.row];
    place.margin = like.cosine - threshold;
    if (like.cosine < threshold - kHopeless) return;
    place.margin = apartFrom(mostAlike(parts_, member.surroundings).cosine, like.cosine) -
                   std::max(threshold, mostAlike(parts_, member.negatives).cosine);
}

ScoreMap TaughtHead::look(const FeatureMap& sharp, const RectPx& window_px, std::size_t first_class,
                          const SlidingSides& sides, int threads) {
    const SizePx cells = sharp.cells;
    const std::size_t classes = taught_->classes.size();
    const auto count =
        static_cast<std::size_t>(cells.width) * static_cast<std::size_t>(cells.height);
    space_.project(sharp.values, count, projected_);
    scanned_.build(projected_, kScanChannels, cells, true);
    plan(cells, sides);
    runJobs(job_count_, threads, [&](std::size_t i) {
        Job& job = jobs_[i];
        const SharedShape& shape = shapes_[job.shape];
        job.scan.run(scanned_, job.lattice, shape.grid, shape.scanned, job.similarity);
    });
    runJobs(shapes_.size(), threads, [&](std::size_t s) { gather(s, cells); });
    margins_.assign(classes * count, kNowhere);
    boxes_.clear();
    row_of_.assign(classes, -1);
    findCandidates(cells);
    if (!candidates_.empty()) {
        sharp_.build(sharp.values, sharp.channels, cells, true);
        verify(count);
        settleNames(count);
    }

    std::vector<float> probabilities(classes * count);
    // As scoreOfSimilarity(); nowhere is next to nothing.
    logisticsOf(margins_, static_cast<float>(1 / kScoreSteepness), probabilities);
    WindowBoxes boxes;
    for (std::size_t k = 0; k < classes; ++k) {
        if (row_of_[k] < 0) continue;
        boxes.classes.push_back(first_class + k);
        const auto row = boxes_.begin() + static_cast<std::ptrdiff_t>(row_of_[k]) *
                                              static_cast<std::ptrdiff_t>(count);
        std::transform(row, row + static_cast<std::ptrdiff_t>(count), std::back_inserter(boxes.px),
                       [&](const FoundBox& box) { return sharp.toFrame(box.bounds); });
    }
    const RectPx first{sharp.first_px.x - window_px.width / 2,
                       sharp.first_px.y - window_px.height / 2, window_px.width, window_px.height};
    return {cells,
            classes,
            first,
            sharp.step_x_px,
            sharp.step_y_px,
            std::move(probabilities),
            std::move(boxes),
            first_class};
}

}  // namespace overfeat::detect
