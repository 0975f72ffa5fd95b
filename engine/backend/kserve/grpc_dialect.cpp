// SPDX-License-Identifier: Apache-2.0
//
// The protocol as gRPC: its messages, and the status behind each answer.
#include <charconv>
#include <string_view>
#include <utility>

#include "engine/backend/kserve/dialect.h"
#include "engine/backend/kserve/grpc_messages.h"

namespace overfeat::backend::kserve {
namespace {

constexpr int kHttpOk = 200;

// gRPC's own numbers.
enum class Status {
    kOk = 0,
    kInvalidArgument = 3,
    kDeadlineExceeded = 4,
    kNotFound = 5,
    kPermissionDenied = 7,
    kFailedPrecondition = 9,
    kUnimplemented = 12,
    kUnavailable = 14,
    kUnauthenticated = 16
};

Exchange ask(const char* method, std::string text = {}) {
    return {.path = std::string("/inference.GRPCInferenceService/") + method,
            .headers = {"Content-Type: application/grpc", "TE: trailers"},
            .text = std::move(text),
            .grpc = true,
            .most_bytes = kMostMetadataBytes};
}

// Throws Garbage for what gRPC never answers.
Status statusOf(const Exchange& answered) {
    if (answered.status != kHttpOk)
        throw Garbage("does not speak gRPC: it answers with HTTP status " +
                      std::to_string(answered.status) + ".");
    if (!answered.grpc_status) throw Garbage("broke the connection off.");
    const auto status = static_cast<Status>(*answered.grpc_status);
    // The server looks at the clock, too, and may be the first.
    if (status == Status::kDeadlineExceeded) throw Garbage("did not answer in time.");
    return status;
}

// The status, and what the server says to it: sent with what is no plain character as %XX.
std::string statusText(const Exchange& answered) {
    std::string why;
    const std::string_view sent = answered.grpc_message;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        unsigned value = 0;
        const std::string_view digits = sent.substr(i + 1, 2);
        if (sent[i] == '%' && digits.size() == 2 &&
            std::from_chars(digits.begin(), digits.end(), value, 16).ptr == digits.end()) {
            why += static_cast<char>(value);
            i += 2;
        } else {
            why += sent[i];
        }
    }
    return "(gRPC status " + std::to_string(answered.grpc_status.value_or(0)) + ")" +
           (why.empty() ? "." : ": " + shownText(why));
}

class GrpcCall final : public Call {
public:
    GrpcCall(const CallShape& shape, const std::string& model)
        : Call(shape, callHead(shape, model)) {}

    Exchange exchange() override {
        Exchange asked = ask("ModelInfer");
        asked.body = body();
        asked.most_bytes = mostMessageBytes(shape());
        asked.answer = takeMemory();
        return asked;
    }

private:
    void readInto(const Exchange& answered,
                  std::span<const std::span<float>> outputs) const override {
        if (statusOf(answered) != Status::kOk)
            throw Garbage("refuses to compute " + statusText(answered));
        readMessage(shape(), answered.answer, outputs);
    }
};

class GrpcDialect final : public Dialect {
public:
    Exchange askServer() const override { return ask("ServerMetadata", serverQuestion()); }

    ServerInfo readServer(const Exchange& answered) const override {
        const Status status = statusOf(answered);
        if (status == Status::kUnimplemented)
            throw Garbage("speaks gRPC, but not KServe's protocol.");
        if (status != Status::kOk) throw Garbage("does not say what it is " + statusText(answered));
        ServerInfo info = parseServerMessage(answered.answer);
        info.name += ", gRPC";
        return info;
    }

    Exchange askModel(const std::string& name) const override {
        return ask("ModelMetadata", modelQuestion(name));
    }

    std::optional<ModelInfo> readModel(const Exchange& answered) const override {
        switch (statusOf(answered)) {
            case Status::kOk:
                return parseModelMessage(answered.answer);
            case Status::kInvalidArgument:
            case Status::kNotFound:
            case Status::kPermissionDenied:
            case Status::kFailedPrecondition:
            case Status::kUnauthenticated:
                return std::nullopt;
            case Status::kUnavailable:  // as HTTP's 503: not "there is no such model"
                throw Garbage(
                    "does not say what it holds: no version of the model is loaded, or it is going "
                    "down " +
                    statusText(answered));
            default:
                throw Garbage("does not say what it holds " + statusText(answered));
        }
    }

    std::unique_ptr<Call> makeCall(const CallShape& shape, const std::string& model,
                                   const ServerInfo& /*server*/) const override {
        return std::make_unique<GrpcCall>(shape, model);
    }
};

}  // namespace

std::unique_ptr<const Dialect> makeGrpcDialect() {
    return std::make_unique<GrpcDialect>();
}

}  // namespace overfeat::backend::kserve
