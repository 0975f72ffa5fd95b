// SPDX-License-Identifier: Apache-2.0
#include "app/capture/picture_decoder.h"

#include <vips/vips.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/capture/byte_view.h"
#include "engine/core/label_set.h"

namespace overfeat::capture {
namespace {

// Rows that are asked for together: a multiple of what the decoders work in.
constexpr int kRowsAtOnce = 64;
// What a TIFF says its samples are, where ImageMagick's coder tells it.
constexpr const char* kMagicksMeaning = "magick-tiff:photometric";

struct Unref {
    void operator()(void* object) const noexcept { g_object_unref(object); }
};
using ImagePtr = std::unique_ptr<VipsImage, Unref>;
using RegionPtr = std::unique_ptr<VipsRegion, Unref>;

// The last thing that libvips said, short enough for a sentence. It says its words in layers, the
// decoder's own come first: "VipsJpeg: Unsupported JPEG data precision 12".
[[noreturn]] void fail() {
    const std::unique_ptr<char, decltype(&g_free)> said(vips_error_buffer_copy(), g_free);
    std::string words = said == nullptr ? "" : said.get();
    words.resize(std::min(words.find('\n'), words.size()));
    for (std::size_t colon = words.find(": "); colon < 24; colon = words.find(": ")) {
        words.erase(0, colon + 2);
    }
    words.resize(std::min(words.find('`'), words.size()));  // ImageMagick's place in its source
    throw DecodeFailure(sanitisedLabel(words.substr(0, words.find_last_not_of(" .") + 1), 120));
}

void startLibrary() {
    static std::once_flag once;
    std::call_once(once, [] {
        // Its remarks stay off stderr; what matters is said in our own sentences.
        g_log_set_handler(
            "VIPS",
            static_cast<GLogLevelFlags>(G_LOG_LEVEL_MASK | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION),
            [](const gchar*, GLogLevelFlags, const gchar*, gpointer) {}, nullptr);
        if (VIPS_INIT("overfeat") != 0) fail();
        vips_cache_set_max(0);  // no picture is kept behind our back
    });
}

using Load = int (*)(void*, std::size_t, VipsImage**, ...);

// The loader is chosen here and never by libvips, which knows formats that execute or fetch.
// ImageMagick's coders, which libvips carries along, read BMP, PNM, TGA and icons: the bytes that
// sniffPicture() saw make it choose no other one.
Load loaderOf(PictureKind kind) {
    switch (kind) {
        case PictureKind::kPng:
            return vips_pngload_buffer;
        case PictureKind::kJpeg:
            return vips_jpegload_buffer;
        case PictureKind::kGif:
            return vips_gifload_buffer;
        case PictureKind::kWebp:
            return vips_webpload_buffer;
        case PictureKind::kHeic:
        case PictureKind::kAvif:
            return vips_heifload_buffer;
        case PictureKind::kJpeg2000:
            return vips_jp2kload_buffer;
        case PictureKind::kTiff:
            return vips_tiffload_buffer;
        case PictureKind::kBmp:
        case PictureKind::kPnm:
        case PictureKind::kIcon:
        case PictureKind::kTga:
            break;
    }
    return vips_magickload_buffer;
}

ImagePtr load(Load loader, std::span<const std::uint8_t> bytes, Strictness strictness) {
    VipsImage* image = nullptr;
    const VipsFailOn fail_on =
        strictness == Strictness::kWarnings ? VIPS_FAIL_ON_WARNING : VIPS_FAIL_ON_TRUNCATED;
    // Only read.
    if (loader(const_cast<std::uint8_t*>(bytes.data()), bytes.size(), &image, "access",
               VIPS_ACCESS_SEQUENTIAL, "memory", TRUE, "fail_on", fail_on, nullptr) != 0) {
        fail();
    }
    return ImagePtr(image);
}

// L*a*b* of 8 bits as ImageMagick and its files have it: -1 is stored as 254, one less than TIFF
// says. Green and blue would be off by a step that can be seen.
ImagePtr asMagickCountsLab(const ImagePtr& stored) {
    const auto made = [](const auto& make) {
        VipsImage* image = nullptr;
        if (make(&image) != 0) fail();
        return ImagePtr(image);
    };
    const ImagePtr lab =
        made([&](VipsImage** out) { return vips_LabQ2Lab(stored.get(), out, nullptr); });
    const ImagePtr negative =
        made([&](VipsImage** out) { return vips_less_const1(lab.get(), out, 0, nullptr); });
    const ImagePtr one = made(
        [&](VipsImage** out) { return vips_linear1(negative.get(), out, 1 / 255.0, 0, nullptr); });
    return made([&](VipsImage** out) { return vips_add(lab.get(), one.get(), out, nullptr); });
}

// The table in README.md: ImageMagick's coder reads more of TIFF's forms right than libvips' own,
// which reads inks, L*a*b*, JPEG in planes and what is too large for ImageMagick's limits.
ImagePtr loadTiff(std::span<const std::uint8_t> bytes, Strictness strictness) {
    constexpr int kMagicksLongestSide = 16'000;
    const auto by_its_own = [&] {
        ImagePtr image = load(vips_tiffload_buffer, bytes, strictness);
        return image->Coding == VIPS_CODING_LABQ ? asMagickCountsLab(image) : std::move(image);
    };
    try {
        ImagePtr image = load(vips_magickload_buffer, bytes, strictness);
        const char* given = nullptr;
        if (vips_image_get_typeof(image.get(), kMagicksMeaning) != 0)
            vips_image_get_string(image.get(), kMagicksMeaning, &given);
        const std::string_view meaning = given != nullptr ? given : "";
        // It takes some for grey that say they are not, and gives the green of them.
        const bool lacks_colours = image->Bands < 3 && meaning == "RGB";
        // Where it does not refuse L*a*b* (with ImageMagick 7), it hands the numbers out as
        // colours.
        const bool is_lab = meaning.ends_with("LAB");
        if (image->Type != VIPS_INTERPRETATION_CMYK && !lacks_colours && !is_lab) return image;
    } catch (const DecodeFailure&) {
        ImagePtr image = by_its_own();
        const bool large = std::max(image->Xsize, image->Ysize) > kMagicksLongestSide;
        if (!large && image->Type != VIPS_INTERPRETATION_LAB) throw;
        return image;
    }
    return by_its_own();
}

// The first picture of a GIF on its canvas.
struct Place {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
    std::array<std::uint8_t, 3> around{255, 255, 255};
};

// libvips leaves the rest of the canvas black. It has the colour that the file names for it, as in
// ImageMagick and FFmpeg, and is transparent where the picture itself may be. Nothing where it
// cannot be told.
std::optional<Place> placeOfGif(std::span<const std::uint8_t> bytes) {
    ByteView view(bytes);
    constexpr std::uint32_t kTableFollows = 0x80;
    constexpr std::uint64_t kTable = 13;
    const std::uint32_t flags = view.byte(10);
    const bool has_table = (flags & kTableFollows) != 0;
    const std::uint32_t colours = 2U << (flags & 7U);
    std::uint64_t at = kTable + (has_table ? 3ULL * colours : 0);
    bool transparent = false;
    while (view.byte(at) == '!') {  // extensions: a label, blocks up to an empty one
        if (view.byte(at + 1) == 0xF9) transparent = (view.byte(at + 3) & 1U) != 0;
        at += 2;
        while (view.byte(at) != 0)
            at += view.byte(at) + 1;
        ++at;
    }
    if (view.byte(at) != ',') return std::nullopt;
    const auto number = [&](std::uint64_t place) {
        return static_cast<int>(view.little(at + 1 + 2 * place, 2));
    };
    Place place{number(0), number(1), number(2), number(3)};
    if (const std::uint32_t named = view.byte(11); has_table && !transparent && named < colours) {
        for (std::uint64_t c = 0; c < 3; ++c)
            place.around[c] = static_cast<std::uint8_t>(view.byte(kTable + 3ULL * named + c));
    }
    if (view.overrun()) return std::nullopt;
    return place;
}

// The largest sample of a PNM of one byte each: the number before its pixels. 0 = another one.
int largestSample(std::span<const std::uint8_t> bytes) {
    ByteView view(bytes);
    const bool has_one =
        view.has(0, "P2") || view.has(0, "P3") || view.has(0, "P5") || view.has(0, "P6");
    int value = 0;
    std::uint64_t at = 2;
    for (int number = 0; has_one && number < 3; ++number) {  // width, height, largest sample
        while (view.byte(at) == '#' || std::isspace(static_cast<int>(view.byte(at))) != 0) {
            const bool comment = view.byte(at++) == '#';
            while (comment && !view.overrun() && view.byte(at) != '\n')
                ++at;
        }
        for (value = 0; std::isdigit(static_cast<int>(view.byte(at))) != 0 && value < 100'000; ++at)
            value = 10 * value + static_cast<int>(view.byte(at)) - '0';
    }
    return value <= 255 && !view.overrun() ? value : 0;
}

// Of samples that libvips 8.16 gets from ImageMagick it takes the low byte of 16 bits, which is
// right only where both bytes are the same. Its own reader of PNM hands samples on as they are; and
// where those are the bytes of the file, ImageMagick takes longer than the network that looks at
// them. Null for the others.
ImagePtr loadOwnPnm(std::span<const std::uint8_t> bytes, Strictness strictness, int largest) {
    const bool whole_bytes = largest == 255 && (bytes[1] == '5' || bytes[1] == '6');
    if (!whole_bytes && (largest == 0 || 255 % largest == 0)) return nullptr;
    const std::unique_ptr<VipsSource, Unref> source(
        vips_source_new_from_memory(bytes.data(), bytes.size()));
    VipsImage* image = nullptr;
    const VipsFailOn fail_on =
        strictness == Strictness::kWarnings ? VIPS_FAIL_ON_WARNING : VIPS_FAIL_ON_TRUNCATED;
    if (source == nullptr ||
        vips_ppmload_source(source.get(), &image, "fail_on", fail_on, nullptr) != 0) {
        fail();
    }
    return ImagePtr(image);
}

ImagePtr open(std::span<const std::uint8_t> bytes, PictureKind kind, Strictness strictness) {
    ImagePtr image = kind == PictureKind::kTiff ? loadTiff(bytes, strictness)
                                                : load(loaderOf(kind), bytes, strictness);
    // What is neither 8 nor 16 bits, or no RGB, grey or inks, is brought to sRGB by libvips.
    const bool plain = image->BandFmt == VIPS_FORMAT_UCHAR || image->BandFmt == VIPS_FORMAT_USHORT;
    if (plain && image->Type != VIPS_INTERPRETATION_LAB) return image;
    VipsImage* converted = nullptr;
    if (vips_colourspace(image.get(), &converted, VIPS_INTERPRETATION_sRGB, nullptr) != 0) fail();
    return ImagePtr(converted);
}

// PNG 1.2: whether the samples are proportional to light, as renderers write them. A chunk that
// says more about the colours counts instead.
bool isLinearPng(std::span<const std::uint8_t> bytes) {
    ByteView view(bytes);
    constexpr std::uint32_t kNearlyLinear = 75'000;  // of 100'000
    bool linear = false;
    for (std::uint64_t chunk = 8; view.holds(chunk, 12); chunk += view.big(chunk, 4) + 12ULL) {
        for (const char* better : {"sRGB", "iCCP", "cICP"}) {
            if (view.has(chunk + 4, better)) return false;
        }
        if (view.has(chunk + 4, "gAMA")) linear = view.big(chunk + 8, 4) > kNearlyLinear;
        if (view.has(chunk + 4, "IDAT")) break;
    }
    return linear;
}

// What each sample is in 8 bits of sRGB (IEC 61966-2-1).
std::vector<std::uint8_t> tableOf(std::size_t samples, std::size_t largest, bool linear) {
    std::vector<std::uint8_t> table(samples);
    for (std::size_t i = 0; i < samples; ++i) {
        double share = static_cast<double>(std::min(i, largest)) / static_cast<double>(largest);
        if (linear) {
            share = share <= 0.0031308 ? 12.92 * share : 1.055 * std::pow(share, 1 / 2.4) - 0.055;
        }
        table[i] = static_cast<std::uint8_t>(std::lround(255 * share));
    }
    return table;
}

enum class Colours { kGrey, kRgb, kInks };

// One row; what stands behind the colours is opacity, and what stands behind that unknown.
template <class Sample>
void putRow(const Sample* from, int width, int bands, Colours colours,
            const std::vector<std::uint8_t>& table, std::uint8_t* to) {
    constexpr std::uint64_t kFull = std::numeric_limits<Sample>::max();
    const int used = colours == Colours::kGrey ? 1 : colours == Colours::kRgb ? 3 : 4;
    for (int x = 0; x < width; ++x, from += bands, to += 3) {
        for (int c = 0; c < 3; ++c) {
            std::uint64_t value = from[colours == Colours::kGrey ? 0 : c];
            // Without a profile each ink takes its share of white away, whatever the others do.
            if (colours == Colours::kInks) value = (kFull - value) * (kFull - from[3]) / kFull;
            if (bands > used) {
                const std::uint64_t opacity = from[used];
                value = (value * opacity + kFull * (kFull - opacity) + kFull / 2) / kFull;
            }
            to[c] = table[value];
        }
    }
}

// Of one row what is not in `place`.
void fillAround(const Place& place, int y, Image& image) {
    const bool has_pixels = y >= place.y && y - place.y < place.height;
    const int width = image.width();
    const int left = has_pixels ? std::min(place.x, width) : width;
    const int right = has_pixels ? std::min(place.x + place.width, width) : width;
    for (int x = 0; x < width; ++x) {
        if (x == left) x = right;
        if (x < width) std::ranges::copy(place.around, image.row(y) + std::ptrdiff_t{3} * x);
    }
}

// Pixels that stay where they are.
ImagePtr wrapped(const void* pixels, SizePx size, int bands, VipsBandFormat format,
                 VipsInterpretation meaning) {
    startLibrary();
    const auto sample_bytes = static_cast<std::size_t>(format == VIPS_FORMAT_USHORT ? 2 : 1);
    const std::size_t bytes = static_cast<std::size_t>(size.width) *
                              static_cast<std::size_t>(size.height) *
                              static_cast<std::size_t>(bands) * sample_bytes;
    ImagePtr image(vips_image_new_from_memory(const_cast<void*>(pixels), bytes,  // only read
                                              size.width, size.height, bands, format));
    if (image == nullptr) fail();
    image->Type = meaning;
    return image;
}

ImagePtr wrapped(const Image& image) {
    return wrapped(image.bytes().data(), image.size(), 3, VIPS_FORMAT_UCHAR,
                   VIPS_INTERPRETATION_sRGB);
}

// What a saver has made, in memory of ours. `save(bytes, size)` is not 0 if it failed.
template <class Save>
std::vector<std::uint8_t> saved(const Save& save) {
    void* bytes = nullptr;
    std::size_t size = 0;
    if (save(&bytes, &size) != 0) fail();
    const std::unique_ptr<void, decltype(&g_free)> owned(bytes, g_free);
    const auto* first = static_cast<const std::uint8_t*>(bytes);
    return {first, first + size};
}

std::vector<std::uint8_t> savedPng(const ImagePtr& image) {
    // Most of what it can save at a tenth of the time of the best.
    constexpr int kCompression = 3;
    return saved([&](void** bytes, std::size_t* size) {
        return vips_pngsave_buffer(image.get(), bytes, size, "compression", kCompression, nullptr);
    });
}

}  // namespace

struct PictureDecoder::State {
    ImagePtr image;
    Colours colours = Colours::kRgb;
    bool linear = false;
    std::size_t largest = 0;     // sample, where it is not that of its format
    std::optional<Place> place;  // where pixels are, if they are not everywhere
};

PictureDecoder::PictureDecoder(std::span<const std::uint8_t> bytes, PictureKind kind,
                               Strictness strictness)
    : state_(std::make_unique<State>()) {
    startLibrary();
    const int largest = kind == PictureKind::kPnm ? largestSample(bytes) : 0;
    state_->image = loadOwnPnm(bytes, strictness, largest);
    if (state_->image != nullptr) {
        state_->largest = static_cast<std::size_t>(largest);
    } else {
        state_->image = open(bytes, kind, strictness);
    }
    state_->linear = kind == PictureKind::kPng && isLinearPng(bytes);
    if (kind == PictureKind::kGif) state_->place = placeOfGif(bytes);
    const VipsImage& image = *state_->image;
    if (image.Bands < 3) {
        state_->colours = Colours::kGrey;
    } else if (image.Type == VIPS_INTERPRETATION_CMYK && image.Bands >= 4) {
        state_->colours = Colours::kInks;
    }
}

PictureDecoder::~PictureDecoder() = default;

std::int64_t PictureDecoder::width() const noexcept {
    return state_->image->Xsize;
}

std::int64_t PictureDecoder::height() const noexcept {
    return state_->image->Ysize;
}

int PictureDecoder::orientation() const noexcept {
    return vips_image_get_orientation(state_->image.get());
}

int PictureDecoder::pictures() const noexcept {
    return vips_image_get_n_pages(state_->image.get());
}

void PictureDecoder::decode(Image& image) {
    const VipsImage& stored = *state_->image;
    const RegionPtr region(vips_region_new(state_->image.get()));
    const bool deep = stored.BandFmt == VIPS_FORMAT_USHORT;
    const std::size_t samples = deep ? 65536 : 256;
    const std::size_t largest = state_->largest != 0 ? state_->largest : samples - 1;
    const auto table = tableOf(samples, largest, state_->linear);
    const bool as_it_is = !deep && !state_->linear && largest == samples - 1 &&
                          state_->colours == Colours::kRgb && stored.Bands == 3;
    for (int top = 0; top < stored.Ysize; top += kRowsAtOnce) {
        const VipsRect rows{0, top, stored.Xsize, std::min(kRowsAtOnce, stored.Ysize - top)};
        if (vips_region_prepare(region.get(), &rows) != 0) fail();
        for (int y = top; y < top + rows.height; ++y) {
            const void* from = VIPS_REGION_ADDR(region.get(), 0, y);
            if (as_it_is) {
                std::copy_n(static_cast<const std::uint8_t*>(from), image.rowBytes(), image.row(y));
            } else if (deep) {
                putRow(static_cast<const std::uint16_t*>(from), stored.Xsize, stored.Bands,
                       state_->colours, table, image.row(y));
            } else {
                putRow(static_cast<const std::uint8_t*>(from), stored.Xsize, stored.Bands,
                       state_->colours, table, image.row(y));
            }
            if (state_->place) fillAround(*state_->place, y, image);
        }
    }
}

std::vector<std::uint8_t> encodePng(const Image& image) {
    return savedPng(wrapped(image));
}

std::vector<std::uint8_t> encodePng16(SizePx size, std::span<const std::uint16_t> values) {
    return savedPng(
        wrapped(values.data(), size, 1, VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_GREY16));
}

std::vector<std::uint8_t> encodeJpeg(const Image& image, int quality) {
    const ImagePtr from = wrapped(image);
    return saved([&](void** bytes, std::size_t* size) {
        return vips_jpegsave_buffer(from.get(), bytes, size, "Q", quality, nullptr);
    });
}

}  // namespace overfeat::capture
