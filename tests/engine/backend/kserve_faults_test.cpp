// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong with a server, and what a hostile one may try: a sentence each, and nothing is
// waited for longer than it may take.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <ostream>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "engine/backend/kserve/kserve_backend.h"
#include "engine/backend/reference/reference_backend.h"
#include "engine/backend/registry.h"
#include "engine/core/error.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/backend/server/inference_server.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::backend::kserve {
namespace {

using std::chrono::milliseconds;

const Shape kInput{1, 3, 8, 8};
// Longer than any test may take: what ends the waiting is something else.
constexpr Patience kEndless{.connecting = std::chrono::hours(1), .running = std::chrono::hours(1)};

net::Graph network(std::uint32_t seed = 1) {
    test::GraphMaker maker(kInput, seed);
    const net::SlidingWindow window{.kernel = {3, 3}};
    return maker.finish({maker.conv(maker.input(), {.in = 3, .out = 4, .window = window}),
                         maker.conv(maker.input(), {.in = 3, .out = 2, .window = window})});
}

std::optional<Error> errorOf(const std::function<void()>& work) {
    try {
        work();
        return std::nullopt;
    } catch (const Error& error) {
        return error;
    }
}

class ServedNetwork : public ::testing::Test {
protected:
    ServedNetwork() { test::serve(models_.path(), "net", network(), kInput); }

    KserveBackend backendFor(const test::InferenceServer& server, Patience patience = {}) const {
        return {parseAddress(server.device("net")), referenceBackend(), patience};
    }

    test::TemporaryFolder models_;
    net::Graph graph_ = network();
};

struct Fault {
    Protocol protocol;
    std::string name;
    std::string sentence;          // a part of it
    std::string or_this_one = {};  // the same, said by another libcurl
};

void PrintTo(const Fault& fault, std::ostream* out) {
    *out << (fault.protocol == Protocol::kGrpc ? "grpc " : "http ") << fault.name;
}

std::string nameOf(const ::testing::TestParamInfo<Fault>& test) {
    std::string name = ::testing::PrintToString(test.param);
    std::ranges::replace_if(
        name, [](char c) { return c == '-' || c == ' '; }, '_');
    return name;
}

class KserveAnswers : public ServedNetwork, public ::testing::WithParamInterface<Fault> {};

// Before anything was right, and in the middle of it.
TEST_P(KserveAnswers, ThatAreNoneAreASentence) {
    if (test::serverMissing(GetParam().protocol)) return;
    for (const int after : {0, 3}) {
        SCOPED_TRACE(after);
        const test::InferenceServer server(
            models_.path(),
            {"--fault", "infer:" + GetParam().name, "--after", std::to_string(after)},
            GetParam().protocol);
        const KserveBackend backend = backendFor(server);
        const auto plan = backend.compile(graph_, kInput, {});
        std::optional<Error> error;
        // One question compares the weights, and each run is one.
        for (int runs = 0; runs < 4 && !error; ++runs)
            error = errorOf([&] { plan->run(); });
        ASSERT_TRUE(error) << "nobody noticed";
        EXPECT_EQ(error->code(), ErrorCode::kDeviceLost);
        const std::string sentence = error->what();
        const auto says = [&](const std::string& part) {
            return !part.empty() && sentence.find(part) != std::string::npos;
        };
        EXPECT_TRUE(says(GetParam().sentence) || says(GetParam().or_this_one)) << sentence;
        EXPECT_NE(sentence.find("127.0.0.1:" + std::to_string(server.port())), std::string::npos);
        EXPECT_EQ(sentence.find('\x1b'), std::string::npos) << "it reaches a terminal";
        const auto again = errorOf([&] { plan->run(); });
        ASSERT_TRUE(again) << "a plan that is lost stays so";
        EXPECT_EQ(again->code(), ErrorCode::kDeviceLost);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Http, KserveAnswers,
    ::testing::Values(Fault{Protocol::kHttp, "drop", "broke the connection off"},
                      Fault{Protocol::kHttp, "hang-up", "broke the connection off"},
                      Fault{Protocol::kHttp, "garbage", "no JSON object"},
                      Fault{Protocol::kHttp, "no-http",
                            "does not speak HTTP; it may have another port"},
                      Fault{Protocol::kHttp, "page", "no JSON object"},
                      Fault{Protocol::kHttp, "deep", "brackets"},
                      Fault{Protocol::kHttp, "list", "no JSON object"},
                      Fault{Protocol::kHttp, "endless", "more than was asked for"},
                      Fault{Protocol::kHttp, "headers", "more than was asked for"},
                      Fault{Protocol::kHttp, "redirect", "HTTP status 302"},
                      Fault{Protocol::kHttp, "error", "out of"},
                      Fault{Protocol::kHttp, "missing", "without all outputs"},
                      Fault{Protocol::kHttp, "shape", "shape"},
                      Fault{Protocol::kHttp, "other-name", "nobody asked for"},
                      Fault{Protocol::kHttp, "nan", "not finite"},
                      Fault{Protocol::kHttp, "short", "another count"},
                      Fault{Protocol::kHttp, "cut", "another count"},
                      Fault{Protocol::kHttp, "datatype", "FP32"},
                      Fault{Protocol::kHttp, "beyond", "less than it says"}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Grpc, KserveAnswers,
    ::testing::Values(Fault{Protocol::kGrpc, "drop", "gRPC status 1"},
                      // The server has ended. Where the connection was kept, it is opened anew.
                      Fault{Protocol::kGrpc, "hang-up", "broke the connection off",
                            "does not listen"},
                      Fault{Protocol::kGrpc, "garbage", "no message of KServe's protocol"},
                      Fault{Protocol::kGrpc, "endless", "more than was asked for"},
                      Fault{Protocol::kGrpc, "headers", "broke the connection off"},
                      Fault{Protocol::kGrpc, "error", "gRPC status 8): out of"},
                      Fault{Protocol::kGrpc, "missing", "without all outputs"},
                      Fault{Protocol::kGrpc, "shape", "shape"},
                      Fault{Protocol::kGrpc, "other-name", "nobody asked for"},
                      Fault{Protocol::kGrpc, "nan", "not finite"},
                      Fault{Protocol::kGrpc, "short", "another count"},
                      Fault{Protocol::kGrpc, "short-contents", "another count"},
                      Fault{Protocol::kGrpc, "cut", "another count"},
                      Fault{Protocol::kGrpc, "datatype", "FP32"}),
    nameOf);

class KserveFaults : public ServedNetwork, public ::testing::WithParamInterface<Protocol> {
protected:
    test::InferenceServer start(const std::vector<std::string>& options = {}) const {
        return test::InferenceServer(models_.path(), options, GetParam());
    }
};

INSTANTIATE_TEST_SUITE_P(Every, KserveFaults, ::testing::Values(Protocol::kHttp, Protocol::kGrpc),
                         [](const auto& test) {
                             return test.param == Protocol::kGrpc ? "grpc" : "http";
                         });

TEST_P(KserveFaults, OtherWeightsAreNoticedByWhatTheyAnswer) {
    if (test::serverMissing(GetParam())) return;
    const test::InferenceServer server = start();
    const KserveBackend backend = backendFor(server);
    const net::Graph other = network(2);
    ASSERT_EQ(backend.supports(other), std::nullopt) << "its layers are the same";
    const auto plan = backend.compile(other, kInput, {});
    const auto error = errorOf([&] { plan->run(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), ErrorCode::kDeviceLost);
    EXPECT_NE(std::string(error->what()).find("other weights"), std::string::npos);
    const auto right = backend.compile(graph_, kInput, {});
    EXPECT_FALSE(errorOf([&] { right->run(); })) << "the right network goes on";
}

TEST_P(KserveFaults, OtherLayersAreNotSupportedAndComputedHere) {
    if (test::serverMissing(GetParam())) return;
    const test::InferenceServer server = start();
    const KserveBackend backend = backendFor(server);
    test::GraphMaker maker(kInput);
    const net::Graph other = maker.finish(
        {maker.conv(maker.input(), {.in = 3, .out = 4, .window = {.kernel = {2, 2}}})});
    const auto problem = backend.supports(other);
    ASSERT_TRUE(problem);
    EXPECT_NE(problem->find("export-server"), std::string::npos);
    const auto plan = backend.compile(other, kInput, {});
    EXPECT_EQ(plan->statistics().description,
              referenceBackend().compile(other, kInput, {})->statistics().description);
}

TEST_P(KserveFaults, AModelOfOneSizeTakesNoOther) {
    if (test::serverMissing(GetParam())) return;
    const test::InferenceServer server = start({"--fault", "model:fixed"});
    const KserveBackend backend = backendFor(server);
    const auto error = errorOf([&] { backend.compile(graph_, kInput, {}); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), ErrorCode::kDeviceLost);
    EXPECT_NE(std::string(error->what()).find("1x1x1x1"), std::string::npos) << error->what();
}

TEST_P(KserveFaults, WhatServersSayOfThemselvesIsNotBelievedEither) {
    if (test::serverMissing(GetParam())) return;
    std::vector<std::string> faults{"garbage", "endless", "drop", "error"};
    if (GetParam() == Protocol::kHttp) faults.insert(faults.end(), {"deep", "redirect"});
    for (const std::string& fault : faults) {
        SCOPED_TRACE(fault);
        const test::InferenceServer server = start({"--fault", "server:" + fault});
        const Availability state = backendFor(server).probe();
        EXPECT_FALSE(state.available);
        EXPECT_NE(state.sentence.find("The inference server at 127.0.0.1:"), std::string::npos);
        const test::InferenceServer model = start({"--fault", "model:" + fault});
        EXPECT_TRUE(backendFor(model).supports(graph_));
    }
}

TEST_P(KserveFaults, ASlowServerIsGivenUpInTime) {
    if (test::serverMissing(GetParam())) return;
    const test::InferenceServer server = start({"--fault", "infer:slow"});
    const KserveBackend backend = backendFor(server, {.running = milliseconds(200)});
    const auto plan = backend.compile(graph_, kInput, {});
    const auto error = errorOf([&] { plan->run(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), ErrorCode::kDeviceLost);
    EXPECT_NE(std::string(error->what()).find("in time"), std::string::npos);
}

// Only the stop wakes what waits for the answer.
TEST_P(KserveFaults, AStopEndsTheWaiting) {
    if (test::serverMissing(GetParam())) return;
    const test::InferenceServer server = start({"--fault", "infer:slow", "--after", "2"});
    const KserveBackend backend = backendFor(server, kEndless);
    const auto plan = backend.compile(graph_, kInput, {});
    plan->run();  // compared, and run once
    std::stop_source stop;
    std::jthread asks([&] {
        server.nextLine();  // the question is there
        stop.request_stop();
    });
    const auto error = errorOf([&] { plan->run(stop.get_token()); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), ErrorCode::kCancelled);
}

// So that whoever shares the servers out can tell the levels of a frame apart.
TEST_P(KserveFaults, WhatGoesOutAtOnceHasConnectionsOfItsOwn) {
    if (test::serverMissing(GetParam())) return;
    const test::InferenceServer server = start({"--fault", "infer:slow", "--after", "1"});
    const KserveBackend backend = backendFor(server, kEndless);
    const auto one = backend.compile(graph_, kInput, {});
    const auto other = backend.compile(graph_, kInput, {});
    std::set<std::string> connections;
    std::stop_source stop;
    std::jthread asks([&] {
        for (int i = 0; i < 2; ++i)
            connections.insert(server.nextLine());
        stop.request_stop();
    });
    const std::array<Plan*, 2> both{one.get(), other.get()};
    const auto error = errorOf([&] { backend.runTogether(both, stop.get_token()); });
    asks.join();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), ErrorCode::kCancelled);
    EXPECT_EQ(connections.size(), 2U) << *connections.begin();
}

// The server for tests, by which the others are judged: it finishes no call twice.
TEST_F(ServedNetwork, ACallThatIsGivenUpWhileItIsAnsweredEndsNoServer) {
    if (test::serverMissing(Protocol::kGrpc)) return;
    const test::InferenceServer server(models_.path(), {"--fault", "infer:late", "--after", "1"},
                                       Protocol::kGrpc);
    const KserveBackend backend = backendFor(server, kEndless);
    const auto plan = backend.compile(graph_, kInput, {});
    std::stop_source stop;
    std::jthread asks([&] {
        server.nextLine();
        stop.request_stop();
    });
    const auto error = errorOf([&] { plan->run(stop.get_token()); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), ErrorCode::kCancelled);
    EXPECT_EQ(server.nextLine(), "answered");
    EXPECT_TRUE(backend.probe().available);
}

// To compute here without a word would hide it.
TEST_P(KserveFaults, AModelThatIsNotLoadedIsAFault) {
    if (test::serverMissing(GetParam())) return;
    const test::InferenceServer server = start({"--fault", "model:unavailable"});
    const KserveBackend backend = backendFor(server);
    const auto error = errorOf([&] { backend.compile(graph_, kInput, {}); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), ErrorCode::kDeviceLost);
    const std::string status = GetParam() == Protocol::kGrpc ? "not loaded" : "HTTP status 503";
    EXPECT_NE(std::string(error->what()).find(status), std::string::npos) << error->what();
}

TEST_P(KserveFaults, AServerThatWentIsASentence) {
    if (test::serverMissing(GetParam())) return;
    test::InferenceServer server = start();
    const KserveBackend backend = backendFor(server);
    const auto plan = backend.compile(graph_, kInput, {});
    plan->run();
    server.end();
    const auto error = errorOf([&] { plan->run(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), ErrorCode::kDeviceLost);
    EXPECT_FALSE(backend.probe().available);
    EXPECT_TRUE(backend.supports(graph_)) << "nobody is there to ask";
    const auto compiling = errorOf([&] { backend.compile(graph_, kInput, {}); });
    ASSERT_TRUE(compiling);
    EXPECT_EQ(compiling->code(), ErrorCode::kDeviceLost);
}

// As servers do with connections that nobody used for a while. libcurl before 8.0 keeps none of
// gRPC's: there this only shows that the next call does not need the last one's.
TEST_P(KserveFaults, AClosedConnectionIsOpenedAgain) {
    if (test::serverMissing(GetParam())) return;
    const bool is_grpc = GetParam() == Protocol::kGrpc;
    test::InferenceServer server = start({"--fault", is_grpc ? "" : "infer:closes"});
    const KserveBackend backend = backendFor(server);
    const auto plan = backend.compile(graph_, kInput, {});
    EXPECT_FALSE(errorOf([&] { plan->run(); }));
    if (!is_grpc) {
        EXPECT_FALSE(errorOf([&] { plan->run(); }));
        return;
    }
    // gRPC's library closes none after an answer, so the server begins anew.
    server.end();
    const test::InferenceServer again = start({"--port", std::to_string(server.port())});
    EXPECT_FALSE(errorOf([&] { plan->run(); }));
}

// A connection that was kept, but the server was there and began to answer.
TEST_F(ServedNetwork, AnAnswerThatBreaksOffIsNotAskedForAgain) {
    if (test::serverMissing()) return;
    const test::InferenceServer server(models_.path(),
                                       {"--fault", "infer:drop", "--after", "2", "--times", "1"});
    const KserveBackend backend = backendFor(server);
    const auto plan = backend.compile(graph_, kInput, {});
    plan->run();  // compared, and run once
    const auto error = errorOf([&] { plan->run(); });
    ASSERT_TRUE(error) << "the second answer was taken";
    EXPECT_NE(std::string(error->what()).find("broke the connection off"), std::string::npos)
        << error->what();
}

TEST_P(KserveFaults, TheNextDeviceIsChosenWhereNobodyListens) {
    if (test::serverMissing(GetParam())) return;
    test::InferenceServer server = start();
    const std::string device = server.device("net");
    server.end();
    const Choice choice = chooseBackend(device, graph_);
    EXPECT_EQ(choice.backend, chooseBackend("auto", graph_).backend);
    ASSERT_FALSE(choice.device.passed_over.empty());
    EXPECT_EQ(choice.device.passed_over.front().name, "kserve");
    EXPECT_NE(choice.device.passed_over.front().why.find("does not listen"), std::string::npos);
}

// Somebody takes the one port for the other.
TEST_P(KserveFaults, APortThatSpeaksTheOtherWayIsASentence) {
    if (test::serverMissing(GetParam())) return;
    const test::InferenceServer server = start();
    const bool is_grpc = GetParam() == Protocol::kGrpc;
    const Address other{.protocol = is_grpc ? Protocol::kHttp : Protocol::kGrpc,
                        .host = "127.0.0.1",
                        .port = server.port(),
                        .model = "net"};
    const Availability state = KserveBackend(other, referenceBackend()).probe();
    EXPECT_FALSE(state.available);
    EXPECT_NE(state.sentence.find("The inference server at 127.0.0.1:"), std::string::npos);
    EXPECT_NE(state.sentence.find("another port"), std::string::npos) << state.sentence;
    EXPECT_EQ(state.sentence.find("libcurl"), std::string::npos) << state.sentence;
    EXPECT_TRUE(state.sentence.ends_with('.')) << state.sentence;
}

TEST(KserveAddress, IsReadOrRefusedByASentence) {
    const Address plain = parseAddress("kserve:gpu-1.example:8000/default");
    EXPECT_EQ(plain, (Address{.host = "gpu-1.example", .port = 8000, .model = "default"}));
    EXPECT_EQ(parseAddress("kserve+grpc:gpu-1.example:8001/default").protocol, Protocol::kGrpc);
    EXPECT_EQ(parseAddress("kserve:[::1]:80/a.b_c-d").server(), "[::1]:80");
    for (const char* wrong :
         {"kserve:", "kserve:host", "kserve:host/m", "kserve:host:80", "kserve:host:80/",
          "kserve:host:0/m", "kserve:host:65536/m", "kserve:host:8o/m", "kserve::80/m",
          "kserve:a b:80/m", "kserve:host:80/../m", "kserve:host:80/m/infer", "kserve:host:80/m?x",
          "kserve:host:80/.m", "kserve:me:secret@host:80/m", "kserve+grpc:host/m",
          "kserve+http:host:80/m", "http://host:80/m"}) {
        const auto error = errorOf([&] { parseAddress(wrong); });
        ASSERT_TRUE(error) << wrong;
        EXPECT_EQ(error->code(), ErrorCode::kUsage) << wrong;
        EXPECT_EQ(std::string(error->what()).find("secret"), std::string::npos);
    }
}

}  // namespace
}  // namespace overfeat::backend::kserve
