// SPDX-License-Identifier: Apache-2.0
#include "engine/net/onnx_tensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/net/refusal.h"

namespace overfeat::net {
namespace {

static_assert(std::endian::native == std::endian::little,
              "ONNX raw data is little-endian and copied as it is");

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
    throw Error(ErrorCode::kModel, "Tensor " + inQuotes(name) + " " + what, sanitisedLabel(name));
}

// Elements of `Raw` one after another in memory, at any address; `convert` makes them floats.
template <class Raw, class Convert>
std::vector<float> rawElements(const void* raw, std::size_t count, Convert convert) {
    std::vector<float> values(count);
    const auto* bytes = static_cast<const std::byte*>(raw);
    for (std::size_t i = 0; i < count; ++i) {
        Raw element{};
        std::memcpy(&element, bytes + i * sizeof(Raw), sizeof(Raw));
        values[i] = convert(element);
    }
    return values;
}

// Elements of `Raw` from raw_data, or else from the typed field.
template <class Raw, class Field, class Convert>
std::vector<float> elements(const onnx::TensorProto& proto, const Field& typed, std::size_t count,
                            const std::string& name, Convert convert) {
    const std::string& raw = proto.raw_data();
    if (!raw.empty() && !typed.empty()) refuse(name, "holds its numbers twice.");
    const std::size_t present =
        raw.empty() ? static_cast<std::size_t>(typed.size()) : raw.size() / sizeof(Raw);
    if (present != count || raw.size() % sizeof(Raw) != 0) {
        refuse(name, "should hold " + std::to_string(count) + " numbers but holds " +
                         std::to_string(present) + "; the file is damaged.");
    }
    if (!raw.empty()) return rawElements<Raw>(raw.data(), count, convert);
    std::vector<float> values;
    values.reserve(count);
    for (const auto element : typed)
        values.push_back(convert(static_cast<Raw>(element)));
    return values;
}

Shape checkedShape(const onnx::TensorProto& proto, const std::string& name) {
    if (proto.dims_size() > Shape::kMaxRank) refuse(name, "has more than 8 dimensions.");
    Shape shape;
    for (const std::int64_t dim : proto.dims()) {
        if (dim < 0) refuse(name, "has a negative dimension.");
        shape.append(dim);
    }
    return shape;
}

}  // namespace

float halfToFloat(std::uint16_t half) noexcept {
    const std::uint32_t sign = (half & 0x8000U) << 16;
    const std::uint32_t exponent = (half >> 10) & 0x1FU;
    const std::uint32_t fraction = half & 0x3FFU;
    if (exponent == 0) {  // zero or subnormal: fraction * 2^-24
        const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
        return sign == 0 ? magnitude : -magnitude;
    }
    const std::uint32_t wide = exponent == 31 ? 0xFFU : exponent + (127 - 15);
    return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

bool OnnxTensorReader::isPlain(const onnx::TensorProto& proto) {
    using Type = onnx::TensorProto;
    constexpr std::array kTypes{Type::FLOAT, Type::DOUBLE, Type::FLOAT16,
                                Type::INT64, Type::INT32,  Type::BOOL};
    return !ExternalData::holds(proto) && std::ranges::count(kTypes, proto.data_type()) > 0;
}

OnnxConstant OnnxTensorReader::read(const onnx::TensorProto& proto, const std::string& what) {
    using Type = onnx::TensorProto;
    if (proto.has_segment()) refuse(what, "is split into segments, which is not supported.");
    const Shape shape = checkedShape(proto, what);
    charge(shape, what);
    const std::int64_t count = shape.elementCount();
    const auto make = [&]<class Raw>(Raw, const auto& typed, bool integral, auto convert) {
        const auto size = static_cast<std::size_t>(count);
        std::vector<float> values;
        if (ExternalData::holds(proto)) {
            if (!typed.empty() || !proto.raw_data().empty())
                refuse(what, "holds its numbers twice.");
            const auto bytes = external_.read(proto, size * sizeof(Raw), what);
            values = rawElements<Raw>(bytes.data(), size, convert);
        } else {
            values = elements<Raw>(proto, typed, size, what, convert);
        }
        return OnnxConstant{std::make_shared<Tensor>(shape, std::move(values)), integral};
    };
    const auto number = [](auto element) { return static_cast<float>(element); };
    OnnxConstant constant;
    switch (proto.data_type()) {
        case Type::FLOAT:
            constant = make(float{}, proto.float_data(), false, number);
            break;
        case Type::DOUBLE:
            constant = make(double{}, proto.double_data(), false, number);
            break;
        case Type::FLOAT16:
            constant = make(std::uint16_t{}, proto.int32_data(), false, halfToFloat);
            break;
        case Type::INT64:
            constant = make(std::int64_t{}, proto.int64_data(), true, number);
            break;
        case Type::INT32:
            constant = make(std::int32_t{}, proto.int32_data(), true, number);
            break;
        case Type::BOOL:
            constant = make(std::uint8_t{}, proto.int32_data(), true, number);
            break;
        default:
            refuse(what, "has the element type " +
                             Type::DataType_Name(static_cast<Type::DataType>(proto.data_type())) +
                             "; only float32 and float16 networks can be read.");
    }
    return constant;
}

void OnnxTensorReader::charge(const Shape& shape, const std::string& what) {
    std::int64_t count = 1;
    for (const std::int64_t dim : shape.dims()) {
        if (__builtin_mul_overflow(count, dim, &count)) {
            refuse(what, "has more numbers than any machine can hold (" + shape.toString() + ").");
        }
    }
    if (count > elements_left_) {
        refuse(what, "(" + shape.toString() + ") takes the network's weights past the limit of " +
                         "this program; choose a smaller network.");
    }
    elements_left_ -= count;
}

}  // namespace overfeat::net
