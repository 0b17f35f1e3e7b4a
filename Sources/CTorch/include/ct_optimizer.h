// One optimizer step over a list of parameters, by libtorch's fused kernels.
#ifndef CT_OPTIMIZER_H
#define CT_OPTIMIZER_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_adam_options {
    double learning_rate;
    double beta1;
    double beta2;
    double epsilon;
    double weight_decay;
    /// True: AdamW (decay applied to the weights); false: Adam (decay added to the gradient).
    bool decoupled;
} ct_adam_options;

/// Updates parameters, first and second moments and steps in place; every list has `count` entries.
ct_status ct_adam_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *first_moments,
                       const ct_tensor *second_moments, const ct_tensor *steps, int32_t count,
                       ct_adam_options options);
/// Stochastic gradient descent; `momenta` is null without momentum.
ct_status ct_sgd_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *momenta, int32_t count,
                      double learning_rate, double momentum, double weight_decay, bool first_step);

#ifdef __cplusplus
}
#endif
#endif
