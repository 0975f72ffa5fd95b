// SPDX-License-Identifier: Apache-2.0
//
// COCO's object instances (cocodataset.org, "Data format"): boxes are [x, y, width, height] in
// continuous pixels, as core/geometry.h has them.
#include <nlohmann/json.hpp>
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
    }
}

class CocoReader {
public:
    CocoReader(fs::path folder, std::string split)
        : folder_(std::move(folder)), split_(std::move(split)), file_(cocoFile(folder_, split_)) {
        if (file_.empty()) {
            throw Error(ErrorCode::kInput,
                        "'" + folder_.string() + "' has no annotations/instances_" + split_ +
                            ".json; choose another split or folder.",
                        folder_.string());
        }
        // The annotations may be a symbolic link, too.
        file_ = fileInside(folder_, file_.lexically_relative(folder_));
    }

    ReadSet read() {
        const Json root = parse(file_);
        ReadSet set;
        set.annotations.push_back(file_);
        std::vector<ClassLabel> classes;
        for (const Json& category : list(root, "categories")) {
            const auto id = number<std::int64_t>(category, "id", "category");
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
        std::error_code ignored;
        const fs::path in_split = fs::path(split_) / entry.file;
        const bool nested = fs::exists(folder_ / in_split, ignored);
        // COCO's own names are relative to the split's folder, other tools' to the data set's.
        const bool plain = !nested && fs::exists(folder_ / entry.file, ignored);
        entry.path = fileInside(folder_, plain ? fs::path(entry.file) : in_split);
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

    fs::path folder_;
    std::string split_;
    fs::path file_;
    std::unordered_map<std::int64_t, std::size_t> class_of_;
    std::unordered_map<std::int64_t, std::size_t> picture_of_;
};

}  // namespace

fs::path cocoFile(const fs::path& folder, const std::string& split) {
    std::error_code ignored;
    for (const fs::path& name :
         {fs::path("annotations") / ("instances_" + split + ".json"),
          fs::path("instances_" + split + ".json"), fs::path(split + ".json")}) {
        if (fs::exists(folder / name, ignored)) return folder / name;
    }
    return {};
}

ReadSet readCoco(const fs::path& folder, const std::string& split) {
    return CocoReader(folder, split).read();
}

}  // namespace overfeat::evaluate
