// SPDX-License-Identifier: Apache-2.0
//
// PASCAL VOC (Everingham et al. 2010, development kit): one XML file per picture, boxes in
// inclusive pixels counted from 1.
#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <utility>

#include "engine/evaluate/readers.h"

namespace overfeat::evaluate {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxListBytes = std::uint64_t{64} << 20;
constexpr std::uint64_t kMaxXmlBytes = std::uint64_t{4} << 20;
constexpr int kMaxSidePx = 1 << 20;

struct NamedBox {
    std::string name;
    TruthBox truth;
};

double edge(const pugi::xml_node& box, const char* name, const fs::path& file) {
    const pugi::xml_text text = box.child(name).text();
    // as_double answers the default for what it cannot read at all.
    const double first = text.as_double(-1e300);
    if (!text || first == -1e300 ||
        std::string(text.get()).find_first_of("0123456789") == std::string::npos) {
        throw badAnnotations(file, std::string("has a box without a number '") + name + "'");
    }
    return first;
}

std::vector<NamedBox> readObjects(const pugi::xml_node& root, const fs::path& file) {
    std::vector<NamedBox> objects;
    for (const pugi::xml_node object : root.children("object")) {
        const std::string name = object.child("name").text().get();
        const pugi::xml_node box = object.child("bndbox");
        if (name.empty() || !box) {
            throw badAnnotations(file, "has an object without a name or a box");
        }
        const double left = edge(box, "xmin", file) - 1;
        const double top = edge(box, "ymin", file) - 1;
        objects.push_back(
            {name,
             {.box = {left, top, edge(box, "xmax", file) - left, edge(box, "ymax", file) - top},
              .difficult = object.child("difficult").text().as_int() != 0}});
    }
    return objects;
}

}  // namespace

ReadSet readVoc(const fs::path& folder, const std::string& split) {
    const fs::path list = fileInside(folder, fs::path("ImageSets/Main") / (split + ".txt"));
    ReadSet set;
    set.annotations.push_back(list);
    std::vector<std::vector<NamedBox>> found;
    std::set<std::string> names;
    std::set<std::string> listed;
    for (const std::string& line : linesOf(textOf(list, kMaxListBytes))) {
        const std::string stem = line.substr(0, line.find_first_of(" \t"));
        if (stem.empty()) continue;
        if (!listed.insert(stem).second) {
            throw badAnnotations(list, "lists '" + stem + "' twice");
        }
        const fs::path file = fileInside(folder, fs::path("Annotations") / (stem + ".xml"));
        const std::string text = textOf(file, kMaxXmlBytes);
        set.annotations.push_back(file);
        pugi::xml_document document;
        // Entities of a document type are never expanded by pugixml.
        const pugi::xml_parse_result parsed = document.load_buffer(text.data(), text.size());
        const pugi::xml_node root = document.child("annotation");
        if (!parsed || !root) {
            throw badAnnotations(file, parsed
                                           ? "has no element 'annotation'"
                                           : "is no XML at byte " + std::to_string(parsed.offset));
        }
        PictureEntry entry;
        const pugi::xml_node size = root.child("size");
        entry.size = {size.child("width").text().as_int(), size.child("height").text().as_int()};
        if (entry.size.width > kMaxSidePx || entry.size.height > kMaxSidePx) {
            throw badAnnotations(file, "gives its picture an impossible size");
        }
        // The name in the XML is the archive's; the picture has the name of its annotations.
        std::error_code ignored;
        const bool png = fs::exists(folder / "JPEGImages" / (stem + ".png"), ignored);
        entry.file = stem + (png ? ".png" : ".jpg");
        entry.path = fileInside(folder, fs::path("JPEGImages") / entry.file);
        found.push_back(readObjects(root, file));
        for (const NamedBox& object : found.back())
            names.insert(object.name);
        set.entries.push_back(std::move(entry));
    }
    // VOC has no list of classes: they are those that appear, in order of their names.
    std::map<std::string, std::size_t> index;
    std::vector<ClassLabel> classes;
    for (const std::string& name : names) {
        index[name] = classes.size();
        classes.push_back({"", name});
    }
    set.classes = {std::move(classes), std::nullopt};
    for (std::size_t i = 0; i < found.size(); ++i) {
        for (NamedBox& object : found[i]) {
            object.truth.class_index = index[object.name];
            set.entries[i].objects.push_back(object.truth);
        }
    }
    return set;
}

}  // namespace overfeat::evaluate
