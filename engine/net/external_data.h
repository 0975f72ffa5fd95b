// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace overfeat::net {

// Numbers that lie in a file beside the model (ONNX external data): a published package of weights
// can be used as it is, with a graph of ours that says where in it each tensor begins.
//
// A model names files, so nothing but a plain file in its own folder is opened: no other folder, no
// link, no device. Nothing is read beyond what a tensor needs.
class ExternalData {
public:
    // Of a model in this folder. Empty: of one that was not read from a file; it may read none.
    explicit ExternalData(std::filesystem::path folder) : folder_(std::move(folder)) {}
    ~ExternalData();
    ExternalData(const ExternalData&) = delete;
    ExternalData& operator=(const ExternalData&) = delete;

    static bool holds(const onnx::TensorProto& proto) noexcept {
        return proto.data_location() == onnx::TensorProto::EXTERNAL ||
               proto.external_data_size() > 0;
    }

    // The `bytes` bytes of a tensor, which has just that many; little-endian, at any offset.
    // `what` names the tensor in messages. Throws Error(kModel).
    std::vector<std::byte> read(const onnx::TensorProto& proto, std::size_t bytes,
                                const std::string& what);

private:
    void open(const std::string& location, const std::string& what);
    void close() noexcept;

    std::filesystem::path folder_;
    // The file read last: one at a time, because some exporters write one for every tensor.
    std::string location_;
    int descriptor_ = -1;
    std::size_t file_bytes_ = 0;
};

// The files that the tensors of a model lie in, each once, by name; they may not be there.
std::vector<std::string> externalFiles(const onnx::ModelProto& model);

}  // namespace overfeat::net
