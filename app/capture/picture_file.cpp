// SPDX-License-Identifier: Apache-2.0
#include "app/capture/picture_file.h"

#include <algorithm>
#include <cctype>
#include <opencv2/core.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/capture/file_bytes.h"
#include "app/capture/picture_decoder.h"
#include "app/capture/picture_kind.h"
#include "app/capture/pixels.h"
#include "engine/core/error.h"

namespace overfeat::capture {
namespace {

// 100 megapixels of 16-bit RGBA, uncompressed.
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{800} << 20;
constexpr int kJpegQuality = 92;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& sentence) {
    throw Error(ErrorCode::kInput, sentence, path.string());
}

void requireUsable(const std::filesystem::path& path, const PictureDecoder& picture) {
    // Division, because the product of two claimed sizes may not fit.
    if (picture.width() > Image::kMaxPixels / picture.height()) {
        refuse(path, "The picture " + shown(path) + " has " + std::to_string(picture.width()) +
                         "x" + std::to_string(picture.height()) +
                         " pixels, more than the 100 megapixels this program accepts; scale it "
                         "down first.");
    }
}

PictureKind kindOf(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
    if (const auto kind = sniffPicture(bytes)) return *kind;
    const std::string_view known = nameOfUnread(bytes);
    if (known == "web page") {
        refuse(path,
               "The file " + shown(path) +
                   " is a web page and not a picture; open the picture's own address and save "
                   "that.");
    }
    if (!known.empty()) {
        refuse(path, "The file " + shown(path) + " is in the format " + std::string(known) +
                         ", which this program does not read; save it as PNG or JPEG.");
    }
    refuse(path, "The file " + shown(path) +
                     " is not a picture this program can read (PNG, JPEG, WebP, GIF, BMP, TIFF, "
                     "HEIC, AVIF, JPEG 2000, PNM, TGA or icon); convert it first.");
}

// EXIF 2.3, tag 0x0112: what has to be done to see the picture upright.
Image upright(Image picture, int orientation) {
    if (orientation <= 1 || orientation > 8) return picture;
    enum { kBothAxes = -1, kUpsideDown = 0, kMirror = 1 };
    const SizePx size = picture.size();
    Image turned(orientation >= 5 ? SizePx{size.height, size.width} : size);
    cv::Mat from = wrap(picture);
    cv::Mat to = wrap(turned);
    if (orientation >= 5) {
        cv::transpose(from, to);
        from = to;
    }
    switch (orientation) {
        case 2:
        case 6:
            cv::flip(from, to, kMirror);
            break;
        case 3:
        case 7:
            cv::flip(from, to, kBothAxes);
            break;
        case 4:
        case 8:
            cv::flip(from, to, kUpsideDown);
            break;
        default:
            break;
    }
    return turned;
}

Image decode(const std::filesystem::path& path, std::span<const std::uint8_t> bytes,
             PictureKind kind, Strictness strictness, std::string& remark) {
    PictureDecoder decoder(bytes, kind, strictness);
    requireUsable(path, decoder);
    Image image(SizePx{static_cast<int>(decoder.width()), static_cast<int>(decoder.height())});
    decoder.decode(image);
    if (kind == PictureKind::kWebp && decoder.pictures() > 1) {
        remark = "Of the animated WebP " + shown(path) +
                 " only the first picture is shown; save it as GIF or video to see it move.";
    }
    return upright(std::move(image), decoder.orientation());
}

// A JPEG that has no end mark and lacks nothing else: whatever is put behind it, it is the same
// picture, because its last block does not need it.
std::optional<Image> lackingOnlyItsEnd(const std::filesystem::path& path,
                                       std::span<const std::uint8_t> bytes) {
    const auto followedBy = [&](std::size_t count) {
        std::vector<std::uint8_t> ended(bytes.begin(), bytes.end());
        ended.insert(ended.end(), count, 0x55);
        ended.insert(ended.end(), {0xFF, 0xD9});
        std::string ignored;
        return decode(path, ended, PictureKind::kJpeg, Strictness::kCutOff, ignored);
    };
    constexpr std::size_t kMoreThanABlock = 1024;
    try {
        Image image = followedBy(0);
        if (followedBy(kMoreThanABlock).bytes() == image.bytes()) return image;
    } catch (const DecodeFailure&) {
        // Not even so.
    }
    return std::nullopt;
}

// Whether the scan that a JPEG begins last is ended. libvips, which reads it strip by strip, does
// not always say that it is not.
bool hasEndMark(std::span<const std::uint8_t> bytes) {
    for (std::size_t i = bytes.size(); i-- > 1;) {
        if (bytes[i - 1] != 0xFF) continue;
        if (bytes[i] == 0xD9) return true;   // end of image
        if (bytes[i] == 0xDA) return false;  // start of scan
    }
    return false;
}

// Most cameras and tools write a little that a strict decoder objects to, and every viewer shows
// it. What must not pass is a picture of which a part is missing.
Image decodeJpeg(const std::filesystem::path& path, std::span<const std::uint8_t> bytes,
                 std::string& remark) {
    constexpr PictureKind kJpeg = PictureKind::kJpeg;
    const bool ended = hasEndMark(bytes);
    const auto asFarAs = [&](Strictness strictness) {
        Image image = decode(path, bytes, kJpeg, strictness, remark);
        if (!ended) throw DecodeFailure("it has no end");
        return image;
    };
    try {
        return asFarAs(Strictness::kWarnings);
    } catch (const DecodeFailure&) {
        // Looked into below.
    }
    try {
        Image image = asFarAs(Strictness::kCutOff);
        remark = "The JPEG picture " + shown(path) +
                 " does not keep to its format or is damaged; what could be read is shown.";
        return image;
    } catch (const DecodeFailure&) {
        if (auto whole = lackingOnlyItsEnd(path, bytes)) {
            remark = "The JPEG picture " + shown(path) +
                     " lacks its end mark; everything else is there and shown.";
            return std::move(*whole);
        }
        throw;
    }
}

Image decodeBytes(const std::filesystem::path& path, std::span<const std::uint8_t> bytes,
                  std::string* remark) {
    std::string said;
    const PictureKind kind = kindOf(path, bytes);
    try {
        Image image = kind == PictureKind::kJpeg
                          ? decodeJpeg(path, bytes, said)
                          : decode(path, bytes, kind, Strictness::kCutOff, said);
        if (remark != nullptr) *remark = said;
        return image;
    } catch (const DecodeFailure& failure) {
        const std::string reason = failure.what();
        refuse(path, "The " + std::string(name(kind)) + " picture " + shown(path) +
                         " is cut off, damaged or of a kind that cannot be decoded" +
                         (reason.empty() ? "" : " (" + reason + ")") + "; copy or save it again.");
    }
}

// What the encoder objects to as a sentence, e.g. a JPEG of more than 65,535 pixels a side.
template <class Encode>
std::vector<std::uint8_t> encodedBy(const Encode& encode) {
    try {
        return encode();
    } catch (const DecodeFailure& failure) {
        throw Error(ErrorCode::kRuntime, std::string("The picture cannot be encoded (") +
                                             failure.what() +
                                             "); make it smaller, or choose another format.");
    }
}

}  // namespace

Image readPicture(const std::filesystem::path& path, std::string* remark) {
    return decodeBytes(path, readFile(path, "picture", kMaxFileBytes), remark);
}

Image decodePicture(std::span<const std::uint8_t> bytes, const std::string& name) {
    if (bytes.empty()) refuse(name, "The picture " + shown(name) + " is empty; copy it again.");
    return decodeBytes(name, bytes, nullptr);
}

std::vector<std::uint8_t> encodePicture(const Image& image, const std::filesystem::path& name) {
    std::string extension = name.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool png = extension == ".png";
    if (!png && extension != ".jpg" && extension != ".jpeg") {
        throw Error(ErrorCode::kRuntime,
                    "The picture " + shown(name) +
                        " cannot be written in this format; let its name end in .png or .jpg.",
                    name.string());
    }
    if (image.empty()) {
        throw Error(ErrorCode::kRuntime, "There is no picture to write to " + shown(name) + " yet.",
                    name.string());
    }
    return encodedBy([&] { return png ? encodePng(image) : encodeJpeg(image, kJpegQuality); });
}

std::vector<std::uint8_t> encodeDeepGrey(SizePx size, std::span<const std::uint16_t> values) {
    return encodedBy([&] { return encodePng16(size, values); });
}

void writePicture(const std::filesystem::path& path, const Image& image) {
    replaceFile(path, encodePicture(image, path));
}

}  // namespace overfeat::capture
