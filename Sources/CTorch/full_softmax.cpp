#include "ct_loss.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "guarded.h"
#include "product.h"
#include "softmax_rows.h"

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Softmax cross-entropy over a whole table; logits exist for one chunk of tokens at a time, in both passes.
class FullSoftmax : public torch::autograd::Function<FullSoftmax> {
   public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &hidden, const at::Tensor &table,
                              const at::Tensor &targets, double temperature, int64_t chunk) {
        const int64_t tokens = hidden.size(0);
        at::Tensor normalizers = at::empty({tokens}, hidden.options());
        at::Tensor losses = at::empty({tokens}, hidden.options());
        for (int64_t start = 0; start < tokens; start += chunk) {
            const int64_t length = std::min(chunk, tokens - start);
            const at::Tensor logits = product(hidden.narrow(0, start, length), table.t());          // [chunk, n]
            const at::Tensor normalizer = chunk_normalizers(logits, temperature);
            const at::Tensor hit = logits.gather(1, targets.narrow(0, start, length).unsqueeze(1)).squeeze(1);
            normalizers.narrow(0, start, length).copy_(normalizer);
            losses.narrow(0, start, length).copy_(normalizer - hit.div(temperature));
        }
        context->save_for_backward({hidden, table, targets, normalizers});
        context->saved_data["temperature"] = temperature;
        context->saved_data["chunk"] = chunk;
        return losses;
    }

    static variable_list backward(AutogradContext *context, variable_list upstream) {
        const auto saved = context->get_saved_variables();
        const at::Tensor hidden = saved[0], table = saved[1], targets = saved[2], normalizers = saved[3];
        const at::Tensor upstreams = upstream[0].contiguous();
        const double temperature = context->saved_data["temperature"].toDouble();
        const int64_t chunk = context->saved_data["chunk"].toInt(), tokens = hidden.size(0);
        at::Tensor hidden_gradient = at::empty_like(hidden);
        at::Tensor table_gradient = at::zeros_like(table);
        for (int64_t start = 0; start < tokens; start += chunk) {
            const int64_t length = std::min(chunk, tokens - start);
            const at::Tensor rows = hidden.narrow(0, start, length);
            const at::Tensor wanted = upstreams.narrow(0, start, length);
            at::Tensor slope = product(rows, table.t());
            turn_to_slopes(slope, normalizers.narrow(0, start, length), wanted, temperature);
            slope.scatter_add_(1, targets.narrow(0, start, length).unsqueeze(1),
                               wanted.unsqueeze(1).div(-temperature));
            hidden_gradient.narrow(0, start, length).copy_(product(slope, table));
            add_product(table_gradient, slope.t(), rows);
        }
        return {hidden_gradient, table_gradient, at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

}  // namespace

void ctorch::check_rows(const at::Tensor &indices, int64_t rows, const char *operation) {
    if (indices.numel() == 0) return;
    const int64_t low = indices.min().item<int64_t>(), high = indices.max().item<int64_t>();
    TORCH_CHECK(low >= 0 && high < rows, operation, ": rows ", low, " to ", high, " of a table with ", rows);
}

ct_status ct_full_softmax(ct_tensor hidden, ct_tensor table, ct_tensor targets, double temperature, int64_t chunk,
                          ct_tensor *out) {
    return guarded([&] {
        TORCH_CHECK(chunk > 0, "fullSoftmax: the chunk must be positive, got ", chunk);
        const at::Tensor &left = unwrap(hidden);
        const at::Tensor &right = unwrap(table);
        TORCH_CHECK(left.dim() == 2 && right.dim() == 2 && left.size(1) == right.size(1) &&
                        unwrap(targets).sizes() == at::IntArrayRef{left.size(0)},
                    "fullSoftmax: hidden ", left.sizes(), ", table ", right.sizes(), ", targets ",
                    unwrap(targets).sizes());
        check_rows(unwrap(targets), right.size(0), "fullSoftmax");
        give(out, FullSoftmax::apply(left.contiguous(), right.contiguous(), unwrap(targets).to(at::kLong), temperature,
                                     chunk));
    });
}
