// SPDX-License-Identifier: Apache-2.0
//
// The protocol as JSON over HTTP.
#include <string_view>
#include <utility>

#include "engine/backend/kserve/dialect.h"
#include "engine/backend/kserve/protocol.h"

namespace overfeat::backend::kserve {
namespace {

constexpr int kOk = 200;

std::string_view textIn(const Exchange& answered) {
    return {answered.answer.data(), answered.answer.size()};
}

class HttpCall final : public Call {
public:
    HttpCall(const CallShape& shape, std::string path, bool binary)
        : Call(shape, binary ? binaryHeader(shape) : ""), path_(std::move(path)), binary_(binary) {}

    Exchange exchange() override {
        Exchange asked{.path = path_, .most_bytes = mostJsonBytes(shape())};
        if (binary_) {
            asked.headers = {"Content-Type: application/octet-stream",
                             "Inference-Header-Content-Length: " + std::to_string(headBytes())};
            asked.body = body();
        } else {
            asked.headers = {"Content-Type: application/json"};
            asked.text = jsonRequest(shape(), input());
        }
        asked.answer = takeMemory();
        return asked;
    }

private:
    void readInto(const Exchange& answered,
                  std::span<const std::span<float>> outputs) const override {
        if (answered.status != kOk) {
            const std::string why = errorText(textIn(answered));
            throw Garbage("refuses to compute (HTTP status " + std::to_string(answered.status) +
                          ")" + (why.empty() ? "." : ": " + why));
        }
        readAnswer(shape(), answered.answer, answered.answer_json_bytes, outputs);
    }

    std::string path_;
    bool binary_;
};

class HttpDialect final : public Dialect {
public:
    Exchange askServer() const override {
        return {.path = "/v2", .most_bytes = kMostMetadataBytes};
    }

    ServerInfo readServer(const Exchange& answered) const override {
        if (answered.status != kOk)
            throw Garbage("does not speak KServe's protocol: it has no page /v2.");
        return parseServer(textIn(answered));
    }

    Exchange askModel(const std::string& name) const override {
        return {.path = "/v2/models/" + name, .most_bytes = kMostMetadataBytes};
    }

    std::optional<ModelInfo> readModel(const Exchange& answered) const override {
        if (answered.status >= 400 && answered.status < 500) return std::nullopt;
        if (answered.status != kOk)
            throw Garbage("answers with HTTP status " + std::to_string(answered.status) + ".");
        return parseModel(textIn(answered));
    }

    std::unique_ptr<Call> makeCall(const CallShape& shape, const std::string& model,
                                   const ServerInfo& server) const override {
        return std::make_unique<HttpCall>(shape, "/v2/models/" + model + "/infer",
                                          server.takes_binary);
    }
};

}  // namespace

std::unique_ptr<const Dialect> makeHttpDialect() {
    return std::make_unique<HttpDialect>();
}

}  // namespace overfeat::backend::kserve
