// Operators that do in one pass over memory what several would do in many.
#ifndef CT_FUSED_H
#define CT_FUSED_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// LayerNorm(input + dropout(branches[0]) + dropout(branches[1])) over the last dimension.
///
/// `count` is 0 to 2; weight and bias are [width]. The generator may be null when `probability` is 0. Masks are those
/// that ct_dropout would draw one after another for the branches.
ct_status ct_residual_layer_norm(ct_tensor input, const ct_tensor *branches, int32_t count, ct_tensor weight,
                                 ct_tensor bias, double epsilon, double probability, ct_generator generator,
                                 ct_tensor *out);
/// value * silu(gate), element by element.
ct_status ct_gated_silu(ct_tensor gate, ct_tensor value, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
