// SPDX-License-Identifier: Apache-2.0
#include <overfeat/core/error.h>
#include <overfeat/detect/features.h>
#include <overfeat/detect/recogniser.h>

#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "tests/bindings/probe/probe.h"

namespace {

using namespace overfeat;

Image read(const char* folder, int number) {
    const probe_picture picture = probe_read(folder, number);
    const SizePx size{picture.width, picture.height};
    const auto bytes = 3 * static_cast<std::size_t>(size.width * size.height);
    Image image(size, std::vector<std::uint8_t>(picture.rgb, picture.rgb + bytes));
    free(picture.rgb);
    return image;
}

void same(const char* file, const char* folder, const char* to) {
    const auto model = net::loadModel(file);
    detect::Recogniser recogniser({model}, {.threads = 1});
    detect::FeatureExtractor extractor(model, "", {.threads = 1});
    FILE* out = fopen(to, "wb");
    for (int i = 0; i < PROBE_PICTURES; ++i) {
        const Image image = read(folder, i);
        const Tensor features = extractor.extract(image);
        probe_write(out, static_cast<double>(features.values().size()));
        for (const float value : features.values())
            probe_write(out, value);
        const Recognition seen =
            recogniser.recognise(image, {.detection = DetectionOptions{.score_threshold = 0}});
        probe_write(out, static_cast<double>(seen.scores.size()));
        for (const float value : seen.scores)
            probe_write(out, value);
        const auto& objects = seen.detections.objects;
        probe_write(out, static_cast<double>(objects.size()));
        for (const Detection& one : objects) {
            for (const double value :
                 {static_cast<double>(one.class_index), static_cast<double>(one.score),
                  static_cast<double>(one.confidence), static_cast<double>(one.votes()), one.box.x,
                  one.box.y, one.box.width, one.box.height})
                probe_write(out, value);
        }
    }
    fclose(out);
}

void speed(const char* file, const char* folder, bool reads_files) {
    detect::FeatureExtractor extractor(net::loadModel(file), "", {.threads = 1});
    const Image image = read(folder, 0);
    while (const int count = probe_asked()) {
        const double began = probe_seconds();
        for (int i = 0; i < count; ++i)
            reads_files ? extractor.extract(read(folder, 0)) : extractor.extract(image);
        probe_say(probe_seconds() - began);
    }
}

void cycles(const char* file, const char* folder) {
    const Image image = read(folder, 0);
    while (const int count = probe_asked()) {
        for (int i = 0; i < count; ++i) {
            const auto model = net::loadModel(file);
            detect::Recogniser recogniser({model}, {.threads = 1});
            detect::FeatureExtractor extractor(model, "", {.threads = 1});
            extractor.extract(image);
            recogniser.recognise(image, {.views = Views::kCentre});
        }
        probe_say(0);
    }
}

}  // namespace

int main(int argc, char** argv) try {
    const std::string what = argc > 3 ? argv[1] : "";
    if (what == "same" && argc == 5) {
        same(argv[2], argv[3], argv[4]);
    } else if (what == "speed" || what == "files") {
        speed(argv[2], argv[3], what == "files");
    } else if (what == "cycles") {
        cycles(argv[2], argv[3]);
    } else {
        return 2;
    }
    return 0;
} catch (const overfeat::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
