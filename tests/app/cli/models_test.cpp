// SPDX-License-Identifier: Apache-2.0
//
// overfeat models: what is there, what can be had, and getting it.
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/app/cli/cli_fixture.h"
#include "tests/app/store/published_net.h"

namespace overfeat::test {
namespace {

class ModelsTest : public CliTest {
protected:
    Outcome runWithPublished(const std::vector<std::string>& arguments) {
        std::ostringstream out;
        std::ostringstream err;
        cli::Console console{out, err, stop_.get_token()};
        const store::ModelStore models({net_.models(), folder_.path() / "models"}, {},
                                       net_.published());
        const int code = cli::run(arguments, models, console);
        return {code, out.str(), err.str()};
    }

    PublishedNet net_;
};

TEST_F(ModelsTest, ArePublishedThenFetchedThenGone) {
    auto listed = runWithPublished({"models", "list", "--json"}).objects();
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_EQ(listed[0]["name"], "default");
    EXPECT_FALSE(listed[0].contains("fetched"));
    EXPECT_EQ(listed[1]["name"], "net");
    EXPECT_EQ(listed[1]["fetched"], false);
    EXPECT_EQ(listed[1]["top1_percent"], 50.5);
    EXPECT_EQ(listed[1]["package"], "some-package==1.2");
    const auto text = runWithPublished({"models", "list"});
    EXPECT_NE(text.out.find("overfeat models fetch net"), std::string::npos) << text.out;

    const auto missing = runWithPublished({"models", "info", "net"});
    EXPECT_EQ(missing.code, 4);
    EXPECT_NE(missing.err.find("'overfeat models fetch net'"), std::string::npos) << missing.err;

    // Without a name it is the best one.
    const auto fetched = runWithPublished({"models", "fetch", "--json"});
    EXPECT_EQ(fetched.code, 0) << fetched.err;
    ASSERT_EQ(fetched.objects().size(), 1U);
    EXPECT_EQ(fetched.objects()[0]["state"], "ready");
    EXPECT_TRUE(std::filesystem::exists(fetched.objects()[0]["file"].get<std::string>()));
    EXPECT_EQ(runWithPublished({"models", "verify"}).code, 0);
    EXPECT_EQ(runWithPublished({"models", "verify"}).out, "net: whole\n");
    listed = runWithPublished({"models", "list", "--json"}).objects();
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_EQ(listed[1]["fetched"], true);

    EXPECT_EQ(runWithPublished({"models", "remove", "net"}).out, "net: removed\n");
    EXPECT_EQ(runWithPublished({"models", "remove", "net"}).out, "net: was not here\n");
    const auto nothing = runWithPublished({"models", "verify"});
    EXPECT_EQ(nothing.code, 0);
    expectOneSentence(nothing.err);
    EXPECT_EQ(runWithPublished({"models", "verify", "net"}).code, 4);
}

TEST_F(ModelsTest, SayWhyTheyCannotBeFetched) {
    const auto unknown = runWithPublished({"models", "fetch", "nett"});
    EXPECT_EQ(unknown.code, 2);
    expectOneSentence(unknown.err);
    EXPECT_EQ(runWithPublished({"models", "remove"}).code, 2);
    net_.client("exit 1");
    const auto failed = runWithPublished({"models", "fetch", "net"});
    EXPECT_EQ(failed.code, 1);
    EXPECT_EQ(failed.out, "");
    // A program that was installed without its list.
    const auto none = run({"models", "fetch"});
    EXPECT_EQ(none.code, 2);
    expectOneSentence(none.err);
}

// What is fetched is what the command line uses without being told.
TEST_F(ModelsTest, TheBestOneIsUsed) {
    red();
    ASSERT_EQ(runWithPublished({"models", "fetch"}).code, 0);
    const auto used = runWithPublished({"classify", path("red.png")});
    EXPECT_EQ(used.code, 4) << "'net' is no network";
    EXPECT_NE(used.err.find("'net.onnx'"), std::string::npos) << used.err;
    EXPECT_EQ(runWithPublished({"classify", path("red.png"), "--model", "default"}).code, 0);
}

TEST_F(ModelsTest, TheBestOneFindsObjectsToo) {
    net_.folder_.write("program/net.onnx", colourModel());
    folder_.write("models/default.onnx", colourModel({.boxes = true}));
    red();
    ASSERT_EQ(runWithPublished({"models", "fetch"}).code, 0);
    EXPECT_EQ(runWithPublished({"classify", path("red.png")}).code, 0);
    EXPECT_EQ(runWithPublished({"detect", path("red.png")}).code, 0);
    EXPECT_EQ(runWithPublished({"detect", path("red.png"), "--model", "net"}).code, 0);
}

}  // namespace
}  // namespace overfeat::test
