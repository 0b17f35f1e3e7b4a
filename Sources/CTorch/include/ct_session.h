// What nets over the graphs of sessions need.
#ifndef CT_SESSION_H
#define CT_SESSION_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Sums of members' values, each weighted by the inner product of `weight` with sigmoid(query + the member's key).
///
/// queries [P, d], keys and values [M, d], weight [d]; sum p is over the members indices[offsets[p]] up to
/// indices[offsets[p + 1] - 1], of which one may occur several times. The result is [P, d].
ct_status ct_sigmoid_pool(ct_tensor queries, ct_tensor keys, ct_tensor values, ct_tensor weight, const int32_t *offsets,
                          const int32_t *indices, int32_t rows, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
