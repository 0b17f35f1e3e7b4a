#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "ct_loss.h"
#include "guarded.h"
#include "product.h"
#include "softmax_rows.h"

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Where the pool of negatives holds a token's own target.
class Repeats {
   public:
    Repeats(const at::Tensor &targets, const at::Tensor &negatives) : targets_(targets), negatives_(negatives) {
        if (!targets.is_cpu()) return;
        for (int64_t place = 0; place < negatives.numel(); ++place)
            places_.push_back({negatives.const_data_ptr<int64_t>()[place], place});
        std::sort(places_.begin(), places_.end());
    }

    /// Sets these places of a chunk [length, N] of the tokens from `start` on.
    void set(at::Tensor &chunk, int64_t start, float value) const {
        const int64_t length = chunk.size(0);
        if (!in_one_pass(chunk)) {
            chunk.masked_fill_(targets_.narrow(0, start, length).unsqueeze(1).eq(negatives_), value);
            return;
        }
        const int64_t *targets = targets_.const_data_ptr<int64_t>() + start;
        for (int64_t row = 0; row < length; ++row) {
            auto found = std::lower_bound(places_.begin(), places_.end(), std::pair{targets[row], int64_t{0}});
            for (; found != places_.end() && found->first == targets[row]; ++found)
                chunk.data_ptr<float>()[row * chunk.size(1) + found->second] = value;
        }
    }

   private:
    const at::Tensor targets_, negatives_;
    std::vector<std::pair<int64_t, int64_t>> places_;
};

/// Softmax cross-entropy of each token's target against one pool of negatives that all tokens share.
///
/// A matrix product per chunk of tokens and pass; logits exist for one chunk at a time. A target that is in the pool
/// too counts once.
class SharedSoftmax : public torch::autograd::Function<SharedSoftmax> {
   public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &hidden, const at::Tensor &table,
                              const at::Tensor &targets, const at::Tensor &negatives, double temperature,
                              int64_t chunk) {
        const int64_t tokens = hidden.size(0);
        const at::Tensor pool = table.index_select(0, negatives), own = table.index_select(0, targets);
        const at::Tensor target_logits = (hidden * own).sum(1).div_(temperature);
        const Repeats repeats(targets, negatives);
        at::Tensor normalizers = at::empty({tokens}, hidden.options());
        for (int64_t start = 0; start < tokens; start += chunk) {
            const int64_t length = std::min(chunk, tokens - start);
            const at::Tensor others =
                chunk_normalizers(logits(hidden, pool, repeats, start, length), temperature);
            normalizers.narrow(0, start, length).copy_(
                at::logaddexp(others, target_logits.narrow(0, start, length)));
        }
        context->save_for_backward({hidden, pool, own, targets, negatives, target_logits, normalizers});
        context->saved_data["rows"] = table.size(0);
        context->saved_data["sparse"] = wants_sparse_gradient(table);
        context->saved_data["temperature"] = temperature;
        context->saved_data["chunk"] = chunk;
        return normalizers - target_logits;
    }

    static variable_list backward(AutogradContext *context, variable_list upstream) {
        const auto saved = context->get_saved_variables();
        const at::Tensor hidden = saved[0], pool = saved[1], own = saved[2], targets = saved[3];
        const at::Tensor negatives = saved[4], target_logits = saved[5], normalizers = saved[6];
        const double temperature = context->saved_data["temperature"].toDouble();
        const int64_t chunk = context->saved_data["chunk"].toInt(), tokens = hidden.size(0);
        const at::Tensor upstreams = upstream[0].contiguous();
        const at::Tensor pull =
            (target_logits - normalizers).exp_().sub_(1).mul_(upstreams).div_(temperature).unsqueeze(1);  // [T, 1]
        const Repeats repeats(targets, negatives);
        at::Tensor hidden_gradient = own * pull;
        at::Tensor pool_gradient = at::zeros_like(pool);
        for (int64_t start = 0; start < tokens; start += chunk) {
            const int64_t length = std::min(chunk, tokens - start);
            at::Tensor push = logits(hidden, pool, repeats, start, length);
            turn_to_slopes(push, normalizers.narrow(0, start, length), upstreams.narrow(0, start, length),
                           temperature);
            repeats.set(push, start, 0);
            add_product(hidden_gradient.narrow(0, start, length), push, pool);
            add_product(pool_gradient, push.t(), hidden.narrow(0, start, length));
        }
        const std::vector<int64_t> shape = {context->saved_data["rows"].toInt(), hidden.size(1)};
        at::Tensor table_gradient;
        if (context->saved_data["sparse"].toBool()) {
            table_gradient = at::sparse_coo_tensor(at::cat({negatives, targets}).unsqueeze(0),
                                                   at::cat({pool_gradient, hidden * pull}), shape);
        } else {
            table_gradient = at::zeros(shape, hidden.options());
            table_gradient.index_add_(0, negatives, pool_gradient);
            table_gradient.index_add_(0, targets, hidden * pull);
        }
        return {hidden_gradient, table_gradient, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
    }

   private:
    /// Inner products of a chunk with the pool, minus infinity at a token's own target. [chunk, N]
    static at::Tensor logits(const at::Tensor &hidden, const at::Tensor &pool, const Repeats &repeats, int64_t start,
                             int64_t length) {
        at::Tensor products = product(hidden.narrow(0, start, length), pool.t());
        repeats.set(products, start, -INFINITY);
        return products;
    }
};

}  // namespace

ct_status ct_shared_softmax(ct_tensor hidden, ct_tensor table, ct_tensor targets, ct_tensor negatives,
                            double temperature, int64_t chunk, ct_tensor *out) {
    return guarded([&] {
        TORCH_CHECK(chunk > 0, "sharedSoftmax: the chunk must be positive, got ", chunk);
        const at::Tensor &left = unwrap(hidden);
        const at::Tensor &right = unwrap(table);
        TORCH_CHECK(left.dim() == 2 && right.dim() == 2 && left.size(1) == right.size(1) &&
                        unwrap(targets).sizes() == at::IntArrayRef{left.size(0)} && unwrap(negatives).dim() == 1,
                    "sharedSoftmax: hidden ", left.sizes(), ", table ", right.sizes(), ", targets ",
                    unwrap(targets).sizes(), ", negatives ", unwrap(negatives).sizes());
        check_rows(unwrap(targets), right.size(0), "sharedSoftmax");
        check_rows(unwrap(negatives), right.size(0), "sharedSoftmax");
        give(out, SharedSoftmax::apply(left.contiguous(), right.contiguous(),
                                       unwrap(targets).to(at::kLong).contiguous(),
                                       unwrap(negatives).to(at::kLong).contiguous(), temperature, chunk));
    });
}
