// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "engine/learn/class_library.h"

namespace overfeat::test {

// A capture whose picture follows from its source, so that a mixed-up picture is noticed.
learn::NewCapture captureNamed(const std::string& source);

// What a library holds, without its random ids: comparable between libraries.
struct ModelClass {
    int colour = learn::TaughtClass::kAutomaticColour;
    bool enabled = true;
    std::optional<double> threshold;
    std::multiset<std::string> captures;  // source, with "not " before it for a negative

    bool operator==(const ModelClass&) const = default;
};

struct Model {
    std::map<std::string, ModelClass> classes;  // by name
    std::multiset<std::string> negatives;

    bool operator==(const Model&) const = default;
    std::string text() const;  // one line
};

// Reads everything, pictures included; a wrong picture shows as a capture named "WRONG".
Model modelOf(learn::ClassLibrary& library);

// Random actions on a library, each with what it must lead to.
class RandomActions {
public:
    RandomActions(learn::ClassLibrary& library, std::uint64_t seed);

    struct Step {
        Model after;
        std::string what;
        std::function<void()> perform;
    };
    // What may be done next; perform() does it. Undo and redo only reach back to the constructor.
    Step plan();
    // The step was performed.
    void accept(const Step& step);
    std::size_t undoable() const noexcept { return past_.size(); }
    const Model& now() const noexcept { return now_; }

private:
    std::size_t pick(std::size_t count);
    Step planOnClass(const learn::TaughtClass& one, const Model& before);
    Step planOnTwo(const learn::LibraryContent& content, const learn::TaughtClass& one,
                   const Model& before);

    learn::ClassLibrary& library_;
    std::mt19937_64 random_;
    Model now_;
    std::vector<Model> past_;
    std::vector<Model> future_;
    enum class Kind { kAction, kUndo, kRedo } kind_ = Kind::kAction;
    std::uint64_t names_ = 0;
};

}  // namespace overfeat::test
