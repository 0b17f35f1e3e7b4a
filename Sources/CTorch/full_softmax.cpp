#include "ct_loss.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "guarded.h"
#include "multiversion.h"
#include "parallel.h"
#include "product.h"
#include "vector_math.h"

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

CT_MULTIVERSION float largest(const float *row, int64_t count) {
    constexpr int64_t kLanes = 16;
    float lanes[kLanes];
    std::fill_n(lanes, kLanes, -INFINITY);
    int64_t column = 0;
    for (; column + kLanes <= count; column += kLanes)
        for (int64_t lane = 0; lane < kLanes; ++lane)
            lanes[lane] = row[column + lane] > lanes[lane] ? row[column + lane] : lanes[lane];
    for (; column < count; ++column) lanes[0] = std::max(lanes[0], row[column]);
    return *std::max_element(lanes, lanes + kLanes);
}

/// The sum of e to the power of scale × (each number - shift).
CT_MULTIVERSION float exponential_sum(const float *row, int64_t count, float scale, float shift) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t column = 0; column < count; ++column) sum += vector_exp(scale * (row[column] - shift));
    return sum;
}

/// Replaces each number by factor × e to the power of (scale × number - normalizer).
CT_MULTIVERSION void to_slopes(float *row, int64_t count, float scale, float normalizer, float factor) {
#pragma omp simd
    for (int64_t column = 0; column < count; ++column)
        row[column] = factor * vector_exp(scale * row[column] - normalizer);
}

bool in_one_pass(const at::Tensor &logits) { return logits.is_cpu() && logits.scalar_type() == at::kFloat; }

/// The logarithms of the sums of exponentials of a chunk's logits over the temperature; a row at a time, which stays in
/// the cache.
at::Tensor chunk_normalizers(const at::Tensor &logits, double temperature) {
    if (!in_one_pass(logits)) return logits.div(temperature).logsumexp(at::IntArrayRef{1});
    const int64_t count = logits.size(1);
    const float scale = static_cast<float>(1 / temperature), *from = logits.const_data_ptr<float>();
    at::Tensor result = at::empty({logits.size(0)}, logits.options());
    float *to = result.data_ptr<float>();
    parallel_for(0, logits.size(0), 8, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            const float *own = from + row * count;
            const float most = largest(own, count), sum = exponential_sum(own, count, scale, most);
            to[row] = scale * most + std::log(sum);
        }
    });
    return result;
}

/// Turns a chunk's logits into the slopes of the losses times `upstream`, but for the targets' own part.
void turn_to_slopes(at::Tensor &logits, const at::Tensor &normalizers, const at::Tensor &upstream, double temperature) {
    if (!in_one_pass(logits)) {
        logits.div_(temperature).sub_(normalizers.unsqueeze(1)).exp_().mul_(upstream.unsqueeze(1).div(temperature));
        return;
    }
    const int64_t count = logits.size(1);
    const float scale = static_cast<float>(1 / temperature);
    const float *normalizer = normalizers.const_data_ptr<float>(), *factor = upstream.const_data_ptr<float>();
    float *row = logits.data_ptr<float>();
    parallel_for(0, logits.size(0), 8, [&](int64_t begin, int64_t end) {
        for (int64_t index = begin; index < end; ++index)
            to_slopes(row + index * count, count, scale, normalizer[index], scale * factor[index]);
    });
}

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
