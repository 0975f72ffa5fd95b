// SPDX-License-Identifier: Apache-2.0
//
// COCO's object instances (cocodataset.org, "Data format"): boxes are [x, y, width, height] in
// continuous pixels, as core/geometry.h has them.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "engine/evaluate/readers.h"

namespace overfeat::evaluate {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::uint64_t kMaxBytes = std::uint64_t{512} << 20;
constexpr int kMaxDepth = 16;
constexpr int kMaxSidePx = 1 << 20;

Json parse(const fs::path& file) {
    const std::string text = textOf(file, kMaxBytes);
    // Outlines are most of a COCO file and nothing here needs them.
    const auto filter = [&](int depth, Json::parse_event_t event, const Json& value) {
        if (depth > kMaxDepth) {
            throw badAnnotations(file,
                                 "is nested deeper than " + std::to_string(kMaxDepth) + " levels");
        }
        return event != Json::parse_event_t::key || value != "segmentation";
    };
    try {
        return Json::parse(text, filter);
    } catch (const Json::parse_error& error) {
        throw badAnnotations(file, "is no JSON at byte " + std::to_string(error.byte));
    } catch (const Json::out_of_range&) {
        throw badAnnotations(file, "has a number that is out of range");
    }
}

std::optional<fs::path> annotationsOf(const SetFolder& folder, const std::string& split) {
    std::vector<fs::path> names;
    for (const std::string& name : namesOfSplit(split)) {
        const std::string instances = "instances_" + name + ".json";
        names.insert(names.end(),
                     {"annotations/" + instances, instances, name + ".json",
                      "annotations/" + name + ".json", name + "/_annotations.coco.json"});
    }
    return folder.findAny(names);
}

class CocoReader {
public:
    CocoReader(const fs::path& folder, const std::string& split)
        : folder_(folder), splits_(namesOfSplit(split)) {
        const auto found = annotationsOf(folder_, split);
        if (!found) {
            throw Error(ErrorCode::kInput,
                        "'" + folder.string() + "' has no annotations/instances_" + split +
                            ".json and no " + split +
                            "/_annotations.coco.json; choose another split or folder.",
                        folder.string());
        }
        // Where the pictures can be, relative to the data set: by COCO's own habit, by that of
        // other tools (all names relative to the data set), beside the annotations.
        for (const std::string& name : splits_)
            places_.insert(places_.end(), {name, fs::path("images") / name, name + "/images"});
        places_.insert(places_.end(), {"", "images", found->parent_path()});
        // The annotations may be a symbolic link, too.
        file_ = folder_.file(*found);
    }

    ReadSet read() {
        const Json root = parse(file_);
        ReadSet set;
        set.annotations.push_back(file_);
        std::vector<ClassLabel> classes;
        const std::set<std::int64_t> groups = groupsOfClasses(root);
        for (const Json& category : list(root, "categories")) {
            const auto id = number<std::int64_t>(category, "id", "category");
            if (groups.contains(id)) continue;
            if (!class_of_.emplace(id, classes.size()).second) {
                throw badAnnotations(file_, "has the category " + std::to_string(id) + " twice");
            }
            const auto wnid = category.find("wnid");
            const bool known = wnid != category.end() && wnid->is_string();
            classes.push_back(
                {known ? wnid->get<std::string>() : "", text(category, "name", "category")});
        }
        set.classes = {std::move(classes), std::nullopt};
        for (const Json& image : list(root, "images"))
            set.entries.push_back(picture(image, set.entries.size()));
        for (const Json& annotation : list(root, "annotations"))
            addObject(annotation, set.entries);
        return set;
    }

private:
    const Json& list(const Json& root, const char* key) const {
        const auto found = root.is_object() ? root.find(key) : root.end();
        if (found == root.end() || !found->is_array()) {
            throw badAnnotations(file_, std::string("has no list '") + key + "'");
        }
        return *found;
    }

    template <typename T>
    T number(const Json& object, const char* key, const char* what) const {
        const auto found = object.is_object() ? object.find(key) : object.end();
        if (found == object.end() || !found->is_number() ||
            (std::is_integral_v<T> && !found->is_number_integer())) {
            throw badAnnotations(file_,
                                 std::string("has a ") + what + " without a number '" + key + "'");
        }
        return found->template get<T>();
    }

    std::string text(const Json& object, const char* key, const char* what) const {
        const auto found = object.is_object() ? object.find(key) : object.end();
        if (found == object.end() || !found->is_string()) {
            throw badAnnotations(file_,
                                 std::string("has a ") + what + " without a text '" + key + "'");
        }
        return found->get<std::string>();
    }

    // Roboflow lists what its classes have in common as a category of its own, which no box has: it
    // is no class.
    std::set<std::int64_t> groupsOfClasses(const Json& root) const {
        std::set<std::string> parents;
        for (const Json& category : list(root, "categories")) {
            const auto parent =
                category.is_object() ? category.find("supercategory") : category.end();
            if (parent == category.end() || !parent->is_string()) continue;
            if (*parent != text(category, "name", "category"))
                parents.insert(parent->get<std::string>());
        }
        std::set<std::int64_t> groups;
        for (const Json& category : list(root, "categories")) {
            if (parents.contains(text(category, "name", "category")))
                groups.insert(number<std::int64_t>(category, "id", "category"));
        }
        for (const Json& annotation : list(root, "annotations"))
            groups.erase(number<std::int64_t>(annotation, "category_id", "box"));
        return groups;
    }

    // Most pictures are where the one before was.
    fs::path placeOf(const fs::path& name) {
        for (auto place = places_.begin(); place != places_.end(); ++place) {
            if (const auto found = folder_.find(*place / name)) {
                std::rotate(places_.begin(), place, place + 1);
                return *found;
            }
        }
        return {};
    }

    PictureEntry picture(const Json& image, std::size_t index) {
        const auto id = number<std::int64_t>(image, "id", "picture");
        if (!picture_of_.emplace(id, index).second) {
            throw badAnnotations(file_, "has the picture " + std::to_string(id) + " twice");
        }
        PictureEntry entry;
        entry.file = text(image, "file_name", "picture");
        const auto width = number<std::int64_t>(image, "width", "picture");
        const auto height = number<std::int64_t>(image, "height", "picture");
        if (width < 1 || height < 1 || width > kMaxSidePx || height > kMaxSidePx) {
            throw badAnnotations(file_, "gives '" + entry.file + "' an impossible size");
        }
        entry.size = {static_cast<int>(width), static_cast<int>(height)};
        fs::path found = placeOf(entry.file);
        if (found.empty()) {
            std::string windows = entry.file;
            std::ranges::replace(windows, '\\', '/');
            found = placeOf(windows);
        }
        entry.path =
            fileInside(folder_.root(), found.empty() ? fs::path(splits_[0]) / entry.file : found);
        return entry;
    }

    void addObject(const Json& annotation, std::vector<PictureEntry>& entries) const {
        const auto image = number<std::int64_t>(annotation, "image_id", "box");
        const auto category = number<std::int64_t>(annotation, "category_id", "box");
        const auto at = picture_of_.find(image);
        const auto of = class_of_.find(category);
        if (at == picture_of_.end() || of == class_of_.end()) {
            throw badAnnotations(
                file_, "has a box of the unknown " +
                           (at == picture_of_.end() ? "picture " + std::to_string(image)
                                                    : "category " + std::to_string(category)));
        }
        const auto box = annotation.find("bbox");
        bool fine = box != annotation.end() && box->is_array() && box->size() == 4;
        for (std::size_t i = 0; fine && i < 4; ++i)
            fine = (*box)[i].is_number();
        if (!fine) {
            throw badAnnotations(
                file_, "has a box in '" + entries[at->second].file + "' that is not four numbers");
        }
        const auto crowd = annotation.find("iscrowd");
        const bool is_crowd =
            crowd != annotation.end() && (crowd->is_boolean() ? crowd->get<bool>() : *crowd == 1);
        entries[at->second].objects.push_back(
            {.class_index = of->second,
             .box = {(*box)[0].get<double>(), (*box)[1].get<double>(), (*box)[2].get<double>(),
                     (*box)[3].get<double>()},
             .crowd = is_crowd});
    }

    SetFolder folder_;
    std::vector<std::string> splits_;
    std::vector<fs::path> places_;
    fs::path file_;
    std::unordered_map<std::int64_t, std::size_t> class_of_;
    std::unordered_map<std::int64_t, std::size_t> picture_of_;
};

}  // namespace

bool isCoco(const fs::path& folder, const std::string& split) {
    return annotationsOf(SetFolder(folder), split).has_value();
}

ReadSet readCoco(const fs::path& folder, const std::string& split) {
    return CocoReader(folder, split).read();
}

}  // namespace overfeat::evaluate
