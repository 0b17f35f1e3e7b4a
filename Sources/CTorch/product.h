// Products of float32 matrices on the CPU, which need not be contiguous.
//
// libtorch multiplies by MKL, which on x86 processors not by its maker leaves half of the arithmetic units unused. A
// result here depends on neither the number of threads nor the strides. On other processors libtorch multiplies.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace ctorch {

/// left [m, k] times right [k, n], plus a bias [n] on each row; not recorded by autograd.
at::Tensor product(const at::Tensor &left, const at::Tensor &right,
                   const std::optional<at::Tensor> &bias = std::nullopt);

/// Adds left [m, k] times right [k, n] to a matrix; not recorded by autograd.
void add_product(at::Tensor sum, const at::Tensor &left, const at::Tensor &right);

/// A matrix as it stands in memory.
struct Operand {
    const float *data;
    int64_t row_stride, column_stride;
};

/// out [rows, columns] = base + left [rows, depth] x right [depth, columns]; without a base (null) it counts as zero.
///
/// Rows of the base are base_stride apart: 0 for one row that is added to all. The base may be `out` itself.
struct Product {
    int64_t rows, depth, columns;
    Operand left, right;
    const float *base;
    int64_t base_stride;
    float *out;
    int64_t out_stride;
};

/// Whether there is a kernel for this machine's vectors.
bool can_multiply();

/// Multiplies with the widest vectors of this machine, on several threads if that pays.
void multiply(const Product &product);

/// The operations of all products so far, 2 for each multiplication and sum.
int64_t counted_flops();

}  // namespace ctorch
