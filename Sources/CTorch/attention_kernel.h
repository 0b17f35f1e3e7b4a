// Fused jagged attention: float32 on the CPU. The composition in attention.cpp says what it computes.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace ctorch {

/// What a call of jagged attention got, checked; without phantoms the tensors are missing and their counts null.
struct AttentionInputs {
    at::Tensor query, key, value;
    std::optional<at::Tensor> phantom_key = std::nullopt, phantom_value = std::nullopt;
    const int32_t *query_offsets, *key_offsets, *limits, *phantom_counts;
    int64_t rows, heads;
    double dropout;
    uint64_t seed = 0;
};

at::Tensor fused_attention(const AttentionInputs &inputs);

/// The same as the loops of one row and head read it.
///
/// Matrices are [tokens, heads * width], a stride is their distance from token to token. Backward alone uses what
/// stands after `normalizers`.
struct AttentionProblem {
    int64_t heads, width;
    const float *query, *key, *value;
    int64_t query_stride, key_stride, value_stride;
    const int32_t *query_offsets, *key_offsets, *limits, *phantom_counts;
    const float *phantom_key, *phantom_value;
    float scale;
    uint64_t seed;
    uint32_t drop_threshold;  // 0: no dropout
    float kept;
    float *result, *normalizers;  // normalizers [tokens, heads]: log of the sum of exponentials
    const float *upstream;
    int64_t upstream_stride;
    float *query_gradient, *key_gradient, *value_gradient;
    float *phantom_gradients;  // [rows, 2, heads * width]: each row's share, first of the key, then of the value
};

}  // namespace ctorch
