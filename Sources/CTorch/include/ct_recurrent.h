// Recurrent nets over jagged sequences.
#ifndef CT_RECURRENT_H
#define CT_RECURRENT_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The states [T, h] of a gated recurrent unit after each token of a jagged sequence [T, in].
///
/// weight_ih [3h, in], weight_hh [3h, h], bias_ih and bias_hh [3h] (or null) hold the reset gate, the update gate and the
/// candidate, one below the other; the reset gate multiplies the candidate's recurrent part with its bias. Row r owns
/// tokens offsets[r] ..< offsets[r + 1] and starts from initial[r], of [rows, h], or from zeros if that is null.
ct_status ct_jagged_gru(ct_tensor input, ct_tensor weight_ih, ct_tensor weight_hh, ct_tensor bias_ih, ct_tensor bias_hh,
                        ct_tensor initial, const int32_t *offsets, int32_t rows, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
