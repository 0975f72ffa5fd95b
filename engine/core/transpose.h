// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>

namespace overfeat {

// Four rows of four numbers become four columns: rows begin `from_step` and `to_step` numbers
// behind each other. Vectors of four, because every processor has them.
inline void transposeFour(const float* from, std::size_t from_step, float* to,
                          std::size_t to_step) noexcept {
    using Four = float __attribute__((vector_size(4 * sizeof(float))));
    Four rows[4];
    for (std::size_t i = 0; i < 4; ++i)
        std::memcpy(&rows[i], from + i * from_step, sizeof(Four));
    const Four low01 = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
    const Four low23 = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
    const Four high01 = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
    const Four high23 = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
    const Four columns[4] = {__builtin_shufflevector(low01, low23, 0, 1, 4, 5),
                             __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
                             __builtin_shufflevector(high01, high23, 0, 1, 4, 5),
                             __builtin_shufflevector(high01, high23, 2, 3, 6, 7)};
    for (std::size_t i = 0; i < 4; ++i)
        std::memcpy(to + i * to_step, &columns[i], sizeof(Four));
}

// Rows of `columns` numbers, `step` behind each other, as [column][row].
inline void transposed(const float* from, std::size_t step, std::size_t rows, std::size_t columns,
                       float* to) noexcept {
    const std::size_t whole_rows = rows - rows % 4;
    const std::size_t whole_columns = columns - columns % 4;
    for (std::size_t row = 0; row < whole_rows; row += 4) {
        for (std::size_t column = 0; column < whole_columns; column += 4)
            transposeFour(from + row * step + column, step, to + column * rows + row, rows);
    }
    for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t first = row < whole_rows ? whole_columns : 0;
        for (std::size_t column = first; column < columns; ++column)
            to[column * rows + row] = from[row * step + column];
    }
}

}  // namespace overfeat
