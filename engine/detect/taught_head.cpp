// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/taught_head.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "engine/core/jobs.h"

namespace overfeat::detect {
namespace {

// Longer sides of the boxes that slide, in cells: from what parts can be told from to what fills a
// level; larger and smaller objects are another level's.
constexpr double kSmallestSide = 4;
constexpr double kSideRatio = 1.26;
constexpr int kSides = 7;
// So much larger than the map may a box be.
constexpr double kLargestShare = 1.1;
// Shapes are rounded to powers of this, so that many objects share one.
constexpr double kAspectRatio = 1.2;

// The scan compares with one embedding of each example; what comes so near to the threshold is
// compared with all of them, and with what it should not be.
constexpr float kNear = 0.12F;

double rounded(double aspect) noexcept {
    const double step = std::log(kAspectRatio);
    return std::exp(std::round(std::log(aspect) / step) * step);
}

// The place of a lattice that is nearest to the middle of a cell.
int nearestPlace(int cell, double first, double step, double side, int count) noexcept {
    const double place = (cell + 0.5 - side / 2 - first) / step;
    return std::clamp(static_cast<int>(std::lround(place)), 0, count - 1);
}

// The largest cosine of parts with a template, -1 where there is none.
float mostLike(std::span<const float> parts, std::span<const float> templates) noexcept {
    float most = -1;
    for (std::size_t at = 0; at < templates.size(); at += parts.size())
        most = std::max(most, dotOf(parts, templates.subspan(at, parts.size())));
    return most;
}

}  // namespace

TaughtHead::SharedShape& TaughtHead::shapeOf(const ExampleEmbedding& example) {
    const double aspect = rounded(example.height_px / example.width_px);
    const PartGrid grid = example.grid();
    const auto known = std::ranges::find_if(shapes_, [&](const SharedShape& shape) {
        return shape.aspect == aspect && shape.grid == grid;
    });
    if (known != shapes_.end()) return *known;
    return shapes_.emplace_back(
        SharedShape{.aspect = aspect, .grid = grid, .members = {}, .scanned = {}});
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
                shape.members.push_back({.class_index = k,
                                         .examples = {},
                                         .negatives = {},
                                         .first = shape.scanned.size() / parts});
            }
            SharedShape::Member& member = shape.members.back();
            const std::span<const float> rows(example.rows);
            const std::size_t count = rows.size() / row;
            for (std::size_t i = 0; i < count; ++i) {
                const auto one = rows.subspan(i * row, parts);
                auto& to = negative ? member.negatives : member.examples;
                to.insert(to.end(), one.begin(), one.end());
                if (negative || i != count / 2) continue;  // of its sizes the middle one
                shape.scanned.insert(shape.scanned.end(), one.begin(), one.end());
                ++member.scanned;
            }
        };
        for (const ExampleEmbedding& example : taught->classes[k].examples)
            add(example, false);
        for (const ExampleEmbedding& negative : taught->classes[k].negatives)
            add(negative, true);
    }
}

void TaughtHead::plan(SizePx cells) {
    job_count_ = 0;
    for (const SharedShape& shape : shapes_) {
        double side = kSmallestSide;
        for (int i = 0; i < kSides; ++i, side *= kSideRatio) {
            const double width = shape.aspect >= 1 ? side / shape.aspect : side;
            const double height = width * shape.aspect;
            if (width > kLargestShare * cells.width || height > kLargestShare * cells.height) break;
            if (jobs_.size() <= job_count_) jobs_.emplace_back();
            Job& job = jobs_[job_count_++];
            job.shape = &shape;
            job.lattice = latticeOf(cells, width, height);
        }
    }
}

// Of every cell the best box around it.
void TaughtHead::gather(const Job& job, SizePx cells) {
    const Lattice& lattice = job.lattice;
    if (lattice.places.empty()) return;
    const auto columns = static_cast<std::size_t>(cells.width);
    const std::size_t count = columns * static_cast<std::size_t>(cells.height);
    const auto across = static_cast<std::size_t>(lattice.places.width);
    const std::size_t places = across * static_cast<std::size_t>(lattice.places.height);
    for (int row = 0; row < cells.height; ++row) {
        const int y = nearestPlace(row, lattice.first_y, lattice.step_y, lattice.height,
                                   lattice.places.height);
        for (int column = 0; column < cells.width; ++column) {
            const int x = nearestPlace(column, lattice.first_x, lattice.step_x, lattice.width,
                                       lattice.places.width);
            const std::size_t place =
                static_cast<std::size_t>(y) * across + static_cast<std::size_t>(x);
            const std::size_t cell =
                static_cast<std::size_t>(row) * columns + static_cast<std::size_t>(column);
            for (const SharedShape::Member& member : job.shape->members) {
                float similarity = -1;
                for (std::size_t t = member.first; t < member.first + member.scanned; ++t)
                    similarity = std::max(similarity, job.similarity[t * places + place]);
                float margin =
                    similarity - static_cast<float>(taught_->classes[member.class_index].threshold);
                Sighting& best = best_[member.class_index * count + cell];
                if (margin > -kNear) margin = marginAt(*job.shape, member, lattice.boxAt(y, x));
                if (margin > best.margin) best = {margin, lattice.boxAt(y, x)};
            }
        }
    }
}

float TaughtHead::marginAt(const SharedShape& shape, const SharedShape::Member& member,
                           const RectPx& cells) {
    parts_.resize(shape.grid.count() * sharp_.channels());
    partsOf(sharp_, cells, shape.grid, parts_);
    const float like = mostLike(parts_, member.examples);
    const float unlike = mostLike(parts_, member.negatives);
    const auto threshold = static_cast<float>(taught_->classes[member.class_index].threshold);
    return like - std::max(threshold, unlike);
}

ScoreMap TaughtHead::look(const FeatureMap& sharp, const RectPx& window_px, std::size_t first_class,
                          int threads) {
    const SizePx cells = sharp.cells;
    const std::size_t classes = taught_->classes.size();
    const auto count =
        static_cast<std::size_t>(cells.width) * static_cast<std::size_t>(cells.height);
    sharp_.build(sharp.values, sharp.channels, cells, true);
    plan(cells);
    runJobs(job_count_, threads, [&](std::size_t i) {
        Job& job = jobs_[i];
        job.scan.run(sharp_, job.lattice, job.shape->grid, job.shape->scanned, job.similarity);
    });
    best_.assign(classes * count, {});
    for (std::size_t i = 0; i < job_count_; ++i)
        gather(jobs_[i], cells);

    std::vector<float> probabilities(classes * count);
    WindowBoxes boxes;
    boxes.px.resize(classes * count);
    for (std::size_t k = 0; k < classes; ++k) {
        boxes.classes.push_back(first_class + k);
        for (std::size_t i = k * count; i < (k + 1) * count; ++i) {
            if (best_[i].margin <= -1) continue;
            probabilities[i] = scoreOfSimilarity(best_[i].margin, 0);
            boxes.px[i] = sharp.toFrame(best_[i].cells);
        }
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
