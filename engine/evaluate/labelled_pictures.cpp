// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/labelled_pictures.h"

#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/core/error.h"
#include "engine/evaluate/picture_archive.h"

namespace overfeat::evaluate {
namespace {

namespace fs = std::filesystem;

// The rows of a table with tabs, without its heading. Tells errors with file and line.
class Table {
public:
    explicit Table(const fs::path& path) : path_(path), stream_(path) {
        if (!stream_) {
            throw Error(ErrorCode::kInput,
                        "The table '" + path.string() +
                            "' cannot be opened; a data set is a folder with classes.tsv, "
                            "SPLIT.tsv and SPLIT.tar.xz.",
                        path.string());
        }
        std::string heading;
        std::getline(stream_, heading);
    }

    // The next row's cells; empty at the end.
    std::vector<std::string_view> next() {
        while (std::getline(stream_, line_)) {
            ++number_;
            line_.erase(line_.find_last_not_of(" \r") + 1);
            if (line_.empty()) continue;
            std::vector<std::string_view> cells;
            std::string_view rest = line_;
            for (;;) {
                const auto tab = rest.find('\t');
                cells.push_back(rest.substr(0, tab));
                if (tab == std::string_view::npos) return cells;
                rest.remove_prefix(tab + 1);
            }
        }
        return {};
    }

    int number(const std::vector<std::string_view>& cells, std::size_t column) const {
        const auto value = parse<int>(cells, column);
        if (!value) throw wrong("has no whole number in column " + std::to_string(column + 1));
        return *value;
    }

    // An edge of a box; windows cut from a picture have edges between their pixels.
    double edge(const std::vector<std::string_view>& cells, std::size_t column) const {
        const auto value = parse<double>(cells, column);
        if (!value || !(std::abs(*value) < kFarthestEdge))
            throw wrong("has no place in a picture in column " + std::to_string(column + 1));
        return *value;
    }

    Error wrong(const std::string& what) const {
        return {ErrorCode::kInput,
                "Line " + std::to_string(number_) + " of '" + path_.string() + "' " + what +
                    "; correct the table.",
                path_.string()};
    }

private:
    static constexpr double kFarthestEdge = 1e6;

    template <typename Number>
    static std::optional<Number> parse(const std::vector<std::string_view>& cells,
                                       std::size_t column) {
        if (column >= cells.size()) return std::nullopt;
        const std::string_view text = cells[column];
        Number value = 0;
        const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool whole = end.ec == std::errc{} && end.ptr == text.data() + text.size();
        return whole ? std::optional(value) : std::nullopt;
    }

    fs::path path_;
    std::ifstream stream_;
    std::string line_;
    int number_ = 1;
};

LabelSet readClasses(const fs::path& path) {
    Table table(path);
    std::vector<ClassLabel> classes;
    for (auto row = table.next(); !row.empty(); row = table.next()) {
        if (table.number(row, 0) != static_cast<int>(classes.size())) {
            throw table.wrong("is out of order");
        }
        if (row.size() < 3) throw table.wrong("has fewer than three columns");
        classes.push_back({std::string(row[1]), std::string(row[2])});
    }
    return {std::move(classes), std::nullopt};
}

std::vector<Annotation> readAnnotations(const fs::path& path, std::size_t class_count) {
    Table table(path);
    std::vector<Annotation> annotations;
    for (auto row = table.next(); !row.empty(); row = table.next()) {
        if (row.size() == 2 && row[1] == "-") {
            annotations.push_back({std::string(row[0]), std::nullopt, {}});
            continue;
        }
        const int class_index = table.number(row, 1);
        if (class_index < 0 || static_cast<std::size_t>(class_index) >= class_count) {
            throw table.wrong("names class " + std::to_string(class_index) +
                              ", which classes.tsv does not have");
        }
        // Inclusive pixels become the half-open rectangles of core/geometry.h.
        const double left = table.edge(row, 2);
        const double top = table.edge(row, 3);
        const RectPx box{left, top, table.edge(row, 4) + 1 - left, table.edge(row, 5) + 1 - top};
        if (!(box.width > 0) || !(box.height > 0)) throw table.wrong("has an empty box");
        annotations.push_back({std::string(row[0]), static_cast<std::size_t>(class_index), box});
    }
    if (annotations.empty()) {
        throw Error(ErrorCode::kInput,
                    "The table '" + path.string() + "' lists no pictures; choose another split.",
                    path.string());
    }
    return annotations;
}

}  // namespace

LabelledPictures::LabelledPictures(const fs::path& folder, const std::string& split)
    : folder_(folder),
      split_(split),
      classes_(readClasses(folder / "classes.tsv")),
      annotations_(readAnnotations(folder / (split + ".tsv"), classes_.size())) {
    for (std::size_t i = 0; i < annotations_.size(); ++i) {
        if (!by_file_.emplace(annotations_[i].file, i).second) {
            throw Error(ErrorCode::kInput,
                        "'" + (folder / (split + ".tsv")).string() + "' lists '" +
                            annotations_[i].file + "' twice; correct the table.",
                        annotations_[i].file);
        }
    }
}

std::vector<fs::path> LabelledPictures::files() const {
    std::vector<fs::path> all{folder_ / "classes.tsv", folder_ / (split_ + ".tsv")};
    if (!picturesAreUnpacked()) {
        all.push_back(archive());
        return all;
    }
    for (const Annotation& annotation : annotations_)
        all.push_back(folder_ / split_ / annotation.file);
    return all;
}

bool LabelledPictures::picturesAreUnpacked() const {
    std::error_code ignored;
    return fs::is_directory(folder_ / split_, ignored);
}

fs::path LabelledPictures::archive() const {
    return folder_ / (split_ + ".tar.xz");
}

void LabelledPictures::forEach(const PictureDecoder& decode,
                               const std::function<bool(const LabelledPicture&)>& onPicture) const {
    std::vector<bool> seen(annotations_.size());
    std::size_t remaining = annotations_.size();
    const FileVisitor visit = [&](const std::string& path, std::span<const std::byte> bytes) {
        const std::string name = fs::path(path).filename().string();
        const auto found = by_file_.find(name);
        if (found == by_file_.end() || seen[found->second]) {
            throw Error(ErrorCode::kInput,
                        "The picture '" + name + "' of split '" + split_ +
                            "' is stored twice or has no line in its table; correct the data set.",
                        name);
        }
        seen[found->second] = true;
        --remaining;
        return onPicture({decode(bytes, name), annotations_[found->second]});
    };
    const bool finished = picturesAreUnpacked() ? forEachInFolder(folder_ / split_, visit)
                                                : forEachInArchive(archive(), visit);
    if (finished && remaining > 0) {
        throw Error(ErrorCode::kInput,
                    std::to_string(remaining) + " of the " + std::to_string(size()) +
                        " pictures that '" + split_ +
                        ".tsv' lists are missing; download or copy the data set again.",
                    split_);
    }
}

}  // namespace overfeat::evaluate
