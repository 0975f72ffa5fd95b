// SPDX-License-Identifier: Apache-2.0
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/inputs.h"
#include "app/cli/kept_files.h"
#include "app/cli/options.h"
#include "app/cli/output_file.h"
#include "app/report/recognition_json.h"
#include "app/store/load_models.h"
#include "engine/core/error.h"
#include "engine/detect/features.h"

namespace overfeat::cli {
namespace {

struct FeaturesOptions {
    CommonOptions common;
    InputOptions inputs;
    std::string layer;
    std::string format;
    std::string out;
};

// All pictures' values as one array: their own shape, with the first extent counting the pictures.
// Rows are found by their place only, so a picture that could not be used keeps its row, of NaN.
class Stack {
public:
    void add(std::int64_t number, const Tensor& values) {
        shape_ = values.shape();
        const auto all = values.values();
        row_size_ = all.size();
        fillUpTo(number);
        values_.insert(values_.end(), all.begin(), all.end());
        ++count_;
        ++real_;
    }
    // Ends the array with rows of NaN, if need be, so that there are `count`.
    void fillUpTo(std::int64_t count) {
        const auto rows = static_cast<std::size_t>(std::max(count, count_));
        values_.resize(rows * row_size_, std::numeric_limits<float>::quiet_NaN());
        count_ = std::max(count, count_);
    }
    bool empty() const noexcept { return real_ == 0; }
    std::int64_t missing() const noexcept { return count_ - real_; }
    std::string npy() const {
        Shape shape = shape_;
        if (shape.rank() == 0) shape.append(1);
        shape[0] *= count_;
        return npyBytes(shape, values_);
    }

private:
    Shape shape_;
    std::vector<float> values_;
    std::size_t row_size_ = 0;
    std::int64_t count_ = 0;
    std::int64_t real_ = 0;
};

std::string textLine(const InputFrame& input, const Tensor& values) {
    std::string text = printable(input.file) + "\t" + std::to_string(input.frame);
    for (const float value : values.values()) {
        text += '\t';
        text += nlohmann::ordered_json(shortest(value)).dump();
    }
    return text;
}

// As the OverFeat release prints a layer: features, rows and columns in one line, all numbers in
// the next one, with six digits and a blank behind each.
std::string releaseLines(const Tensor& values) {
    const Shape& shape = values.shape();
    std::string text;
    for (int axis = 1; axis < 4; ++axis)
        text += (axis > 1 ? " " : "") + std::to_string(axis < shape.rank() ? shape[axis] : 1);
    text += '\n';
    for (const float value : values.values()) {
        std::array<char, 32> digits{};
        constexpr int kDigits = 6;
        const auto end =
            std::to_chars(digits.begin(), digits.end(), value, std::chars_format::general, kDigits);
        text.append(digits.begin(), end.ptr);
        text += ' ';
    }
    return text;
}

void printJson(Results& results, const InputFrame& input, const std::string& layer,
               const Tensor& values) {
    auto list = nlohmann::ordered_json::array();
    for (const float value : values.values())
        list.push_back(shortest(value));
    const auto dims = values.shape().dims();
    report::Json json = report::frameJson(input.file, input.frame, input.time_s);
    json["layer"] = layer;
    json["shape"] = std::vector<std::int64_t>(dims.begin(), dims.end());
    json["values"] = std::move(list);
    results.object(json);
}

int listLayers(const FeaturesOptions& options, Context& context) {
    Results results(context.console, options.common.json);
    for (const auto& model : loadModels(options.common, context.models, context.console)) {
        const Shape window{1, 3, model->window_px, model->window_px};
        const std::vector<Shape> shapes = net::inferShapes(model->graph, window);
        for (const net::Node& node : model->graph.nodes) {
            const Shape& shape = shapes[static_cast<std::size_t>(node.output)];
            const std::string& value = model->graph.valueName(node.output);
            if (results.json()) {
                results.object({{"layer", value},
                                {"op", net::opName(node.op)},
                                {"shape", std::vector<std::int64_t>(shape.dims().begin(),
                                                                    shape.dims().end())}});
            } else {
                results.line(padRight(printable(value), 32) + "  " +
                             padRight(std::string(net::opName(node.op)), 20) + "  " +
                             shape.toString());
            }
        }
    }
    return 0;
}

int features(const FeaturesOptions& options, Context& context) {
    if (options.layer == "list") return listLayers(options, context);
    Console& console = context.console;
    const bool npy =
        options.format == "npy" || (options.format.empty() && options.out.ends_with(".npy"));
    if (options.inputs.inputs.empty()) {
        throw Error(ErrorCode::kUsage, "There is nothing to look at; name pictures or folders.");
    }
    if (npy && options.out.empty()) {
        throw Error(ErrorCode::kUsage, "NPY is binary; say where it should go with --out FILE.");
    }
    const bool as_release = options.format == "overfeat";
    if ((npy || as_release) && options.common.json) {
        throw Error(ErrorCode::kUsage,
                    "Choose one of --json and --format " + std::string(npy ? "npy." : "overfeat."));
    }
    std::vector<PlannedOutput> outputs;
    if (!options.out.empty()) outputs.push_back({options.out, false});
    const KeptFiles kept =
        checkOutputs(outputs, options.inputs.inputs,
                     store::modelFiles(options.common.model, context.models), console);
    chooseDevice(options.common.device);
    const auto models = loadModels(options.common, context.models, console);
    if (models.size() != 1) {
        throw Error(ErrorCode::kUsage,
                    "Layers of different models cannot be mixed; name one model.");
    }
    detect::FeatureExtractor extractor(models.front(), options.layer,
                                       {.device = options.common.device,
                                        .threads = options.common.threads,
                                        .whole_picture = as_release});
    // With --out everything is collected, so that the file is written whole or not at all.
    Stack stack;
    std::ostringstream collected;
    Console collector{collected, console.err, console.stop};
    Results results(options.out.empty() ? console : collector, options.common.json);
    const WalkSummary walk =
        forEachFrame(options.inputs.inputs, {options.inputs.every, options.inputs.max_frames},
                     console, [&](const InputFrame& input) {
                         const Tensor values = extractor.extract(input.image);
                         if (npy) {
                             stack.add(input.number, values);
                         } else if (results.json()) {
                             printJson(results, input, extractor.layer(), values);
                         } else if (as_release) {
                             results.line(releaseLines(values));
                         } else {
                             results.line(textLine(input, values));
                         }
                     });
    noteReplacedServer(console, extractor.choice());
    if (npy && !stack.empty()) {
        stack.fillUpTo(walk.numbers);
        writeFile(options.out, stack.npy(), kept);
        if (stack.missing() > 0) {
            note(console, "Rows of NaN stand in " + printable(options.out) + " for " +
                              std::to_string(stack.missing()) +
                              " of the inputs, which could not be used; leave those out.");
        }
    }
    if (!npy && !options.out.empty() && !collected.str().empty()) {
        writeFile(options.out, collected.str(), kept);
    }
    return walk.bad == 0 ? 0 : exitCode(ErrorCode::kInput);
}

}  // namespace

Command addFeatures(CLI::App& command) {
    auto options = std::make_shared<FeaturesOptions>();
    options->inputs.addTo(command)->required(false);
    options->common.addTo(command);
    command
        .add_option("--layer", options->layer,
                    "The value to print, by its name in the ONNX file, or its number in the "
                    "networks of the OverFeat release; 'list' lists them; the model's embedding if "
                    "left out")
        ->type_name("NAME");
    command
        .add_option(
            "--format", options->format,
            "text: one line per picture, FILE FRAME VALUES between tabs; npy: one array, "
            "float32, a row per picture, of NaN for one that cannot be used; overfeat: what "
            "the OverFeat release prints, of the whole picture at its own size")
        ->type_name("KIND")
        ->check(CLI::IsMember({"text", "npy", "overfeat"}));
    command.add_option("--out", options->out, "Write to a file instead of standard output")
        ->type_name("FILE");
    return [options](Context& context) { return features(*options, context); };
}

}  // namespace overfeat::cli
