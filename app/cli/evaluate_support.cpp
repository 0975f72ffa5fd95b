// SPDX-License-Identifier: Apache-2.0
#include "app/cli/evaluate_support.h"

#include <cstdint>

#include "app/capture/picture_file.h"

namespace overfeat::cli {

Image decodePicture(std::span<const std::byte> bytes, const std::string& name) {
    return capture::decodePicture(
        {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, name);
}

}  // namespace overfeat::cli
