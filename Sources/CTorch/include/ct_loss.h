// Losses over many candidates that never hold tokens x candidates x width.
#ifndef CT_LOSS_H
#define CT_LOSS_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Sampled softmax: per token, minus the log-probability of its target among the target and its own negatives.
///
/// hidden [T, d] and table [n, d] float32; targets [T] and negatives [T, N] int32 row numbers of the table.
/// Logits are inner products divided by `temperature`. Result [T].
ct_status ct_sampled_softmax(ct_tensor hidden, ct_tensor table, ct_tensor targets, ct_tensor negatives,
                             double temperature, ct_tensor *out);
/// Softmax cross-entropy of targets [T] against negatives [N] that all tokens share (int32 row numbers of the table).
///
/// A negative that is a token's own target counts once. Holds chunk x N logits. Result [T].
ct_status ct_shared_softmax(ct_tensor hidden, ct_tensor table, ct_tensor targets, ct_tensor negatives,
                            double temperature, int64_t chunk, ct_tensor *out);
/// Full softmax cross-entropy of targets [T] (int32) over all n rows of the table, `chunk` tokens at a time. Result [T].
ct_status ct_full_softmax(ct_tensor hidden, ct_tensor table, ct_tensor targets, double temperature, int64_t chunk,
                          ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
