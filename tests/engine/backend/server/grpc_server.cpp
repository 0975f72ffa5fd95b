// SPDX-License-Identifier: Apache-2.0
//
// An inference server for tests: KServe v2 over gRPC, by gRPC's own library, on 127.0.0.1, at a
// port that it prints. As inference_server.py it serves what `overfeat export-server` writes:
//   grpc_server FOLDER [--fault PLACE:FAULT] [--after N] [--port PORT]
// With --fault it misbehaves in one way, from the N-th question about numbers on. "slow" and "late"
// print the other end of the connection of each question that they hold; "late" answers it once
// nobody wants to hear it any more, and prints "answered".
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <inference.pb.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/engine/backend/server/served_models.h"

// gRPC's library is not made for these sanitizers, which see only half of what its threads do.
extern "C" const char* __tsan_default_options() {
    return "report_bugs=0";
}

namespace {

using namespace overfeat;

struct Options {
    std::filesystem::path folder = {};
    std::string fault_place = {};
    std::string fault = {};
    int after = 0;
    int port = 0;  // 0 = any
};

Options parse(int count, char** words) {
    Options options{.folder = words[1]};
    for (int i = 2; i + 1 < count; i += 2) {
        const std::string name = words[i];
        const std::string value = words[i + 1];
        if (name == "--after") options.after = std::stoi(value);
        if (name == "--port") options.port = std::stoi(value);
        if (name == "--fault") {
            const std::size_t colon = value.find(':');
            options.fault_place = value.substr(0, colon);
            if (colon != std::string::npos) options.fault = value.substr(colon + 1);
        }
    }
    return options;
}

// What becomes of one question.
struct Answer {
    grpc::Status status = {};
    std::string message = {};
    enum class Kind { kMessage, kNever, kLate, kEndless, kBroken } kind = Kind::kMessage;
    std::size_t trailer_bytes = 0;
};

class Service {
public:
    explicit Service(Options options) : options_(std::move(options)) {}

    Answer answer(const std::string& method, const std::string& question) {
        const std::string_view name = std::string_view(method).substr(method.rfind('/') + 1);
        if (name == "ServerMetadata") return serverMetadata();
        if (name == "ModelMetadata") return modelMetadata(question);
        if (name == "ModelInfer") return modelInfer(question);
        return {.status = {grpc::StatusCode::UNIMPLEMENTED, "no such method"}};
    }

private:
    bool fails(std::string_view place, std::string_view fault) const {
        return options_.fault_place == place && options_.fault == fault;
    }

    std::optional<Answer> misbehave(std::string_view place) const {
        if (fails(place, "slow")) return Answer{.kind = Answer::Kind::kNever};
        if (fails(place, "late")) return Answer{.kind = Answer::Kind::kLate};
        if (fails(place, "unavailable"))
            return Answer{.status = {grpc::StatusCode::UNAVAILABLE, "not loaded"}};
        if (fails(place, "drop")) return Answer{.kind = Answer::Kind::kBroken};
        if (fails(place, "hang-up")) _exit(0);
        if (fails(place, "garbage")) {
            std::string bytes;
            for (int i = 0; i < 1 << 14; ++i)
                bytes += static_cast<char>(255 - i);
            return Answer{.message = bytes};
        }
        if (fails(place, "endless")) return Answer{.kind = Answer::Kind::kEndless};
        if (fails(place, "headers")) return Answer{.trailer_bytes = 200'000};
        if (fails(place, "error"))
            return Answer{
                .status = {grpc::StatusCode::RESOURCE_EXHAUSTED, "out of\x1b[31m memory"}};
        return std::nullopt;
    }

    Answer serverMetadata() const {
        if (const auto bad = misbehave("server")) return *bad;
        test::ServerMetadataResponse said;
        said.set_name("fake");
        said.set_version("1");
        return {.message = said.SerializeAsString()};
    }

    Answer modelMetadata(const std::string& question) const {
        test::ModelMetadataRequest asked;
        asked.ParseFromString(question);
        std::ifstream file(options_.folder / asked.name() / "model-settings.json");
        if (!file) return {.status = {grpc::StatusCode::NOT_FOUND, "no such model"}};
        if (const auto bad = misbehave("model")) return *bad;
        const auto settings = nlohmann::json::parse(file);
        test::ModelMetadataResponse said;
        said.set_name(asked.name());
        const auto add = [](const nlohmann::json& from, auto* to) {
            to->set_name(from.at("name").get<std::string>());
            to->set_datatype(from.at("datatype").get<std::string>());
            for (const auto& extent : from.at("shape"))
                to->add_shape(extent.get<std::int64_t>());
        };
        for (const auto& input : settings.at("inputs"))
            add(input, said.add_inputs());
        for (const auto& output : settings.at("outputs"))
            add(output, said.add_outputs());
        if (fails("model", "fixed")) {
            said.mutable_inputs(0)->clear_shape();
            for (int axis = 0; axis < 4; ++axis)
                said.mutable_inputs(0)->add_shape(1);
        }
        return {.message = said.SerializeAsString()};
    }

    Answer modelInfer(const std::string& question) {
        const bool bad_now = asked_++ >= options_.after;
        if (bad_now) {
            if (const auto bad = misbehave("infer")) return *bad;
        }
        test::ModelInferRequest asked;
        if (!asked.ParseFromString(question) || asked.inputs_size() != 1 ||
            asked.raw_inputs_size() != 1 || asked.inputs(0).datatype() != "FP32")
            return {.status = {grpc::StatusCode::INVALID_ARGUMENT, "not understood"}};
        Shape shape;
        for (const std::int64_t extent : asked.inputs(0).shape())
            shape.append(extent);
        const std::string& raw = asked.raw_inputs(0);
        std::vector<float> input(raw.size() / sizeof(float));
        std::memcpy(input.data(), raw.data(), input.size() * sizeof(float));
        std::vector<std::string> outputs;
        for (const auto& output : asked.outputs())
            outputs.push_back(output.name());
        const std::string path = options_.folder / asked.model_name() / "1" / "model.onnx";
        std::vector<test::ServedModels::Output> made;
        try {
            const std::scoped_lock lock(mutex_);
            made = models_.run(path, shape, input, outputs);
        } catch (const std::exception& error) {
            return {.status = {grpc::StatusCode::INVALID_ARGUMENT, error.what()}};
        }
        return {.message = said(asked, std::move(made), bad_now)};
    }

    std::string said(const test::ModelInferRequest& asked,
                     std::vector<test::ServedModels::Output> made, bool bad_now) const {
        const auto wrong = [&](std::string_view fault) { return bad_now && fails("infer", fault); };
        test::ModelInferResponse response;
        response.set_id(asked.id());
        if (wrong("missing")) made.pop_back();
        for (std::size_t i = 0; i < made.size(); ++i) {
            auto& [shape, values] = made[i];
            auto* output = response.add_outputs();
            output->set_name(asked.outputs(static_cast<int>(i)).name());
            if (wrong("other-name")) output->set_name("other");
            output->set_datatype(wrong("datatype") ? "FP16" : "FP32");
            for (const std::int64_t extent : shape.dims())
                output->add_shape(extent);
            if (wrong("shape")) output->add_shape(1);
            if (wrong("nan")) values.front() = std::numeric_limits<float>::quiet_NaN();
            if (wrong("short")) values.pop_back();
            if (options_.fault_place == "contents" || wrong("short-contents")) {
                if (wrong("short-contents")) values.pop_back();
                output->mutable_contents()->mutable_floats()->Add(values.begin(), values.end());
            } else if (!wrong("cut") || i == 0) {
                response.add_raw_outputs(values.data(), values.size() * sizeof(float));
            }
        }
        return response.SerializeAsString();
    }

    Options options_;
    std::atomic<int> asked_ = 0;
    std::mutex mutex_;
    test::ServedModels models_;
};

std::string textOf(const grpc::ByteBuffer& buffer) {
    std::vector<grpc::Slice> slices;
    if (!buffer.Dump(&slices).ok()) return {};
    std::string text;
    for (const grpc::Slice& slice : slices)
        text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    return text;
}

grpc::ByteBuffer bufferOf(const std::string& text) {
    const grpc::Slice slice(text);
    return {&slice, 1};
}

void say(const std::string& line) {
    std::cout << line + "\n" << std::flush;
}

// One call: a message in, and what becomes of it. The client may give it up at any time, so whoever
// is to finish it takes finished_ first, and then nobody else does.
class Reactor final : public grpc::ServerGenericBidiReactor {
public:
    Reactor(Service& service, grpc::GenericCallbackServerContext& context)
        : service_(service), context_(context) {
        StartRead(&question_);
    }

    void OnReadDone(bool ok) override {
        if (!ok) {
            finishOnce({grpc::StatusCode::INVALID_ARGUMENT, "nothing was asked"});
            return;
        }
        try {
            carryOut(service_.answer(context_.method(), textOf(question_)));
        } catch (const std::exception& error) {
            // Must not leave through gRPC's threads.
            finishOnce({grpc::StatusCode::INTERNAL, error.what()});
        }
    }
    void OnWriteDone(bool ok) override {
        if (!endless_) return;
        if (ok) {
            StartWrite(&answer_);
        } else {
            Finish(grpc::Status::CANCELLED);
        }
    }
    void OnCancel() override {
        finishOnce(grpc::Status::CANCELLED);
        given_up_.test_and_set();
        given_up_.notify_all();
    }
    void OnDone() override { delete this; }

private:
    void carryOut(const Answer& answer) {
        switch (answer.kind) {
            case Answer::Kind::kNever:
                say(context_.peer());
                return;  // until the other side has enough
            case Answer::Kind::kLate:
                say(context_.peer());
                given_up_.wait(false);
                finishWith(answer);
                say("answered");
                return;
            case Answer::Kind::kBroken:
                context_.TryCancel();
                return;
            case Answer::Kind::kEndless:
                answer_ = bufferOf(std::string(1U << 16U, ' '));
                if (finished_.exchange(true)) return;
                endless_ = true;
                StartWrite(&answer_);
                return;
            case Answer::Kind::kMessage:
                finishWith(answer);
                return;
        }
    }
    void finishWith(const Answer& answer) {
        answer_ = bufferOf(answer.message);
        if (finished_.exchange(true)) return;
        for (std::size_t i = 0; i < answer.trailer_bytes; i += 1000)
            context_.AddTrailingMetadata("x-more-" + std::to_string(i), std::string(1000, 'x'));
        if (!answer.status.ok()) {
            Finish(answer.status);
        } else {
            StartWriteAndFinish(&answer_, {}, grpc::Status::OK);
        }
    }
    void finishOnce(const grpc::Status& status) {
        if (!finished_.exchange(true)) Finish(status);
    }

    Service& service_;
    grpc::GenericCallbackServerContext& context_;
    grpc::ByteBuffer question_;
    grpc::ByteBuffer answer_;
    bool endless_ = false;  // set before the first write
    std::atomic_flag given_up_;
    std::atomic<bool> finished_ = false;
};

class Calls final : public grpc::CallbackGenericService {
public:
    explicit Calls(Service& service) : service_(service) {}

private:
    grpc::ServerGenericBidiReactor* CreateReactor(
        grpc::GenericCallbackServerContext* context) override {
        return new Reactor(service_, *context);
    }

    Service& service_;
};

}  // namespace

int main(int count, char** words) {
    if (count < 2) return 2;
    const Options options = parse(count, words);
    Service service(options);
    Calls calls(service);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(options.port),
                             grpc::InsecureServerCredentials(), &port);
    builder.RegisterCallbackGenericService(&calls);
    builder.SetMaxReceiveMessageSize(-1);
    const auto server = builder.BuildAndStart();
    if (server == nullptr) return 1;
    std::cout << port << std::endl;
    server->Wait();
    return 0;
}
