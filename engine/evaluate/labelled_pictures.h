// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/core/geometry.h"
#include "engine/core/image.h"
#include "engine/core/label_set.h"

namespace overfeat::evaluate {

// The object in one picture, or that there is none.
struct Annotation {
    std::string file;
    std::optional<std::size_t> class_index;  // into the data set's own classes; nothing: no object
    RectPx box;                              // may reach out of the picture, as its object does
};

struct LabelledPicture {
    Image image;
    Annotation annotation;
};

// Turns the bytes of a picture file into pixels; throws Error(kInput). Handed in, because the
// engine has no picture decoders of its own.
using PictureDecoder =
    std::function<Image(std::span<const std::byte> bytes, const std::string& name)>;

// A data set in the form of Tiny-ImageNet as this project keeps it:
//
//     classes.tsv        index wnid name ...            one line per class, with a heading
//     SPLIT.tsv          file class x1 y1 x2 y2         inclusive pixels, with a heading;
//                        file -                         a picture without an object
//     SPLIT.tar.xz       the pictures; or a folder SPLIT/ with them
//
// Threads: const methods may be called from any thread.
class LabelledPictures {
public:
    // Reads the two tables. Throws Error(kInput) naming the file and line that is wrong.
    LabelledPictures(const std::filesystem::path& folder, const std::string& split);

    const LabelSet& classes() const noexcept { return classes_; }
    std::size_t size() const noexcept { return annotations_.size(); }

    // Everything that is read for the split: the tables, and the pictures or their archive.
    std::vector<std::filesystem::path> files() const;

    // Decodes one picture after the other, in the order they are stored. `onPicture` returns false
    // to stop. Throws Error(kInput) for a damaged archive, a picture that cannot be decoded, one
    // without annotation, and if some are missing at the end.
    void forEach(const PictureDecoder& decode,
                 const std::function<bool(const LabelledPicture&)>& onPicture) const;

private:
    bool picturesAreUnpacked() const;
    std::filesystem::path archive() const;

    std::filesystem::path folder_;
    std::string split_;
    LabelSet classes_;
    std::vector<Annotation> annotations_;
    std::unordered_map<std::string, std::size_t> by_file_;
};

}  // namespace overfeat::evaluate
