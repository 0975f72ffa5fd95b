// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/geometry.h"

namespace overfeat::detect {

// A box with what comparing it needs again and again.
struct Measured {
    explicit Measured(const RectPx& rect)
        : box(rect),
          centre(rect.centre()),
          diagonal(std::sqrt(rect.width * rect.width + rect.height * rect.height)),
          area(rect.area()) {}

    RectPx box;
    PointPx centre;
    double diagonal;
    double area;
};

// matchScore() of merge_votes.h.
inline double matchOf(const Measured& a, const Measured& b) noexcept {
    const double x = a.centre.x - b.centre.x;
    const double y = a.centre.y - b.centre.y;
    const double distance = std::sqrt(x * x + y * y);
    const double diagonals = a.diagonal + b.diagonal;
    const double apart = diagonals > 0 ? 2 * distance / diagonals : (distance > 0 ? 1.0 : 0.0);
    const double common = intersection(a.box, b.box).area();
    const double all = a.area + b.area - common;
    return apart + (1 - (all > 0 ? common / all : 0));
}

// The living boxes of a class, arranged so that those near a place and of about the same size are
// found without looking at the others: a shelf for every factor of two in area, on it a band for
// every quarter of a box's side in y, in it the boxes from left to right.
class BoxShelves {
public:
    struct Spot {
        Measured measured;
        std::uint32_t number;
        std::uint32_t place;
    };

    void add(const Spot& spot) {
        const int level = levelOf(spot.measured.area);
        Shelf& shelf = shelves_[static_cast<std::size_t>(level)];
        const auto band = static_cast<std::size_t>(bandOf(level, spot.measured.centre.y));
        if (band >= shelf.bands.size()) shelf.bands.resize(band + 1);
        auto& spots = shelf.bands[band];
        spots.insert(std::ranges::upper_bound(spots, spot.measured.centre.x, {}, xOf), spot);
        shelf.longest = std::max(shelf.longest, spot.measured.diagonal);
        ++shelf.count;
    }

    void remove(const Measured& measured, std::uint32_t number) {
        const int level = levelOf(measured.area);
        Shelf& shelf = shelves_[static_cast<std::size_t>(level)];
        auto& spots = shelf.bands[static_cast<std::size_t>(bandOf(level, measured.centre.y))];
        auto at = std::ranges::lower_bound(spots, measured.centre.x, {}, xOf);
        while (at->number != number)
            ++at;
        spots.erase(at);
        --shelf.count;
    }

    // Shows `consider` every box whose match score with `own` may be as low as `limit`, which may
    // shrink meanwhile, and some others; the most promising ones early.
    template <class Consider>
    void near(const Measured& own, const double& limit, Consider consider) const {
        const int level = levelOf(own.area);
        const auto look = [&](int at) {
            if (at < 0 || at >= kLevels || 1 - bestOverlap(own.area, level, at) > limit)
                return false;
            const Shelf& shelf = shelves_[static_cast<std::size_t>(at)];
            if (shelf.count > 0) lookOnShelf(own, limit, at, shelf, consider);
            return true;
        };
        look(level);
        for (int at = level + 1; look(at); ++at) {
        }
        for (int at = level - 1; look(at); --at) {
        }
    }

    void clear() {
        for (Shelf& shelf : shelves_) {
            for (auto& spots : shelf.bands)
                spots.clear();
            shelf.longest = 0;
            shelf.count = 0;
        }
    }

private:
    static constexpr int kDoublings = 2;  // of the area, from one shelf to the next
    static constexpr double kBandSides = 0.5;
    static constexpr int kLevels = 24;  // areas from 1 to 2^48 px²; the outermost hold all beyond
    static constexpr int kBands = 512;  // likewise

    // How far apart centres may be for a match score of `limit`: a shift by d costs
    // 2 d / (sum of the diagonals), and at least 2 d / (extent + 2 d) of IoU, because at best one
    // box reaches to the other's edge on one side.
    struct Reach {
        Reach(const Measured& own, double longest, double limit)
            : x(along(own.box.width, own.diagonal + longest, limit)),
              y(along(own.box.height, own.diagonal + longest, limit)) {}

        static double along(double extent, double diagonals, double limit) noexcept {
            double most = limit * diagonals;
            if (limit < 1) most = std::min(most, limit * extent / (1 - limit));
            const double costs = 1 / diagonals + 1 / (extent + most);
            return kSafety * limit / costs / 2;
        }

        static constexpr double kSafety = 1 + 1e-9;  // rounding must not hide a match
        double x;
        double y;
    };

    struct Shelf {
        std::vector<std::vector<Spot>> bands;
        double longest = 0;
        int count = 0;
    };

    static double xOf(const Spot& spot) noexcept { return spot.measured.centre.x; }
    // 2^exponent.
    static constexpr double power(int exponent) noexcept {
        return static_cast<double>(std::uint64_t{1} << exponent);
    }
    static int levelOf(double area) noexcept {
        return std::clamp(std::ilogb(std::max(area, 1.0)) / kDoublings, 0, kLevels - 1);
    }
    static double bandHeight(int level) noexcept {
        return kBandSides * power(level * kDoublings / 2);
    }
    static int bandOf(int level, double y) noexcept {
        return static_cast<int>(std::clamp(y / bandHeight(level), 0.0, kBands - 1.0));
    }
    // The largest IoU that a box of this area can have with one of another level.
    static double bestOverlap(double area, int own, int other) noexcept {
        if (other > own) return area / power(other * kDoublings);
        if (other < own) return power((other + 1) * kDoublings) / area;
        return 1;
    }

    template <class Consider>
    static void lookOnShelf(const Measured& own, const double& limit, int level, const Shelf& shelf,
                            const Consider& consider) {
        const double height = bandHeight(level);
        const int middle = bandOf(level, own.centre.y);
        double known_limit = limit;
        Reach reach(own, shelf.longest, limit);
        const auto show = [&](const Spot& spot) {
            consider(spot);
            if (limit == known_limit) return;
            known_limit = limit;
            reach = Reach(own, shelf.longest, limit);
        };
        const auto lookInBand = [&](int band) {
            const auto& spots = shelf.bands[static_cast<std::size_t>(band)];
            const double x = own.centre.x;
            const auto start = std::ranges::lower_bound(spots, x, {}, xOf);
            for (auto at = start; at != spots.end() && xOf(*at) - x <= reach.x; ++at)
                show(*at);
            for (auto at = start; at != spots.begin() && x - xOf(*std::prev(at)) <= reach.x; --at)
                show(*std::prev(at));
        };
        const int last = static_cast<int>(shelf.bands.size()) - 1;
        bool up = true;
        bool down = true;
        for (int step = 0; up || down; ++step) {
            const int below = middle + step;
            const int above = middle - step;
            down = down && below <= last && (step == 0 || below * height - own.centre.y <= reach.y);
            up = up && above >= 0 &&
                 (above >= middle || own.centre.y - (above + 1) * height <= reach.y);
            if (down) lookInBand(below);
            if (up && step > 0 && above <= last) lookInBand(above);
        }
    }

    std::array<Shelf, kLevels> shelves_;
};

}  // namespace overfeat::detect
