// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "engine/c/guard.h"
#include "engine/c/handles.h"
#include "engine/c/live_handles.h"
#include "engine/learn/assemble.h"
#include "engine/learn/class_library.h"

using overfeat::TaughtClasses;
using overfeat::c::guarded;
using overfeat::c::require;
using overfeat::c::required;

namespace overfeat::c {
namespace {

// What was taught, to be changed: a copy only if a look had it, which keeps its own.
std::shared_ptr<TaughtClasses> ownOf(const overfeat_recogniser& owner) {
    if (owner.taught && owner.taught.use_count() == 1) return owner.taught;
    auto taught = owner.taught ? std::make_shared<TaughtClasses>(*owner.taught)
                               : std::make_shared<TaughtClasses>();
    taught->space = owner.info.embedding_space;
    return taught;
}

}  // namespace
}  // namespace overfeat::c

overfeat_status overfeat_teach(overfeat_recogniser* recogniser, const char* name,
                               const overfeat_image* image, const overfeat_box* box) {
    return guarded([&] {
        const auto owner = required(recogniser, "The recogniser");
        require(name, "The name");
        require(box, "The box");
        const std::string label =
            overfeat::sanitisedLabel(name, overfeat::learn::kLongestNameBytes);
        if (label.empty()) {
            throw overfeat::Error(overfeat::ErrorCode::kUsage,
                                  "The class has no name; give it one.");
        }
        const overfeat::c::Computing turn(*owner, "The recogniser");
        auto embedding = owner->recogniser.embed(
            {overfeat::c::imageOf(image), {box->x, box->y, box->width, box->height}}, turn.stop());
        const auto taught = overfeat::c::ownOf(*owner);
        const auto known =
            std::ranges::find(taught->classes, label, &overfeat::EmbeddedClass::name);
        if (known != taught->classes.end()) {
            known->examples.push_back(std::move(embedding));
        } else {
            overfeat::EmbeddedClass one;
            one.id = label;
            one.name = label;
            overfeat::learn::TaughtClass colour_of;
            colour_of.id = label;
            one.colour = overfeat::learn::colourNumber(colour_of);
            one.examples.push_back(std::move(embedding));
            taught->classes.push_back(std::move(one));
        }
        owner->taught = taught;
    });
}

overfeat_status overfeat_forget(overfeat_recogniser* recogniser, const char* name) {
    return guarded([&] {
        const auto owner = required(recogniser, "The recogniser");
        const overfeat::c::Turns::Turn turn(owner->turns, "The recogniser");
        if (name == nullptr || !owner->taught) {
            owner->taught.reset();
            return;
        }
        const auto taught = overfeat::c::ownOf(*owner);
        const std::string label =
            overfeat::sanitisedLabel(name, overfeat::learn::kLongestNameBytes);
        std::erase_if(taught->classes, [&](const auto& one) { return one.name == label; });
        owner->taught = taught;
        if (taught->classes.empty()) owner->taught.reset();
    });
}

overfeat_status overfeat_use_library(overfeat_recogniser* recogniser, const char* file,
                                     size_t* unseen) {
    if (unseen != nullptr) *unseen = 0;
    return guarded([&] {
        const auto owner = required(recogniser, "The recogniser");
        require(file, "The class library's name");
        const overfeat::c::Turns::Turn turn(owner->turns, "The recogniser");
        const auto& info = owner->info;
        const auto library = overfeat::learn::ClassLibrary::open(file, {.read_only = true}).library;
        const auto made = overfeat::learn::assemble(*library->content(),
                                                    library->embeddings(info.embedding_space),
                                                    info.embedding_space, info.embedding_size);
        if (unseen != nullptr) {
            *unseen = library->capturesWithoutEmbedding(info.embedding_space).size();
        }
        owner->taught.reset();
        if (!made->classes.empty()) owner->taught = std::make_shared<TaughtClasses>(*made);
    });
}
