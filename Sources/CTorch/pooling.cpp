#include "ct_pooling.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "guarded.h"
#include "parallel.h"
#include "vector_rows.h"

using namespace ctorch;

namespace {

/// One head of one row; `weights` is scratch for `length` numbers, `out` starts at zero.
void pool(const float *query, const float *tokens, int64_t length, int64_t width, float scale, int32_t zeros,
          float *weights, float *out) {
    // A zero vector's inner product is 0.
    float largest = zeros > 0 ? 0 : -INFINITY;
    for (int64_t token = 0; token < length; ++token) {
        weights[token] = scale * dot(query, tokens + token * width, width);
        largest = std::max(largest, weights[token]);
    }
    float sum = zeros > 0 ? static_cast<float>(zeros) * std::exp(-largest) : 0;
    for (int64_t token = 0; token < length; ++token) sum += weights[token] = std::exp(weights[token] - largest);
    for (int64_t token = 0; token < length; ++token) add(tokens + token * width, weights[token] / sum, width, out);
}

/// The same by ordinary operators: what CUDA, float64 and autograd run and what the kernel is checked against.
at::Tensor composed_pool(const at::Tensor &queries, const at::Tensor &tokens, const int32_t *offsets, int64_t rows,
                         int64_t heads, double scale, const int32_t *zeros) {
    const int64_t width = tokens.size(1), count = tokens.size(0);
    at::Tensor owners = at::empty({count}, at::kLong), extra = at::zeros({rows, 1}, queries.options().device(at::kCPU));
    for (int64_t row = 0; row < rows; ++row) {
        owners.narrow(0, offsets[row], offsets[row + 1] - offsets[row]).fill_(row);
        if (zeros != nullptr) extra[row].fill_(zeros[row]);
    }
    owners = owners.to(tokens.device());
    extra = extra.to(tokens.device());
    const at::Tensor spread = queries.view({rows, heads, width}).index_select(0, owners);           // [T, H, d]
    const at::Tensor logits = (spread * tokens.unsqueeze(1)).sum(-1) * scale;                       // [T, H]
    // Any shift gives the same weights; the largest logit of the row keeps the exponentials in range.
    const at::Tensor index = owners.unsqueeze(1).expand({count, heads});
    const at::Tensor floor = at::full({rows, heads}, zeros != nullptr ? 0.0 : -1e30, logits.options());
    const at::Tensor largest = floor.scatter_reduce(0, index, logits.detach(), "amax");
    const at::Tensor exponentials = at::exp(logits - largest.index_select(0, owners));
    const at::Tensor sums = (extra * at::exp(-largest)).index_add(0, owners, exponentials);
    const at::Tensor weights = exponentials / sums.index_select(0, owners);
    const at::Tensor weighted = weights.unsqueeze(-1) * tokens.unsqueeze(1);                        // [T, H, d]
    return at::zeros({rows, heads, width}, tokens.options()).index_add(0, owners, weighted).view({rows, heads * width});
}

}  // namespace

ct_status ct_attention_pool(ct_tensor queries, ct_tensor tokens, const int32_t *offsets, int32_t rows, int32_t heads,
                            double scale, const int32_t *zeros, ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &q = unwrap(queries);
        const at::Tensor &x = unwrap(tokens);
        TORCH_CHECK(heads > 0 && q.dim() == 2 && x.dim() == 2 && q.size(0) == rows && q.size(1) == heads * x.size(1),
                    "attentionPool: queries ", q.sizes(), " for ", rows, " rows and ", heads, " heads of tokens ",
                    x.sizes());
        TORCH_CHECK(offsets[0] == 0 && offsets[rows] == x.size(0), "attentionPool: offsets end at ", offsets[rows],
                    " but ", x.size(0), " tokens came");
        for (int64_t row = 0; row < rows; ++row)
            TORCH_CHECK(offsets[row] <= offsets[row + 1] && (zeros == nullptr || zeros[row] >= 0),
                        "attentionPool: row ", row, " has a negative number of tokens or zero vectors");
        const bool records = c10::GradMode::is_enabled() && (q.requires_grad() || x.requires_grad());
        if (records || !q.is_cpu() || q.scalar_type() != at::kFloat || x.scalar_type() != at::kFloat) {
            give(out, composed_pool(q.contiguous(), x, offsets, rows, heads, scale, zeros));
            return;
        }
        const at::Tensor left = q.contiguous(), right = x.contiguous();
        at::Tensor pooled = at::zeros({rows, heads * x.size(1)}, q.options());
        const int64_t width = x.size(1);
        parallel_for(0, rows, 16, [&](int64_t begin, int64_t end) {
            std::vector<float> weights;
            for (int64_t row = begin; row < end; ++row) {
                const int64_t length = offsets[row + 1] - offsets[row];
                if (length == 0) continue;
                weights.resize(length);
                for (int64_t head = 0; head < heads; ++head) {
                    const int64_t place = (row * heads + head) * width;
                    pool(left.const_data_ptr<float>() + place, right.const_data_ptr<float>() + offsets[row] * width,
                         length, width, static_cast<float>(scale), zeros == nullptr ? 0 : zeros[row], weights.data(),
                         pooled.data_ptr<float>() + place);
                }
            }
        });
        give(out, pooled);
    });
}
