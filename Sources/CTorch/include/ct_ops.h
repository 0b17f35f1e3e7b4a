// The operators that models use.
#ifndef CT_OPS_H
#define CT_OPS_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ct_unary {
    CT_NEGATE = 0,
    CT_EXP = 1,
    CT_LOG = 2,
    CT_SQRT = 3,
    CT_ABS = 4,
    CT_SQUARE = 5,
    CT_RECIPROCAL = 6,
    CT_SIGMOID = 7,
    CT_LOG_SIGMOID = 8,
    CT_TANH = 9,
    CT_RELU = 10,
    CT_SILU = 11,
    CT_GELU = 12,
    CT_IS_FINITE = 13
} ct_unary;

typedef enum ct_binary {
    CT_ADD = 0,
    CT_SUBTRACT = 1,
    CT_MULTIPLY = 2,
    CT_DIVIDE = 3,
    CT_MAXIMUM = 4,
    CT_MINIMUM = 5,
    CT_GREATER = 6,
    CT_GREATER_EQUAL = 7,
    CT_EQUAL = 8
} ct_binary;

typedef enum ct_reduction { CT_SUM = 0, CT_MEAN = 1, CT_MAX = 2, CT_LOG_SUM_EXP = 3 } ct_reduction;

ct_status ct_apply_unary(ct_unary kind, ct_tensor tensor, ct_tensor *out);
ct_status ct_apply_binary(ct_binary kind, ct_tensor left, ct_tensor right, ct_tensor *out);
ct_status ct_apply_scalar(ct_binary kind, ct_tensor left, double right, ct_tensor *out);
/// Reduces one dimension.
ct_status ct_reduce(ct_reduction kind, ct_tensor tensor, int32_t dimension, bool keep, ct_tensor *out);
/// Reduces everything to a scalar: sum, mean or max.
ct_status ct_reduce_all(ct_reduction kind, ct_tensor tensor, ct_tensor *out);

ct_status ct_matmul(ct_tensor left, ct_tensor right, ct_tensor *out);
/// x wᵀ + b, with x [..., in], w [out, in] and b [out] or null.
ct_status ct_linear(ct_tensor input, ct_tensor weight, ct_tensor bias, ct_tensor *out);
ct_status ct_softmax(ct_tensor tensor, int32_t dimension, bool logarithm, ct_tensor *out);

ct_status ct_reshape(ct_tensor tensor, const int64_t *sizes, int32_t rank, ct_tensor *out);
ct_status ct_transpose(ct_tensor tensor, int32_t first, int32_t second, ct_tensor *out);
ct_status ct_narrow(ct_tensor tensor, int32_t dimension, int64_t start, int64_t length, ct_tensor *out);
ct_status ct_concatenate(const ct_tensor *tensors, int32_t count, int32_t dimension, ct_tensor *out);

/// Rows of a table by index (int32 or int64); the gradient is dense.
ct_status ct_index_select(ct_tensor tensor, int32_t dimension, ct_tensor indices, ct_tensor *out);
/// A copy of `tensor` with `source`'s rows added at `indices` of its first dimension.
ct_status ct_index_add(ct_tensor tensor, ct_tensor indices, ct_tensor source, ct_tensor *out);
ct_status ct_gather(ct_tensor tensor, int32_t dimension, ct_tensor indices, ct_tensor *out);
ct_status ct_where(ct_tensor condition, ct_tensor yes, ct_tensor no, ct_tensor *out);
/// The largest `count` elements of the last dimension, in descending order, with their int64 indices.
ct_status ct_top_k(ct_tensor tensor, int64_t count, ct_tensor *values, ct_tensor *indices);

#ifdef __cplusplus
}
#endif
#endif
