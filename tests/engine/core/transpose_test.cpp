// SPDX-License-Identifier: Apache-2.0
#include "engine/core/transpose.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <numeric>
#include <vector>

namespace overfeat {
namespace {

// Every number is another one, so one in the wrong place is seen; so is one written too many.
TEST(Transposed, MakesColumnsOfRowsWhateverTheirNumber) {
    for (std::size_t rows = 0; rows <= 9; ++rows) {
        for (std::size_t columns = 0; columns <= 9; ++columns) {
            const std::size_t step = columns + 3;
            std::vector<float> from(rows * step);
            std::iota(from.begin(), from.end(), 1.0F);
            std::vector<float> to(rows * columns + 1, -1);
            transposed(from.data(), step, rows, columns, to.data());
            for (std::size_t row = 0; row < rows; ++row) {
                for (std::size_t column = 0; column < columns; ++column)
                    ASSERT_EQ(to[column * rows + row], from[row * step + column])
                        << rows << " x " << columns;
            }
            EXPECT_EQ(to.back(), -1) << rows << " x " << columns;
        }
    }
}

}  // namespace
}  // namespace overfeat
