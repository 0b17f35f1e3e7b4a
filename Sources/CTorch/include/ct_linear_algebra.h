// Decompositions of matrices.
#ifndef CT_LINEAR_ALGEBRA_H
#define CT_LINEAR_ALGEBRA_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Eigenvalues [n] in ascending order of a symmetric matrix [n, n], and its eigenvectors as the columns of [n, n].
///
/// The lower triangle is read. Autograd does not follow.
ct_status ct_symmetric_eigen(ct_tensor matrix, ct_tensor *values, ct_tensor *vectors);

#ifdef __cplusplus
}
#endif
#endif
