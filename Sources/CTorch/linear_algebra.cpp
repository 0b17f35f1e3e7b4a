#include "ct_linear_algebra.h"

#include <ATen/Functions.h>

#include "guarded.h"

using namespace ctorch;

ct_status ct_symmetric_eigen(ct_tensor matrix, ct_tensor *values, ct_tensor *vectors) {
    return guarded([&] {
        const at::Tensor input = unwrap(matrix).detach();
        TORCH_CHECK(input.dim() == 2 && input.size(0) == input.size(1), "expected a square matrix, got ",
                    input.sizes());
        at::Tensor found, columns;
        try {
            std::tie(found, columns) = at::linalg_eigh(input);
        } catch (const c10::LinAlgError &) {
            // Divide and conquer gives up on some matrices of low rank; of a symmetric matrix the singular vectors are
            // eigenvectors too, and an eigenvalue below zero turns one of the two around.
            auto [left, sizes, right] = at::linalg_svd(input, false);
            const at::Tensor signs = at::sign(at::sum(at::mul(left, right.transpose(0, 1)), 0));
            at::Tensor order;
            std::tie(found, order) = at::sort(at::mul(sizes, signs));
            columns = left.index_select(1, order);
        }
        give(values, std::move(found));
        give(vectors, std::move(columns));
    });
}
