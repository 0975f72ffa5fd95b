// SPDX-License-Identifier: Apache-2.0
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <chrono>
#include <cmath>
#include <memory>
#include <opencv2/imgcodecs.hpp>
#include <string>

#include "app/capture/picture_header.h"
#include "app/capture/pixels.h"
#include "app/cli/commands.h"
#include "app/cli/options.h"
#include "engine/core/error.h"
#include "engine/evaluate/classification.h"

namespace overfeat::cli {
namespace {

struct Options {
    CommonOptions common;
    ViewOptions views;
    std::string data;
    std::string split = "val";
    std::size_t limit = 0;
};

Image decode(std::span<const std::byte> bytes, const std::string& name) {
    const std::span<const std::uint8_t> data(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                             bytes.size());
    const auto header = capture::probePicture(data);
    const bool usable = header && header->complete && header->width > 0 && header->height > 0 &&
                        header->width <= Image::kMaxPixels / header->height;
    cv::Mat bgr;
    if (usable) {
        const cv::Mat encoded(1, static_cast<int>(data.size()), CV_8UC1,
                              const_cast<std::uint8_t*>(data.data()));  // only read
        bgr = cv::imdecode(encoded, cv::IMREAD_COLOR);
    }
    if (bgr.empty()) {
        throw Error(ErrorCode::kInput,
                    "The picture '" + name +
                        "' of the data set cannot be decoded; download or copy the set again.",
                    name);
    }
    return capture::toImage(bgr);
}

// Tells how far it is, at most once a second and at the end.
class Progress {
public:
    explicit Progress(Console& console) : console_(console) {}

    void operator()(std::size_t done, std::size_t all) {
        const auto now = std::chrono::steady_clock::now();
        if (done < all && now - told_ < std::chrono::seconds(1)) return;
        told_ = now;
        const double elapsed_s = std::chrono::duration<double>(now - start_).count();
        const double left_s =
            elapsed_s / static_cast<double>(done) * static_cast<double>(all - done);
        console_.err << "\r" << std::to_string(done) << " of " << std::to_string(all)
                     << " pictures, " << fixed(std::ceil(left_s), 0) << " s left   "
                     << (done == all ? "\n" : "") << std::flush;
    }

private:
    Console& console_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point told_ = start_;
};

// Four digits are what 5,000 pictures can tell.
double rounded(double share) {
    return std::round(share * 10000) / 10000;
}

void print(Results& results, const Options& options, const evaluate::ClassificationReport& report) {
    const auto& classes = report.classification;
    if (results.json()) {
        nlohmann::ordered_json json{{"model", options.common.model},
                                    {"split", options.split},
                                    {"views", options.views.views},
                                    {"pictures", classes.pictures()},
                                    {"top1_error", rounded(classes.top1Error())},
                                    {"top5_error", rounded(classes.top5Error())}};
        if (const auto& boxes = report.localisation) {
            json["localization_top1_error"] = rounded(boxes->top1Error());
            json["localization_top5_error"] = rounded(boxes->top5Error());
            json["mean_iou"] = rounded(boxes->meanOverlap());
            json["iou50_share"] = rounded(boxes->goodBoxShare());
        }
        results.object(json);
        return;
    }
    const auto row = [&](const std::string& name, double share) {
        results.line(padRight(name, 32) + padLeft(fixed(share * 100, 2), 7) + " %");
    };
    results.line(std::to_string(classes.pictures()) + " pictures of '" + printable(options.split) +
                 "', " + options.views.views + " views");
    row("top-1 error", classes.top1Error());
    row("top-5 error", classes.top5Error());
    if (const auto& boxes = report.localisation) {
        row("localisation error, top-1", boxes->top1Error());
        row("localisation error, top-5", boxes->top5Error());
        row("boxes with IoU >= 0.5", boxes->goodBoxShare());
        results.line(padRight("mean IoU of the box", 32) +
                     padLeft(fixed(boxes->meanOverlap(), 4), 7));
    }
}

int evaluateClassification(const Options& options, Context& context) {
    Console& console = context.console;
    chooseDevice(options.common.device);
    const evaluate::LabelledPictures pictures(options.data, options.split);
    const auto models = loadModels(options.common, context.models, console);
    detect::Recogniser recogniser = makeRecogniser(models, options.common, options.views);
    std::unique_ptr<detect::Recogniser> boxes;
    if (recogniser.info().has_boxes) {
        detect::RecogniserOptions one_window;
        one_window.scale_count = 1;
        one_window.largest_side_windows = one_window.smallest_side_windows;
        one_window.device = options.common.device;
        one_window.threads = options.common.threads;
        boxes = std::make_unique<detect::Recogniser>(models, one_window);
    }
    Progress progress(console);
    const evaluate::ClassificationOptions run{options.limit, std::ref(progress)};
    const auto report = evaluate::evaluateClassification(pictures, decode, recogniser, boxes.get(),
                                                         run, console.stop);
    Results results(console, options.common.json);
    print(results, options, report);
    return 0;
}

}  // namespace

Command addEvaluateClassification(CLI::App& command) {
    auto options = std::make_shared<Options>();
    options->views.views = "center";
    options->common.addTo(command);
    options->views.addTo(command);
    command
        .add_option("--data", options->data,
                    "A folder with classes.tsv, SPLIT.tsv and SPLIT.tar.xz (or a folder SPLIT)")
        ->type_name("FOLDER")
        ->required();
    command.add_option("--split", options->split, "Which part of the data")
        ->type_name("NAME")
        ->capture_default_str();
    command.add_option("--limit", options->limit, "Stop after N pictures; 0 = all")
        ->type_name("N")
        ->capture_default_str();
    return [options](Context& context) { return evaluateClassification(*options, context); };
}

}  // namespace overfeat::cli
