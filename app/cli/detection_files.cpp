// SPDX-License-Identifier: Apache-2.0
#include "app/cli/detection_files.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "app/capture/file_bytes.h"
#include "app/cli/console.h"
#include "app/cli/output_file.h"
#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

namespace fs = std::filesystem;

std::string escapedXml(const std::string& text) {
    std::string escaped;
    for (const char c : printable(text)) {
        if (c == '&') {
            escaped += "&amp;";
        } else if (c == '<') {
            escaped += "&lt;";
        } else if (c == '>') {
            escaped += "&gt;";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

std::string csvField(const std::string& text) {
    std::string shown = printable(text);
    if (shown.find_first_of(",\"\r\n") == std::string::npos) return shown;
    std::string quoted = "\"";
    for (const char c : shown)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

std::string cocoLines(const Recognition& seen, std::int64_t image_id) {
    std::string lines;
    for (const Detection& found : seen.detections.objects) {
        const nlohmann::ordered_json result{
            {"image_id", image_id},
            {"category_id", found.class_index},
            {"bbox",
             {hundredths(found.box.x), hundredths(found.box.y), hundredths(found.box.width),
              hundredths(found.box.height)}},
            {"score", shortest(found.score)}};
        lines += (lines.empty() ? "" : ",\n") + result.dump();
    }
    return lines;
}

std::string csvLines(const InputFrame& input, const Recognition& seen) {
    std::string lines;
    for (const Detection& found : seen.detections.objects) {
        const ClassLabel& label = (*seen.labels)[found.class_index];
        const char* before = "";
        for (const std::string& field :
             {csvField(input.file), std::to_string(input.frame), std::to_string(found.class_index),
              csvField(label.id), csvField(label.label), fixed(found.score, 6),
              std::to_string(found.votes()), fixed(found.confidence, 6), fixed(found.box.x, 2),
              fixed(found.box.y, 2), fixed(found.box.width, 2), fixed(found.box.height, 2)}) {
            lines += before;
            lines += field;
            before = ",";
        }
        lines += "\r\n";
    }
    return lines;
}

}  // namespace

std::string vocXml(const InputFrame& input, const Recognition& seen) {
    const auto tag = [](const std::string& name, const std::string& value) {
        return "<" + name + ">" + value + "</" + name + ">";
    };
    const SizePx size = seen.frame_size;
    std::string xml = "<annotation>\n  " +
                      tag("filename", escapedXml(fs::path(input.file).filename().string())) +
                      "\n  <size>" + tag("width", std::to_string(size.width)) +
                      tag("height", std::to_string(size.height)) + tag("depth", "3") + "</size>\n";
    for (const Detection& found : seen.detections.objects) {
        // A corner is the number of a pixel that belongs to the object; the first one is 1.
        const auto first = [](double edge) {
            return std::to_string(std::lround(std::floor(edge)) + 1);
        };
        const auto last = [](double edge, double before) {
            return std::to_string(
                std::max(std::lround(std::ceil(edge)), std::lround(std::floor(before)) + 1));
        };
        xml += "  <object>" + tag("name", escapedXml((*seen.labels)[found.class_index].label)) +
               tag("score", fixed(found.score, 6)) + "<bndbox>" + tag("xmin", first(found.box.x)) +
               tag("ymin", first(found.box.y)) + tag("xmax", last(found.box.right(), found.box.x)) +
               tag("ymax", last(found.box.bottom(), found.box.y)) + "</bndbox></object>\n";
    }
    return xml + "</annotation>\n";
}

std::string yoloText(const Recognition& seen) {
    std::string text;
    const double width = seen.frame_size.width;
    const double height = seen.frame_size.height;
    for (const Detection& found : seen.detections.objects) {
        text += std::to_string(found.class_index) + " " + fixed(found.box.centre().x / width, 6) +
                " " + fixed(found.box.centre().y / height, 6) + " " +
                fixed(found.box.width / width, 6) + " " + fixed(found.box.height / height, 6) +
                " " + fixed(found.score, 6) + "\n";
    }
    return text;
}

std::string extensionPerPicture(DetectionFormat format) {
    switch (format) {
        case DetectionFormat::kVoc:
            return ".xml";
        case DetectionFormat::kYolo:
            return ".txt";
        case DetectionFormat::kCoco:
        case DetectionFormat::kCsv:
            break;
    }
    return {};
}

DetectionFiles::DetectionFiles(DetectionFormat format, fs::path out, KeptFiles kept)
    : format_(format), out_(std::move(out)), kept_(std::move(kept)) {
    if (extensionPerPicture(format_).empty()) return;
    std::error_code error;
    fs::create_directories(out_, error);
    if (!fs::is_directory(out_, error)) {
        throw Error(ErrorCode::kRuntime,
                    "The folder " + capture::shown(out_) +
                        " cannot be made, and VOC and YOLO need one; choose another --out.",
                    out_.string());
    }
}

void DetectionFiles::add(const InputFrame& input, const Recognition& seen) {
    if (format_ == DetectionFormat::kVoc) {
        writeFile(fileFor(input), vocXml(input, seen), kept_);
    } else if (format_ == DetectionFormat::kYolo) {
        writeFile(fileFor(input), yoloText(seen), kept_);
    } else if (format_ == DetectionFormat::kCsv) {
        collected_ += csvLines(input, seen);
    } else {
        const std::string lines = cocoLines(seen, input.number + 1);
        if (!lines.empty()) collected_ += (collected_.empty() ? "" : ",\n") + lines;
    }
}

void DetectionFiles::finish() {
    if (format_ == DetectionFormat::kCoco) {
        writeFile(out_, "[" + collected_ + "]\n", kept_);
    } else if (format_ == DetectionFormat::kCsv) {
        writeFile(
            out_,
            "file,frame,index,id,label,score,votes,confidence,x,y,width,height\r\n" + collected_,
            kept_);
    }
}

fs::path DetectionFiles::fileFor(const InputFrame& input) {
    fs::path name = fs::path(input.file).stem();
    name += extensionPerPicture(format_);
    fs::path file = out_ / name;
    if (input.frame > 0) file = numbered(file, input.frame);
    for (int copy = 2; !taken_.insert(file).second; ++copy)
        file = numbered(out_ / name, (input.number + 1) * 1000 + copy);
    return file;
}

}  // namespace overfeat::cli
