// Attention over jagged sequences.
#ifndef CT_ATTENTION_H
#define CT_ATTENTION_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Multi-head scaled dot-product attention between two jagged sequences that share their rows.
///
/// query [Tq, d], key and value [Tk, d]; row r owns query tokens query_offsets[r] ..< query_offsets[r + 1] and key
/// tokens likewise. Query token t sees the first key_limits[t] keys of its row; with none it yields zeros.
///
/// `phantom_key` and `phantom_value` [d] (or null) stand for phantom_counts[t] further keys, all alike, that query
/// token t sees too. A padded implementation without a key mask attends to its padding in just this way.
///
/// Each attention weight is dropped with probability `dropout`, by `generator` (null when `dropout` is 0).
ct_status ct_jagged_attention(ct_tensor query, ct_tensor key, ct_tensor value, const int32_t *query_offsets,
                              const int32_t *key_offsets, int32_t rows, const int32_t *key_limits, int32_t heads,
                              ct_tensor phantom_key, ct_tensor phantom_value, const int32_t *phantom_counts,
                              double dropout, ct_generator generator, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
