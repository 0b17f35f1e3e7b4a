// Random numbers as a pure function of a seed and a position: any thread can draw any part, and a backward pass draws
// a mask again instead of keeping it.
#pragma once

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <cstdint>
#include <mutex>

namespace ctorch {

/// A seed for one operation, drawn from a generator of the CPU.
inline uint64_t draw_seed(at::Generator generator) {
    const std::lock_guard<std::mutex> lock(generator.mutex());
    return at::get_generator_or_default<at::CPUGeneratorImpl>(generator, generator)->random64();
}

/// 32 random bits for a position: three multiply-xorshift rounds, the halves of the seed entering apart. The first two
/// multipliers are those of the integer hash `lowbias32`. Seeds that share the upper half give the same bits in another
/// order, so take seeds from `draw_seed`, never by counting.
inline uint32_t random_bits(uint64_t seed, uint64_t position) {
    uint32_t bits = static_cast<uint32_t>(position) ^ static_cast<uint32_t>(seed);
    bits += static_cast<uint32_t>(position >> 32) * 0x9E3779B1u;
    bits = (bits ^ (bits >> 16)) * 0x7FEB352Du;
    bits = (bits ^ (bits >> 15)) + static_cast<uint32_t>(seed >> 32);
    bits = (bits ^ (bits >> 15)) * 0x846CA68Bu;
    bits = (bits ^ (bits >> 16)) * 0x2C1B3C6Du;
    return bits ^ (bits >> 15);
}

/// The number below which `random_bits` mean "dropped".
inline uint32_t drop_threshold(double probability) {
    return static_cast<uint32_t>(std::ldexp(probability, 32));
}

/// What an element is multiplied with under dropout: 0, or 1 / (1 - probability).
inline float dropout_factor(uint64_t seed, uint64_t position, uint32_t threshold, float kept) {
    return random_bits(seed, position) < threshold ? 0.0f : kept;
}

}  // namespace ctorch
