// Elementary functions without branches or calls, so that a loop over them vectorises.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace ctorch {

/// e to the power of a number, within 2 units in the last place; below -87 it stays at e to the power of -87.
inline float vector_exp(float exponent) {
    constexpr float rounding = 12582912.0f;  // 1.5 x 2^23: adding it leaves the nearest integer in the low bits
    const float limited = std::min(std::max(exponent, -87.0f), 88.0f);
    const float shifted = limited * 1.44269504f + rounding;
    const float whole = shifted - rounding;
    // log 2 in two parts, of which the first has few enough bits to make its product exact.
    const float rest = (limited - whole * 0.693359375f) - whole * -2.12194440e-4f;
    // Taylor coefficients; |rest| <= log(2) / 2, where the next term is below 2^-27.
    float power = 1.0f / 5040;
    power = power * rest + 1.0f / 720;
    power = power * rest + 1.0f / 120;
    power = power * rest + 1.0f / 24;
    power = power * rest + 1.0f / 6;
    power = power * rest + 0.5f;
    power = power * rest * rest + rest + 1;
    const uint32_t scale = (std::bit_cast<uint32_t>(shifted) << 23) + (127u << 23);
    return power * std::bit_cast<float>(scale);
}

/// 1 / (1 + e to the power of minus a number).
inline float vector_sigmoid(float value) { return 1 / (1 + vector_exp(-value)); }

/// The hyperbolic tangent, within 2^-23 of it.
inline float vector_tanh(float value) { return 2 * vector_sigmoid(2 * value) - 1; }

}  // namespace ctorch
