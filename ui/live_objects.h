// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "engine/core/detection.h"

namespace overfeat::ui {

// The objects of the shown result: which one is looked at, and whether its ballot is open. Both
// stay with an object from result to result: by its track, else by class and place.
class LiveObjects {
public:
    // Null = none.
    void set(std::shared_ptr<const Detections> detections);

    // Null without a result.
    const Detections* get() const { return detections_.get(); }
    const std::shared_ptr<const Detections>& shared() const { return detections_; }
    std::size_t count() const { return detections_ ? detections_->objects.size() : 0; }

    // The object under the pointer, or the one the keyboard has reached.
    std::optional<std::size_t> current() const { return current_; }
    // True if that changed anything.
    bool setCurrent(std::optional<std::size_t> object);

    std::optional<std::size_t> ballot() const { return ballot_; }
    bool setBallot(std::optional<std::size_t> object);

    // The smallest object at a point of the picture, because it cannot be reached otherwise.
    std::optional<std::size_t> at(PointPx point) const;
    // One further in the list, from the open ballot or the current object; nothing past either end.
    std::optional<std::size_t> neighbour(bool forward) const;

private:
    std::shared_ptr<const Detections> detections_;
    std::optional<std::size_t> current_;
    std::optional<std::size_t> ballot_;
};

}  // namespace overfeat::ui
