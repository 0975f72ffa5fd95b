// SPDX-License-Identifier: Apache-2.0
#include "app/cli/progress.h"

#include <cmath>

namespace overfeat::cli {

void Progress::operator()(std::size_t done, std::size_t all) {
    const auto now = std::chrono::steady_clock::now();
    if (done < all && now - told_ < std::chrono::seconds(1)) return;
    told_ = now;
    const double elapsed_s = std::chrono::duration<double>(now - start_).count();
    const double left_s = elapsed_s / static_cast<double>(done) * static_cast<double>(all - done);
    console_.err << "\r" << std::to_string(done) << " of " << std::to_string(all) << " " << things_
                 << ", " << fixed(std::ceil(left_s), 0) << " s left   " << (done == all ? "\n" : "")
                 << std::flush;
}

}  // namespace overfeat::cli
