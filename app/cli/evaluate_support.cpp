// SPDX-License-Identifier: Apache-2.0
#include "app/cli/evaluate_support.h"

#include <cmath>
#include <cstdint>

#include "app/capture/picture_file.h"

namespace overfeat::cli {

Image decodePicture(std::span<const std::byte> bytes, const std::string& name) {
    return capture::decodePicture(
        {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, name);
}

void Progress::operator()(std::size_t done, std::size_t all) {
    const auto now = std::chrono::steady_clock::now();
    if (done < all && now - told_ < std::chrono::seconds(1)) return;
    told_ = now;
    const double elapsed_s = std::chrono::duration<double>(now - start_).count();
    const double left_s = elapsed_s / static_cast<double>(done) * static_cast<double>(all - done);
    console_.err << "\r" << std::to_string(done) << " of " << std::to_string(all) << " pictures, "
                 << fixed(std::ceil(left_s), 0) << " s left   " << (done == all ? "\n" : "")
                 << std::flush;
}

}  // namespace overfeat::cli
