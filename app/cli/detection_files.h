// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "app/cli/inputs.h"
#include "app/cli/kept_files.h"
#include "engine/core/recognition.h"

namespace overfeat::cli {

// How objects are written for other programs.
enum class DetectionFormat {
    kCoco,  // COCO results: one JSON array; image_id is the number in the walk + 1
    kVoc,   // PASCAL VOC: one XML file per picture
    kYolo,  // one text file per picture: class, centre and size as shares of the picture, score
    kCsv,   // one table with a header (RFC 4180)
};

// The extension of the files of a format that has one for each picture; empty for the others.
std::string extensionPerPicture(DetectionFormat format);

// One VOC file. Its corners are pixels counted from 1, both inside the object.
std::string vocXml(const InputFrame& input, const Recognition& seen);
// One YOLO file: a line per object.
std::string yoloText(const Recognition& seen);

// Collects the objects of all pictures and writes them in one format: COCO and CSV into the file
// `out`, whole or not at all, once finish() is called; VOC and YOLO as they come, one file per
// picture, into the folder `out`, which is made if need be.
class DetectionFiles {
public:
    DetectionFiles(DetectionFormat format, std::filesystem::path out, KeptFiles kept = {});

    // Throws Error(kRuntime) if a file cannot be written, and Error(kUsage) instead of replacing
    // one of the files in `kept`.
    void add(const InputFrame& input, const Recognition& seen);
    void finish();

private:
    std::filesystem::path fileFor(const InputFrame& input);

    DetectionFormat format_;
    std::filesystem::path out_;
    KeptFiles kept_;
    std::string collected_;
    std::set<std::filesystem::path> taken_;  // no picture's file replaces another's
};

}  // namespace overfeat::cli
