// SPDX-License-Identifier: Apache-2.0
#include "app/live/arguments.h"

#include <gtest/gtest.h>

#include "app/live/base/text.h"
#include "app/live/source/dropped.h"

namespace overfeat::app {
namespace {

Arguments parsed(const std::vector<std::string>& texts) {
    const ParsedArguments result = parseArguments(texts);
    EXPECT_TRUE(result.arguments) << result.text;
    return result.arguments.value_or(Arguments());
}

void expectUsage(const std::vector<std::string>& texts, const std::string& part) {
    const ParsedArguments result = parseArguments(texts);
    EXPECT_FALSE(result.arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_NE(result.text.find(part), std::string::npos) << result.text;
    EXPECT_EQ(std::ranges::count(result.text, '\n'), 0) << "one sentence";
}

TEST(Arguments, AreAllOptional) {
    const Arguments none = parsed({});
    EXPECT_FALSE(none.source);
    EXPECT_FALSE(none.model);
    EXPECT_FALSE(none.headless);
}

TEST(Arguments, AreRead) {
    const Arguments all = parsed({"--source", "a b.mp4", "--model", "x,y", "--device", "cpu",
                                  "--headless", "--record", "out.mkv", "--json", "--after", "7"});
    EXPECT_EQ(all.source, "a b.mp4");
    EXPECT_EQ(all.model, "x,y");
    EXPECT_EQ(all.device, "cpu");
    EXPECT_TRUE(all.headless);
    EXPECT_TRUE(all.json);
    EXPECT_EQ(all.record, "out.mkv");
    EXPECT_EQ(all.after_frames, 7);
    EXPECT_EQ(parsed({"--window-size", "1280x720"}).window, (SizePx{1280, 720}));
}

TEST(Arguments, ASourceNeedsNoOption) {
    EXPECT_EQ(parsed({"clip.mp4"}).source, "clip.mp4");
}

TEST(Arguments, KeepEveryByteOfAPath) {
    const std::string path = "/v/caf\xE9 \xF0\x9F\x90\x88.mp4";
    EXPECT_EQ(parsed({"--source", path}).source, path);
}

TEST(Arguments, QtsOwnGoToQt) {
    const Arguments mixed = parsed({"-platform", "offscreen", "--device", "cpu"});
    EXPECT_EQ(mixed.qt, (std::vector<std::string>{"-platform", "offscreen"}));
    EXPECT_EQ(mixed.device, "cpu");
}

TEST(Arguments, WrongOnesEndWithUsageAndASentence) {
    expectUsage({"--nonsense"}, "--nonsense");
    expectUsage({"--after", "zero", "--headless"}, "--after");
    expectUsage({"--after", "-1", "--headless"}, "--after");
    expectUsage({"--source"}, "--source");
    expectUsage({"--record", "x.mkv"}, "--headless");
    expectUsage({"--headless", "--record", "x.avi"}, ".mp4 or .mkv");
    expectUsage({"--json"}, "--headless");
    expectUsage({"--library", "x"}, "--headless");
    expectUsage({"--headless", "--only-taught"}, "--library");
    expectUsage({"--headless", "--screenshot", "x.png"}, "window");
    expectUsage({"--after", "3"}, "--screenshot");
    expectUsage({"--window-size", "12"}, "1280x720");
    expectUsage({"--window-size", "0x5"}, "1280x720");
    expectUsage({"--window-size", "99999x5"}, "1280x720");
}

TEST(Arguments, HelpAndVersionEndWell) {
    const ParsedArguments help = parseArguments({"--help"});
    EXPECT_FALSE(help.arguments);
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_NE(help.text.find("--screenshot"), std::string::npos);
    EXPECT_NE(help.text.find("130"), std::string::npos) << "exit codes are explained";
    EXPECT_EQ(parseArguments({"--version"}).text, "overfeat-live " OVERFEAT_VERSION "\n");
}

TEST(Text, IdsKeepEveryByteAndShownTextIsReadable) {
    std::string all;
    for (int c = 1; c < 256; ++c)
        all.push_back(static_cast<char>(c));
    EXPECT_EQ(bytesOf(idOf(all)), all);
    EXPECT_EQ(shown("caf\xC3\xA9\x1b[31m").toStdString(), "caf\xC3\xA9[31m");
    EXPECT_EQ(shortName("/a/b/c.mp4"), "c.mp4");
    EXPECT_EQ(shortName("/a/b/"), "b");
    EXPECT_EQ(shortName("/"), "/");
}

TEST(Text, DroppedAddressesBecomeTargets) {
    EXPECT_EQ(targetOf(QUrl::fromLocalFile("/a b/c%20d.mp4")), "/a b/c%20d.mp4");
    EXPECT_EQ(targetOf(QUrl::fromEncoded("file:///v/caf%E9.mp4")), "/v/caf\xE9.mp4");
    EXPECT_EQ(targetOf(QUrl("rtsp://host/stream?x=1")), "rtsp://host/stream?x=1");
}

TEST(Dropped, ModelsVoteAndTheFirstSourceWins) {
    const Dropped both = sortDropped({QUrl("file:///m/a.onnx"), QUrl("file:///v/1.mp4"),
                                      QUrl("file:///m/B.ONNX"), QUrl("file:///v/2.mp4")});
    EXPECT_EQ(both.model, "/m/a.onnx,/m/B.ONNX");
    EXPECT_EQ(both.source, "/v/1.mp4");
    EXPECT_NE(both.remark.indexOf("first of the 2 files"), -1);
    EXPECT_EQ(sortDropped({QUrl("file:///m/net_weight_1")}).model, "/m/net_weight_1");
    const Dropped one = sortDropped({QUrl("file:///v/1.mp4")});
    EXPECT_TRUE(one.model.empty());
    EXPECT_TRUE(one.remark.isEmpty());
    EXPECT_EQ(sortDropped({QUrl("http://host/x.onnx")}).source, "http://host/x.onnx");
}

}  // namespace
}  // namespace overfeat::app
