// Squares of numbers transposed in vector registers. Inlined always: the vectors' width is the caller's.
#pragma once

#include <utility>

namespace ctorch {

/// Exchanges the blocks of `distance` lanes off the diagonal between two rows.
template <int distance, class Vector, int... lane>
inline __attribute__((always_inline)) void exchange_blocks(Vector &upper, Vector &lower,
                                                           std::integer_sequence<int, lane...>) {
    constexpr int lanes = sizeof...(lane);
    const Vector left = upper, right = lower;
    upper = __builtin_shufflevector(left, right, (lane & distance ? lanes + lane - distance : lane)...);
    lower = __builtin_shufflevector(left, right, (lane & distance ? lanes + lane : lane + distance)...);
}

/// Transposes `lanes` rows of as many numbers: blocks of `distance` lanes, then smaller ones.
template <int lanes, int distance = lanes / 2, class Vector>
inline __attribute__((always_inline)) void transpose(Vector *rows) {
#pragma clang loop unroll(full)
    for (int row = 0; row < lanes; ++row)
        if ((row & distance) == 0)
            exchange_blocks<distance>(rows[row], rows[row + distance], std::make_integer_sequence<int, lanes>());
    if constexpr (distance > 1) transpose<lanes, distance / 2>(rows);
}

}  // namespace ctorch
