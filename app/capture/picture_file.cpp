// SPDX-License-Identifier: Apache-2.0
#include "app/capture/picture_file.h"

#include <algorithm>
#include <cctype>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <span>
#include <string>
#include <vector>

#include "app/capture/file_bytes.h"
#include "app/capture/picture_header.h"
#include "app/capture/pixels.h"
#include "app/capture/video_file.h"
#include "engine/core/error.h"

namespace overfeat::capture {
namespace {

// 100 megapixels of 16-bit RGBA, uncompressed.
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{800} << 20;
constexpr int kJpegQuality = 92;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& sentence) {
    throw Error(ErrorCode::kInput, sentence, path.string());
}

void requireUsable(const std::filesystem::path& path, const PictureHeader& header) {
    const std::string size = std::to_string(header.width) + "x" + std::to_string(header.height);
    if (header.width <= 0 || header.height <= 0) {
        refuse(path, "The picture " + shown(path) +
                         " does not say how large it is; copy or save it again.");
    }
    // Division, because the product of two claimed sizes may not fit.
    if (header.width > Image::kMaxPixels / header.height) {
        refuse(path, "The picture " + shown(path) + " has " + size +
                         " pixels, more than the 100 megapixels this program accepts; scale it "
                         "down first.");
    }
    if (!header.complete) {
        refuse(path, "The picture " + shown(path) +
                         " is cut off, its end is missing; copy or download it again.");
    }
    if (header.ambiguous_inks) {
        refuse(path, "The picture " + shown(path) +
                         " is a CMYK JPEG that does not say how its inks are stored; save it as "
                         "RGB.");
    }
    if (header.kind == PictureKind::kWebp && header.animated) {
        refuse(path, "The picture " + shown(path) +
                         " is an animated WebP, which this program cannot read; save it as GIF or "
                         "video.");
    }
}

// 16 bits to 8; anything else with more than 8 bits has no agreed range.
cv::Mat toEightBits(const std::filesystem::path& path, const cv::Mat& decoded) {
    if (decoded.depth() == CV_8U) return decoded;
    if (decoded.depth() != CV_16U) {
        refuse(path, "The picture " + shown(path) +
                         " has floating-point or signed pixels; save it with 8 or 16 bits.");
    }
    cv::Mat eight;
    decoded.convertTo(eight, CV_8U, 255.0 / 65535.0);
    return eight;
}

// EXIF 2.3, tag 0x0112: what has to be done to see the picture upright.
cv::Mat upright(const cv::Mat& picture, int orientation) {
    enum { kBothAxes = -1, kUpsideDown = 0, kMirror = 1 };
    cv::Mat turned = picture;
    if (orientation >= 5) cv::transpose(picture, turned);
    switch (orientation) {
        case 2:
        case 6:
            cv::flip(turned, turned, kMirror);
            break;
        case 3:
        case 7:
            cv::flip(turned, turned, kBothAxes);
            break;
        case 4:
        case 8:
            cv::flip(turned, turned, kUpsideDown);
            break;
        default:
            break;
    }
    return turned;
}

PictureHeader usableHeader(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
    const auto header = probePicture(bytes);
    if (!header) {
        refuse(path, "The file " + shown(path) +
                         " is not a picture this program can read (PNG, JPEG, WebP, GIF, BMP, TIFF "
                         "or PNM); convert it first.");
    }
    requireUsable(path, *header);
    return *header;
}

// OpenCV 4.6 has no decoder for GIF, FFmpeg has one for files.
cv::Mat decodeGif(const std::filesystem::path& path) {
    VideoFile gif(path);
    return gif.next() ? gif.bgr().clone() : cv::Mat();
}

cv::Mat decode(std::span<const std::uint8_t> bytes, const PictureHeader& header) {
    if (header.kind == PictureKind::kGif) return {};
    try {
        const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8UC1,
                              const_cast<std::uint8_t*>(bytes.data()));  // only read
        cv::Mat decoded = cv::imdecode(encoded, cv::IMREAD_UNCHANGED);
        // With IMREAD_UNCHANGED OpenCV turns TIFF, but neither JPEG, PNG nor WebP.
        if (header.kind == PictureKind::kTiff) return decoded;
        return upright(decoded, header.orientation);
    } catch (const cv::Exception&) {
        return {};
    }
}

Image finished(const std::filesystem::path& path, const PictureHeader& header,
               const cv::Mat& decoded) {
    if (decoded.empty()) {
        refuse(path, "The " + std::string(name(header.kind)) + " picture " + shown(path) +
                         " is damaged and cannot be decoded; copy or save it again.");
    }
    return toImage(toEightBits(path, decoded));
}

}  // namespace

Image readPicture(const std::filesystem::path& path) {
    quietDecoders();
    const auto bytes = readFile(path, "picture", kMaxFileBytes);
    const PictureHeader header = usableHeader(path, bytes);
    const bool gif = header.kind == PictureKind::kGif;
    return finished(path, header, gif ? decodeGif(path) : decode(bytes, header));
}

Image decodePicture(std::span<const std::uint8_t> bytes, const std::string& name) {
    if (bytes.empty()) refuse(name, "The picture " + shown(name) + " is empty; copy it again.");
    const PictureHeader header = usableHeader(name, bytes);
    return finished(name, header, decode(bytes, header));
}

void writePicture(const std::filesystem::path& path, const Image& image) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (extension != ".png" && extension != ".jpg" && extension != ".jpeg") {
        throw Error(ErrorCode::kRuntime,
                    "The picture " + shown(path) +
                        " cannot be written in this format; let its name end in .png or .jpg.",
                    path.string());
    }
    if (image.empty()) {
        throw Error(ErrorCode::kRuntime, "There is no picture to write to " + shown(path) + " yet.",
                    path.string());
    }
    std::vector<std::uint8_t> bytes;
    cv::imencode(extension, toBgr(image), bytes, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality});
    replaceFile(path, bytes);
}

}  // namespace overfeat::capture
