// SPDX-License-Identifier: Apache-2.0
//
// The law between the rooms: who may include whom, and where third parties live.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>

#include "tests/architecture/source_tree.h"

namespace overfeat::test {
namespace {

using Rooms = std::set<std::string>;

const std::map<std::string, Rooms>& mayInclude() {
    static const std::map<std::string, Rooms> law{
        {"engine/core", {}},
        {"engine/net", {"engine/core"}},
        {"engine/backend", {"engine/core", "engine/net"}},
        {"engine/learn", {"engine/core"}},
        {"engine/detect", {"engine/core", "engine/net", "engine/backend", "engine/learn"}},
        {"engine/live", {"engine/core", "engine/learn", "engine/detect"}},
        {"engine/evaluate", {"engine/core", "engine/detect", "engine/learn"}},
        {"engine/c",
         {"engine/core", "engine/net", "engine/backend", "engine/learn", "engine/detect"}},
        {"ui", {"engine/core"}},
        {"app/report", {"engine/core"}},
        {"app/video", {"engine/core"}},
        {"app/capture", {"engine/core", "app/video"}},
        {"app/store", {"engine/core", "engine/net"}},
        {"app/teach", {"engine/core", "engine/detect", "engine/learn", "app/capture"}},
    };
    return law;
}

// The room a path from the root belongs to: two levels below engine and app, one for ui.
std::string roomOf(const std::string& path) {
    const auto first = path.find('/');
    const std::string top = path.substr(0, first);
    if (top != "engine" && top != "app") return top;
    const auto second = path.find('/', first + 1);
    return second == std::string::npos ? top : path.substr(0, second);
}

TEST(Rooms, IncludeOnlyWhatTheLawAllows) {
    for (const SourceFile& file : sourceFiles({"engine", "ui", "app"})) {
        const std::string room = roomOf(file.path);
        const auto allowed = mayInclude().find(room);
        for (const Include& include : includes(file)) {
            if (include.system) continue;
            // The examples are somebody else's project: they see what is installed, and their own.
            if (room == "engine/examples") {
                EXPECT_EQ(include.target.find('/'), std::string::npos)
                    << file.path << ":" << include.line << ": includes <overfeat/...> only";
                continue;
            }
            const std::string other = roomOf(include.target);
            if (other == room) continue;
            if (allowed != mayInclude().end()) {
                EXPECT_TRUE(allowed->second.contains(other))
                    << file.path << ":" << include.line << ": " << room << " may not include "
                    << include.target;
            } else {
                // Programs may include every room, but no room's programs each other's.
                EXPECT_TRUE(room.starts_with("app/"))
                    << file.path << " is in a room without a law; add a row for " << room;
            }
        }
    }
}

struct Vendor {
    std::string name;
    std::regex header;
    std::vector<std::string> homes;  // path prefixes
};

// The window's program: the sides know what they stand on and not each other; what joins them lies
// above.
TEST(Rooms, TheSidesOfTheWindowKnowOnlyTheirBase) {
    const std::string room = "app/live/";
    const auto sideOf = [&](const std::string& path) -> std::string {
        if (!path.starts_with(room)) return {};
        const auto end = path.find('/', room.size());
        return end == std::string::npos ? "root" : path.substr(room.size(), end - room.size());
    };
    std::set<std::string> seen;
    for (const SourceFile& file : sourceFiles({"app"})) {
        const std::string side = sideOf(file.path);
        seen.insert(side);
        if (side.empty() || side == "root") continue;
        for (const Include& include : includes(file)) {
            const std::string other = include.system ? "" : sideOf(include.target);
            EXPECT_TRUE(other.empty() || other == side || other == "base")
                << file.path << ":" << include.line << ": " << room << side << " may not include "
                << include.target;
        }
    }
    EXPECT_EQ(seen, (std::set<std::string>{"", "root", "base", "source", "network", "teaching",
                                           "output"}));
}

TEST(Rooms, EveryThirdPartyHasOneHome) {
    const std::vector<Vendor> vendors{
        {"Qt", std::regex("^Q[A-Z]|^Qt"), {"ui/", "app/live/"}},
        {"OpenCV", std::regex("^opencv2/"), {"engine/examples/", "app/"}},
        {"OpenCV's reading and writing of files",
         std::regex("^opencv2/(imgcodecs|videoio|highgui)"),
         {}},
        {"oneDNN", std::regex("dnnl"), {"engine/backend/onednn/"}},
        {"OpenMP",
         std::regex("^omp.h"),
         {"engine/core/jobs.cpp", "engine/backend/onednn/", "app/store/patient_threads.cpp"}},
        {"CUDA", std::regex("cuda|cudnn"), {"engine/backend/cuda/"}},
        {"ONNX", std::regex("^onnx/"), {"engine/net/"}},
        {"protobuf",
         std::regex("^google/protobuf"),
         {"engine/net/", "engine/backend/kserve/grpc_messages.cpp"}},
        {"nlohmann-json",
         std::regex("^nlohmann/"),
         {"engine/net/", "engine/backend/kserve/", "engine/evaluate/", "app/"}},
        {"libcurl", std::regex("^curl/"), {"engine/backend/kserve/http_client.cpp"}},
        {"SQLite", std::regex("^sqlite3"), {"engine/learn/"}},
        {"libarchive", std::regex("^archive"), {"engine/evaluate/", "app/store/"}},
        {"OpenSSL", std::regex("^openssl/"), {"app/store/"}},
        {"pugixml", std::regex("^pugixml"), {"engine/evaluate/"}},
        {"yaml-cpp", std::regex("^yaml-cpp/"), {"engine/evaluate/"}},
        {"FFmpeg", std::regex("^libav|^libsw"), {"app/video/"}},
        {"libvips", std::regex("^vips/"), {"app/capture/"}},
        {"V4L2 and udev", std::regex("^linux/videodev2|^libudev"), {"app/capture/"}},
        {"CLI11", std::regex("^CLI/"), {"app/"}},
        {"spdlog", std::regex("^spdlog/"), {"app/"}},
    };
    for (const SourceFile& file : sourceFiles({"engine", "ui", "app"})) {
        for (const Include& include : includes(file)) {
            for (const Vendor& vendor : vendors) {
                if (!std::regex_search(include.target, vendor.header)) continue;
                if (!include.system) continue;
                bool at_home = false;
                for (const std::string& home : vendor.homes) {
                    at_home = at_home || file.path.starts_with(home);
                }
                EXPECT_TRUE(at_home) << file.path << ":" << include.line << ": " << vendor.name
                                     << " may not be used here";
            }
        }
    }
}

TEST(Rooms, TheEngineNeverPrintsAbortsOrReadsItsEnvironment) {
    const std::regex forbidden(
        R"(std::c(out|err|log)\b|\bf?printf\s*\(|\bputs\s*\(|\babort\s*\(|\bgetenv\s*\(|\bexit\s*\()");
    for (const SourceFile& file : sourceFiles({"engine"})) {
        if (file.path.starts_with("engine/examples/")) continue;  // programs, they talk to people
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const std::string code = file.lines[i].substr(0, file.lines[i].find("//"));
            EXPECT_FALSE(std::regex_search(code, forbidden)) << file.path << ":" << i + 1 << code;
        }
    }
}

// What other languages stand on is what keeps its names.
TEST(Rooms, BindingsKnowTheCInterfaceAndNothingElseOfTheEngine) {
    std::size_t seen = 0;
    for (const SourceFile& file : sourceFiles({"packaging"})) {
        for (const Include& include : includes(file)) {
            seen += include.target == "overfeat.h" ? 1 : 0;
            EXPECT_FALSE(include.target.starts_with("engine/") ||
                         include.target.starts_with("overfeat/"))
                << file.path << ":" << include.line << ": includes <overfeat.h> only";
        }
    }
    EXPECT_GE(seen, 2U) << "the bindings are not found";
}

TEST(Rooms, NobodyWaitsForTheGui) {
    for (const SourceFile& file : sourceFiles({"ui", "app"})) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            EXPECT_EQ(file.lines[i].find("BlockingQueuedConnection"), std::string::npos)
                << file.path << ":" << i + 1;
        }
    }
}

}  // namespace
}  // namespace overfeat::test
