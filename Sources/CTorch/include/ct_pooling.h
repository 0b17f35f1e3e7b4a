// Attention with one query a row: what the newest step of each sequence sees.
#ifndef CT_POOLING_H
#define CT_POOLING_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Means of each row's tokens [T, d], weighted by the softmax of `scale` times their inner products with the row's query.
///
/// Queries [rows, heads * d] hold a query of the tokens' own width for each head, and so does the result. `zeros[r]` zero
/// vectors take part as well, if given. A row without tokens gets zeros.
ct_status ct_attention_pool(ct_tensor queries, ct_tensor tokens, const int32_t *offsets, int32_t rows, int32_t heads,
                            double scale, const int32_t *zeros, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
