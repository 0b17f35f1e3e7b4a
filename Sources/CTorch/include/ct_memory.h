// How much memory there is, and tensors without any.
#ifndef CT_MEMORY_H
#define CT_MEMORY_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The bytes that the process can have: of the machine with its swap, of its control group, of its own limits.
int64_t ct_memory_limit(void);
/// A tensor that stands for another: it has the sizes and the type, and no elements. What is made of it has none either.
ct_status ct_stand_in(const int64_t *sizes, int32_t rank, ct_dtype dtype, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
