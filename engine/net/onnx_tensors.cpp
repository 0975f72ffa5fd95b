// SPDX-License-Identifier: Apache-2.0
#include "engine/net/onnx_tensors.h"

#include <algorithm>
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

// Elements of `Raw` from raw_data, or else from the typed field; `convert` makes them floats.
template <class Raw, class Field, class Convert>
std::vector<float> elements(const onnx::TensorProto& proto, const Field& typed, std::int64_t count,
                            const std::string& name, Convert convert) {
    const std::string& raw = proto.raw_data();
    if (!raw.empty() && !typed.empty()) refuse(name, "holds its numbers twice.");
    const auto wanted = static_cast<std::size_t>(count);
    const std::size_t present =
        raw.empty() ? static_cast<std::size_t>(typed.size()) : raw.size() / sizeof(Raw);
    if (present != wanted || raw.size() % sizeof(Raw) != 0) {
        refuse(name, "should hold " + std::to_string(wanted) + " numbers but holds " +
                         std::to_string(present) + "; the file is damaged.");
    }
    std::vector<float> values(wanted);
    for (std::size_t i = 0; i < wanted; ++i) {
        Raw element{};
        if (raw.empty()) {
            element = static_cast<Raw>(typed[static_cast<int>(i)]);
        } else {
            std::memcpy(&element, raw.data() + i * sizeof(Raw), sizeof(Raw));
        }
        values[i] = convert(element);
    }
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

OnnxConstant OnnxTensorReader::read(const onnx::TensorProto& proto, const std::string& what) {
    using Type = onnx::TensorProto;
    if (proto.data_location() == Type::EXTERNAL || proto.external_data_size() > 0) {
        refuse(what,
               "is stored in another file, which is not read for safety; export the model "
               "with its weights inside.");
    }
    if (proto.has_segment()) refuse(what, "is split into segments, which is not supported.");
    const Shape shape = checkedShape(proto, what);
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

    const auto make = [&]<class Raw>(Raw, const auto& typed, bool integral) {
        auto values = elements<Raw>(proto, typed, count, what,
                                    [](Raw element) { return static_cast<float>(element); });
        return OnnxConstant{std::make_shared<Tensor>(shape, std::move(values)), integral};
    };
    OnnxConstant constant;
    switch (proto.data_type()) {
        case Type::FLOAT:
            constant = make(float{}, proto.float_data(), false);
            break;
        case Type::DOUBLE:
            constant = make(double{}, proto.double_data(), false);
            break;
        case Type::FLOAT16:
            constant = {
                std::make_shared<Tensor>(shape, elements<std::uint16_t>(proto, proto.int32_data(),
                                                                        count, what, halfToFloat)),
                false};
            break;
        case Type::INT64:
            constant = make(std::int64_t{}, proto.int64_data(), true);
            break;
        case Type::INT32:
            constant = make(std::int32_t{}, proto.int32_data(), true);
            break;
        case Type::BOOL:
            constant = make(std::uint8_t{}, proto.int32_data(), true);
            break;
        default:
            refuse(what, "has the element type " +
                             Type::DataType_Name(static_cast<Type::DataType>(proto.data_type())) +
                             "; only float32 and float16 networks can be read.");
    }
    elements_left_ -= count;
    return constant;
}

}  // namespace overfeat::net
