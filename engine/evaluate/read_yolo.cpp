// SPDX-License-Identifier: Apache-2.0
//
// YOLO's text files: "class centre_x centre_y width height" per line, in shares of the picture.
#include <yaml-cpp/yaml.h>
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "engine/evaluate/readers.h"

namespace overfeat::evaluate {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxTextBytes = std::uint64_t{4} << 20;
constexpr std::size_t kMaxClasses = 100'000;

// What data.yaml says (docs.ultralytics.com, "Dataset format").
struct Description {
    std::vector<std::string> names;
    std::vector<fs::path> pictures;  // folders or lists of the split, relative to the data set
};

// Roboflow writes "../valid/images" though the folder is beside the file, others "./images/val".
fs::path withoutDots(const fs::path& path) {
    fs::path clean;
    for (const fs::path& part : path.lexically_normal()) {
        if (part != ".." && part != ".") clean /= part;
    }
    return clean;
}

std::vector<std::string> namesIn(const YAML::Node& list, const fs::path& file) {
    std::vector<std::string> names;
    if (list && list.IsSequence()) {
        for (const YAML::Node& name : list) {
            if (!name.IsScalar()) throw badAnnotations(file, "has a name of a class that is none");
            names.push_back(name.Scalar());
        }
    } else if (list && list.IsMap()) {
        std::map<std::size_t, std::string> numbered;
        for (const auto& entry : list) {
            if (!entry.second.IsScalar())
                throw badAnnotations(file, "has a name of a class that is none");
            numbered[entry.first.as<std::size_t>()] = entry.second.Scalar();
        }
        for (auto& [number, name] : numbered) {
            if (number != names.size()) {
                throw badAnnotations(file, "does not number its names 0, 1, 2, ...");
            }
            names.push_back(std::move(name));
        }
    }
    return names;
}

Description describe(const fs::path& file, const std::string& split) {
    try {
        const YAML::Node root = YAML::Load(textOf(file, kMaxTextBytes));
        if (!root.IsMap()) throw badAnnotations(file, "lists no names of classes");
        Description description{namesIn(root["names"], file), {}};
        for (const std::string& name : namesOfSplit(split)) {
            const YAML::Node stated = root[name];
            const auto add = [&](const YAML::Node& place) {
                if (!place.IsScalar()) return;
                const fs::path path = withoutDots(place.Scalar());
                if (root["path"] && root["path"].IsScalar())
                    description.pictures.push_back(withoutDots(root["path"].Scalar()) / path);
                description.pictures.push_back(path);
            };
            if (stated && stated.IsSequence()) {
                for (const YAML::Node& place : stated)
                    add(place);
            } else if (stated) {
                add(stated);
            }
            if (!description.pictures.empty()) break;
        }
        return description;
    } catch (const YAML::Exception& error) {
        throw badAnnotations(file, "is no YAML of the expected form (line " +
                                       std::to_string(error.mark.line + 1) + ": " + error.msg +
                                       ")");
    }
}

// Its usual names first; any other if it is the only one.
std::optional<fs::path> yamlOf(const SetFolder& folder) {
    if (auto usual = folder.findAny({"data.yaml", "data.yml", "dataset.yaml"})) return usual;
    std::vector<fs::path> all;
    std::error_code error;
    for (fs::directory_iterator file(folder.root(), error);
         !error && file != fs::directory_iterator(); file.increment(error)) {
        const std::string extension = lowerCase(file->path().extension().string());
        if (extension == ".yaml" || extension == ".yml") all.push_back(file->path().filename());
    }
    return all.size() == 1 ? std::optional(all.front()) : std::nullopt;
}

Description readDescription(const SetFolder& folder, const std::string& split,
                            std::vector<fs::path>& annotations) {
    const auto yaml = yamlOf(folder);
    const fs::path file = folder.file(yaml.value_or("classes.txt"));
    annotations.push_back(file);
    Description description;
    if (yaml) {
        description = describe(file, split);
    } else {
        description.names = linesOf(textOf(file, kMaxTextBytes));
        while (!description.names.empty() && description.names.back().empty())
            description.names.pop_back();
    }
    if (description.names.empty() || description.names.size() > kMaxClasses) {
        throw badAnnotations(file, "lists no names of classes");
    }
    return description;
}

std::vector<TruthBox> readLabels(const fs::path& file, std::size_t class_count) {
    std::vector<TruthBox> objects;
    const std::vector<std::string> lines = linesOf(textOf(file, kMaxTextBytes));
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].empty()) continue;
        const char* at = lines[i].data();
        const char* const end = at + lines[i].size();
        const auto next = [&](auto& value) {
            while (at != end && (*at == ' ' || *at == '\t'))
                ++at;
            const auto read = std::from_chars(at, end, value);
            at = read.ptr;
            return read.ec == std::errc{};
        };
        std::size_t class_index = 0;
        double x = 0;
        double y = 0;
        double width = 0;
        double height = 0;
        const std::string line = "line " + std::to_string(i + 1);
        if (!next(class_index) || !next(x) || !next(y) || !next(width) || !next(height) ||
            at != end) {
            throw badAnnotations(file, "has no class and four numbers in " + line);
        }
        if (class_index >= class_count) {
            throw badAnnotations(
                file, "names the unknown class " + std::to_string(class_index) + " in " + line);
        }
        objects.push_back(
            {.class_index = class_index, .box = {x - width / 2, y - height / 2, width, height}});
    }
    return objects;
}

// Folders of the split's pictures by habit: images/SPLIT or SPLIT/images.
std::vector<fs::path> usualFolders(const std::string& split) {
    std::vector<fs::path> folders;
    for (const std::string& name : namesOfSplit(split))
        folders.insert(folders.end(), {fs::path("images") / name, fs::path(name) / "images"});
    return folders;
}

// The last "images" in the path becomes "labels"; without one the labels lie beside the pictures.
fs::path labelsBeside(const fs::path& pictures) {
    std::vector<fs::path> parts(pictures.begin(), pictures.end());
    const auto last = std::find_if(parts.rbegin(), parts.rend(), [](const fs::path& part) {
        return lowerCase(part.string()) == "images";
    });
    if (last != parts.rend()) *last = "labels";
    fs::path labels;
    for (const fs::path& part : parts)
        labels /= part;
    return labels;
}

class YoloReader {
public:
    YoloReader(const fs::path& folder, std::string split)
        : folder_(folder), split_(std::move(split)) {}

    ReadSet read() {
        Description description = readDescription(folder_, split_, set_.annotations);
        std::vector<ClassLabel> classes;
        for (std::string& name : description.names)
            classes.push_back({"", std::move(name)});
        set_.classes = {std::move(classes), std::nullopt};
        std::set<fs::path> places;
        for (const fs::path& stated : description.pictures) {
            if (const auto found = folder_.find(stated)) places.insert(*found);
        }
        if (places.empty()) {
            const auto usual = usualFolders(split_);
            places.insert(folder_.findAny(usual).value_or(usual.front()));
        }
        for (const fs::path& place : places) {
            std::error_code ignored;
            if (fs::is_regular_file(folder_.root() / place, ignored)) {
                addList(place);
            } else {
                addFolder(place);
            }
        }
        return std::move(set_);
    }

private:
    void addFolder(const fs::path& pictures) {
        for (const fs::path& name : folder_.filesBelow(pictures)) {
            if (isPictureName(name)) add(pictures / name, name.string());
        }
        const auto labels = folder_.find(labelsBeside(pictures));
        if (!labels || *labels == pictures) return;
        for (const fs::path& name : folder_.filesBelow(*labels)) {
            // Annotation tools leave the list of classes among the labels.
            if (name.extension() != ".txt" || name.filename() == "classes.txt" ||
                used_.contains(*labels / name)) {
                continue;
            }
            throw Error(ErrorCode::kInput,
                        "'" + (folder_.root() / *labels / name).string() +
                            "' belongs to no picture in " + pictures.string() +
                            "; download or copy the data set again.",
                        name.string());
        }
    }

    // A text file with a picture per line.
    void addList(const fs::path& list) {
        set_.annotations.push_back(folder_.file(list));
        for (const std::string& line : linesOf(textOf(set_.annotations.back(), kMaxTextBytes))) {
            if (line.empty()) continue;
            const fs::path name = fs::path(line).is_absolute() ? fs::path(line) : withoutDots(line);
            add(folder_.find(name).value_or(name), name.string());
        }
    }

    void add(const fs::path& picture, const std::string& shown_name) {
        PictureEntry entry;
        entry.file = shown_name;
        entry.normalised = true;
        entry.path = folder_.file(picture);
        // A picture without a text file has no objects.
        fs::path label = labelsBeside(picture.parent_path()) / picture.filename();
        if (const auto found = folder_.find(label.replace_extension(".txt"))) {
            used_.insert(*found);
            set_.annotations.push_back(folder_.file(*found));
            entry.objects = readLabels(set_.annotations.back(), set_.classes.size());
        }
        set_.entries.push_back(std::move(entry));
    }

    SetFolder folder_;
    std::string split_;
    std::set<fs::path> used_;
    ReadSet set_;
};

}  // namespace

bool isYolo(const fs::path& folder, const std::string& split) {
    const SetFolder set(folder);
    if (set.findAny(usualFolders(split))) return true;
    const auto yaml = yamlOf(set);
    if (!yaml) return false;
    try {
        return set.findAny(describe(set.file(*yaml), split).pictures).has_value();
    } catch (const Error&) {
        return false;  // YAML of something else
    }
}

ReadSet readYolo(const fs::path& folder, const std::string& split) {
    return YoloReader(folder, split).read();
}

}  // namespace overfeat::evaluate
