// SPDX-License-Identifier: Apache-2.0
#include "tests/app/capture/made_files.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <opencv2/core.hpp>
#include <opencv2/videoio.hpp>
#include <stdexcept>

namespace overfeat::capture::test {
namespace {

void big(Bytes& out, std::uint32_t value, int count) {
    for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) {
        out += static_cast<char>(value >> shift & 0xFFU);
    }
}

std::uint32_t crc32(const Bytes& bytes) {
    std::uint32_t crc = ~0U;
    for (const char c : bytes) {
        crc ^= static_cast<std::uint8_t>(c);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 1U) != 0 ? crc >> 1 ^ 0xEDB88320U : crc >> 1;
    }
    return ~crc;
}

void chunk(Bytes& png, const Bytes& type, const Bytes& data) {
    big(png, static_cast<std::uint32_t>(data.size()), 4);
    png += type + data;
    big(png, crc32(type + data), 4);
}

// zlib without compression; up to 65535 bytes.
Bytes stored(const Bytes& data) {
    const auto length = static_cast<std::uint16_t>(data.size());
    Bytes out = "\x78\x01\x01";
    out += static_cast<char>(length & 0xFF);
    out += static_cast<char>(length >> 8);
    out += static_cast<char>(~length & 0xFF);
    out += static_cast<char>(static_cast<std::uint16_t>(~length) >> 8);
    out += data;
    std::uint32_t a = 1;
    std::uint32_t b = 0;
    for (const char c : data) {
        a = (a + static_cast<std::uint8_t>(c)) % 65521;
        b = (b + a) % 65521;
    }
    big(out, b << 16 | a, 4);
    return out;
}

class BitWriter {
public:
    void put(unsigned value, int count) {
        for (int i = count - 1; i >= 0; --i) {
            byte_ = byte_ << 1 | (value >> i & 1U);
            if (++filled_ == 8) flush();
        }
    }
    Bytes finish() {
        while (filled_ != 0)
            put(1, 1);
        return bytes_;
    }

private:
    void flush() {
        bytes_ += static_cast<char>(byte_);
        if (byte_ == 0xFF) bytes_ += '\0';
        byte_ = 0;
        filled_ = 0;
    }
    Bytes bytes_;
    unsigned byte_ = 0;
    int filled_ = 0;
};

void segment(Bytes& jpeg, int marker, const Bytes& data) {
    jpeg += '\xFF';
    jpeg += static_cast<char>(marker);
    big(jpeg, static_cast<std::uint32_t>(data.size() + 2), 2);
    jpeg += data;
}

}  // namespace

Bytes pngFile(const PngParts& parts) {
    Bytes png = "\x89PNG\r\n\x1A\n";
    Bytes header;
    big(header, parts.width, 4);
    big(header, parts.height, 4);
    header += static_cast<char>(parts.bits);
    header += static_cast<char>(parts.colour);
    header += Bytes(3, '\0');
    chunk(png, "IHDR", header);
    for (const auto& [name, contents] : parts.before)
        chunk(png, name, contents);
    if (!parts.exif.empty()) chunk(png, "eXIf", parts.exif);
    chunk(png, "IDAT", stored(parts.scanlines));
    chunk(png, "IEND", "");
    return png;
}

Bytes exifOrientation(int orientation) {
    Bytes tiff("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 19);
    tiff += static_cast<char>(orientation);
    return tiff + Bytes(6, '\0');
}

Bytes jpegFile(const JpegParts& parts) {
    Bytes jpeg = "\xFF\xD8";
    if (!parts.exif.empty()) segment(jpeg, 0xE1, Bytes("Exif\0\0", 6) + parts.exif);
    if (parts.adobe >= 0) {
        segment(jpeg, 0xEE, Bytes("Adobe\0\x64\0\0\0\0", 11) + static_cast<char>(parts.adobe));
    }
    segment(jpeg, 0xDB, Bytes(1, '\0') + Bytes(64, '\x01'));  // quantisation by 1
    Bytes frame = "\x08";
    big(frame, static_cast<std::uint32_t>(parts.rows * 8), 2);
    big(frame, static_cast<std::uint32_t>(parts.columns * 8), 2);
    frame += static_cast<char>(parts.components);
    Bytes scan(1, static_cast<char>(parts.components));
    for (int c = 1; c <= parts.components; ++c) {
        frame += Bytes{static_cast<char>(c), '\x11', '\0'};
        scan += Bytes{static_cast<char>(c), '\0'};
    }
    segment(jpeg, 0xC0, frame);
    // DC: twelve categories with codes of four bits; AC: only "end of block", one bit.
    Bytes dc = Bytes(1, '\0') + Bytes{0, 0, 0, 12} + Bytes(12, '\0');
    for (int category = 0; category < 12; ++category)
        dc += static_cast<char>(category);
    segment(jpeg, 0xC4, dc);
    segment(jpeg, 0xC4, Bytes{'\x10', 1} + Bytes(15, '\0') + Bytes(1, '\0'));
    segment(jpeg, 0xDA, scan + Bytes{0, 63, 0});
    BitWriter bits;
    std::vector<int> previous(static_cast<std::size_t>(parts.components), 0);
    for (const auto& block : parts.blocks) {
        for (std::size_t c = 0; c < previous.size(); ++c) {
            const int value = (block.at(c) - 128) * 8;  // DC of a flat 8x8 block
            const int difference = value - previous[c];
            previous[c] = value;
            int category = 0;
            while (std::abs(difference) >> category != 0)
                ++category;
            bits.put(static_cast<unsigned>(category), 4);
            const int coded = difference < 0 ? difference + (1 << category) - 1 : difference;
            bits.put(static_cast<unsigned>(coded), category);
            bits.put(0, 1);
        }
    }
    return jpeg + bits.finish() + "\xFF\xD9";
}

int testVideoBrightness(std::int64_t index) {
    return 20 + 20 * static_cast<int>(index % 10);
}

void writeTestVideo(const std::filesystem::path& path, int frames, double fps, SizePx size) {
    cv::VideoWriter writer(path.string(), cv::CAP_OPENCV_MJPEG,
                           cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), fps,
                           cv::Size(size.width, size.height));
    if (!writer.isOpened()) throw std::runtime_error("no video writer");
    for (int i = 0; i < frames; ++i) {
        writer.write(
            cv::Mat(size.height, size.width, CV_8UC3, cv::Scalar::all(testVideoBrightness(i))));
    }
}

Bytes bytesOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace overfeat::capture::test
