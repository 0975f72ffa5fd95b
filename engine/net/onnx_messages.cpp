// SPDX-License-Identifier: Apache-2.0
#include "engine/net/onnx_messages.h"

#include <google/protobuf/descriptor.h>
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

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::io::CodedInputStream;

// Counts what a file would become in memory, without decoding it: an empty message takes two bytes
// there and hundreds here. Numbers are not counted; they grow eightfold at most.
class FileCounter {
public:
    explicit FileCounter(const ReadBudget& budget) : budget_(budget) {}

    // Whether the file is whole, as far as that is seen from its outline. Throws if a limit is
    // exceeded.
    bool count(CodedInputStream& stream) {
        const bool whole = message(stream, *onnx::ModelProto::descriptor(), 0);
        if (nodes_ > budget_.max_nodes) refuseNodes("");
        return whole;
    }

private:
    bool message(CodedInputStream& stream, const Descriptor& type, int depth) {
        if (depth > kMaxNesting) return false;
        while (const std::uint32_t tag = stream.ReadTag()) {
            const FieldDescriptor* known = type.FindFieldByNumber(static_cast<int>(tag >> 3));
            if (!field(stream, tag & 7, known, depth)) return false;
        }
        return stream.ConsumedEntireMessage();
    }

    bool field(CodedInputStream& stream, std::uint32_t wire_type, const FieldDescriptor* known,
               int depth) {
        constexpr std::uint32_t kVarint = 0;
        constexpr std::uint32_t kFixed64 = 1;
        constexpr std::uint32_t kBytes = 2;
        constexpr std::uint32_t kFixed32 = 5;
        const bool is_message =
            known != nullptr && known->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
        const bool is_number = known != nullptr && !is_message &&
                               known->cpp_type() != FieldDescriptor::CPPTYPE_STRING &&
                               (wire_type != kBytes || known->is_packable());
        if (!is_number) countPart(is_message ? known->message_type() : nullptr);
        std::uint64_t number = 0;
        int bytes = 0;
        switch (wire_type) {
            case kVarint:
                return stream.ReadVarint64(&number);
            case kFixed64:
                return stream.Skip(8);
            case kFixed32:
                return stream.Skip(4);
            case kBytes:
                break;
            default:
                return false;  // ONNX has no groups
        }
        if (!stream.ReadVarintSizeAsInt(&bytes)) return false;
        if (!is_message) return stream.Skip(bytes);
        const auto outer = stream.PushLimit(bytes);
        const bool whole = message(stream, *known->message_type(), depth + 1);
        stream.PopLimit(outer);
        return whole;
    }

    void countPart(const Descriptor* type) {
        if (type == onnx::NodeProto::descriptor()) ++nodes_;
        if (++parts_ <= budget_.max_messages) return;
        if (nodes_ > budget_.max_nodes) refuseNodes("at least ");
        throw Error(ErrorCode::kModel, "The model's file holds more than " +
                                           std::to_string(budget_.max_messages) +
                                           " parts (nodes, attributes, names, tensors), which no "
                                           "usual network needs.");
    }

    [[noreturn]] void refuseNodes(const std::string& at_least) const {
        throw Error(ErrorCode::kModel, "The model has " + at_least + std::to_string(nodes_) +
                                           " nodes, more than the limit of " +
                                           std::to_string(budget_.max_nodes) + ".");
    }

    const ReadBudget& budget_;
    std::int64_t nodes_ = 0;
    std::int64_t parts_ = 0;
};

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
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    CodedInputStream outline(data, size);
    outline.SetTotalBytesLimit(size);
    CodedInputStream stream(data, size);
    stream.SetRecursionLimit(kMaxNesting);
    stream.SetTotalBytesLimit(size);
    onnx::ModelProto model;
    const bool whole = FileCounter(budget).count(outline) &&
                       model.ParsePartialFromCodedStream(&stream) && stream.ConsumedEntireMessage();
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
        const auto [stated, first] = metadata.emplace(entry.key(), entry.value());
        if (!first && stated->second != entry.value()) {
            throw Error(ErrorCode::kModel,
                        "The model states the metadata " + inQuotes(entry.key()) +
                            " twice and differently.",
                        sanitisedLabel(entry.key()));
        }
    }
    return metadata;
}

}  // namespace overfeat::net
