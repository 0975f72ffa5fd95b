// SPDX-License-Identifier: Apache-2.0
//
// Decodes a video or stream with app/video: one line of JSON per picture on stderr, the pixels as
// raw RGB on stdout. For tests/tables/compare_videos.py and for measuring.
#include <cstdio>
#include <cstring>
#include <string>

#include "app/video/reader.h"
#include "engine/core/error.h"

namespace {

using overfeat::video::Outcome;
using overfeat::video::Reader;
using overfeat::video::Refusal;

int dump(const std::string& what, bool with_pixels) {
    overfeat::video::quietFfmpeg();
    const bool url = what.find("://") != std::string::npos;
    const overfeat::video::ReadOptions options{.name = what};
    auto result = url ? Reader::openUrl(what, options, {}) : Reader::openFile(what, options, {});
    if (const auto* refusal = std::get_if<Refusal>(&result)) {
        std::fprintf(stderr, "{\"refused\":\"%s\"}\n", refusal->sentence.c_str());
        return 3;
    }
    Reader& reader = *std::get<0>(result);
    const auto& facts = reader.facts();
    std::fprintf(stderr,
                 "{\"container\":\"%s\",\"codec\":\"%s\",\"width\":%d,\"height\":%d,\"fps\":%.6g,"
                 "\"duration\":%.6f,\"frames\":%lld}\n",
                 facts.container.c_str(), facts.codec.c_str(), facts.size.width, facts.size.height,
                 facts.fps, facts.duration_s, static_cast<long long>(facts.frames));
    overfeat::Image image;
    int damaged = 0;
    for (;;) {
        const Outcome outcome = reader.read({});
        if (outcome == Outcome::kDamaged) {
            ++damaged;
            continue;
        }
        if (outcome != Outcome::kPicture) {
            constexpr const char* kNames[] = {"", "", "end", "cut off", "broken", "silent", ""};
            std::fprintf(stderr, "{\"end\":\"%s\",\"damaged\":%d}\n",
                         kNames[static_cast<int>(outcome)], damaged);
            return 0;
        }
        if (image.size() != reader.size()) image = overfeat::Image(reader.size());
        reader.copyTo(image);
        std::fprintf(stderr, "{\"index\":%lld,\"time\":%.6f,\"width\":%d,\"height\":%d}\n",
                     static_cast<long long>(reader.index()), reader.time_s(), image.width(),
                     image.height());
        if (with_pixels) std::fwrite(image.bytes().data(), 1, image.bytes().size(), stdout);
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    try {
        return dump(arguments[1], count > 2 && std::strcmp(arguments[2], "--pixels") == 0);
    } catch (const overfeat::Error& error) {
        std::fprintf(stderr, "{\"refused\":\"%s\"}\n", error.what());
        return 3;
    }
}
