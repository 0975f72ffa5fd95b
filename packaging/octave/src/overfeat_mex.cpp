// SPDX-License-Identifier: Apache-2.0
//
// overfeat.h for Octave and MATLAB: overfeat_mex(WHAT, PICTURE or cell of them, OPTIONS). The
// functions beside it say what things mean; this one only carries.
#include <mex.h>
#include <overfeat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

struct Close {
    void operator()(overfeat_recogniser* one) const { overfeat_close(one); }
    void operator()(overfeat_features* one) const { overfeat_features_close(one); }
    void operator()(overfeat_seen* one) const { overfeat_free(one); }
};
using Recogniser = std::unique_ptr<overfeat_recogniser, Close>;
using Features = std::unique_ptr<overfeat_features, Close>;
using Seen = std::unique_ptr<overfeat_seen, Close>;

// What becomes an error of Octave, once everything here is put away: it leaves by a jump.
struct Failure : std::runtime_error {
    Failure(const char* kind, const std::string& sentence)
        : std::runtime_error(sentence), id(std::string("overfeat:") + kind) {}
    std::string id;
};

void require(overfeat_status status) {
    switch (status) {
        case OVERFEAT_OK:
            return;
        case OVERFEAT_USAGE:
            throw Failure("usage", overfeat_last_error());
        case OVERFEAT_INPUT:
            throw Failure("input", overfeat_last_error());
        case OVERFEAT_MODEL:
            throw Failure("model", overfeat_last_error());
        default:
            throw Failure("runtime", overfeat_last_error());
    }
}

// ---- What comes in ----

std::string textOf(const mxArray* value, const char* what) {
    if (value == nullptr || !mxIsChar(value)) {
        throw Failure("usage", std::string(what) + " is a text; this is none.");
    }
    char* text = mxArrayToString(value);
    if (text == nullptr) throw Failure("usage", std::string(what) + " cannot be read.");
    const std::string copy = text;
    mxFree(text);
    return copy;
}

// The options, of which each must be known.
class Options {
public:
    explicit Options(const mxArray* given) : given_(given) {
        if (!mxIsStruct(given)) throw Failure("usage", "The options are a struct.");
    }

    const mxArray* find(const char* name) const {
        const mxArray* value = mxGetField(given_, 0, name);
        return value != nullptr && !mxIsEmpty(value) ? value : nullptr;
    }
    std::string text(const char* name, const char* otherwise) const {
        const mxArray* value = find(name);
        return value != nullptr ? textOf(value, name) : otherwise;
    }
    double number(const char* name, double otherwise) const {
        const mxArray* value = find(name);
        if (value == nullptr) return otherwise;
        if ((!mxIsNumeric(value) && !mxIsLogical(value)) || mxGetNumberOfElements(value) != 1) {
            throw Failure("usage", std::string("'") + name + "' is one number.");
        }
        return mxGetScalar(value);
    }
    std::int32_t whole(const char* name, std::int32_t otherwise) const {
        const double value = number(name, otherwise);
        const bool fits = value >= -2147483648.0 && value <= 2147483647.0;
        if (!fits || value != static_cast<double>(static_cast<std::int32_t>(value))) {
            throw Failure("usage", std::string("'") + name + "' is a whole number.");
        }
        return static_cast<std::int32_t>(value);
    }
    std::int32_t oneOf(const char* name, const std::vector<std::string>& names,
                       std::int32_t otherwise) const {
        if (find(name) == nullptr) return otherwise;
        const std::string given = text(name, "");
        const auto found = std::find(names.begin(), names.end(), given);
        if (found == names.end()) {
            std::string all;
            for (const std::string& one : names)
                all += (all.empty() ? "" : ", ") + one;
            throw Failure(
                "usage", std::string("'") + name + "' is one of " + all + ", not '" + given + "'.");
        }
        return static_cast<std::int32_t>(found - names.begin());
    }

private:
    const mxArray* given_;
};

// Has the processor fetch what lies there, in its order: what the squares below jump to is waited
// for piece by piece otherwise, which takes twice as long for a picture that nobody has just
// written.
void fetch(const std::uint8_t* from, std::size_t bytes) {
    constexpr std::size_t line = 64;
    for (std::size_t i = 0; i < bytes; i += line)
        static_cast<void>(*static_cast<const volatile std::uint8_t*>(from + i));
}

// Octave keeps columns together, and one colour after the other; overfeat.h wants rows of pixels.
template <std::size_t colours>
void copyRowwise(const std::uint8_t* from, std::size_t rows, std::size_t columns,
                 std::uint8_t* to) {
    if (columns == 0) return;
    const std::size_t second = colours == 3 ? rows * columns : 0;
    const auto pixel = [&](std::size_t y, std::size_t x) {
        const std::uint8_t* at = from + x * rows + y;
        return std::array<std::uint8_t, 4>{{at[0], at[second], at[2 * second], 0}};
    };
    const std::size_t last = columns - 1;
    // In squares, so that what is read and what is written stay near until they are done.
    constexpr std::size_t side = 16;
    for (std::size_t top = 0; top < rows; top += side) {
        const std::size_t bottom = std::min(top + side, rows);
        for (std::size_t left = 0; left < last; left += side) {
            const std::size_t right = std::min(left + side, last);
            for (std::size_t y = top; y < bottom; ++y) {
                // Of colours a byte too many, which belongs to the next pixel: three by
                // themselves take half as long again.
                for (std::size_t x = left; x < right; ++x)
                    std::memcpy(to + (y * columns + x) * colours, pixel(y, x).data(),
                                colours == 3 ? 4 : colours);
            }
        }
        for (std::size_t y = top; y < bottom; ++y)
            std::memcpy(to + (y * columns + last) * colours, pixel(y, last).data(), colours);
    }
}

// The memory of the last picture, for the next one: asking for it again takes as long as filling
// it.
std::vector<std::uint8_t> kept_pixels;
constexpr std::size_t kMostKeptBytes = std::size_t{12} << 20;

class Picture {
public:
    explicit Picture(const mxArray* given) {
        const mwSize rank = given != nullptr ? mxGetNumberOfDimensions(given) : 0;
        const mwSize* size = given != nullptr ? mxGetDimensions(given) : nullptr;
        const std::size_t colours = rank == 2   ? 1
                                    : rank == 3 ? static_cast<std::size_t>(size[2])
                                                : 0;
        if (given == nullptr || !mxIsUint8(given) || (colours != 1 && colours != 3)) {
            throw Failure("usage",
                          "A picture is an array (rows, columns, 3) of uint8, or grey (rows, "
                          "columns); im2uint8() makes one of others.");
        }
        const auto rows = static_cast<std::size_t>(size[0]);
        const auto columns = static_cast<std::size_t>(size[1]);
        if (rows > 1000000 || columns > 1000000) {
            throw Failure("input", "The picture is too large; make it smaller.");
        }
        bytes_.resize(rows * columns * colours);
        const auto* from = static_cast<const std::uint8_t*>(mxGetData(given));
        fetch(from, bytes_.size());
        if (colours == 1) {
            copyRowwise<1>(from, rows, columns, bytes_.data());
        } else {
            copyRowwise<3>(from, rows, columns, bytes_.data());
        }
        image.pixels = bytes_.data();
        image.width = static_cast<std::int32_t>(columns);
        image.height = static_cast<std::int32_t>(rows);
        image.row_bytes = 0;
        image.format = colours == 1 ? OVERFEAT_GREY : OVERFEAT_RGB;
    }
    ~Picture() {
        if (bytes_.size() <= kMostKeptBytes) kept_pixels = std::move(bytes_);
    }
    Picture(const Picture&) = delete;
    Picture& operator=(const Picture&) = delete;

    overfeat_image image{};

private:
    std::vector<std::uint8_t> bytes_ = std::move(kept_pixels);
};

// ---- What is open ----

// Networks stay open between calls, the last few of them: reading one takes longer than a picture.
struct Opened {
    std::string key;
    Recogniser recogniser;
    std::string layer;
    Features features;
};
constexpr std::size_t kMostOpen = 4;
std::list<Opened> opened;

Opened& openedFor(const Options& options, bool wants_features) {
    const std::string model = options.text("model", "");
    const std::string device = options.text("device", "auto");
    const std::int32_t threads = options.whole("threads", 0);
    const std::string layer = wants_features ? options.text("layer", "") : "";
    const std::string key = model + '\n' + device + '\n' + std::to_string(threads);
    auto found = std::find_if(opened.begin(), opened.end(), [&](const Opened& one) {
        return one.key == key && (!wants_features || one.features == nullptr || one.layer == layer);
    });
    if (found == opened.end()) {
        overfeat_placement placement;
        overfeat_placement_init(&placement, sizeof placement);
        placement.device = device.c_str();
        placement.threads = threads;
        const char* file = model.c_str();
        overfeat_recogniser* made = nullptr;
        require(overfeat_open(&file, 1, &placement, &made));
        opened.push_front(Opened{key, Recogniser(made), {}, {}});
        found = opened.begin();
    }
    opened.splice(opened.begin(), opened, found);
    if (opened.size() > kMostOpen) opened.pop_back();
    if (wants_features && found->features == nullptr) {
        overfeat_features* made = nullptr;
        require(overfeat_features_of(found->recogniser.get(),
                                     layer.empty() ? nullptr : layer.c_str(), &made));
        found->layer = layer;
        found->features.reset(made);
    }
    return *found;
}

void closeAll() {
    opened.clear();
    kept_pixels = {};
}

// ---- What goes out ----

// Rows and columns change places: ONNX keeps rows together, Octave columns.
void copyColumnwise(const float* from, std::size_t rows, std::size_t columns, float* to) {
    for (std::size_t y = 0; y < rows; ++y) {
        for (std::size_t x = 0; x < columns; ++x)
            to[x * rows + y] = *from++;
    }
}

mxArray* singles(const std::vector<std::size_t>& extents) {
    std::vector<mwSize> size;
    for (const std::size_t one : extents)
        size.push_back(static_cast<mwSize>(one));
    return mxCreateNumericArray(static_cast<mwSize>(size.size()), size.data(), mxSINGLE_CLASS,
                                mxREAL);
}

mxArray* features(const mxArray* given, const Options& options) {
    std::vector<const mxArray*> pictures;
    if (mxIsCell(given)) {
        for (std::size_t i = 0; i < mxGetNumberOfElements(given); ++i)
            pictures.push_back(mxGetCell(given, static_cast<mwIndex>(i)));
    } else {
        pictures.push_back(given);
    }
    Opened& open = openedFor(options, true);
    overfeat_features_info info;
    require(overfeat_features_get_info(open.features.get(), &info, sizeof info));
    const std::size_t count = pictures.size();
    std::vector<std::int64_t> shape(info.shape, info.shape + info.rank);
    if (shape.size() > 1 && shape.front() == 1) shape.erase(shape.begin());

    std::vector<float> values(info.count);
    const bool maps = shape.size() == 3;  // channels, rows, columns
    const std::size_t channels = maps ? static_cast<std::size_t>(shape[0]) : 1;
    const std::size_t rows = maps ? static_cast<std::size_t>(shape[1]) : count;
    const std::size_t columns = maps ? static_cast<std::size_t>(shape[2]) : info.count;
    mxArray* made = maps ? singles({rows, columns, channels, count}) : singles({rows, columns});
    auto* to = static_cast<float*>(mxGetData(made));
    for (std::size_t i = 0; i < count; ++i) {
        const Picture picture(pictures[i]);
        require(overfeat_features_extract_all(open.features.get(), &picture.image, 1, values.data(),
                                              values.size(), nullptr));
        if (maps) {
            for (std::size_t c = 0; c < channels; ++c)
                copyColumnwise(values.data() + c * rows * columns, rows, columns,
                               to + (i * channels + c) * rows * columns);
        } else {
            for (std::size_t k = 0; k < info.count; ++k)
                to[k * count + i] = values[k];
        }
    }
    return made;
}

overfeat_look lookOf(const Options& options, bool detect) {
    overfeat_look look;
    overfeat_look_init(&look, sizeof look);
    look.detect = detect ? 1 : 0;
    look.views = options.oneOf("views", {"centre", "ten", "dense"}, look.views);
    look.scale_count = options.whole("scales", look.scale_count);
    look.smallest_side_windows = options.number("smallest", look.smallest_side_windows);
    look.largest_side_windows = options.number("largest", look.largest_side_windows);
    look.fine_steps = options.whole("fine_steps", look.fine_steps);
    look.flip = options.whole("flip", look.flip);
    look.merge = options.oneOf("merge", {"vote", "nms", "soft-nms"}, look.merge);
    look.minimum_score = options.number("threshold", look.minimum_score);
    look.most_objects = options.whole("max_objects", look.most_objects);
    return look;
}

Seen recognised(const mxArray* given, const Options& options, bool detect) {
    const Picture picture(given);
    const overfeat_look look = lookOf(options, detect);
    const Opened& open = openedFor(options, false);
    overfeat_seen* seen = nullptr;
    require(overfeat_recognise(open.recogniser.get(), &picture.image, &look, &seen));
    return Seen(seen);
}

void setClass(mxArray* made, std::size_t at, const overfeat_seen* seen, std::size_t index,
              double score) {
    const auto i = static_cast<mwIndex>(at);
    overfeat_class of;
    require(overfeat_class_at(seen, index, &of));
    mxSetField(made, i, "label", mxCreateString(of.label));
    mxSetField(made, i, "id", mxCreateString(of.id));
    mxSetField(made, i, "index", mxCreateDoubleScalar(static_cast<double>(index) + 1));
    mxSetField(made, i, "score", mxCreateDoubleScalar(score));
}

void classify(const mxArray* given, const Options& options, int wanted, mxArray** out) {
    const std::int32_t top = options.whole("top", 5);
    if (top < 0) throw Failure("usage", "'top' is the number of classes, 0 or more.");
    const Seen seen = recognised(given, options, false);
    const std::size_t classes = overfeat_class_count(seen.get());
    const float* scores = overfeat_scores(seen.get());
    std::vector<std::size_t> best(std::min(static_cast<std::size_t>(top), classes));
    best.resize(overfeat_top(seen.get(), best.data(), best.size()));
    const char* names[] = {"label", "id", "index", "score"};
    out[0] = mxCreateStructMatrix(static_cast<mwSize>(best.size()), 1, 4, names);
    for (std::size_t i = 0; i < best.size(); ++i)
        setClass(out[0], i, seen.get(), best[i], static_cast<double>(scores[best[i]]));
    if (wanted < 2) return;
    out[1] = singles({classes, 1});
    std::copy(scores, scores + classes, static_cast<float*>(mxGetData(out[1])));
}

mxArray* detect(const mxArray* given, const Options& options) {
    const Seen seen = recognised(given, options, true);
    const std::size_t count = overfeat_object_count(seen.get());
    const char* names[] = {"label", "id", "index", "score", "confidence", "votes", "box"};
    mxArray* made = mxCreateStructMatrix(static_cast<mwSize>(count), 1, 7, names);
    for (std::size_t i = 0; i < count; ++i) {
        overfeat_object object;
        require(overfeat_object_at(seen.get(), i, &object, sizeof object));
        setClass(made, i, seen.get(), object.class_index, object.score);
        const auto at = static_cast<mwIndex>(i);
        mxSetField(made, at, "confidence", mxCreateDoubleScalar(object.confidence));
        mxSetField(made, at, "votes", mxCreateDoubleScalar(static_cast<double>(object.votes)));
        mxArray* box = mxCreateDoubleMatrix(1, 4, mxREAL);
        const double values[] = {object.box.x, object.box.y, object.box.width, object.box.height};
        std::copy(values, values + 4, static_cast<double*>(mxGetData(box)));
        mxSetField(made, at, "box", box);
    }
    return made;
}

void run(int out_count, mxArray** out, int in_count, const mxArray** in) {
    if (in_count < 1) throw Failure("usage", "overfeat_mex is called by the functions beside it.");
    const std::string what = textOf(in[0], "What to do");
    if (what == "close" && in_count == 1) return closeAll();
    if (in_count != 3) throw Failure("usage", "overfeat_mex wants a picture and options.");
    const Options options(in[2]);
    if (what == "features") {
        out[0] = features(in[1], options);
    } else if (what == "classify") {
        classify(in[1], options, out_count, out);
    } else if (what == "detect") {
        out[0] = detect(in[1], options);
    } else {
        throw Failure("usage", "overfeat_mex does not know '" + what + "'.");
    }
}

}  // namespace

void mexFunction(int out_count, mxArray** out, int in_count, const mxArray** in) {
    static bool known = false;
    if (!known) {
        mexAtExit(closeAll);
        known = true;
    }
    static char id[64];
    static char sentence[2048];
    id[0] = '\0';
    try {
        run(out_count, out, in_count, in);
    } catch (const Failure& failure) {
        std::strncpy(id, failure.id.c_str(), sizeof id - 1);
        std::strncpy(sentence, failure.what(), sizeof sentence - 1);
    } catch (const std::exception& failure) {
        std::strncpy(id, "overfeat:runtime", sizeof id - 1);
        std::strncpy(sentence, failure.what(), sizeof sentence - 1);
    }
    if (id[0] != '\0') mexErrMsgIdAndTxt(id, "%s", sentence);
}
