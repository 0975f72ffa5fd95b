// SPDX-License-Identifier: Apache-2.0
//
// YOLO's text files: "class centre_x centre_y width height" per line, in shares of the picture.
#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>
#include <utility>

#include "engine/evaluate/readers.h"

namespace overfeat::evaluate {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxTextBytes = std::uint64_t{4} << 20;
constexpr std::size_t kMaxClasses = 100'000;

std::string trimmed(std::string text) {
    text.erase(0, text.find_first_not_of(" \t"));
    text.erase(text.find_last_not_of(" \t") + 1);
    const bool quoted = text.size() >= 2 && (text.front() == '\'' || text.front() == '"') &&
                        text.front() == text.back();
    return quoted ? text.substr(1, text.size() - 2) : text;
}

// The three ways in which data.yaml lists names: [a, b], lines "- a", lines "0: a".
std::vector<std::string> namesInYaml(const fs::path& file) {
    std::vector<std::string> names;
    bool inside = false;
    for (std::string line : linesOf(textOf(file, kMaxTextBytes))) {
        const std::size_t comment = line.find(" #");
        line = line.substr(0, comment);
        const std::string text = trimmed(line);
        if (text.empty() || text.front() == '#') continue;
        if (text.starts_with("names:")) {
            inside = true;
            std::string rest = trimmed(text.substr(6));
            if (rest.empty()) continue;
            if (rest.front() != '[' || rest.back() != ']') {
                throw badAnnotations(file, "lists its names in a way that is not understood");
            }
            std::istringstream parts(rest.substr(1, rest.size() - 2));
            for (std::string part; std::getline(parts, part, ',');)
                names.push_back(trimmed(part));
            return names;
        }
        if (!inside) continue;
        const bool item = text.starts_with("- ");
        if (!item && line.front() != ' ' && line.front() != '\t') break;  // the next key
        if (item) {
            names.push_back(trimmed(text.substr(2)));
            continue;
        }
        const std::size_t colon = text.find(':');
        if (colon == std::string::npos || text.substr(0, colon) != std::to_string(names.size())) {
            throw badAnnotations(file, "does not number its names 0, 1, 2, ...");
        }
        names.push_back(trimmed(text.substr(colon + 1)));
    }
    return names;
}

LabelSet readClasses(const fs::path& folder, std::vector<fs::path>& annotations) {
    std::error_code ignored;
    const bool yaml = fs::exists(folder / "data.yaml", ignored);
    const fs::path file = fileInside(folder, yaml ? "data.yaml" : "classes.txt");
    annotations.push_back(file);
    std::vector<std::string> names;
    if (yaml) {
        names = namesInYaml(file);
    } else {
        names = linesOf(textOf(file, kMaxTextBytes));
        while (!names.empty() && names.back().empty())
            names.pop_back();
    }
    if (names.empty() || names.size() > kMaxClasses) {
        throw badAnnotations(file, "lists no names of classes");
    }
    std::vector<ClassLabel> classes;
    classes.reserve(names.size());
    for (const std::string& name : names)
        classes.push_back({"", name});
    return {std::move(classes), std::nullopt};
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

std::vector<std::string> filesOf(const fs::path& folder) {
    std::error_code error;
    std::vector<std::string> names;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with(".")) names.push_back(name);
    }
    if (error) {
        throw Error(ErrorCode::kInput,
                    "The folder '" + folder.string() + "' cannot be read; choose another split.",
                    folder.string());
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace

ReadSet readYolo(const fs::path& folder, const std::string& split) {
    ReadSet set;
    set.classes = readClasses(folder, set.annotations);
    std::set<std::string> labels;
    std::error_code ignored;
    if (fs::exists(folder / "labels" / split, ignored)) {
        for (const std::string& name : filesOf(folder / "labels" / split)) {
            if (name.ends_with(".txt")) labels.insert(name);
        }
    }
    static const std::set<std::string> kPictures{".png", ".jpg", ".jpeg", ".bmp", ".webp"};
    for (const std::string& name : filesOf(folder / "images" / split)) {
        std::string extension = fs::path(name).extension().string();
        std::ranges::transform(extension, extension.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        if (!kPictures.contains(extension)) continue;
        PictureEntry entry;
        entry.file = name;
        entry.normalised = true;
        entry.path = fileInside(folder, fs::path("images") / split / name);
        // A picture without a text file has no objects.
        const std::string label = fs::path(name).stem().string() + ".txt";
        if (labels.erase(label) > 0) {
            set.annotations.push_back(fileInside(folder, fs::path("labels") / split / label));
            entry.objects = readLabels(set.annotations.back(), set.classes.size());
        }
        set.entries.push_back(std::move(entry));
    }
    if (!labels.empty()) {
        throw Error(ErrorCode::kInput,
                    "'" + (folder / "labels" / split / *labels.begin()).string() +
                        "' belongs to no picture in images/" + split +
                        "; download or copy the data set again.",
                    *labels.begin());
    }
    return set;
}

}  // namespace overfeat::evaluate
