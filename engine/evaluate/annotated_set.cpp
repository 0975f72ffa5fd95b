// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/annotated_set.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>

#include "engine/evaluate/readers.h"

namespace overfeat::evaluate {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxPictureBytes = std::uint64_t{64} << 20;
// Annotators round: a box that reaches out by less is as good as one inside.
constexpr double kRoundingPx = 1;

using IsForm = bool (*)(const fs::path&, const std::string&);

bool isTinyImageNet(const fs::path& folder, const std::string&) {
    std::error_code ignored;
    return fs::exists(folder / "classes.tsv", ignored);
}

struct Form {
    DataFormat format;
    IsForm is;
};
constexpr std::array<Form, 4> kForms{{{DataFormat::kTinyImageNet, isTinyImageNet},
                                      {DataFormat::kCoco, isCoco},
                                      {DataFormat::kVoc, isVoc},
                                      {DataFormat::kYolo, isYolo}}};

struct FoundSet {
    fs::path folder;
    DataFormat format;
};

std::optional<FoundSet> setIn(const fs::path& folder, const std::string& split, DataFormat format) {
    for (const Form& form : kForms) {
        if (format != DataFormat::kDetect && format != form.format) continue;
        if (form.is(folder, split)) return FoundSet{folder, form.format};
    }
    return std::nullopt;
}

// What an archive unpacks to is often one folder deeper (VOCdevkit/VOC2012): it is looked for in
// the folders of the folder, too, and counts if it is the only one.
std::optional<FoundSet> setBelow(const fs::path& folder, const std::string& split,
                                 DataFormat format, int levels) {
    if (auto found = setIn(folder, split, format)) return found;
    if (levels == 0) return std::nullopt;
    std::vector<FoundSet> all;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        std::error_code ignored;
        if (entry->is_symlink(ignored) || !entry->is_directory(ignored)) continue;
        if (auto found = setBelow(entry->path(), split, format, levels - 1)) all.push_back(*found);
    }
    if (all.size() > 1) {
        throw Error(ErrorCode::kInput,
                    "'" + folder.string() + "' holds several data sets with a split '" + split +
                        "', such as '" + all[0].folder.string() + "' and '" +
                        all[1].folder.string() + "'; choose one of them.",
                    folder.string());
    }
    return all.empty() ? std::nullopt : std::optional(all.front());
}

constexpr int kLevelsBelow = 2;

FoundSet findSet(const fs::path& folder, const std::string& split, DataFormat format) {
    if (auto found = setBelow(folder, split, format, kLevelsBelow)) return *found;
    // Of a form that was asked for, its reader says what is missing.
    if (format != DataFormat::kDetect) return {folder, format};
    throw Error(ErrorCode::kInput,
                "'" + folder.string() + "' has no split '" + split +
                    "' in the form of Tiny-ImageNet, COCO, VOC or YOLO; see the name of the split, "
                    "or say --format.",
                folder.string());
}

// A split is part of file names, so it may not lead anywhere.
void checkSplit(const std::string& split) {
    if (split.empty() || split.find_first_of("/\\") != std::string::npos || split == "..") {
        throw Error(ErrorCode::kUsage,
                    "'" + split + "' is no name of a split; give one such as 'val'.", split);
    }
}

}  // namespace

std::string_view name(DataFormat format) noexcept {
    switch (format) {
        case DataFormat::kTinyImageNet:
            return "tiny-imagenet";
        case DataFormat::kCoco:
            return "coco";
        case DataFormat::kVoc:
            return "voc";
        case DataFormat::kYolo:
            return "yolo";
        case DataFormat::kDetect:
            break;
    }
    return "auto";
}

std::string BoxRepairs::sentence() const {
    if (cut + removed == 0) return {};
    return std::to_string(cut) + " boxes of the ground truth reached out of their pictures and " +
           std::to_string(removed) + " had no area inside them (first in '" + first +
           "'); they were cut and left out.";
}

void fitToPicture(std::vector<TruthBox>& objects, SizePx size, const std::string& file,
                  BoxRepairs& repairs) {
    const RectPx frame{0, 0, static_cast<double>(size.width), static_cast<double>(size.height)};
    const std::size_t before = repairs.cut + repairs.removed;
    std::erase_if(objects, [&](TruthBox& object) {
        const RectPx box = object.box;
        const bool finite = std::isfinite(box.x) && std::isfinite(box.y) &&
                            std::isfinite(box.right()) && std::isfinite(box.bottom());
        object.box = finite ? intersection(box, frame) : RectPx{};
        if (object.box.area() <= 0) {
            ++repairs.removed;
            return true;
        }
        const double out = std::max({frame.x - box.x, frame.y - box.y, box.right() - frame.right(),
                                     box.bottom() - frame.bottom()});
        if (out > kRoundingPx) ++repairs.cut;
        return false;
    });
    if (repairs.first.empty() && repairs.cut + repairs.removed > before) repairs.first = file;
}

AnnotatedSet::AnnotatedSet(const fs::path& folder, const std::string& split, DataFormat format)
    : format_(format) {
    checkSplit(split);
    const auto [root, found] = findSet(folder, split, format);
    format_ = found;
    if (format_ == DataFormat::kTinyImageNet) {
        tiny_ = std::make_shared<const LabelledPictures>(root, split);
        return;
    }
    ReadSet read = format_ == DataFormat::kCoco  ? readCoco(root, split)
                   : format_ == DataFormat::kVoc ? readVoc(root, split)
                                                 : readYolo(root, split);
    if (read.entries.empty()) {
        throw Error(ErrorCode::kInput,
                    "The split '" + split + "' of '" + folder.string() +
                        "' has no pictures; choose another split.",
                    split);
    }
    classes_ = std::move(read.classes);
    entries_ = std::move(read.entries);
    annotations_ = std::move(read.annotations);
}

const LabelSet& AnnotatedSet::classes() const noexcept {
    return tiny_ ? tiny_->classes() : classes_;
}

std::size_t AnnotatedSet::size() const noexcept {
    return tiny_ ? tiny_->size() : entries_.size();
}

std::vector<fs::path> AnnotatedSet::files() const {
    if (tiny_) return tiny_->files();
    std::vector<fs::path> all = annotations_;
    for (const PictureEntry& entry : entries_)
        all.push_back(entry.path);
    return all;
}

BoxRepairs AnnotatedSet::forEach(
    const PictureDecoder& decode,
    const std::function<bool(const AnnotatedPicture&)>& onPicture) const {
    BoxRepairs repairs;
    if (tiny_) {
        tiny_->forEach(decode, [&](const LabelledPicture& one) {
            AnnotatedPicture picture{one.annotation.file, one.image, {}};
            if (const auto class_index = one.annotation.class_index) {
                picture.objects.push_back({.class_index = *class_index, .box = one.annotation.box});
            }
            fitToPicture(picture.objects, picture.image.size(), picture.file, repairs);
            return onPicture(picture);
        });
        return repairs;
    }
    for (const PictureEntry& entry : entries_) {
        const std::string bytes = textOf(entry.path, kMaxPictureBytes);
        AnnotatedPicture picture{entry.file, decode(std::as_bytes(std::span(bytes)), entry.file),
                                 entry.objects};
        const SizePx size = picture.image.size();
        if (!entry.size.empty() && entry.size != size) {
            throw Error(ErrorCode::kInput,
                        "The picture '" + entry.file + "' has " + std::to_string(size.width) + "x" +
                            std::to_string(size.height) + " pixels and not the " +
                            std::to_string(entry.size.width) + "x" +
                            std::to_string(entry.size.height) +
                            " its annotations say; download or copy the data set again.",
                        entry.file);
        }
        if (entry.normalised) {
            for (TruthBox& object : picture.objects) {
                object.box = {object.box.x * size.width, object.box.y * size.height,
                              object.box.width * size.width, object.box.height * size.height};
            }
        }
        fitToPicture(picture.objects, size, picture.file, repairs);
        if (!onPicture(picture)) break;
    }
    return repairs;
}

}  // namespace overfeat::evaluate
