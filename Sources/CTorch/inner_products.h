// Inner products of states with rows of items: sixteen states at a time, or one state with sixteen rows at a time.
//
// Each score is one chain of multiply-adds in the order of the columns. Whatever the tile's shape, a score is therefore a
// function of the two vectors alone. Which instructions multiply and add is chosen once a process.
#pragma once

#include <cstdint>

namespace ctorch {

/// States that share a vector register.
constexpr int64_t kLanes = 16;
/// Items of a block: with their scores for a few groups of states they stay in the cache.
constexpr int64_t kBlock = 192;

/// How many scores of each lane were above and like the lane's target, and a sum that only stays 0 while all are finite.
struct alignas(64) LaneCounts {
    int32_t greater[kLanes];
    int32_t equal[kLanes];
    float poison[kLanes];
};

/// One instruction set's loops.
struct InnerProducts {
    /// Scores [groups, count, kLanes] of packed states [groups, width, kLanes] with `count` rows of items.
    ///
    /// Everything packed is aligned to 64 bytes.
    void (*score)(const float *packed, int64_t groups, int64_t width, const float *rows, int64_t count, float *scores);
    /// Compares scores [count, kLanes] with a target a lane, and adds to the counts.
    void (*compare)(const float *scores, int64_t count, const float *targets, LaneCounts *counts);
    /// Writes `item * kLanes + lane` of every score above its lane's threshold, in order; returns their number.
    int64_t (*above)(const float *scores, int64_t count, const float *thresholds, float *poison, int32_t *places);
    /// Scores of one state with `count` rows, the same to the bit as those of `score`.
    void (*dots)(const float *state, const float *const *rows, int64_t count, int64_t width, float *scores);
};

const InnerProducts &inner_products();

}  // namespace ctorch
