// SPDX-License-Identifier: Apache-2.0
#include "app/capture/source.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "app/capture/picture_file.h"
#include "app/capture/readers.h"
#include "engine/core/error.h"
#include "tests/app/capture/frame_log.h"
#include "tests/app/capture/made_files.h"
#include "tests/support/capability.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::capture::test {
namespace {

namespace fs = std::filesystem;
using overfeat::test::TemporaryFolder;

std::string refusal(const std::string& text) {
    try {
        parseSource(text);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kInput) << text;
        return error.what();
    }
    ADD_FAILURE() << text << " was accepted";
    return {};
}

std::vector<std::string> environmentNow() {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry)
        all.emplace_back(*entry);
    return all;
}

// The network's library, the fonts and the desktop read it on their threads, which is only safe
// while nobody changes it. First in this file: what is done once per process is done here.
TEST(OpenSource, LeavesTheEnvironmentAlone) {
    const std::vector<std::string> before = environmentNow();
    const auto source = openSource({SourceKind::kVideo, "/no/such.avi"}, {}, [](FramePtr) {});
    EXPECT_EQ(waitForState(*source, SourceState::kFailed).state, SourceState::kFailed);
    EXPECT_EQ(environmentNow(), before);
}

TEST(ParseSource, KnowsWordsCamerasAndAddresses) {
    EXPECT_EQ(parseSource("demo").kind, SourceKind::kDemo);
    EXPECT_EQ(parseSource("camera").target, "");
    EXPECT_EQ(parseSource("camera:").kind, SourceKind::kCamera);
    EXPECT_EQ(parseSource("camera:usb-X-video-index0").target, "usb-X-video-index0");
    EXPECT_EQ(parseSource("/dev/video7").kind, SourceKind::kCamera);
    EXPECT_EQ(parseSource("camera:/dev/video7").target, "/dev/video7");
    for (const char* url : {"http://a/b", "https://a", "rtsp://u:p@h:554/x"}) {
        const SourceSpec spec = parseSource(url);
        EXPECT_EQ(spec.kind, SourceKind::kStream) << url;
        EXPECT_EQ(spec.target, url);
    }
    EXPECT_EQ(parseSource("HTTP://A/B").kind, SourceKind::kStream);
    EXPECT_EQ(parseSource("HTTP://A/B").target, "http://A/B") << "as FFmpeg understands it";
}

TEST(ParseSource, LooksAtFilesNotAtTheirNames) {
    const TemporaryFolder folder;
    writePicture(folder.path() / "p.png", Image(SizePx{2, 2}));
    fs::rename(folder.path() / "p.png", folder.path() / "photo.avi");
    EXPECT_EQ(parseSource(folder.path() / "photo.avi").kind, SourceKind::kPicture);
    writeTestVideo(folder.path() / "clip.avi", 3);
    EXPECT_EQ(parseSource(folder.path() / "clip.avi").kind, SourceKind::kVideo);
    EXPECT_EQ(parseSource(folder.path()).kind, SourceKind::kFolder);
    // Neither: the name decides who explains what is wrong.
    EXPECT_EQ(parseSource(folder.write("page.jpg", "<html>")).kind, SourceKind::kPicture);
    EXPECT_EQ(parseSource(folder.write("page.mp4", "<html>")).kind, SourceKind::kVideo);
    for (const char* name : {"IMG.heic", "IMG.HEIF", "x.avif"}) {
        const Bytes head(
            "\0\0\0\x18"
            "ftypheic\0\0\0\0mif1heic",
            24);
        EXPECT_EQ(parseSource(folder.write(name, head)).kind, SourceKind::kPicture) << name;
    }
    EXPECT_EQ(parseSource(folder.write("page.pdf", "%PDF-1.4")).kind, SourceKind::kPicture);
}

TEST(ParseSource, JpegsOneAfterTheOtherAreAVideo) {
    const TemporaryFolder folder;
    JpegParts parts;
    parts.columns = parts.rows = 4;
    parts.blocks.assign(16, {90, 128, 128});
    const Bytes one = jpegFile(parts);
    EXPECT_EQ(parseSource(folder.write("one", one)).kind, SourceKind::kPicture);
    EXPECT_EQ(parseSource(folder.write("three", one + one + one)).kind, SourceKind::kVideo);
    EXPECT_EQ(parseSource(folder.write("three.jpg", one + one + one)).kind, SourceKind::kVideo);
    // A photo with a smaller copy behind it, and one that says it has others.
    parts.columns = 2;
    parts.blocks.resize(8);
    const Bytes small = jpegFile(parts);
    EXPECT_EQ(parseSource(folder.write("a.mpo", one + small + small)).kind, SourceKind::kPicture);
    parts.columns = 4;
    parts.blocks.assign(16, {90, 128, 128});
    parts.exif = Bytes("MPF\0", 4) + Bytes(20, '\0');
    const Bytes says = jpegFile(parts);
    EXPECT_EQ(parseSource(folder.write("b.mpo", says + one + one)).kind, SourceKind::kPicture);
}

TEST(ParseSource, AGifThatMovesIsAVideo) {
    const auto data = overfeat::test::sharedData();
    if (overfeat::test::missing("shared-data", data.has_value())) return;
    const fs::path gif = *data / "videos" / "fruit-and-vegetable.gif";
    EXPECT_EQ(parseSource(gif.string()).kind, SourceKind::kVideo);
    // Its first picture alone: everything up to the second image descriptor, and a trailer.
    const TemporaryFolder folder;
    const Bytes bytes = bytesOf(gif);
    std::size_t second = 0;
    for (std::size_t at = 0, found = 0; found < 2; ++found, at = second + 1) {
        second = bytes.find(Bytes("\x21\xF9\x04", 3), at);  // the control block before each
    }
    const fs::path still = folder.write("still.gif", bytes.substr(0, second) + ";");
    EXPECT_EQ(parseSource(still.string()).kind, SourceKind::kPicture);
}

TEST(ParseSource, FileAddressesBecomePaths) {
    const TemporaryFolder folder;
    writePicture(folder.path() / "a b%.png", Image(SizePx{2, 2}));
    const SourceSpec spec = parseSource("file://" + folder.path().string() + "/a%20b%25.png");
    EXPECT_EQ(spec.kind, SourceKind::kPicture);
    EXPECT_EQ(spec.target, (folder.path() / "a b%.png").string());
}

TEST(ParseSource, RefusesWithASentence) {
    const TemporaryFolder folder;
    EXPECT_NE(refusal("").find("No source"), std::string::npos);
    EXPECT_NE(refusal("/no/such/file.png").find("There is no"), std::string::npos);
    EXPECT_NE(refusal("ftp://host/x").find("use http, https or rtsp"), std::string::npos);
    EXPECT_NE(refusal("http://").find("names no server"), std::string::npos);
    EXPECT_NE(refusal(folder.write("empty.mp4", "")).find("is empty"), std::string::npos);
    EXPECT_NE(refusal("/dev/null").find("a device or a pipe"), std::string::npos);
    fs::create_symlink("b", folder.path() / "a");
    fs::create_symlink("a", folder.path() / "b");
    EXPECT_NE(refusal(folder.path() / "a").find("leads back to itself"), std::string::npos);
}

TEST(ShownUrl, HidesPasswords) {
    EXPECT_EQ(shownUrl("rtsp://me:secret@cam/live?x=1"), "rtsp://cam/live?x=...");
    EXPECT_EQ(shownUrl("http://me:p@ss@cam/"), "http://cam/");
    EXPECT_EQ(shownUrl("rtsp://admin:p#ss@host/"), "rtsp://host/");
    EXPECT_EQ(shownUrl("rtsp://admin:p@s#s@host/a"), "rtsp://host/a");
    EXPECT_EQ(shownUrl("rtsp://admin:p/ss@host/a"), "rtsp://host/a");
    EXPECT_EQ(shownUrl("rtsp://admin:p?ss@host/a"), "rtsp://host/a");
    EXPECT_EQ(shownUrl("http://cam:80/x?user=me&pwd=a@b=c&quiet"),
              "http://cam:80/x?user=...&pwd=...&quiet");
    EXPECT_EQ(shownUrl("http://cam:8080/@home"), "http://cam:8080/@home");
    EXPECT_EQ(shownUrl("http://[::1]:80/@home"), "http://[::1]:80/@home");
    EXPECT_EQ(shownUrl("http://cam/?"), "http://cam/?");
    EXPECT_EQ(shownUrl("http://cam/@home"), "http://cam/@home");
    EXPECT_EQ(shownUrl("http://cam"), "http://cam");
}

// Recorders take the login as pairs in the path.
TEST(ShownUrl, HidesPairsInThePath) {
    EXPECT_EQ(
        shownUrl("rtsp://10.0.0.9:554/user=admin&password=secret&channel=1&stream=0.sdp?real"),
        "rtsp://10.0.0.9:554/user=...&password=...&channel=...&stream=...");
    EXPECT_EQ(shownUrl("rtsp://10.0.0.9:554/user=admin_password=secret_channel=1_stream=0.sdp"),
              "rtsp://10.0.0.9:554/user=...");
    // Signs of an address inside a password.
    EXPECT_EQ(shownUrl("rtsp://dvr:554/user=admin&password=s/ecr?e@t&channel=1"),
              "rtsp://dvr:554/user=...&password=...&channel=...");
    EXPECT_EQ(shownUrl("rtsp://dvr/user=admin;password=s@cret"), "rtsp://dvr/user=...");
    EXPECT_EQ(shownUrl("http://cam/live#token=secret"), "http://cam/live#token=...");
    EXPECT_EQ(shownUrl("http://cam/h264/ch1/main/av_stream"), "http://cam/h264/ch1/main/av_stream");
    EXPECT_EQ(shownUrl("http://cam/a&b/c"), "http://cam/a&b/c");
}

TEST(ShownUrl, TakesNoPasswordForAPort) {
    EXPECT_EQ(shownUrl("rtsp://admin:123/45@host/live"), "rtsp://host/live");
    EXPECT_EQ(shownUrl("rtsp://admin:12?3@host/live"), "rtsp://host/live");
    EXPECT_EQ(shownUrl("rtsp://admin:/secret@host/live"), "rtsp://host/live");
    EXPECT_EQ(shownUrl("rtsp://me@mail.com:123/45@host/live"), "rtsp://host/live");
    EXPECT_EQ(shownUrl("rtsp://me:p@ss/w@host/live"), "rtsp://host/live");
    EXPECT_EQ(shownUrl("rtsp://admin:123456/@host/live"), "rtsp://host/live") << "no port";
    EXPECT_EQ(shownUrl("rtsp://admin:123/45@host/@home?a=b@c"), "rtsp://host/@home?a=...");
    // Ordinary addresses.
    EXPECT_EQ(shownUrl("http://host:8080/@user/live"), "http://host:8080/@user/live");
    EXPECT_EQ(shownUrl("http://10.0.0.9:80/me@home"), "http://10.0.0.9:80/me@home");
    EXPECT_EQ(shownUrl("http://me:secret@10.0.0.9/me@home"), "http://10.0.0.9/me@home");
    EXPECT_EQ(shownUrl("http://cam/me@home"), "http://cam/me@home");
    EXPECT_EQ(shownUrl("http://cam:80/x?mail=me@home"), "http://cam:80/x?mail=...");
    EXPECT_EQ(shownUrl("http://[::1]:80/me@home"), "http://[::1]:80/me@home");
}

TEST(OpenSource, AFileThatVanishesBeforeItIsOpenedFails) {
    const auto source = openSource({SourceKind::kPicture, "/no/such.png"}, {}, [](FramePtr) {});
    EXPECT_EQ(waitForState(*source, SourceState::kFailed).state, SourceState::kFailed);
    EXPECT_NE(source->status().sentence.find("There is no"), std::string::npos);
}

}  // namespace
}  // namespace overfeat::capture::test
