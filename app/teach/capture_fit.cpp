// SPDX-License-Identifier: Apache-2.0
#include "app/teach/capture_fit.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "engine/detect/vector_sums.h"

namespace overfeat::teach {
namespace {

// Below this share of what is usual in its class a capture disagrees.
constexpr double kDisagrees = 0.7;
constexpr std::size_t kFewestToDisagree = 3;  // of two nobody knows which one
// Captures that are more alike show the same side.
constexpr double kSameSide = 0.9;
constexpr std::size_t kEnoughSides = 3;
// Below this likeness of the captures of a class, they show it so differently that there is much
// between them; so many of them are enough all the same.
constexpr double kFarApart = 0.55;
constexpr std::size_t kEnoughOfThem = 6;
// No two different things were as alike.
constexpr double kLooksLike = 0.8;

constexpr std::size_t kMostCompared = 64;   // of them, with each other
constexpr std::size_t kMostJudged = 200;    // captures of a class
constexpr std::size_t kMostOfOthers = 300;  // captures of all classes

// One capture: the windows at the sizes it was looked at in.
struct Seen {
    const learn::Capture* capture = nullptr;
    std::vector<std::span<const float>> windows;
};
struct SeenClass {
    const learn::TaughtClass* taught = nullptr;
    std::vector<Seen> captures;
};

double likeness(const Seen& a, const Seen& b) {
    float most = -1;
    for (const auto& one : a.windows) {
        for (const auto& other : b.windows)
            most = std::max(most, detect::dotOf(one, other));
    }
    return most;
}

SeenClass seenOf(const learn::TaughtClass& taught, const Embeddings& embeddings,
                 const EmbeddingSize& size) {
    SeenClass seen{.taught = &taught, .captures = {}};
    for (const learn::Capture& capture : taught.captures) {
        const auto found = embeddings.find(capture.id);
        if (capture.negative || found == embeddings.end()) continue;
        const learn::FeatureMatrix& rows = found->second.prototypes;
        const auto columns = static_cast<std::size_t>(rows.columns);
        const std::size_t wanted = size.row(partGridFor(capture.box.width, capture.box.height));
        if (size.whole == 0 || columns != wanted) continue;  // of another shape
        Seen one{.capture = &capture, .windows = {}};
        const std::span<const float> values(rows.values);
        for (std::size_t at = 0; at + columns <= values.size(); at += columns)
            one.windows.push_back(values.subspan(at + columns - size.whole, size.whole));
        if (!one.windows.empty()) seen.captures.push_back(std::move(one));
    }
    return seen;
}

// At most `count` of them, from all over.
template <class T>
std::vector<const T*> spread(const std::vector<T>& all, std::size_t count) {
    std::vector<const T*> some;
    const std::size_t taken = std::min(count, all.size());
    for (std::size_t i = 0; i < taken; ++i)
        some.push_back(&all[i * all.size() / taken]);
    return some;
}

double mostLike(const Seen& one, const std::vector<const Seen*>& others) {
    double most = -1;
    for (const Seen* other : others) {
        if (other->capture != one.capture) most = std::max(most, likeness(one, *other));
    }
    return most;
}

double medianOf(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    if (values.size() % 2 == 1) return *middle;
    return (*middle + *std::ranges::max_element(values.begin(), middle)) / 2;
}

bool moreWouldHelp(const SeenClass& seen) {
    std::vector<const Seen*> sides;
    for (const Seen& one : seen.captures) {
        if (sides.size() >= kEnoughOfThem) return false;
        if (mostLike(one, sides) < kSameSide) sides.push_back(&one);
    }
    if (sides.size() < kEnoughSides) return true;
    return sides.size() < kEnoughOfThem && std::ranges::any_of(sides, [&](const Seen* one) {
               return mostLike(*one, sides) < kFarApart;
           });
}

struct Other {
    const std::string* class_id = nullptr;
    const Seen* seen = nullptr;
};

// Of all classes, as many as can be compared with.
std::vector<Other> othersOf(const std::vector<SeenClass>& classes) {
    std::vector<Other> all;
    for (const SeenClass& each : classes) {
        for (const Seen& seen : each.captures)
            all.push_back({&each.taught->id, &seen});
    }
    std::vector<Other> some;
    for (const Other* one : spread(all, kMostOfOthers))
        some.push_back(*one);
    return some;
}

std::map<std::string, CaptureFit> capturesOf(const SeenClass& seen,
                                             const std::vector<Other>& others) {
    std::map<std::string, CaptureFit> fits;
    const auto compared = spread(seen.captures, kMostCompared);
    std::vector<double> usual;
    usual.reserve(compared.size());
    for (const Seen* one : compared)
        usual.push_back(mostLike(*one, compared));
    for (const Seen* one : spread(seen.captures, kMostJudged)) {
        CaptureFit& fit = fits[one->capture->id];
        fit.like_own = std::max(0.0, mostLike(*one, compared));
        if (seen.captures.size() >= kFewestToDisagree) {
            // Against the rest: one that is like nothing says nothing of what is usual.
            std::vector<double> rest;
            for (std::size_t i = 0; i < compared.size(); ++i) {
                if (compared[i] != one) rest.push_back(usual[i]);
            }
            fit.disagrees = fit.like_own < kDisagrees * medianOf(std::move(rest));
        }
        for (const Other& other : others) {
            if (*other.class_id == seen.taught->id) continue;
            const double like = likeness(*one, *other.seen);
            if (like < kLooksLike || like <= std::max(fit.like_own, fit.like_other)) continue;
            fit.looks_like = *other.class_id;
            fit.like_other = like;
        }
    }
    return fits;
}

}  // namespace

std::map<std::string, ClassFit> fitOf(const learn::LibraryContent& content,
                                      const Embeddings& embeddings, const EmbeddingSize& size,
                                      const std::set<std::string>& wanted) {
    std::map<std::string, ClassFit> fits;
    if (wanted.empty()) return fits;
    std::vector<SeenClass> classes;
    for (const learn::TaughtClass& taught : content.classes) {
        SeenClass seen = seenOf(taught, embeddings, size);
        if (!seen.captures.empty()) classes.push_back(std::move(seen));
    }
    const std::vector<Other> others = othersOf(classes);
    for (const SeenClass& seen : classes) {
        if (!wanted.contains(seen.taught->id)) continue;
        fits[seen.taught->id] = {.more_would_help = moreWouldHelp(seen),
                                 .captures = capturesOf(seen, others)};
    }
    return fits;
}

}  // namespace overfeat::teach
