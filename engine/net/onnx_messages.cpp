// SPDX-License-Identifier: Apache-2.0
#include "engine/net/onnx_messages.h"

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "engine/net/refusal.h"

namespace overfeat::net {
namespace {

// An ONNX graph without If and Loop bodies nests about ten messages deep.
constexpr int kMaxNesting = 32;

struct KnownFormat {
    std::string_view start;  // lower case
    std::string_view sentence;
};
constexpr std::array kForeignFormats{
    KnownFormat{"version https://git-lfs",
                "is a Git LFS pointer, not the model itself; fetch the "
                "model with 'git lfs pull' or download it again."},
    KnownFormat{"<!doctype", "is a web page, not a model; download the file itself."},
    KnownFormat{"<html", "is a web page, not a model; download the file itself."},
    KnownFormat{"<?xml", "is an XML document, not an ONNX model."},
    KnownFormat{"pk\x03\x04", "is an archive or a PyTorch checkpoint; export the network as ONNX."},
    KnownFormat{"\x89hdf", "is an HDF5 file (Keras); export the network as ONNX."},
    KnownFormat{"\xff\xd8\xff", "is a JPEG picture, not a model."},
    KnownFormat{"\x89png", "is a PNG picture, not a model."},
};

[[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorCode::kModel, "The file " + what);
}

}  // namespace

std::optional<std::string> foreignContent(std::span<const std::byte> bytes) {
    std::string start;
    for (const std::byte byte : bytes.first(std::min<std::size_t>(bytes.size(), 256))) {
        const auto c = static_cast<char>(byte);
        if (start.empty() && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) continue;
        start += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    for (const KnownFormat& format : kForeignFormats) {
        if (start.starts_with(format.start)) return std::string(format.sentence);
    }
    return std::nullopt;
}

onnx::ModelProto decodeModel(std::span<const std::byte> bytes, const ReadBudget& budget) {
    if (bytes.empty()) refuse("is empty; download or export it again.");
    if (const auto foreign = foreignContent(bytes)) refuse(*foreign);
    // Protobuf counts bytes in an int.
    const std::int64_t limit =
        std::min<std::int64_t>(budget.max_file_bytes, std::numeric_limits<int>::max());
    if (bytes.size() > static_cast<std::size_t>(limit)) {
        refuse("is larger than the limit of " + std::to_string(limit >> 20) + " MiB for models.");
    }
    const int size = static_cast<int>(bytes.size());
    google::protobuf::io::CodedInputStream stream(
        reinterpret_cast<const std::uint8_t*>(bytes.data()), size);
    stream.SetRecursionLimit(kMaxNesting);
    stream.SetTotalBytesLimit(size);
    onnx::ModelProto model;
    const bool whole = model.ParsePartialFromCodedStream(&stream) && stream.ConsumedEntireMessage();
    if (!whole) {
        // Every exporter writes ir_version (field 1, a small number) first.
        const bool starts_like_onnx =
            bytes.size() >= 2 && bytes[0] == std::byte{8} && bytes[1] < std::byte{128};
        refuse(starts_like_onnx
                   ? "begins like an ONNX model but is cut short or damaged; download or export it "
                     "again."
                   : "is not an ONNX model; choose a file ending in .onnx.");
    }
    if (!model.has_graph()) {
        refuse(model.has_ir_version() ? "contains no network; it may be cut short, so download or "
                                        "export it again."
                                      : "is not an ONNX model; choose a file ending in .onnx.");
    }
    return model;
}

std::map<std::string, std::string, std::less<>> metadataOf(const onnx::ModelProto& model) {
    std::map<std::string, std::string, std::less<>> metadata;
    for (const auto& entry : model.metadata_props()) {
        if (!metadata.emplace(entry.key(), entry.value()).second) {
            throw Error(ErrorCode::kModel,
                        "The model states the metadata " + inQuotes(entry.key()) + " twice.",
                        sanitisedLabel(entry.key()));
        }
    }
    return metadata;
}

}  // namespace overfeat::net
