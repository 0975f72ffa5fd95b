// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/annotated_set.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <system_error>
#include <utility>

#include "engine/evaluate/readers.h"

namespace overfeat::evaluate {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxPictureBytes = std::uint64_t{64} << 20;
// Annotators round: a box that reaches out by less is as good as one inside.
constexpr double kRoundingPx = 1;

bool present(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

DataFormat detectFormat(const fs::path& folder, const std::string& split) {
    if (present(folder / "classes.tsv")) return DataFormat::kTinyImageNet;
    if (!cocoFile(folder, split).empty()) return DataFormat::kCoco;
    if (present(folder / "Annotations") && present(folder / "ImageSets")) return DataFormat::kVoc;
    if (present(folder / "images" / split)) return DataFormat::kYolo;
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

Error badAnnotations(const fs::path& file, const std::string& what) {
    return {ErrorCode::kInput, "'" + file.string() + "' " + what + "; correct the annotations.",
            file.string()};
}

fs::path fileInside(const fs::path& root, const fs::path& name) {
    const bool climbs =
        std::ranges::any_of(name, [](const fs::path& part) { return part == ".."; });
    std::error_code error;
    const fs::path base = fs::canonical(root, error);
    fs::path path = error || name.empty() || climbs || name.is_absolute()
                        ? fs::path()
                        : fs::canonical(base / name, error);
    if (error || (!path.empty() && !fs::is_regular_file(path, error))) {
        throw Error(ErrorCode::kInput,
                    "The data set has no file '" + (root / name).string() +
                        "', which its annotations ask for; download or copy it again.",
                    name.string());
    }
    const auto [end, ignored] = std::mismatch(base.begin(), base.end(), path.begin(), path.end());
    if (path.empty() || end != base.end()) {
        throw Error(ErrorCode::kInput,
                    "The annotations in '" + root.string() + "' name '" + name.string() +
                        "', which is not inside the data set; correct the annotations.",
                    name.string());
    }
    return path;
}

std::string textOf(const fs::path& file, std::uint64_t max_bytes) {
    std::error_code error;
    const std::uint64_t size =
        fs::is_regular_file(file, error) ? fs::file_size(file, error) : max_bytes + 1;
    if (!error && size > max_bytes) {
        throw Error(ErrorCode::kInput,
                    "'" + file.string() + "' is no file of at most " +
                        std::to_string(max_bytes >> 20U) + " MiB; choose another data set.",
                    file.string());
    }
    std::ifstream stream(file, std::ios::binary);
    std::string text(error ? 0 : static_cast<std::size_t>(size), '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (error || !stream) {
        throw Error(ErrorCode::kInput,
                    "'" + file.string() + "' cannot be read; check that it is there.",
                    file.string());
    }
    return text;
}

std::vector<std::string> linesOf(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        line.erase(line.find_last_not_of(" \t\r") + 1);
        lines.push_back(std::move(line));
        at = end + 1;
    }
    return lines;
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
    if (format_ == DataFormat::kDetect) format_ = detectFormat(folder, split);
    if (format_ == DataFormat::kTinyImageNet) {
        tiny_ = std::make_shared<const LabelledPictures>(folder, split);
        return;
    }
    ReadSet read = format_ == DataFormat::kCoco  ? readCoco(folder, split)
                   : format_ == DataFormat::kVoc ? readVoc(folder, split)
                                                 : readYolo(folder, split);
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
