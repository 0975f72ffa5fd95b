// SPDX-License-Identifier: Apache-2.0
#include "app/store/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <vector>

#include "engine/core/error.h"

namespace overfeat::store {
namespace {

EVP_MD_CTX* of(void* context) {
    return static_cast<EVP_MD_CTX*>(context);
}

void require(int succeeded) {
    if (succeeded != 1) {
        throw Error(ErrorCode::kRuntime, "A checksum cannot be computed; free some memory.");
    }
}

}  // namespace

void Sha256::Free::operator()(void* context) const noexcept {
    EVP_MD_CTX_free(of(context));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    require(context_ ? EVP_DigestInit_ex(of(context_.get()), EVP_sha256(), nullptr) : 0);
}

void Sha256::add(std::span<const std::byte> bytes) {
    require(EVP_DigestUpdate(of(context_.get()), bytes.data(), bytes.size()));
}

std::string Sha256::hex() {
    std::array<unsigned char, 32> digest{};
    require(EVP_DigestFinal_ex(of(context_.get()), digest.data(), nullptr));
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : digest) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

std::string sha256Of(const std::filesystem::path& file, const std::stop_token& stop) {
    std::ifstream stream(file, std::ios::binary);
    std::vector<char> block(std::size_t{1} << 18);
    Sha256 sum;
    while (stream) {
        if (stop.stop_requested()) {
            throw Error(ErrorCode::kCancelled, "Checking the file was cancelled.");
        }
        stream.read(block.data(), static_cast<std::streamsize>(block.size()));
        sum.add(std::as_bytes(std::span(block.data(), static_cast<std::size_t>(stream.gcount()))));
    }
    if (!stream.eof()) {
        throw Error(ErrorCode::kRuntime,
                    "The file '" + file.string() +
                        "' cannot be read; check that you are permitted to, and the disk.",
                    file.string());
    }
    return sum.hex();
}

}  // namespace overfeat::store
