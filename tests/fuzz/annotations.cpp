// SPDX-License-Identifier: Apache-2.0
//
// Annotations of a data set. The first byte says in which form: COCO, VOC or YOLO; of YOLO what
// comes after the first NUL are the boxes of its picture.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "engine/evaluate/annotated_set.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/targets.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::fuzz {
namespace {

using evaluate::DataFormat;

// Of every picture: what seeds.py says. None is decoded.
constexpr SizePx kPicture{.width = 40, .height = 30};

void promiseInside(const evaluate::TruthBox& object, std::size_t classes) {
    const RectPx& box = object.box;
    promise(object.class_index < classes, "an object of a class that there is");
    for (const double number : {box.x, box.y, box.width, box.height})
        promise(std::isfinite(number), "a box of finite numbers");
    promise(box.area() > 0, "a box with something in it");
    promise(box.x >= 0 && box.y >= 0 && box.right() <= kPicture.width &&
                box.bottom() <= kPicture.height,
            "a box inside its picture");
}

// A set of one picture for each form.
class Sets {
public:
    Sets() {
        folder_.write("coco/val/one.png", "picture");
        folder_.write("voc/JPEGImages/one.png", "picture");
        folder_.write("voc/ImageSets/Main/val.txt", "one\n");
        folder_.write("yolo/images/val/one.png", "picture");
    }

    std::filesystem::path write(DataFormat format, std::string_view text) const {
        const std::size_t end = std::min(text.find('\0'), text.size());
        switch (format) {
            case DataFormat::kCoco:
                folder_.write("coco/annotations/instances_val.json", text);
                return folder_.path() / "coco";
            case DataFormat::kVoc:
                folder_.write("voc/Annotations/one.xml", text);
                return folder_.path() / "voc";
            default:
                folder_.write("yolo/data.yaml", text.substr(0, end));
                folder_.write("yolo/labels/val/one.txt",
                              text.substr(std::min(end + 1, text.size())));
                return folder_.path() / "yolo";
        }
    }

private:
    test::TemporaryFolder folder_;
};

}  // namespace

void annotations(Input input) {
    static const Sets sets;
    if (input.empty()) return;
    constexpr std::array kFormats{DataFormat::kCoco, DataFormat::kVoc, DataFormat::kYolo};
    const DataFormat format = kFormats[std::to_integer<std::size_t>(input.front()) % 3];
    const auto folder = std::filesystem::canonical(
        sets.write(format, {reinterpret_cast<const char*>(input.data()) + 1, input.size() - 1}));
    taken(ErrorCode::kInput, [&] {
        const evaluate::AnnotatedSet set(folder, "val", format);
        for (std::size_t i = 0; i < set.classes().size(); ++i)
            promiseShowable(set.classes()[i].label);
        for (const auto& file : set.files()) {
            const auto inside = file.lexically_relative(folder);
            promise(!inside.empty() && *inside.begin() != "..", "no file outside the data set");
        }
        const auto decode = [](std::span<const std::byte>, const std::string&) {
            return Image(kPicture);
        };
        set.forEach(decode, [&](const evaluate::AnnotatedPicture& picture) {
            for (const evaluate::TruthBox& object : picture.objects)
                promiseInside(object, set.classes().size());
            return true;
        });
    });
}

}  // namespace overfeat::fuzz
