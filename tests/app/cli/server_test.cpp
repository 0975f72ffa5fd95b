// SPDX-License-Identifier: Apache-2.0
//
// overfeat export-server, and what it wrote used with --device kserve:...
#include "engine/backend/kserve/served_network.h"
#include "engine/detect/network.h"
#include "engine/net/model.h"
#include "tests/app/cli/cli_fixture.h"
#include "tests/engine/backend/server/inference_server.h"
#include "tests/support/capability.h"

namespace overfeat::test {
namespace {

class Server : public CliTest {
protected:
    void exportModel() {
        const auto outcome = run({"export-server", path("served"), "--name", "net"});
        ASSERT_EQ(outcome.code, 0) << outcome.err;
        EXPECT_NE(outcome.err.find("kserve:HOST:PORT/net"), std::string::npos);
    }

    // What is said of the pictures, without how long it took.
    std::vector<nlohmann::json> said(std::vector<std::string> arguments, const std::string& device,
                                     std::string* remarks = nullptr) {
        arguments.insert(arguments.end(), {red(), blue(), "--json", "--device", device});
        const auto outcome = run(arguments);
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        if (remarks != nullptr) *remarks = outcome.err;
        std::vector<nlohmann::json> objects = outcome.objects();
        EXPECT_EQ(objects.size(), 2U);
        for (nlohmann::json& object : objects)
            object.erase("timings_ms");
        return objects;
    }

    static void expectNear(const nlohmann::json& a, const nlohmann::json& b) {
        ASSERT_EQ(a.type_name(), std::string(b.type_name())) << a << b;
        ASSERT_EQ(a.size(), b.size()) << a << b;
        if (a.is_number()) {
            EXPECT_NEAR(a.get<double>(), b.get<double>(), 1e-3);
        } else if (a.is_object()) {
            for (const auto& [key, value] : a.items())
                expectNear(value, b.at(key));
        } else if (a.is_array()) {
            for (std::size_t i = 0; i < a.size(); ++i)
                expectNear(a[i], b[i]);
        } else {
            EXPECT_EQ(a, b);
        }
    }
};

TEST_F(Server, IsExportedAndThenComputesWhatTheProcessorDoes) {
    if (serverMissing()) return;
    exportModel();
    EXPECT_TRUE(std::filesystem::is_regular_file(path("served/net/1/model.onnx")));
    EXPECT_NE(bytesOf(path("served/net/config.pbtxt")).find("platform: \"onnxruntime_onnx\""),
              std::string::npos);
    const InferenceServer server(path("served"));
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
             {"classify"}, {"classify", "--views", "ten"}, {"detect"}, {"features"}}) {
        SCOPED_TRACE(command.front());
        std::string remarks;
        const auto there = said(command, server.device("net"), &remarks);
        EXPECT_EQ(remarks.find("This computer computes"), std::string::npos) << remarks;
        const auto here = said(command, "cpu");
        for (std::size_t i = 0; i < here.size(); ++i)
            expectNear(there[i], here[i]);
    }
    const auto listed = run({"devices", "--json", server.device("net")});
    EXPECT_TRUE(listed.objects().back()["available"].get<bool>());
}

TEST_F(Server, HoldsWhatExamplesAreLookedAtWith) {
    const auto model = folder_.write("flags.onnx", colourModel({.teachable = true}));
    const auto outcome =
        run({"export-server", path("served"), "--name", "flags", "--model", model.string()});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const std::string config = bytesOf(path("served/flags/config.pbtxt"));
    detect::Network network(net::loadModel(model));
    for (const auto& output : backend::kserve::servedOutputs(network.exampleGraph()->graph))
        EXPECT_NE(config.find('"' + output + '"'), std::string::npos) << output;
}

TEST_F(Server, ThatBreaksOffIsReplacedInTheMiddleAndSaysSo) {
    if (serverMissing()) return;
    exportModel();
    const InferenceServer server(path("served"), {"--fault", "infer:drop", "--after", "3"});
    std::string remarks;
    const auto there = said({"classify"}, server.device("net"), &remarks);
    EXPECT_NE(remarks.find("This computer computes from then on: The inference server"),
              std::string::npos)
        << remarks;
    const auto here = said({"classify"}, "cpu");
    for (std::size_t i = 0; i < here.size(); ++i)
        expectNear(there[i], here[i]);
}

TEST_F(Server, ThatIsNotThereIsReplacedAndSaysSo) {
    if (serverMissing()) return;
    InferenceServer server(path("served"));
    const std::string device = server.device("net");
    server.end();
    std::string remarks;
    said({"classify"}, device, &remarks);
    EXPECT_NE(remarks.find("does not listen"), std::string::npos) << remarks;
    const auto listed = run({"devices", "--json", device});
    EXPECT_EQ(listed.code, 0);
    EXPECT_FALSE(listed.objects().back()["available"].get<bool>());
}

TEST_F(Server, AddressesAndNamesThatAreNoneAreRefused) {
    for (const char* device : {"kserve:", "kserve:host/net", "kserve:a@host:80/net"}) {
        const auto outcome = run({"classify", red(), "--device", device});
        EXPECT_EQ(outcome.code, 2);
        expectOneSentence(outcome.err);
    }
    const auto outcome = run({"export-server", path("served"), "--name", "../net"});
    EXPECT_EQ(outcome.code, 2);
    expectOneSentence(outcome.err);
    EXPECT_FALSE(std::filesystem::exists(path("served")));
}

TEST_F(Server, ExportReplacesNoModelThatItReads) {
    const std::filesystem::path model = folder_.path() / "served/net/1/model.onnx";
    std::filesystem::create_directories(model.parent_path());
    std::filesystem::copy_file(folder_.path() / "models/default.onnx", model);
    const std::string before = bytesOf(model);
    const auto outcome =
        run({"export-server", path("served"), "--name", "net", "--model", model.string()});
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    expectOneSentence(outcome.err);
    EXPECT_EQ(bytesOf(model), before);
}

}  // namespace
}  // namespace overfeat::test
