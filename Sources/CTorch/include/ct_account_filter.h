// The recurrent filter of networks for accounts that several people share.
#ifndef CT_ACCOUNT_FILTER_H
#define CT_ACCOUNT_FILTER_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The states [T, h] of a shared-account filter after each token of a jagged sequence.
///
/// The input [T, 2h] holds what the gate and the candidate take of the tokens, the weight [h, 2h] what they take of the
/// state, the shifts [K, 2h] what each of K members adds. A member keeps sigmoid(gate) of the state and takes the rest of
/// tanh(candidate); the new state is the mean over members. Row r owns tokens offsets[r] ..< offsets[r + 1] and starts
/// from zeros.
ct_status ct_account_filter(ct_tensor input, ct_tensor weight, ct_tensor shifts, const int32_t *offsets, int32_t rows,
                            ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
