// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/kserve/protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/net/onnx_writer.h"

namespace overfeat::backend::kserve {
namespace {

using Json = nlohmann::json;

constexpr int kDeepest = 16;  // brackets within brackets
constexpr std::size_t kAlignment = 16;

// So that nobody's brackets become our stack.
void checkDepth(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > kDeepest) throw Garbage("answers with brackets too deep to be meant.");
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
}

Json parsed(std::string_view text) {
    checkDepth(text);
    Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) throw Garbage("answers with what is no JSON object.");
    return json;
}

const Json* member(const Json& json, const char* key) {
    if (!json.is_object()) return nullptr;
    const auto found = json.find(key);
    return found == json.end() ? nullptr : &*found;
}

std::string textOf(const Json& json, const char* key) {
    const Json* found = member(json, key);
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::int64_t> shapeOf(const Json& json) {
    const Json* found = member(json, "shape");
    if (found == nullptr || !found->is_array() ||
        found->size() > static_cast<std::size_t>(Shape::kMaxRank))
        throw Garbage("describes a tensor without a shape.");
    std::vector<std::int64_t> shape;
    for (const Json& extent : *found) {
        if (!extent.is_number_integer() && !extent.is_number_unsigned())
            throw Garbage("describes a tensor with a shape that is not made of whole numbers.");
        shape.push_back(extent.get<std::int64_t>());
    }
    return shape;
}

TensorInfo tensorOf(const Json& json) {
    return {
        .name = textOf(json, "name"), .datatype = textOf(json, "datatype"), .shape = shapeOf(json)};
}

std::vector<TensorInfo> tensorsOf(const Json& json, const char* key) {
    const Json* list = member(json, key);
    if (list == nullptr || !list->is_array() || list->size() > kMostTensors)
        throw Garbage("describes a model without its " + std::string(key) + ".");
    std::vector<TensorInfo> tensors;
    for (const Json& one : *list)
        tensors.push_back(tensorOf(one));
    return tensors;
}

Json outputsWanted(const CallShape& call, bool binary) {
    Json list = Json::array();
    for (const std::string& name : call.output_names) {
        Json one{{"name", name}};
        if (binary) one["parameters"] = {{"binary_data", true}};
        list.push_back(std::move(one));
    }
    return list;
}

// The numbers of one output, written out in the JSON.
void readNumbers(const Json& data, std::span<float> to) {
    if (!data.is_array() || data.size() != to.size())
        throw Garbage("answers with another count of numbers than it says.");
    for (std::size_t i = 0; i < to.size(); ++i) {
        if (!data[i].is_number()) throw Garbage("answers with what is no number.");
        to[i] = data[i].get<float>();
    }
}

}  // namespace

ServerInfo parseServer(std::string_view json) {
    const Json server = parsed(json);
    const std::string name = textOf(server, "name");
    // KServe's own server takes them without saying so.
    ServerInfo info{.name = shownText(name + " " + textOf(server, "version")),
                    .takes_binary = name == "kserve"};
    if (const Json* extensions = member(server, "extensions");
        extensions != nullptr && extensions->is_array()) {
        info.takes_binary |= std::ranges::any_of(
            *extensions, [](const Json& one) { return one == "binary_tensor_data"; });
    }
    return info;
}

ModelInfo parseModel(std::string_view json) {
    const Json model = parsed(json);
    return {.inputs = tensorsOf(model, "inputs"), .outputs = tensorsOf(model, "outputs")};
}

std::string binaryHeader(const CallShape& call) {
    const auto dims = call.input.dims();
    const auto bytes = static_cast<std::size_t>(call.input.elementCount()) * sizeof(float);
    const Json header{{"inputs",
                       {{{"name", net::kWrittenInput},
                         {"shape", std::vector<std::int64_t>(dims.begin(), dims.end())},
                         {"datatype", "FP32"},
                         {"parameters", {{"binary_data_size", bytes}}}}}},
                      {"outputs", outputsWanted(call, true)}};
    std::string text = header.dump();
    text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
    return text;
}

std::string jsonRequest(const CallShape& call, std::span<const float> input) {
    const auto dims = call.input.dims();
    std::string text = R"({"inputs":[{"name":")" + std::string(net::kWrittenInput) +
                       R"(","datatype":"FP32","shape":)" +
                       Json(std::vector<std::int64_t>(dims.begin(), dims.end())).dump() +
                       R"(,"data":[)";
    std::array<char, 32> digits{};
    for (const float value : input) {
        // JSON has no other numbers; the network would make NaN of them anyway.
        const auto end =
            std::to_chars(digits.begin(), digits.end(), std::isfinite(value) ? value : 0.0F);
        text.append(digits.begin(), end.ptr);
        text += ',';
    }
    if (!input.empty()) text.pop_back();
    return text + R"(]}],"outputs":)" + outputsWanted(call, false).dump() + "}";
}

std::size_t mostJsonBytes(const CallShape& call) {
    constexpr std::size_t kMostDigits = 32;  // and what separates them
    return kMostMetadataBytes + call.outputNumbers() * kMostDigits;
}

void readAnswer(const CallShape& call, std::span<const char> answer,
                std::optional<std::size_t> json_bytes, std::span<const std::span<float>> outputs) {
    const std::size_t json_end = json_bytes.value_or(answer.size());
    if (json_end > answer.size()) throw Garbage("answers with less than it says.");
    const Json json = parsed({answer.data(), json_end});
    const Json* list = member(json, "outputs");
    if (list == nullptr || !list->is_array() || list->size() > kMostTensors)
        throw Garbage("answers without outputs.");
    Answered answered(call);
    std::size_t at = json_end;
    for (const Json& one : *list) {
        const std::size_t i = answered.take(tensorOf(one));
        const Json* parameters = member(one, "parameters");
        const Json* size =
            parameters != nullptr ? member(*parameters, "binary_data_size") : nullptr;
        if (size == nullptr) {
            const Json* data = member(one, "data");
            readNumbers(data != nullptr ? *data : Json(), outputs[i]);
            continue;
        }
        const std::size_t bytes = outputs[i].size_bytes();
        if (!size->is_number_unsigned() || size->get<std::uint64_t>() != bytes ||
            answer.size() - at < bytes)
            throw Garbage("answers with another count of numbers than it says.");
        std::memcpy(outputs[i].data(), answer.data() + at, bytes);
        at += bytes;
    }
    answered.checkAll();
}

std::string errorText(std::string_view answer) {
    try {
        if (answer.size() <= kMostMetadataBytes) return shownText(textOf(parsed(answer), "error"));
    } catch (const Garbage&) {
        // A page for people, or nothing.
    }
    return {};
}

}  // namespace overfeat::backend::kserve
