// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/kserve/grpc_messages.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <bit>
#include <climits>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/net/onnx_writer.h"

namespace overfeat::backend::kserve {
namespace {

using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

// How a field is written, in the lower bits of what stands before it.
enum class Wire : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
constexpr int kWireBits = 3;

// The numbers of the fields, as the protocol has them.
namespace server_field {
constexpr int kName = 1;
constexpr int kVersion = 2;
}  // namespace server_field
namespace model_field {
constexpr int kAskedName = 1;
constexpr int kInputs = 4;
constexpr int kOutputs = 5;
}  // namespace model_field
namespace tensor_field {  // of metadata, inputs, outputs and what is asked for
constexpr int kName = 1;
constexpr int kDatatype = 2;
constexpr int kShape = 3;
constexpr int kContents = 5;
constexpr int kFloats = 6;  // of the contents
}  // namespace tensor_field
namespace request_field {
constexpr int kModel = 1;
constexpr int kId = 3;
constexpr int kInputs = 5;
constexpr int kOutputs = 6;
constexpr int kRawInputs = 7;
}  // namespace request_field
namespace response_field {
constexpr int kOutputs = 5;
constexpr int kRawOutputs = 6;
}  // namespace response_field

constexpr std::size_t kPrefixBytes = 5;  // whether it is compressed, and its length

std::string prefix(std::size_t bytes) {
    std::string text(1, '\0');
    for (const int shift : {24, 16, 8, 0})
        text += static_cast<char>((bytes >> shift) & 0xffU);
    return text;
}

class Writer {
public:
    void bytes(int field, std::string_view value) {
        CodedOutputStream out(&stream_);
        head(out, field, value.size());
        out.WriteRaw(value.data(), static_cast<int>(value.size()));
    }
    // Only what stands before so many bytes.
    void headOf(int field, std::size_t size) {
        CodedOutputStream out(&stream_);
        head(out, field, size);
    }
    void shape(int field, const Shape& shape) {
        std::string packed;
        {
            google::protobuf::io::StringOutputStream stream(&packed);
            CodedOutputStream out(&stream);
            for (const std::int64_t extent : shape.dims())
                out.WriteVarint64(static_cast<std::uint64_t>(extent));
        }
        bytes(field, packed);
    }
    const std::string& text() const noexcept { return text_; }

private:
    static void head(CodedOutputStream& out, int field, std::size_t size) {
        out.WriteTag((static_cast<std::uint32_t>(field) << kWireBits) |
                     static_cast<std::uint32_t>(Wire::kBytes));
        out.WriteVarint32(static_cast<std::uint32_t>(size));
    }

    std::string text_;
    google::protobuf::io::StringOutputStream stream_{&text_};
};

[[noreturn]] void garbled() {
    throw Garbage("answers with what is no message of KServe's protocol.");
}

// A message, field by field.
class Fields {
public:
    explicit Fields(std::span<const char> message)
        : message_(message),
          in_(reinterpret_cast<const std::uint8_t*>(message.data()),
              static_cast<int>(message.size())) {
        in_.SetTotalBytesLimit(INT_MAX);
    }

    // To the next field, over what was not taken of this one; false at the end.
    bool next() {
        if (!taken_) skip();
        if (in_.CurrentPosition() == static_cast<int>(message_.size())) return false;
        const std::uint32_t tag = in_.ReadTag();
        if (tag == 0) garbled();
        number_ = static_cast<int>(tag >> kWireBits);
        wire_ = static_cast<Wire>(tag & ((1U << kWireBits) - 1));
        taken_ = false;
        return true;
    }
    bool is(int number, Wire wire) const noexcept { return number_ == number && wire_ == wire; }
    bool isBytes(int number) const noexcept { return is(number, Wire::kBytes); }

    std::span<const char> bytes() {
        taken_ = true;
        std::uint32_t size = 0;
        if (!in_.ReadVarint32(&size)) garbled();
        const auto at = static_cast<std::size_t>(in_.CurrentPosition());
        if (size > message_.size() - at || !in_.Skip(static_cast<int>(size))) garbled();
        return message_.subspan(at, size);
    }
    std::string text() {
        const auto value = bytes();
        return {value.begin(), value.end()};
    }
    std::uint64_t varint() {
        taken_ = true;
        std::uint64_t value = 0;
        if (!in_.ReadVarint64(&value)) garbled();
        return value;
    }
    float fixed32() {
        taken_ = true;
        std::uint32_t bits = 0;
        if (!in_.ReadLittleEndian32(&bits)) garbled();
        return std::bit_cast<float>(bits);
    }

private:
    void skip() {
        switch (wire_) {
            case Wire::kVarint:
                varint();
                return;
            case Wire::kFixed64:
                if (!in_.Skip(sizeof(std::uint64_t))) garbled();
                break;
            case Wire::kBytes:
                bytes();
                return;
            case Wire::kFixed32:
                fixed32();
                return;
            default:  // the protocol has no groups
                garbled();
        }
        taken_ = true;
    }

    std::span<const char> message_;
    CodedInputStream in_;
    int number_ = 0;
    Wire wire_ = Wire::kVarint;
    bool taken_ = true;
};

// The message of an answer, which is one.
std::span<const char> messageIn(std::span<const char> answer) {
    if (answer.size() < kPrefixBytes) throw Garbage("answers with less than a message.");
    if (answer.front() != 0) throw Garbage("answers with a compressed message.");
    if (std::string_view(answer.data(), kPrefixBytes) != prefix(answer.size() - kPrefixBytes))
        throw Garbage("answers with another length than it says.");
    return answer.subspan(kPrefixBytes);
}

void addExtent(std::vector<std::int64_t>& shape, std::uint64_t extent) {
    if (shape.size() == static_cast<std::size_t>(Shape::kMaxRank))
        throw Garbage("describes a tensor of too many axes.");
    shape.push_back(static_cast<std::int64_t>(extent));
}

// Packed, as they should be, or one by one, as they may be.
void readShape(Fields& fields, std::vector<std::int64_t>& shape) {
    if (fields.is(tensor_field::kShape, Wire::kVarint)) {
        addExtent(shape, fields.varint());
        return;
    }
    const auto packed = fields.bytes();
    CodedInputStream in(reinterpret_cast<const std::uint8_t*>(packed.data()),
                        static_cast<int>(packed.size()));
    while (in.CurrentPosition() < static_cast<int>(packed.size())) {
        std::uint64_t extent = 0;
        if (!in.ReadVarint64(&extent)) garbled();
        addExtent(shape, extent);
    }
}

// A tensor, and where its numbers are if they are in it.
struct Tensor {
    TensorInfo info;
    std::optional<std::span<const char>> contents = {};
};

Tensor readTensor(std::span<const char> message) {
    Tensor tensor;
    Fields fields(message);
    while (fields.next()) {
        if (fields.isBytes(tensor_field::kName)) {
            tensor.info.name = fields.text();
        } else if (fields.isBytes(tensor_field::kDatatype)) {
            tensor.info.datatype = fields.text();
        } else if (fields.isBytes(tensor_field::kShape) ||
                   fields.is(tensor_field::kShape, Wire::kVarint)) {
            readShape(fields, tensor.info.shape);
        } else if (fields.isBytes(tensor_field::kContents)) {
            tensor.contents = fields.bytes();
        }
    }
    return tensor;
}

[[noreturn]] void wrongCount() {
    throw Garbage("answers with another count of numbers than it says.");
}

void copyNumbers(std::span<const char> bytes, std::span<float> to) {
    if (bytes.size() != to.size_bytes()) wrongCount();
    if (!bytes.empty()) std::memcpy(to.data(), bytes.data(), bytes.size());
}

// Numbers that are a list in the message of their tensor.
void readContents(std::span<const char> contents, std::span<float> to) {
    std::size_t count = 0;
    Fields fields(contents);
    while (fields.next()) {
        if (fields.isBytes(tensor_field::kFloats)) {
            const auto packed = fields.bytes();
            const std::size_t more = packed.size() / sizeof(float);
            if (more > to.size() - count) wrongCount();
            copyNumbers(packed, to.subspan(count, more));
            count += more;
        } else if (fields.is(tensor_field::kFloats, Wire::kFixed32)) {
            if (count == to.size()) wrongCount();
            to[count++] = fields.fixed32();
        }
    }
    if (count != to.size()) wrongCount();
}

template <typename T>
void addTo(std::vector<T>& list, T one) {
    if (list.size() == kMostTensors) throw Garbage("answers with too many tensors to be meant.");
    list.push_back(std::move(one));
}

std::string question(const Writer& message) {
    return prefix(message.text().size()) + message.text();
}

}  // namespace

std::string serverQuestion() {
    return prefix(0);
}

ServerInfo parseServerMessage(std::span<const char> answer) {
    std::string name;
    std::string version;
    Fields fields(messageIn(answer));
    while (fields.next()) {
        if (fields.isBytes(server_field::kName)) name = fields.text();
        if (fields.isBytes(server_field::kVersion)) version = fields.text();
    }
    return {.name = shownText(name + " " + version)};
}

std::string modelQuestion(const std::string& name) {
    Writer message;
    message.bytes(model_field::kAskedName, name);
    return question(message);
}

ModelInfo parseModelMessage(std::span<const char> answer) {
    ModelInfo model;
    Fields fields(messageIn(answer));
    while (fields.next()) {
        if (fields.isBytes(model_field::kInputs))
            addTo(model.inputs, readTensor(fields.bytes()).info);
        else if (fields.isBytes(model_field::kOutputs))
            addTo(model.outputs, readTensor(fields.bytes()).info);
    }
    return model;
}

std::string callHead(const CallShape& call, const std::string& model) {
    const std::size_t numbers = static_cast<std::size_t>(call.input.elementCount()) * sizeof(float);
    const auto head = [&](std::size_t filling) {
        Writer message;
        message.bytes(request_field::kModel, model);
        message.bytes(request_field::kId, std::string(filling, '0'));
        Writer input;
        input.bytes(tensor_field::kName, net::kWrittenInput);
        input.bytes(tensor_field::kDatatype, "FP32");
        input.shape(tensor_field::kShape, call.input);
        message.bytes(request_field::kInputs, input.text());
        for (const std::string& name : call.output_names) {
            Writer output;
            output.bytes(tensor_field::kName, name);
            message.bytes(request_field::kOutputs, output.text());
        }
        message.headOf(request_field::kRawInputs, numbers);
        return message.text();
    };
    // The length of the question's name, which nobody needs, is what fills up.
    const std::size_t plain = kPrefixBytes + head(1).size();
    const std::string text = head(1 + (sizeof(float) - plain % sizeof(float)) % sizeof(float));
    if (numbers > INT_MAX - text.size()) {
        throw Error(ErrorCode::kModel,
                    "Pictures of " + call.input.toString() +
                        " are more than gRPC sends at once; choose smaller or fewer ones.");
    }
    return prefix(text.size() + numbers) + text;
}

std::size_t mostMessageBytes(const CallShape& call) {
    return std::min<std::size_t>(
        INT_MAX, kMostMetadataBytes + call.outputNumbers() * sizeof(float) + kPrefixBytes);
}

void readMessage(const CallShape& call, std::span<const char> answer,
                 std::span<const std::span<float>> outputs) {
    std::vector<Tensor> tensors;
    std::vector<std::span<const char>> raw;
    Fields fields(messageIn(answer));
    while (fields.next()) {
        if (fields.isBytes(response_field::kOutputs))
            addTo(tensors, readTensor(fields.bytes()));
        else if (fields.isBytes(response_field::kRawOutputs))
            addTo(raw, fields.bytes());
    }
    if (!raw.empty() && raw.size() != tensors.size()) wrongCount();
    Answered answered(call);
    for (std::size_t k = 0; k < tensors.size(); ++k) {
        const std::size_t i = answered.take(tensors[k].info);
        if (!raw.empty())
            copyNumbers(raw[k], outputs[i]);
        else
            readContents(tensors[k].contents.value_or(std::span<const char>()), outputs[i]);
    }
    answered.checkAll();
}

}  // namespace overfeat::backend::kserve
