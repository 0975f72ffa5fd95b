// SPDX-License-Identifier: Apache-2.0
//
// Annotations of a data set. The first byte says in which form: COCO, VOC or YOLO; of YOLO what
// comes after the first NUL are the boxes of its picture.
#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "engine/evaluate/annotated_set.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/targets.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::fuzz {
namespace {

using evaluate::DataFormat;

// A set of one picture, which is never opened, for each form.
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
    });
}

}  // namespace overfeat::fuzz
