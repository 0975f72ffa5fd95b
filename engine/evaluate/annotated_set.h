// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/geometry.h"
#include "engine/core/image.h"
#include "engine/core/label_set.h"
#include "engine/evaluate/labelled_pictures.h"

namespace overfeat::evaluate {

enum class DataFormat {
    kDetect,        // by what is in the folder
    kTinyImageNet,  // classes.tsv, SPLIT.tsv, SPLIT.tar.xz or SPLIT/ (labelled_pictures.h)
    kCoco,          // annotations/instances_SPLIT.json or SPLIT/_annotations.coco.json; SPLIT/
    kVoc,           // Annotations/, JPEGImages/, ImageSets/Main/SPLIT.txt; or all in SPLIT/
    kYolo,          // data.yaml or classes.txt, images/SPLIT/, labels/SPLIT/ or SPLIT/images/
};

// "auto", "tiny-imagenet", "coco", "voc", "yolo".
std::string_view name(DataFormat format) noexcept;

// One object of the ground truth.
struct TruthBox {
    std::size_t class_index = 0;  // into the data set's own classes
    RectPx box;                   // in the picture
    bool difficult = false;       // VOC: neither right nor wrong to find it
    bool crowd = false;           // COCO: a group; any number of boxes inside it are neither
    bool operator==(const TruthBox&) const = default;
};

struct AnnotatedPicture {
    std::string file;
    Image image;
    std::vector<TruthBox> objects;
};

// A picture as its data set describes it, before it is opened.
struct PictureEntry {
    std::string file;
    std::filesystem::path path;
    SizePx size;              // empty where the data set does not say
    bool normalised = false;  // boxes are shares of the picture's sides
    std::vector<TruthBox> objects;
};

// Boxes of the ground truth that could not be used as they are.
struct BoxRepairs {
    std::size_t cut = 0;      // reached out of the picture by more than a pixel
    std::size_t removed = 0;  // no area inside the picture, or not finite
    std::string first;        // the first picture concerned

    // One sentence for a person; empty if nothing was repaired.
    std::string sentence() const;
};

// Cuts boxes to the picture and removes those of which nothing is left.
void fitToPicture(std::vector<TruthBox>& objects, SizePx size, const std::string& file,
                  BoxRepairs& repairs);

// Pictures with objects, whatever form they are stored in. Nothing outside the folder is read,
// whatever the annotations or symbolic links in it say.
// Threads: const methods may be called from any thread.
class AnnotatedSet {
public:
    // Reads the annotations and checks that the pictures exist. Throws Error(kInput) for anything
    // malformed, naming the file; Error(kUsage) if the format cannot be told.
    AnnotatedSet(const std::filesystem::path& folder, const std::string& split,
                 DataFormat format = DataFormat::kDetect);

    DataFormat format() const noexcept { return format_; }
    const LabelSet& classes() const noexcept;
    std::size_t size() const noexcept;

    // Everything that is read for the split, the annotations and the pictures.
    std::vector<std::filesystem::path> files() const;

    // Decodes one picture after the other. `onPicture` returns false to stop. Throws Error(kInput)
    // for pictures that cannot be decoded or have another size than their annotations say.
    BoxRepairs forEach(const PictureDecoder& decode,
                       const std::function<bool(const AnnotatedPicture&)>& onPicture) const;

private:
    DataFormat format_;
    std::shared_ptr<const LabelledPictures> tiny_;  // only for kTinyImageNet
    LabelSet classes_;
    std::vector<PictureEntry> entries_;
    std::vector<std::filesystem::path> annotations_;
};

}  // namespace overfeat::evaluate
