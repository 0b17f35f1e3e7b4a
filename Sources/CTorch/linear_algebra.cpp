#include "ct_linear_algebra.h"

#include <ATen/Functions.h>

#include "guarded.h"

using namespace ctorch;

ct_status ct_symmetric_eigen(ct_tensor matrix, ct_tensor *values, ct_tensor *vectors) {
    return guarded([&] {
        const at::Tensor input = unwrap(matrix).detach();
        TORCH_CHECK(input.dim() == 2 && input.size(0) == input.size(1), "expected a square matrix, got ",
                    input.sizes());
        auto [found, columns] = at::linalg_eigh(input);
        give(values, std::move(found));
        give(vectors, std::move(columns));
    });
}
