#include "inner_products.h"

#include <algorithm>
#include <cstring>

#include "multiversion.h"
#include "transpose.h"

namespace ctorch {
namespace {

typedef float Lanes __attribute__((vector_size(64)));
typedef int32_t Masks __attribute__((vector_size(64)));

#define CT_INLINE inline __attribute__((always_inline))

/// Scores of `Items` rows with the states of `Vectors` groups, held in registers.
template <int Vectors, int Items>
CT_INLINE void tile(const Lanes *packed, int64_t width, const float *rows, Lanes *scores, int64_t group_stride) {
    Lanes sums[Items][Vectors] = {};
    for (int64_t column = 0; column < width; ++column) {
#pragma unroll
        for (int item = 0; item < Items; ++item) {
            const float value = rows[item * width + column];
#pragma unroll
            for (int vector = 0; vector < Vectors; ++vector)
                sums[item][vector] += packed[vector * width + column] * value;
        }
    }
#pragma unroll
    for (int item = 0; item < Items; ++item)
#pragma unroll
        for (int vector = 0; vector < Vectors; ++vector) scores[vector * group_stride + item] = sums[item][vector];
}

template <int Vectors, int Items>
CT_INLINE void score_groups(const Lanes *packed, int64_t width, const float *rows, int64_t count, Lanes *scores) {
    int64_t item = 0;
    for (; item + Items <= count; item += Items)
        tile<Vectors, Items>(packed, width, rows + item * width, scores + item, count);
    for (; item < count; ++item) tile<Vectors, 1>(packed, width, rows + item * width, scores + item, count);
}

template <int Vectors, int Items>
CT_INLINE void score(const float *packed, int64_t groups, int64_t width, const float *rows, int64_t count,
                     float *scores) {
    const Lanes *states = reinterpret_cast<const Lanes *>(packed);
    Lanes *out = reinterpret_cast<Lanes *>(scores);
    int64_t group = 0;
    for (; group + Vectors <= groups; group += Vectors)
        score_groups<Vectors, Items>(states + group * width, width, rows, count, out + group * count);
    for (; group < groups; ++group)
        score_groups<1, Items>(states + group * width, width, rows, count, out + group * count);
}

CT_INLINE void compare(const float *scores, int64_t count, const float *targets, LaneCounts *counts) {
    const Lanes *values = reinterpret_cast<const Lanes *>(scores);
    const Lanes target = *reinterpret_cast<const Lanes *>(targets);
    Masks greater = {}, equal = {};
    Lanes poison = {};
    for (int64_t item = 0; item < count; ++item) {
        // A comparison that holds is -1.
        greater -= values[item] > target;
        equal -= values[item] == target;
        // Zero times infinity is not a number.
        poison += values[item] * 0.0f;
    }
    *reinterpret_cast<Masks *>(counts->greater) += greater;
    *reinterpret_cast<Masks *>(counts->equal) += equal;
    *reinterpret_cast<Lanes *>(counts->poison) += poison;
}

CT_INLINE int64_t above(const float *scores, int64_t count, const float *thresholds, float *poison, int32_t *places) {
    constexpr int64_t kRun = 4;
    const Lanes *values = reinterpret_cast<const Lanes *>(scores);
    const Lanes threshold = *reinterpret_cast<const Lanes *>(thresholds);
    Lanes sum = *reinterpret_cast<const Lanes *>(poison);
    int64_t found = 0;
    for (int64_t start = 0; start < count; start += kRun) {
        const int64_t end = std::min(start + kRun, count);
        Masks any = {};
        for (int64_t item = start; item < end; ++item) {
            any |= values[item] > threshold;
            sum += values[item] * 0.0f;
        }
        if (__builtin_reduce_or(any) == 0) continue;
        for (int64_t place = start * kLanes; place < end * kLanes; ++place)
            if (scores[place] > thresholds[place % kLanes]) places[found++] = static_cast<int32_t>(place);
    }
    *reinterpret_cast<Lanes *>(poison) = sum;
    return found;
}

/// Inner products of one state with sixteen rows, a row in each lane; asks for the next sixteen ahead of time.
CT_INLINE void dots_of_lanes(const float *state, const float *const *rows, const float *const *next, int64_t width,
                             Lanes &sums) {
    sums = Lanes{};
    int64_t column = 0;
    for (; column + kLanes <= width; column += kLanes) {
        Lanes square[kLanes];
#pragma unroll
        for (int row = 0; row < kLanes; ++row) {
            std::memcpy(&square[row], rows[row] + column, sizeof(Lanes));
            __builtin_prefetch(next[row] + column);
        }
        transpose<kLanes>(square);
#pragma unroll
        for (int offset = 0; offset < kLanes; ++offset) sums += square[offset] * state[column + offset];
    }
    for (; column < width; ++column) {
        Lanes last;
        for (int row = 0; row < kLanes; ++row) last[row] = rows[row][column];
        sums += last * state[column];
    }
}

CT_INLINE void dots(const float *state, const float *const *rows, int64_t count, int64_t width, float *scores) {
    // Lanes beyond the end repeat the last row.
    const auto gather = [&](int64_t start, const float **lanes) __attribute__((always_inline)) {
        for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] = rows[std::min(start + lane, count - 1)];
    };
    const float *lanes[kLanes], *next[kLanes];
    if (count > 0) gather(0, next);
    for (int64_t start = 0; start < count; start += kLanes) {
        std::copy_n(next, kLanes, lanes);
        gather(start + kLanes, next);
        Lanes sums;
        dots_of_lanes(state, lanes, next, width, sums);
        std::memcpy(scores + start, &sums, std::min(kLanes, count - start) * sizeof(float));
    }
}

// The loops above, compiled for one instruction set with tiles that fit its registers.
#define CT_INNER_PRODUCTS(NAME, TARGET, VECTORS, ITEMS)                                                             \
    TARGET void NAME##_score(const float *packed, int64_t groups, int64_t width, const float *rows, int64_t count,  \
                             float *scores) {                                                                      \
        score<VECTORS, ITEMS>(packed, groups, width, rows, count, scores);                                          \
    }                                                                                                               \
    TARGET void NAME##_compare(const float *scores, int64_t count, const float *targets, LaneCounts *counts) {      \
        compare(scores, count, targets, counts);                                                                    \
    }                                                                                                               \
    TARGET int64_t NAME##_above(const float *scores, int64_t count, const float *thresholds, float *poison,         \
                                int32_t *places) {                                                                  \
        return above(scores, count, thresholds, poison, places);                                                    \
    }                                                                                                               \
    TARGET void NAME##_dots(const float *state, const float *const *rows, int64_t count, int64_t width,             \
                            float *scores) {                                                                        \
        dots(state, rows, count, width, scores);                                                                    \
    }                                                                                                               \
    constexpr InnerProducts NAME = {NAME##_score, NAME##_compare, NAME##_above, NAME##_dots};

#if defined(__x86_64__)
CT_INNER_PRODUCTS(avx512, __attribute__((target("avx512f,fma"))), 2, 12)
CT_INNER_PRODUCTS(avx2, __attribute__((target("avx2,fma"))), 1, 6)
CT_INNER_PRODUCTS(plain, , 1, 3)
#else
CT_INNER_PRODUCTS(plain, , 1, 6)
#endif

}  // namespace

const InnerProducts &inner_products() {
#if defined(__x86_64__)
    return vector_lanes() == 16 ? avx512 : vector_lanes() == 8 ? avx2 : plain;
#else
    return plain;
#endif
}

}  // namespace ctorch
