// Automatic differentiation, by libtorch.
#ifndef CT_AUTOGRAD_H
#define CT_AUTOGRAD_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

ct_status ct_set_requires_grad(ct_tensor tensor, bool value);
ct_status ct_requires_grad(ct_tensor tensor, bool *out);
/// Gradients of a scalar with respect to every leaf that requires one, added to what is there.
ct_status ct_backward(ct_tensor scalar);
/// The accumulated gradient; `out` is null when there is none.
ct_status ct_gradient(ct_tensor leaf, ct_tensor *out);
ct_status ct_clear_gradient(ct_tensor leaf);
ct_status ct_detach(ct_tensor tensor, ct_tensor *out);
/// Whether a tensor, such as the gradient of a table, is held as rows and their numbers.
ct_status ct_is_sparse(ct_tensor tensor, bool *out);
/// Turns sparse gradients of tables on or off for what this thread records, and returns what it was.
///
/// A table is a matrix that is a leaf: with the setting on, looking up rows and the sampled and shared softmax
/// losses give it a gradient of the rows that they used.
ct_status ct_set_sparse_tables(bool value, bool *previous);
/// Turns recording on or off for this thread and returns what it was.
ct_status ct_set_recording(bool value, bool *previous);
/// Scales the gradients so that their joint 2-norm is at most `maximum`; returns the norm before.
ct_status ct_clip_gradients(const ct_tensor *leaves, int32_t count, double maximum, double *norm);

#ifdef __cplusplus
}
#endif
#endif
