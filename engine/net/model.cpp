// SPDX-License-Identifier: Apache-2.0
#include "engine/net/model.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <utility>

#include "engine/net/external_data.h"
#include "engine/net/graph_edit.h"
#include "engine/net/model_metadata.h"
#include "engine/net/onnx_graph.h"
#include "engine/net/onnx_messages.h"
#include "engine/net/refusal.h"
#include "engine/net/release_reader.h"
#include "engine/net/sidecar.h"
#include "engine/net/simplify.h"

namespace overfeat::net {
namespace {

namespace fs = std::filesystem;

constexpr int kUsualWindowPx = 224;
// The mean and standard deviation of ImageNet's pixels, with which most classifiers are trained.
constexpr Normalisation kImageNet{{123.675F, 116.28F, 103.53F}, {58.395F, 57.12F, 57.375F}};

[[noreturn]] void refuse(const std::string& sentence, std::string_view where = {}) {
    throw Error(ErrorCode::kModel, sentence, sanitisedLabel(where));
}

// Where both say something, the file's own metadata wins.
ModelDescription merged(ModelDescription file, const ModelDescription& sidecar) {
    const auto fill = [](auto& ours, const auto& theirs) {
        if (!ours) ours = theirs;
    };
    fill(file.window_px, sidecar.window_px);
    const bool uses_sidecar = (!file.mean && sidecar.mean) || (!file.std && sidecar.std);
    file.scaled_from_unit = file.scaled_from_unit || (uses_sidecar && sidecar.scaled_from_unit);
    fill(file.mean, sidecar.mean);
    fill(file.std, sidecar.std);
    fill(file.crop, sidecar.crop);
    fill(file.background, sidecar.background);
    fill(file.classes, sidecar.classes);
    fill(file.scores, sidecar.scores);
    fill(file.boxes, sidecar.boxes);
    fill(file.features, sidecar.features);
    return file;
}

// Where more lines than outputs are listed, blank ones are no classes: first those at the end, then
// those between lines.
void leaveOutBlankLines(std::vector<ClassLabel>& listed, std::size_t outputs) {
    const auto blank = [](const ClassLabel& line) { return line.id.empty() && line.label.empty(); };
    while (listed.size() > outputs && blank(listed.back()))
        listed.pop_back();
    if (listed.size() > outputs) std::erase_if(listed, blank);
}

// Elements of an output per window; refuses unless it is one vector.
std::int64_t vectorLength(const Graph& graph, const std::vector<Shape>& shapes, ValueId id,
                          const char* what) {
    const Shape& shape = shapes[static_cast<std::size_t>(id)];
    const bool is_vector = shape.rank() >= 2 && shape[0] == 1 && shape[1] == shape.elementCount();
    if (!is_vector) {
        refuse("The model's " + std::string(what) + " " + inQuotes(graph.valueName(id)) +
                   " are of shape " + shape.toString() +
                   ", not one vector per picture; only classifiers are supported.",
               graph.valueName(id));
    }
    return shape[1];
}

class ModelBuilder {
public:
    ModelBuilder(Graph graph, ModelDescription described)
        : graph_(std::move(graph)), described_(std::move(described)) {}

    Model build() {
        simplify();
        chooseWindow();
        chooseNormalisation();
        const ValueId scores = chooseScores();
        const std::vector<Shape> shapes =
            inferShapes(graph_, Shape{1, 3, model_.window_px, model_.window_px});
        const std::int64_t classes = vectorLength(graph_, shapes, scores, "scores");
        chooseLabels(classes);
        chooseBoxes(shapes);
        chooseFeatures(scores, shapes);
        keepOutputs();
        chooseCrop(classes);
        model_.card = described_.card;
        return std::move(model_);
    }

private:
    // A network that does not work for its window is left as it is: what is wrong with it is said
    // later, in terms of the file.
    void simplify() {
        const Shape& declared = graph_.input_shape;
        if (graph_.input == kNoValue || declared.rank() != 4) return;
        const bool last = hasChannelsLast(declared);
        const std::int64_t given = std::max(declared[last ? 1 : 2], declared[last ? 2 : 3]);
        const std::int64_t side = given > 0 ? given : described_.window_px.value_or(kUsualWindowPx);
        std::vector<ValueId> keep;
        for (const auto& name :
             {described_.scores, described_.boxes, described_.features, described_.feature_mean}) {
            if (const auto id = name ? graph_.findValue(*name) : std::nullopt) keep.push_back(*id);
        }
        try {
            graph_ = simplified(graph_, last ? Shape{1, side, side, 3} : squareInput(graph_, side),
                                keep);
        } catch (const Error&) {
            if (last) throw;
        }
    }

    void assume(std::string sentence) { model_.assumptions.push_back(std::move(sentence)); }

    ValueId output(const std::string& name, const char* what) const {
        const auto id = graph_.findValue(name);
        if (!id || graph_.constant(*id) != nullptr) {
            refuse("The description of the model names " + inQuotes(name) + " as its " + what +
                       ", but the network computes nothing of that name.",
                   name);
        }
        return *id;
    }

    // Nearly all classifiers of ImageNet are measured on the middle seven eighths of a picture.
    void chooseCrop(std::int64_t classes) {
        constexpr std::int64_t kImageNetClasses = 1000;
        constexpr double kUsualCrop = 0.875;
        if (described_.crop) {
            model_.crop = *described_.crop;
        } else if (classes == kImageNetClasses) {
            model_.crop = kUsualCrop;
            assume(
                "The file does not say how much of a picture its network is measured on; the "
                "middle 87.5 % is used, as for most networks of 1,000 classes.");
        }
    }

    void chooseWindow() {
        const Shape& declared = graph_.input_shape;
        if (graph_.input == kNoValue || declared.rank() != 4) {
            refuse("The model's input is not a picture: it must have the dimensions batch, " +
                   std::string("channels, height and width."));
        }
        if (declared[1] >= 0 && declared[1] != 3) {
            refuse("The model's input has " + std::to_string(declared[1]) +
                   " channels, but this program shows networks colour pictures with three.");
        }
        if (declared[2] >= 0 && declared[3] >= 0 && declared[2] != declared[3]) {
            refuse("The model's input is " + std::to_string(declared[3]) + "x" +
                   std::to_string(declared[2]) + " pixels; only square windows are supported.");
        }
        const std::int64_t side = std::max(declared[2], declared[3]);
        if (described_.window_px) {
            model_.window_px = *described_.window_px;
            if (side >= 0 && side != model_.window_px) {
                refuse("The model's description says that its window is " +
                       std::to_string(model_.window_px) + " pixels wide, but its input is " +
                       std::to_string(side) + ".");
            }
        } else if (side >= 0) {
            checkWindow(static_cast<double>(side), "The side of the model's input");
            model_.window_px = static_cast<int>(side);
        } else {
            model_.window_px = kUsualWindowPx;
            assume("The file leaves the size of its window open; 224 pixels are assumed.");
        }
    }

    void chooseNormalisation() {
        model_.normalisation.mean = described_.mean.value_or(kImageNet.mean);
        model_.normalisation.std = described_.std.value_or(kImageNet.std);
        if (described_.scaled_from_unit) {
            assume(
                "The mean and standard deviation given for pixels are at most 1; they are read as "
                "0..1 values.");
        }
        if (!described_.mean || !described_.std) {
            assume(
                "The file does not say how pixels are normalised; the mean and standard "
                "deviation of ImageNet are assumed.");
        }
    }

    ValueId chooseScores() {
        if (described_.scores) {
            model_.scores = *described_.scores;
            return output(*described_.scores, "scores");
        }
        const ValueId first = graph_.outputs.front();
        model_.scores = graph_.valueName(first);
        if (graph_.outputs.size() > 1) {
            assume("The file does not say which output holds the scores; the first one, " +
                   inQuotes(model_.scores) + ", is assumed.");
        }
        if (graph_.constant(first) != nullptr) refuse("The model's output is a constant.");
        return first;
    }

    void chooseLabels(std::int64_t classes) {
        if (classes < 1) refuse("The model has no classes.");
        const auto count = static_cast<std::size_t>(classes);
        if (described_.background && *described_.background >= count) {
            refuse("The model's background class " + std::to_string(*described_.background) +
                   " is not one of its " + std::to_string(count) + " classes.");
        }
        if (!described_.classes) {
            model_.labels =
                std::make_shared<LabelSet>(std::vector<ClassLabel>(count), described_.background);
            assume("The file does not name its " + std::to_string(count) +
                   " classes; they are numbered.");
            return;
        }
        leaveOutBlankLines(*described_.classes, count);
        if (described_.classes->size() != count) {
            refuse("The model has " + std::to_string(count) + " outputs, but " +
                   std::to_string(described_.classes->size()) + " classes are listed for it.");
        }
        model_.labels = std::make_shared<LabelSet>(*described_.classes, described_.background);
    }

    void chooseBoxes(const std::vector<Shape>& shapes) {
        if (!described_.boxes) return;
        const ValueId boxes = output(*described_.boxes, "boxes");
        const auto numbers = vectorLength(graph_, shapes, boxes, "boxes");
        if (numbers != 4 && numbers != 4 * static_cast<std::int64_t>(model_.labels->size())) {
            refuse("The model's boxes " + inQuotes(*described_.boxes) +
                       " are not four numbers per window, nor four per class.",
                   *described_.boxes);
        }
        model_.boxes = described_.boxes;
    }

    // What the last layer with weights looks at, which is the usual embedding of a classifier.
    std::optional<ValueId> lastLayerInput(ValueId scores, const std::vector<Shape>& shapes) const {
        ValueId wanted = scores;
        for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
            if (node->output != wanted) continue;
            const bool has_weights =
                std::holds_alternative<Gemm>(node->op) || std::holds_alternative<Conv>(node->op);
            wanted = node->inputs.front();
            if (!has_weights && node->inputs.size() > 1) return std::nullopt;
            if (!has_weights) continue;
            const Shape& shape = shapes[static_cast<std::size_t>(wanted)];
            const bool is_vector = shape.rank() >= 2 && shape[1] == shape.elementCount();
            if (!is_vector || wanted == graph_.input) return std::nullopt;
            return wanted;
        }
        return std::nullopt;
    }

    void chooseFeatures(ValueId scores, const std::vector<Shape>& shapes) {
        std::optional<ValueId> features;
        if (described_.features) {
            features = output(*described_.features, "features");
        } else if (features = lastLayerInput(scores, shapes); features) {
            assume("The file does not name its features; what the last layer looks at, " +
                   inQuotes(graph_.valueName(*features)) + ", is used for them.");
        }
        if (!features) return;
        model_.features = graph_.valueName(*features);
        const std::int64_t length = vectorLength(graph_, shapes, *features, "features");
        if (!described_.feature_mean) return;
        const auto id = graph_.findValue(*described_.feature_mean);
        const Tensor* mean = id ? graph_.constant(*id) : nullptr;
        if (mean == nullptr || static_cast<std::int64_t>(mean->values().size()) != length) {
            refuse("The model's mean feature " + inQuotes(*described_.feature_mean) +
                       " must be a tensor with as many numbers as its features, " +
                       std::to_string(length) + ".",
                   *described_.feature_mean);
        }
        model_.feature_mean.assign(mean->values().begin(), mean->values().end());
        if (!std::ranges::all_of(model_.feature_mean, [](float v) { return std::isfinite(v); })) {
            refuse("Tensor " + inQuotes(*described_.feature_mean) +
                       " holds a NaN or an infinite number.",
                   *described_.feature_mean);
        }
    }

    void keepOutputs() {
        std::vector<std::string> names{model_.scores};
        for (const auto& name : {model_.boxes, model_.features}) {
            if (name && std::ranges::find(names, *name) == names.end()) names.push_back(*name);
        }
        model_.graph = withOutputs(graph_, names);
    }

    Graph graph_;
    ModelDescription described_;
    Model model_;
};

std::vector<std::byte> fileContent(const fs::path& path, const ReadBudget& budget) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) {
        refuse("The file does not exist; check its name.");
    }
    if (status.type() == fs::file_type::directory) {
        refuse("The path is a folder; choose a file ending in .onnx.");
    }
    if (status.type() != fs::file_type::regular) {
        refuse("The path is not a readable file; choose a file ending in .onnx.");
    }
    std::ifstream stream(path, std::ios::binary | std::ios::ate);
    const auto bytes = static_cast<std::int64_t>(stream.tellg());
    if (!stream || bytes < 0) {
        refuse("The file cannot be opened; check that you are permitted to read it.");
    }
    if (bytes > budget.max_file_bytes) {
        refuse("The file is larger than the limit of " +
               std::to_string(budget.max_file_bytes >> 20) + " MiB for models.");
    }
    std::vector<std::byte> content(static_cast<std::size_t>(bytes));
    stream.seekg(0);
    stream.read(reinterpret_cast<char*>(content.data()), bytes);
    if (!stream) refuse("The file cannot be read to its end; check the disk.");
    return content;
}

// Says which file a sentence is about: "The model 'x.onnx' cannot be used: the file is empty."
template <class Load>
std::shared_ptr<const Model> named(const std::string& name, const Load& load) {
    try {
        return std::make_shared<const Model>(load());
    } catch (const Error& error) {
        std::string reason = error.what();
        if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z') {
            reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
        }
        throw Error(ErrorCode::kModel, "The model " + inQuotes(name) + " cannot be used: " + reason,
                    error.where().empty() ? sanitisedLabel(name) : error.where());
    }
}

Model describedModel(const onnx::ModelProto& onnx, const std::optional<ModelDescription>& sidecar,
                     const fs::path& folder, const ReadBudget& budget) {
    ModelDescription described = readMetadata(metadataOf(onnx));
    if (sidecar) described = merged(std::move(described), *sidecar);
    OnnxOptions options;
    options.budget = budget;
    options.folder = folder;
    options.assumed_side_px = described.window_px.value_or(kUsualWindowPx);
    return ModelBuilder(readGraph(onnx, options), std::move(described)).build();
}

// What somebody wrote beside the weights goes before what is known of them.
Model releasedModel(const fs::path& path, const ReadBudget& budget) {
    const ModelDescription sidecar = readSidecar(path).value_or(ModelDescription());
    ReleaseNetwork network = readRelease(path, budget);
    ModelDescription described = merged(sidecar, network.described);
    described.card = std::move(network.described.card);
    return ModelBuilder(std::move(network.graph), std::move(described)).build();
}

// Where a model's path says that it lies, links or not: a link beside weights is a whole model.
fs::path folderOf(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

Model onnxModel(const fs::path& path, const ReadBudget& budget) {
    // The file's bytes are given back before the weights are unpacked.
    const onnx::ModelProto onnx = decodeModel(fileContent(path, budget), budget);
    return describedModel(onnx, readSidecar(path), folderOf(path), budget);
}

}  // namespace

std::shared_ptr<const Model> loadModel(const fs::path& path, const ReadBudget& budget) {
    return named(path.filename().string(), [&] {
        Model model = isReleaseFile(path) ? releasedModel(path, budget) : onnxModel(path, budget);
        model.name = path.stem().string();
        model.path = path.string();
        return model;
    });
}

std::shared_ptr<const Model> parseModel(std::span<const std::byte> onnx, const std::string& name,
                                        const ReadBudget& budget) {
    return named(name, [&] {
        Model model = describedModel(decodeModel(onnx, budget), std::nullopt, {}, budget);
        model.name = name;
        return model;
    });
}

std::vector<fs::path> modelFiles(const fs::path& path) {
    std::vector<fs::path> files = sidecarFiles(path);
    files.push_back(path);
    if (isReleaseFile(path)) return files;
    try {
        for (const std::string& name : externalFiles(decodeModel(fileContent(path, {}), {})))
            files.push_back(folderOf(path) / name);
    } catch (const Error&) {
        // loadModel() says what is wrong with it.
    }
    return files;
}

}  // namespace overfeat::net
