// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/backend/server/inference_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <utility>

#include "engine/backend/kserve/served_network.h"
#include "engine/net/onnx_writer.h"
#include "tests/support/capability.h"

namespace overfeat::test {

namespace {

constexpr int kPatienceMs = 120'000;  // for machines that do other things too

std::vector<std::string> commandOf(Protocol protocol, const std::string& models) {
#ifdef OVERFEAT_GRPC_SERVER
    if (protocol == Protocol::kGrpc) return {OVERFEAT_GRPC_SERVER, models};
#endif
    EXPECT_EQ(protocol, Protocol::kHttp);
    return {OVERFEAT_PYTHON,
            "-B",
            (sourceRoot() / "tests/engine/backend/server/inference_server.py").string(),
            models,
            "--compute",
            OVERFEAT_SERVER_COMPUTE};
}

}  // namespace

bool serverMissing(Protocol protocol) {
    if (protocol == Protocol::kHttp) return missing("python", *OVERFEAT_PYTHON != '\0');
#ifdef OVERFEAT_GRPC_SERVER
    return missing("grpc", true);
#else
    return missing("grpc", false);
#endif
}

InferenceServer::InferenceServer(const std::filesystem::path& models,
                                 const std::vector<std::string>& options, Protocol protocol)
    : protocol_(protocol) {
    std::vector<std::string> words = commandOf(protocol, models.string());
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<int, 2> pipe{};
    if (pipe2(pipe.data(), O_CLOEXEC) != 0) {
        ADD_FAILURE() << "no pipe";
        return;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    const int failed =
        posix_spawn(&process_, arguments.front(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe[1]);
    output_ = pipe[0];
    if (failed != 0) {
        process_ = -1;
        ADD_FAILURE() << "the server does not start";
        return;
    }
    const std::string port = nextLine();
    const auto parsed = std::from_chars(port.data(), port.data() + port.size(), port_);
    EXPECT_TRUE(parsed.ec == std::errc() && port_ > 0) << "the server said no port: " << port;
}

std::string InferenceServer::nextLine() const {
    std::string line;
    pollfd ready{.fd = output_, .events = POLLIN, .revents = 0};
    for (char c = 0; poll(&ready, 1, kPatienceMs) == 1 && read(output_, &c, 1) == 1;) {
        if (c == '\n') return line;
        line += c;
    }
    ADD_FAILURE() << "the server says nothing";
    return {};
}

std::string InferenceServer::device(const std::string& model) const {
    using namespace backend::kserve;
    return std::string(protocol_ == Protocol::kGrpc ? kGrpcScheme : kHttpScheme) +
           "127.0.0.1:" + std::to_string(port_) + "/" + model;
}

void InferenceServer::end() {
    if (process_ > 0) {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
    if (output_ >= 0) close(output_);
    process_ = -1;
    output_ = -1;
}

void serve(const std::filesystem::path& models, const std::string& name, net::Graph graph,
           const Shape& input) {
    const std::vector<std::string> outputs = backend::kserve::servedOutputs(graph);
    graph.input_shape = input;
    std::filesystem::create_directories(models / name / "1");
    std::ofstream(models / name / "1" / "model.onnx", std::ios::binary)
        << net::writeOnnx(graph, outputs);
    std::string shape;
    for (int axis = 0; axis < input.rank(); ++axis)
        shape += (axis == 0 ? "" : ", ") + std::string("-1");
    std::string list;
    for (const std::string& output : outputs) {
        list += (list.empty() ? "" : ", ") + std::string(R"({"name": ")") + output +
                R"(", "datatype": "FP32", "shape": [-1]})";
    }
    std::ofstream(models / name / "model-settings.json")
        << R"({"name": ")" << name << R"(", "inputs": [{"name": "input", "datatype": "FP32", )"
        << R"("shape": [)" << shape << R"(]}], "outputs": [)" << list << "]}";
}

}  // namespace overfeat::test
