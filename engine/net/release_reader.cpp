// SPDX-License-Identifier: Apache-2.0
#include "engine/net/release_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/net/refusal.h"

// Defined in release_classes.S.
extern "C" {
extern const char overfeat_release_classes_begin[];
extern const char overfeat_release_classes_end[];
}

namespace overfeat::net {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "The files are little-endian.");

// A convolution and what follows it. Full layers are convolutions, too: their kernel is the map.
struct Stage {
    std::int64_t channels = 0;
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    std::int64_t pool = 0;  // side and distance of the pooling behind it; 0 = none
};

constexpr std::array<Stage, 8> kSmall{{
    {.channels = 96, .kernel = 11, .stride = 4, .pool = 2},
    {.channels = 256, .kernel = 5, .pool = 2},
    {.channels = 512, .kernel = 3, .padding = 1},
    {.channels = 1024, .kernel = 3, .padding = 1},
    {.channels = 1024, .kernel = 3, .padding = 1, .pool = 2},
    {.channels = 3072, .kernel = 6},
    {.channels = 4096},
    {.channels = 1000},
}};
constexpr std::array<Stage, 9> kLarge{{
    {.channels = 96, .kernel = 7, .stride = 2, .pool = 3},
    {.channels = 256, .kernel = 7, .pool = 2},
    {.channels = 512, .kernel = 3, .padding = 1},
    {.channels = 512, .kernel = 3, .padding = 1},
    {.channels = 1024, .kernel = 3, .padding = 1},
    {.channels = 1024, .kernel = 3, .padding = 1, .pool = 3},
    {.channels = 4096, .kernel = 5},
    {.channels = 4096},
    {.channels = 1000},
}};
constexpr std::size_t kFullLayers = 3;

constexpr std::int64_t numbersOf(std::span<const Stage> stages) {
    std::int64_t numbers = 0;
    std::int64_t channels = 3;
    for (const Stage& stage : stages) {
        numbers += stage.channels * (channels * stage.kernel * stage.kernel + 1);
        channels = stage.channels;
    }
    return numbers;
}
static_assert(numbersOf(kSmall) == 145'920'872);
static_assert(numbersOf(kLarge) == 144'656'488);

constexpr std::int64_t kNumberBytes = sizeof(float);

struct Release {
    std::string_view size;
    std::string_view file;
    std::span<const Stage> stages;
    int window_px = 0;
    std::string_view published;  // of the card

    std::int64_t numbers() const noexcept { return numbersOf(stages); }
    std::int64_t bytes() const noexcept { return numbers() * kNumberBytes; }
};

// The errors are of table 2 of the paper (ImageNet 2012, validation set).
constexpr std::array<Release, 2> kReleases{{
    {.size = "small",
     .file = "net_weight_0",
     .stages = kSmall,
     .window_px = 231,
     .published = "one scale, coarse: 39.28 % (top-1), 17.12 % (top-5); six scales, fine: 38.12 %, "
                  "16.27 %"},
    {.size = "large",
     .file = "net_weight_1",
     .stages = kLarge,
     .window_px = 221,
     .published = "ten views: 35.60 % (top-1), 14.71 % (top-5); four scales, fine: 35.74 %, "
                  "14.18 %"},
}};

// Of all three colours, for pixels of 0..255.
constexpr float kMean = 118.380948F;
constexpr float kDeviation = 61.896913F;

[[noreturn]] void refuse(const std::string& sentence) {
    throw Error(ErrorCode::kModel, sentence);
}

// "583,683,488"
std::string grouped(std::int64_t number) {
    std::string text = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), 1, ',');
    return text;
}

const Release* releaseOfSize(std::int64_t bytes) {
    const auto found = std::ranges::find(kReleases, bytes, &Release::bytes);
    return found == kReleases.end() ? nullptr : &*found;
}

// The network that is in a file of so many bytes; says what is wrong where none can be.
const Release& releaseOf(const fs::path& path, std::int64_t bytes) {
    if (const Release* found = releaseOfSize(bytes)) return *found;
    if (bytes == 0) refuse("The file is empty; download it again.");
    const auto named =
        std::ranges::find(kReleases, path.filename().string(),
                          [](const Release& release) { return std::string(release.file); });
    if (named == kReleases.end()) {
        refuse("The file has " + grouped(bytes) + " bytes, but the weights of the OverFeat " +
               "release have " + grouped(kReleases[0].bytes()) + " (small network) or " +
               grouped(kReleases[1].bytes()) + " (large network); download it again.");
    }
    const std::int64_t whole = named->bytes();
    const std::string difference = grouped(bytes < whole ? whole - bytes : bytes - whole);
    refuse("The file has " + grouped(bytes) + " bytes, " + difference +
           (bytes < whole ? " fewer" : " more") + " than the " + std::string(named->size) +
           " network of the OverFeat release, which has " + grouped(whole) +
           (bytes < whole ? ": it is cut short; download it again."
                          : ": it is something else, or was changed; download it again."));
}

// The numbers of a file, one after the other.
class NumberFile {
public:
    explicit NumberFile(const fs::path& path) {
        // A pipe would wait for its other end without O_NONBLOCK; what was opened is looked at, not
        // the name.
        descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (descriptor_ < 0) {
            const int error = errno;
            refuse(error == ENOENT
                       ? "The file does not exist; check its name."
                       : "The file cannot be opened (" + std::system_category().message(error) +
                             "); check that you are permitted to read it.");
        }
        struct stat status {};
        const bool known = ::fstat(descriptor_, &status) == 0;
        if (known && S_ISREG(status.st_mode)) {
            bytes_ = status.st_size;
            return;
        }
        ::close(descriptor_);
        refuse(known && S_ISDIR(status.st_mode)
                   ? "The path is a folder; choose the file net_weight_0 or net_weight_1 itself."
                   : "The path is not a plain file; choose the file net_weight_0 or net_weight_1 "
                     "itself.");
    }
    ~NumberFile() { ::close(descriptor_); }
    NumberFile(const NumberFile&) = delete;
    NumberFile& operator=(const NumberFile&) = delete;

    std::int64_t bytes() const noexcept { return bytes_; }

    void read(std::span<float> to) {
        auto left = std::as_writable_bytes(to);
        while (!left.empty()) {
            const ssize_t now = ::read(descriptor_, left.data(), left.size());
            if (now < 0 && errno == EINTR) continue;
            if (now < 0) refuse("The file cannot be read to its end; check the disk.");
            if (now == 0) refuse("The file became shorter while it was read; try again.");
            left = left.subspan(static_cast<std::size_t>(now));
        }
    }

private:
    int descriptor_ = -1;
    std::int64_t bytes_ = 0;
};

float withBytesReversed(float number) {
    const auto bits = std::bit_cast<std::uint32_t>(number);
    return std::bit_cast<float>((bits >> 24) | ((bits >> 8) & 0xFF00U) | ((bits << 8) & 0xFF0000U) |
                                (bits << 24));
}

// Weights of networks are of such sizes. Numbers in the other byte order, or what never were
// numbers, have all exponents that there are.
bool isLikeAWeight(float number) {
    return std::abs(number) >= 1e-8F && std::abs(number) <= 1e4F;
}

// Looks at the first weights of a file before anything else is read.
void checkFirstWeights(std::span<const float> weights) {
    std::size_t numbers = 0;
    std::size_t alike = 0;
    std::size_t alike_reversed = 0;
    for (const float number : weights) {
        if (number == 0) continue;
        ++numbers;
        alike += isLikeAWeight(number) ? 1 : 0;
        alike_reversed += isLikeAWeight(withBytesReversed(number)) ? 1 : 0;
    }
    if (2 * alike >= numbers) return;
    if (10 * alike_reversed >= 9 * numbers) {
        refuse("The bytes of every number in the file are in reverse order (big-endian); use the " +
               std::string("file as it was published, or reverse each four bytes."));
    }
    if (std::ranges::all_of(weights, [](float number) { return std::isfinite(number); })) {
        refuse("The file has the size of weights of the OverFeat release, but its numbers are no " +
               std::string("weights; download it again."));
    }
}

void checkNumbers(std::span<const float> numbers, const std::string& what, bool may_be_zero) {
    bool finite = true;
    bool zero = true;
    for (const float number : numbers) {
        finite = finite && std::isfinite(number);
        zero = zero && number == 0;
    }
    if (!finite) {
        refuse("The " + what +
               " hold a NaN or an infinite number: the file is damaged; download it again.");
    }
    if (zero && !may_be_zero) {
        refuse("The " + what +
               " are zero throughout: the file was never filled to its end; download it again.");
    }
}

class ReleaseReader {
public:
    ReleaseReader(NumberFile& file, const Release& release) : file_(file), release_(release) {}

    Graph read() {
        graph_.input = last_ = graph_.addValue("pixels");
        graph_.input_shape = Shape{-1, 3, -1, -1};
        // Who shows pictures to networks has normalised the pixels.
        append("normalise", Identity{});
        std::int64_t channels = 3;
        for (std::size_t i = 0; i < release_.stages.size(); ++i) {
            const Stage& stage = release_.stages[i];
            const bool is_full = i + kFullLayers >= release_.stages.size();
            const std::string number = std::to_string(i + 1);
            if (const std::int64_t p = stage.padding; p > 0) {
                append("pad" + number, Pad{.padding = {p, p, p, p}});
            }
            appendLayer((is_full ? "full" : "conv") + number, stage, channels);
            channels = stage.channels;
            // The release lets pass what is above 1e-6.
            if (i + 1 < release_.stages.size()) {
                append("threshold" + number, Activate{Activation::relu()});
            }
            if (stage.pool > 0) {
                append("pool" + number, MaxPool{.window = {.kernel = {stage.pool, stage.pool},
                                                           .stride = {stage.pool, stage.pool}}});
            }
        }
        graph_.outputs = {last_};
        validate(graph_);
        return std::move(graph_);
    }

    // The last layer but one, before its threshold: what the release's option -f prints.
    const std::string& features() const noexcept { return features_; }

private:
    void append(const std::string& name, const Op& op, std::vector<ValueId> more_inputs = {}) {
        more_inputs.insert(more_inputs.begin(), last_);
        last_ = graph_.addValue(std::to_string(layers_++));
        graph_.nodes.push_back({name, op, std::move(more_inputs), last_});
    }

    void appendLayer(const std::string& name, const Stage& stage, std::int64_t channels_in) {
        const std::string number = std::to_string(layers_);
        const Shape shape{stage.channels, channels_in, stage.kernel, stage.kernel};
        const ValueId weight = constant(number, "weights", shape);
        const ValueId bias = constant(number, "biases", Shape{stage.channels});
        append(name,
               Conv{.window = {.kernel = {stage.kernel, stage.kernel},
                               .stride = {stage.stride, stage.stride}}},
               {weight, bias});
        if (&stage + 2 == release_.stages.data() + release_.stages.size()) features_ = number;
    }

    ValueId constant(const std::string& layer, const std::string& kind, const Shape& shape) {
        auto tensor = std::make_shared<Tensor>(shape);
        file_.read(tensor->values());
        const bool is_bias = shape.rank() == 1;
        if (layer == "1" && !is_bias) checkFirstWeights(tensor->values());
        checkNumbers(tensor->values(), kind + " of layer " + layer, is_bias);
        return graph_.addValue(layer + "." + kind, std::move(tensor));
    }

    NumberFile& file_;
    const Release& release_;
    Graph graph_;
    ValueId last_ = kNoValue;
    int layers_ = 0;
    std::string features_;
};

std::string cardOf(const Release& release) {
    return "The " + std::string(release.size) +
           " network of the OverFeat release (P. Sermanet, D. Eigen, X. Zhang, M. Mathieu, R. "
           "Fergus, Y. LeCun, New York University, 2013), from its file " +
           std::string(release.file) +
           ".\nErrors on ImageNet 2012 as published: " + std::string(release.published) +
           ".\nLayers are called by the numbers that the release's option -L takes. Classes are in "
           "the release's order, which is that of the competition's development kit.";
}

ModelDescription descriptionOf(const Release& release, const Graph& graph,
                               const std::string& features) {
    ModelDescription described;
    described.window_px = release.window_px;
    described.mean = {kMean, kMean, kMean};
    described.std = {kDeviation, kDeviation, kDeviation};
    described.crop = 1;
    described.classes =
        parseClassLines({overfeat_release_classes_begin, overfeat_release_classes_end});
    described.scores = graph.valueName(graph.outputs.front());
    described.features = features;
    described.card = cardOf(release);
    return described;
}

}  // namespace

bool isNamedLikeRelease(const fs::path& path) {
    const std::string name = path.filename().string();
    return name == "net_weight" ||  // without its number
           std::ranges::any_of(kReleases,
                               [&](const Release& release) { return name == release.file; });
}

bool isReleaseFile(const fs::path& path) {
    if (isNamedLikeRelease(path)) return true;
    std::error_code error;
    if (path.extension() == ".onnx" || !fs::is_regular_file(path, error)) return false;
    const std::uintmax_t bytes = fs::file_size(path, error);
    return !error && releaseOfSize(static_cast<std::int64_t>(bytes)) != nullptr;
}

ReleaseNetwork readRelease(const fs::path& path, const ReadBudget& budget) {
    NumberFile file(path);
    const Release& release = releaseOf(path, file.bytes());
    if (file.bytes() > budget.max_file_bytes || release.numbers() > budget.max_weight_elements) {
        refuse("The file holds " + grouped(release.numbers()) +
               " weights, which is more than the limit for models.");
    }
    ReleaseReader reader(file, release);
    ReleaseNetwork network;
    network.graph = reader.read();
    network.described = descriptionOf(release, network.graph, reader.features());
    return network;
}

}  // namespace overfeat::net
