// SPDX-License-Identifier: Apache-2.0
//
// PASCAL VOC (Everingham et al. 2010, development kit): one XML file per picture, boxes in
// inclusive pixels counted from 1.
#include <algorithm>
#include <map>
#include <optional>
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

// A picture's annotations and the picture, by their names in the data set.
struct Pair {
    fs::path xml;
    std::string picture;  // name without the folder and extension
    fs::path pictures;    // the folder
};

std::optional<fs::path> listOf(const SetFolder& folder, const std::string& split) {
    std::vector<fs::path> lists;
    for (const std::string& name : namesOfSplit(split))
        lists.push_back(fs::path("ImageSets/Main") / (name + ".txt"));
    return folder.findAny(lists);
}

// Roboflow's form has no lists: SPLIT/ holds pictures and XML side by side.
std::optional<fs::path> folderOfPairs(const SetFolder& folder, const std::string& split) {
    for (const std::string& name : namesOfSplit(split)) {
        auto found = folder.find(name);
        std::error_code ignored;
        if (!found || !fs::is_directory(folder.root() / *found, ignored)) continue;
        for (const fs::path& file : folder.filesBelow(*found)) {
            if (lowerCase(file.extension().string()) == ".xml") return found;
        }
    }
    return std::nullopt;
}

std::vector<Pair> pairsIn(const SetFolder& folder, const fs::path& pairs) {
    std::vector<Pair> all;
    for (const fs::path& file : folder.filesBelow(pairs)) {
        if (lowerCase(file.extension().string()) != ".xml") continue;
        all.push_back({pairs / file, fs::path(file).replace_extension().string(), pairs});
    }
    return all;
}

// A line is a picture's name; in the list of a class "1", "0" or "-1" comes after it, some tools
// write its extension.
std::string pictureIn(const std::string& line, const SetFolder& folder) {
    const auto known = [&](const std::string& name) {
        return folder.find(fs::path("Annotations") / (name + ".xml")).has_value();
    };
    if (known(line)) return line;
    const std::size_t blank = line.find_last_of(" \t");
    std::string name = line;
    const std::string last = blank == std::string::npos ? "" : line.substr(blank + 1);
    if (last == "1" || last == "0" || last == "-1")
        name = line.substr(0, line.find_last_not_of(" \t", blank) + 1);
    if (!known(name) && isPictureName(name)) name = fs::path(name).replace_extension().string();
    return name;
}

std::vector<Pair> listedPairs(const SetFolder& folder, const fs::path& list) {
    const auto pictures = folder.findAny({"JPEGImages", "images"}).value_or("JPEGImages");
    std::vector<Pair> all;
    std::set<std::string> listed;
    for (const std::string& line : linesOf(textOf(folder.file(list), kMaxListBytes))) {
        if (line.empty()) continue;
        const std::string name = pictureIn(line, folder);
        if (!listed.insert(name).second) {
            throw badAnnotations(folder.root() / list, "lists '" + name + "' twice");
        }
        all.push_back({fs::path("Annotations") / (name + ".xml"), name, pictures});
    }
    return all;
}

// The picture has the name of its annotations; the name that the XML gives is the archive's, and
// counts only where there is no such picture.
fs::path pictureOf(const Pair& pair, const pugi::xml_node& root, const SetFolder& folder) {
    if (auto found = folder.findPicture(pair.pictures / pair.picture)) return *found;
    const std::string stated = root.child("filename").text().get();
    if (!stated.empty()) {
        if (auto found = folder.find(pair.pictures / stated)) return *found;
    }
    return pair.pictures / (pair.picture + ".jpg");
}

}  // namespace

bool isVoc(const fs::path& folder, const std::string& split) {
    const SetFolder set(folder);
    return listOf(set, split) || folderOfPairs(set, split);
}

ReadSet readVoc(const fs::path& folder, const std::string& split) {
    const SetFolder files(folder);
    ReadSet set;
    std::vector<Pair> pairs;
    const auto list = listOf(files, split);
    const auto side_by_side = list ? std::nullopt : folderOfPairs(files, split);
    if (side_by_side) {
        pairs = pairsIn(files, *side_by_side);
    } else {
        const fs::path name = list.value_or(fs::path("ImageSets/Main") / (split + ".txt"));
        set.annotations.push_back(files.file(name));
        pairs = listedPairs(files, name);
    }
    std::vector<std::vector<NamedBox>> found;
    std::set<std::string> names;
    for (const Pair& pair : pairs) {
        const fs::path file = files.file(pair.xml);
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
        const fs::path picture = pictureOf(pair, root, files);
        entry.file = picture.lexically_relative(pair.pictures).string();
        entry.path = files.file(picture);
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
