// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/learn/library_model.h"

#include <algorithm>
#include <sstream>

namespace overfeat::test {
namespace {

std::string entryOf(const learn::Capture& capture) {
    return (capture.negative ? "not " : "") + capture.source;
}

std::string checkedEntry(learn::ClassLibrary& library, const learn::Capture& capture) {
    const learn::NewCapture made = captureNamed(capture.source);
    const bool same = library.picture(capture.id) == made.picture && capture.box == made.box;
    return same ? entryOf(capture) : "WRONG";
}

}  // namespace

learn::NewCapture captureNamed(const std::string& source) {
    std::seed_seq seed(source.begin(), source.end());
    std::mt19937 random(seed);
    // Some longer than a page, so that they lie in several.
    std::vector<std::byte> picture(1 + random() % 9000);
    for (std::byte& byte : picture)
        byte = static_cast<std::byte>(random() & 0xFF);
    const auto any = [&] { return static_cast<double>(random() % 100); };
    return {.picture = std::move(picture),
            .box = {any() - 0.5, any() + 0.25, any() + 1, 7.5},
            .source = source,
            .made_unix_s = 1'700'000'000};
}

std::string Model::text() const {
    std::ostringstream out;
    const auto list = [&](const std::multiset<std::string>& captures) {
        for (const std::string& capture : captures)
            out << " [" << capture << "]";
    };
    for (const auto& [name, one] : classes) {
        out << name << ":" << one.colour << (one.enabled ? "+" : "-");
        if (one.threshold) out << *one.threshold;
        list(one.captures);
        out << "; ";
    }
    out << "not:";
    list(negatives);
    return out.str();
}

Model modelOf(learn::ClassLibrary& library) {
    Model model;
    const auto content = library.content();
    for (const learn::TaughtClass& one : content->classes) {
        ModelClass& into = model.classes[one.name];
        into.colour = one.colour;
        into.enabled = one.enabled;
        into.threshold = one.threshold;
        for (const auto& capture : one.captures) {
            into.captures.insert(checkedEntry(library, capture));
        }
    }
    for (const auto& capture : content->negatives) {
        model.negatives.insert(checkedEntry(library, capture));
    }
    return model;
}

RandomActions::RandomActions(learn::ClassLibrary& library, std::uint64_t seed)
    : library_(library), random_(seed), now_(modelOf(library)), names_(random_() % 1'000'000) {}

std::size_t RandomActions::pick(std::size_t count) {
    return static_cast<std::size_t>(random_() % count);
}

RandomActions::Step RandomActions::plan() {
    kind_ = Kind::kAction;
    const auto content = library_.content();
    const std::size_t choice = pick(20);
    if (choice < 3 && !past_.empty()) {
        kind_ = Kind::kUndo;
        return {past_.back(), "undo", [this] { library_.undo(); }};
    }
    if (choice < 5 && !future_.empty()) {
        kind_ = Kind::kRedo;
        return {future_.back(), "redo", [this] { library_.redo(); }};
    }
    Model after = now_;
    if (content->classes.size() < 2 || (choice < 8 && content->classes.size() < 13)) {
        const std::string name = "class " + std::to_string(++names_);
        const std::string source = "picture " + std::to_string(++names_);
        after.classes[name].captures.insert(source);
        return {after, "teach", [=, this] {
                    const std::vector captures{captureNamed(source)};
                    library_.teach(name, captures);
                }};
    }
    if (choice == 8) {
        const std::string source = "background " + std::to_string(++names_);
        after.negatives.insert("not " + source);
        return {after, "negative", [=, this] {
                    const std::vector captures{captureNamed(source)};
                    library_.addNegatives({}, captures);
                }};
    }
    const learn::TaughtClass& one = content->classes[pick(content->classes.size())];
    if (content->classes.size() > 12) {
        after.classes.erase(one.name);
        return {after, "delete class", [=, this, id = one.id] { library_.deleteClass(id); }};
    }
    return choice < 15 ? planOnClass(one, after) : planOnTwo(*content, one, after);
}

RandomActions::Step RandomActions::planOnClass(const learn::TaughtClass& one, const Model& before) {
    Model after = before;
    ModelClass& row = after.classes.at(one.name);
    const std::string id = one.id;
    const std::uint64_t number = ++names_;
    switch (pick(7)) {
        case 0: {
            const std::string source = "more " + std::to_string(number);
            row.captures.insert(source);
            return {after, "add", [=, this] {
                        const std::vector captures{captureNamed(source)};
                        library_.addCaptures(id, captures);
                    }};
        }
        case 1: {
            const std::string source = "other " + std::to_string(number);
            row.captures.insert("not " + source);
            return {after, "negative", [=, this] {
                        const std::vector captures{captureNamed(source)};
                        library_.addNegatives(id, captures);
                    }};
        }
        case 2: {
            const std::string name = "name " + std::to_string(number);
            auto node = after.classes.extract(one.name);
            node.key() = name;
            after.classes.insert(std::move(node));
            return {after, "rename", [=, this] { library_.rename(id, name); }};
        }
        case 3: {
            // Always another one: an action that changes nothing is none.
            row.threshold = static_cast<double>(1 + number % 1000) / 1001.0 +
                            (row.threshold ? *row.threshold / 1e6 : 0);
            return {after, "threshold",
                    [=, this, to = row.threshold] { library_.setThreshold(id, to); }};
        }
        case 4: {
            row.enabled = !row.enabled;
            return {after, "enable", [=, this, to = row.enabled] { library_.setEnabled(id, to); }};
        }
        case 5: {
            row.colour = (row.colour + 1 + static_cast<int>(number % 1000)) & 0xFFFFFF;
            return {after, "colour", [=, this, to = row.colour] { library_.setColour(id, to); }};
        }
        default:
            after.classes.erase(one.name);
            return {after, "delete class", [=, this] { library_.deleteClass(id); }};
    }
}

RandomActions::Step RandomActions::planOnTwo(const learn::LibraryContent& content,
                                             const learn::TaughtClass& one, const Model& before) {
    Model after = before;
    const learn::TaughtClass& two =
        content.classes[(static_cast<std::size_t>(&one - content.classes.data()) + 1) %
                        content.classes.size()];
    const std::string from = one.id;
    const std::string into = two.id;
    auto& captures = after.classes.at(one.name).captures;
    if (one.captures.empty() || pick(4) == 0) {
        after.classes.at(two.name).captures.merge(captures);
        after.classes.erase(one.name);
        return {after, "merge", [=, this] { library_.merge(from, into); }};
    }
    const learn::Capture& capture = one.captures[pick(one.captures.size())];
    const std::string id = capture.id;
    const bool negative = capture.negative;
    captures.erase(captures.find(entryOf(capture)));
    switch (pick(3)) {
        case 0:
            return {after, "delete capture", [=, this] { library_.deleteCaptures({&id, 1}); }};
        case 1:
            after.classes.at(two.name).captures.insert(entryOf(capture));
            return {after, "move", [=, this] { library_.moveCaptures({&id, 1}, into, negative); }};
        default: {
            const std::string name = "split " + std::to_string(++names_);
            after.classes[name].captures.insert(entryOf(capture));
            return {after, "split", [=, this] {
                        const std::vector ids{id};
                        library_.split(ids, name);
                    }};
        }
    }
}

void RandomActions::accept(const Step& step) {
    switch (kind_) {
        case Kind::kUndo:
            future_.push_back(now_);
            past_.pop_back();
            break;
        case Kind::kRedo:
            past_.push_back(now_);
            future_.pop_back();
            break;
        case Kind::kAction:
            past_.push_back(now_);
            future_.clear();
            break;
    }
    now_ = step.after;
}

}  // namespace overfeat::test
