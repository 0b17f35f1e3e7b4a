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
/// Adam or AdamW on the rows of a table [n, d] that its sparse gradient names; the work follows these rows.
///
/// `row_steps` [n] (int32) holds for each row the step that it was last brought to. When a row comes again, its weights
/// and moments first decay for the steps in between, at the present learning rate; the moves that momentum would have
/// made in them are left out. A row with a gradient in every step takes exactly Adam's steps. `step` counts from 1.
ct_status ct_row_adam_step(ct_tensor table, ct_tensor gradient, ct_tensor first_moment, ct_tensor second_moment,
                           ct_tensor row_steps, int64_t step, ct_adam_options options);
/// Brings the decay of all rows to `step`, for a table that is to be read as a whole.
ct_status ct_row_adam_settle(ct_tensor table, ct_tensor first_moment, ct_tensor second_moment, ct_tensor row_steps,
                             int64_t step, ct_adam_options options);
/// Stochastic gradient descent; `momenta` is null without momentum.
ct_status ct_sgd_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *momenta, int32_t count,
                      double learning_rate, double momentum, double weight_decay, bool first_step);

#ifdef __cplusplus
}
#endif
#endif
