#include "ct_loss.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "guarded.h"
#include "multiversion.h"

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

CT_MULTIVERSION void dot_rows(const float *left, const float *const *rows, int64_t count, int64_t width, float scale,
                              float *out) {
    for (int64_t index = 0; index < count; ++index) {
        const float *right = rows[index];
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t column = 0; column < width; ++column) sum += left[column] * right[column];
        out[index] = sum * scale;
    }
}

CT_MULTIVERSION void add_rows(const float *const *rows, const float *weights, int64_t count, int64_t width,
                              float *out) {
    for (int64_t index = 0; index < count; ++index) {
        const float *row = rows[index];
        const float weight = weights[index];
#pragma omp simd
        for (int64_t column = 0; column < width; ++column) out[column] += weight * row[column];
    }
}

/// The pairs (token, candidate) of a batch grouped by table row, so that each row's gradient has one writer.
struct PairsByRow {
    std::vector<int64_t> starts;
    std::vector<int32_t> pairs;

    PairsByRow(const int32_t *candidates, int64_t count, int64_t rows) : starts(rows + 1, 0), pairs(count) {
        for (int64_t pair = 0; pair < count; ++pair) ++starts[candidates[pair] + 1];
        for (int64_t row = 0; row < rows; ++row) starts[row + 1] += starts[row];
        std::vector<int64_t> next(starts.begin(), starts.end() - 1);
        for (int64_t pair = 0; pair < count; ++pair) pairs[next[candidates[pair]]++] = static_cast<int32_t>(pair);
    }
};

/// Sampled softmax on the CPU: the forward pass keeps the probabilities [T, 1 + N] and d loss / d hidden [T, d].
class SampledSoftmax : public torch::autograd::Function<SampledSoftmax> {
   public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &hidden, const at::Tensor &table,
                              const at::Tensor &candidates, double temperature) {
        const int64_t tokens = hidden.size(0), width = hidden.size(1), count = candidates.size(1);
        at::Tensor losses = at::empty({tokens}, hidden.options());
        at::Tensor errors = at::empty({tokens, count}, hidden.options());
        at::Tensor slopes = at::zeros({tokens, width}, hidden.options());
        const float *left = hidden.const_data_ptr<float>();
        const float *right = table.const_data_ptr<float>();
        const int32_t *index = candidates.const_data_ptr<int32_t>();
        float *loss = losses.data_ptr<float>(), *error = errors.data_ptr<float>(), *slope = slopes.data_ptr<float>();
        const float scale = static_cast<float>(1 / temperature);
        at::parallel_for(0, tokens, 16, [&](int64_t begin, int64_t end) {
            std::vector<const float *> rows(count);
            for (int64_t token = begin; token < end; ++token) {
                for (int64_t column = 0; column < count; ++column)
                    rows[column] = right + static_cast<int64_t>(index[token * count + column]) * width;
                float *logit = error + token * count;
                dot_rows(left + token * width, rows.data(), count, width, scale, logit);
                const float largest = *std::max_element(logit, logit + count);
                double sum = 0;
                const float target = logit[0];
                for (int64_t column = 0; column < count; ++column) {
                    logit[column] = std::exp(logit[column] - largest);
                    sum += logit[column];
                }
                loss[token] = static_cast<float>(std::log(sum)) + largest - target;
                // From probabilities to the slope of the loss in each inner product.
                const float share = static_cast<float>(1 / sum);
                for (int64_t column = 0; column < count; ++column) logit[column] *= share * scale;
                logit[0] -= scale;
                add_rows(rows.data(), logit, count, width, slope + token * width);
            }
        });
        context->save_for_backward({hidden, candidates, errors, slopes});
        context->saved_data["rows"] = table.size(0);
        return losses;
    }

    static variable_list backward(AutogradContext *context, variable_list upstream) {
        const auto saved = context->get_saved_variables();
        const at::Tensor hidden = saved[0], candidates = saved[1], errors = saved[2], slopes = saved[3];
        const at::Tensor weights = upstream[0].contiguous();
        const int64_t rows = context->saved_data["rows"].toInt(), width = hidden.size(1), count = candidates.size(1);
        at::Tensor table_gradient = at::zeros({rows, width}, hidden.options());
        const PairsByRow grouped(candidates.const_data_ptr<int32_t>(), candidates.numel(), rows);
        const float *left = hidden.const_data_ptr<float>(), *error = errors.const_data_ptr<float>();
        const float *weight = weights.const_data_ptr<float>();
        float *gradient = table_gradient.data_ptr<float>();
        at::parallel_for(0, rows, 64, [&](int64_t begin, int64_t end) {
            std::vector<const float *> tokens;
            std::vector<float> factors;
            for (int64_t row = begin; row < end; ++row) {
                tokens.clear();
                factors.clear();
                for (int64_t place = grouped.starts[row]; place < grouped.starts[row + 1]; ++place) {
                    const int64_t pair = grouped.pairs[place], token = pair / count;
                    tokens.push_back(left + token * width);
                    factors.push_back(error[pair] * weight[token]);
                }
                add_rows(tokens.data(), factors.data(), static_cast<int64_t>(tokens.size()), width,
                         gradient + row * width);
            }
        });
        return {slopes * weights.unsqueeze(1), table_gradient, at::Tensor(), at::Tensor()};
    }
};

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
            const at::Tensor logits =
                at::matmul(hidden.narrow(0, start, length), table.t()).div_(temperature);          // [chunk, n]
            at::Tensor normalizer = logits.logsumexp(at::IntArrayRef{1});
            const at::Tensor hit = logits.gather(1, targets.narrow(0, start, length).unsqueeze(1)).squeeze(1);
            normalizers.narrow(0, start, length).copy_(normalizer);
            losses.narrow(0, start, length).copy_(normalizer - hit);
        }
        context->save_for_backward({hidden, table, targets, normalizers});
        context->saved_data["temperature"] = temperature;
        context->saved_data["chunk"] = chunk;
        return losses;
    }

    static variable_list backward(AutogradContext *context, variable_list upstream) {
        const auto saved = context->get_saved_variables();
        const at::Tensor hidden = saved[0], table = saved[1], targets = saved[2], normalizers = saved[3];
        const double temperature = context->saved_data["temperature"].toDouble();
        const int64_t chunk = context->saved_data["chunk"].toInt(), tokens = hidden.size(0);
        at::Tensor hidden_gradient = at::empty_like(hidden);
        at::Tensor table_gradient = at::zeros_like(table);
        for (int64_t start = 0; start < tokens; start += chunk) {
            const int64_t length = std::min(chunk, tokens - start);
            const at::Tensor rows = hidden.narrow(0, start, length);
            at::Tensor slope = at::matmul(rows, table.t()).div_(temperature);
            slope.sub_(normalizers.narrow(0, start, length).unsqueeze(1)).exp_();
            const at::Tensor index = targets.narrow(0, start, length).unsqueeze(1);
            slope.scatter_add_(1, index, at::full({length, 1}, -1.0, slope.options()));
            slope.mul_(upstream[0].narrow(0, start, length).unsqueeze(1).div(temperature));
            hidden_gradient.narrow(0, start, length).copy_(at::matmul(slope, table));
            table_gradient.addmm_(slope.t(), rows);
        }
        return {hidden_gradient, table_gradient, at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

/// The same by ordinary operators: what CUDA runs and what the kernel is checked against.
at::Tensor composed_sampled_softmax(const at::Tensor &hidden, const at::Tensor &table, const at::Tensor &candidates,
                                    double temperature) {
    const int64_t tokens = hidden.size(0), count = candidates.size(1);
    const at::Tensor rows = table.index_select(0, candidates.reshape({-1})).view({tokens, count, hidden.size(1)});
    const at::Tensor logits = at::matmul(rows, hidden.unsqueeze(2)).squeeze(2).div(temperature);
    return at::log_softmax(logits, 1).select(1, 0).neg();
}

}  // namespace

void ctorch::check_rows(const at::Tensor &indices, int64_t rows, const char *operation) {
    if (indices.numel() == 0) return;
    const int64_t low = indices.min().item<int64_t>(), high = indices.max().item<int64_t>();
    TORCH_CHECK(low >= 0 && high < rows, operation, ": rows ", low, " to ", high, " of a table with ", rows);
}

ct_status ct_sampled_softmax(ct_tensor hidden, ct_tensor table, ct_tensor targets, ct_tensor negatives,
                             double temperature, ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &left = unwrap(hidden);
        const at::Tensor &right = unwrap(table);
        TORCH_CHECK(left.dim() == 2 && right.dim() == 2 && left.size(1) == right.size(1) &&
                        unwrap(targets).size(0) == left.size(0) && unwrap(negatives).size(0) == left.size(0),
                    "sampledSoftmax: hidden ", left.sizes(), ", table ", right.sizes(), ", targets ",
                    unwrap(targets).sizes(), ", negatives ", unwrap(negatives).sizes());
        const at::Tensor candidates = at::cat({unwrap(targets).unsqueeze(1), unwrap(negatives)}, 1);
        check_rows(candidates, right.size(0), "sampledSoftmax");
        const bool fused = left.is_cpu() && left.scalar_type() == at::kFloat && right.scalar_type() == at::kFloat &&
                           candidates.scalar_type() == at::kInt;
        give(out, fused ? SampledSoftmax::apply(left.contiguous(), right.contiguous(), candidates.contiguous(),
                                                temperature)
                        : composed_sampled_softmax(left, right, candidates, temperature));
    });
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
