// What models that weigh a person's past by a net over pairs need.
#ifndef CT_INTEREST_H
#define CT_INTEREST_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Sums of facts, weighted for each query by a softmax over the scores of a small net.
///
/// Query q sees the facts begins[q] ..< ends[q]; one that sees none gets zeros. The score of fact f is
///     last · prelu(inner prelu(fact_terms[f] + query_terms[q] + outer (facts[f] * queries[q])) + bias).
/// facts [F, d], fact_terms [F, h], queries [Q, d], query_terms [Q, h], outer [h, d], inner [k, h], bias [k], last [k],
/// slopes [2]: what the two non-linearities multiply negative numbers by. The result is [Q, d].
ct_status ct_interest_pool(ct_tensor facts, ct_tensor fact_terms, ct_tensor queries, ct_tensor query_terms,
                           ct_tensor outer, ct_tensor inner, ct_tensor bias, ct_tensor last, ct_tensor slopes,
                           const int32_t *begins, const int32_t *ends, int32_t count, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
