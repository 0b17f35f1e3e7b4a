// Making, describing and copying tensors.
#ifndef CT_TENSOR_H
#define CT_TENSOR_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

void ct_tensor_free(ct_tensor tensor);

ct_status ct_full(const int64_t *sizes, int32_t rank, double value, ct_dtype dtype, ct_device device, ct_tensor *out);
ct_status ct_arange(int64_t start, int64_t end, ct_dtype dtype, ct_device device, ct_tensor *out);
/// Copies `byte_count` bytes in row-major order.
ct_status ct_from_bytes(const void *bytes, size_t byte_count, const int64_t *sizes, int32_t rank, ct_dtype dtype,
                        ct_device device, ct_tensor *out);

ct_status ct_rank(ct_tensor tensor, int32_t *out);
ct_status ct_size(ct_tensor tensor, int32_t dimension, int64_t *out);
ct_status ct_dtype_of(ct_tensor tensor, ct_dtype *out);
ct_status ct_device_of(ct_tensor tensor, ct_device *out);

/// Copies the elements in row-major order to the host; `byte_count` must be exact.
ct_status ct_copy_to_host(ct_tensor tensor, void *bytes, size_t byte_count);
ct_status ct_to_device(ct_tensor tensor, ct_device device, ct_tensor *out);
ct_status ct_to_dtype(ct_tensor tensor, ct_dtype dtype, ct_tensor *out);
/// A deep copy that autograd does not follow.
ct_status ct_copied(ct_tensor tensor, ct_tensor *out);
/// Overwrites the elements of `destination`, unseen by autograd.
ct_status ct_copy_into(ct_tensor destination, ct_tensor source);

#ifdef __cplusplus
}
#endif
#endif
