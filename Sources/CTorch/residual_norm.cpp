// Residual branches, dropout and LayerNorm in one pass over the rows, forward and backward.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "counter_random.h"
#include "ct_fused.h"
#include "dropout.h"
#include "guarded.h"
#include "multiversion.h"
#include "parallel.h"

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t BRANCHES = 2;
/// Rows whose share of the weight's and the bias's gradient is summed before the shares are.
constexpr int64_t ROWS_PER_SHARE = 64;

/// One mask per branch, of the branch's positions in row-major order.
struct Masks {
    std::array<uint64_t, BRANCHES> seeds;
    uint32_t threshold;
    float kept;
};

/// out += branch · mask, for one row; `position` is that of the row's first element.
CT_MULTIVERSION void add_dropped(const float *branch, int64_t width, uint64_t seed, uint64_t position,
                                 uint32_t threshold, float kept, float *out) {
    for (int64_t column = 0; column < width; ++column)
        out[column] += branch[column] * dropout_factor(seed, position + column, threshold, kept);
}

CT_MULTIVERSION void add(const float *branch, int64_t width, float *out) {
    for (int64_t column = 0; column < width; ++column) out[column] += branch[column];
}

/// out = gradient · mask, for one row.
CT_MULTIVERSION void drop(const float *gradient, int64_t width, uint64_t seed, uint64_t position, uint32_t threshold,
                          float kept, float *out) {
    for (int64_t column = 0; column < width; ++column)
        out[column] = gradient[column] * dropout_factor(seed, position + column, threshold, kept);
}

/// Normalises a row in place and writes it scaled and shifted; returns the inverse of its deviation.
CT_MULTIVERSION float normalize(float *row, const float *weight, const float *bias, int64_t width, float epsilon,
                                float *out) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t column = 0; column < width; ++column) sum += row[column];
    const float mean = sum / width;
    float squares = 0;
#pragma omp simd reduction(+ : squares)
    for (int64_t column = 0; column < width; ++column) {
        row[column] -= mean;
        squares += row[column] * row[column];
    }
    const float inverse = 1 / std::sqrt(squares / width + epsilon);
    for (int64_t column = 0; column < width; ++column) {
        row[column] *= inverse;
        out[column] = row[column] * weight[column] + bias[column];
    }
    return inverse;
}

/// The gradient of a row before normalisation; adds the row's share of the weight's and the bias's.
CT_MULTIVERSION void unnormalize(const float *upstream, const float *normal, float inverse, const float *weight,
                                 int64_t width, float *out, float *weight_share, float *bias_share) {
    float sum = 0, product = 0;
#pragma omp simd reduction(+ : sum, product)
    for (int64_t column = 0; column < width; ++column) {
        const float slope = upstream[column] * weight[column];
        sum += slope;
        product += slope * normal[column];
    }
    const float mean = sum / width, slant = product / width;
#pragma omp simd
    for (int64_t column = 0; column < width; ++column) {
        out[column] = inverse * (upstream[column] * weight[column] - mean - normal[column] * slant);
        weight_share[column] += upstream[column] * normal[column];
        bias_share[column] += upstream[column];
    }
}

/// LayerNorm of an input plus up to two branches on the CPU; keeps the normalised rows and draws the masks twice. Its
/// gradients sum fixed shares of the rows, those of the library's own as many as there are threads.
class ResidualNorm : public torch::autograd::Function<ResidualNorm> {
   public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &input,
                              const std::optional<at::Tensor> &first, const std::optional<at::Tensor> &second,
                              const at::Tensor &weight, const at::Tensor &bias, double epsilon, double probability, int64_t first_seed,
                              int64_t second_seed) {
        const int64_t width = weight.numel(), rows = input.numel() / std::max<int64_t>(width, 1);
        at::Tensor normal = at::empty(input.sizes(), input.options());
        at::Tensor inverses = at::empty({rows}, input.options());
        at::Tensor result = at::empty(input.sizes(), input.options());
        const std::array<const float *, BRANCHES> branches = {
            first.has_value() ? first->const_data_ptr<float>() : nullptr,
            second.has_value() ? second->const_data_ptr<float>() : nullptr};
        const Masks masks = masks_of(probability, first_seed, second_seed);
        const float *from = input.const_data_ptr<float>();
        const float *scale = weight.const_data_ptr<float>(), *shift = bias.const_data_ptr<float>();
        float *row_of = normal.data_ptr<float>(), *inverse = inverses.data_ptr<float>();
        float *to = result.data_ptr<float>();
        parallel_for(0, rows, 64, [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row) {
                const int64_t place = row * width;
                std::copy(from + place, from + place + width, row_of + place);
                for (int64_t branch = 0; branch < BRANCHES; ++branch) {
                    if (branches[branch] == nullptr) continue;
                    if (masks.threshold == 0) add(branches[branch] + place, width, row_of + place);
                    else add_dropped(branches[branch] + place, width, masks.seeds[branch], place, masks.threshold,
                                     masks.kept, row_of + place);
                }
                inverse[row] = normalize(row_of + place, scale, shift, width, static_cast<float>(epsilon), to + place);
            }
        });
        context->save_for_backward({normal, inverses, weight});
        context->saved_data["probability"] = probability;
        context->saved_data["first"] = first_seed;
        context->saved_data["second"] = second_seed;
        context->saved_data["branches"] = static_cast<int64_t>(first.has_value()) + second.has_value();
        return result;
    }

    static variable_list backward(AutogradContext *context, variable_list upstreams) {
        const auto saved = context->get_saved_variables();
        const at::Tensor normal = saved[0], inverses = saved[1], weight = saved[2];
        const at::Tensor upstream = upstreams[0].contiguous();
        const int64_t width = weight.numel(), rows = inverses.numel();
        const Masks masks =
            masks_of(context->saved_data["probability"].toDouble(), context->saved_data["first"].toInt(),
                     context->saved_data["second"].toInt());
        variable_list gradients(9);
        at::Tensor slopes = at::empty(normal.sizes(), normal.options());
        gradients[0] = slopes;
        std::array<float *, BRANCHES> dropped = {};
        for (int64_t branch = 0; branch < context->saved_data["branches"].toInt(); ++branch) {
            if (!context->needs_input_grad(1 + branch)) continue;
            gradients[1 + branch] = slopes;
            if (masks.threshold == 0) continue;
            gradients[1 + branch] = at::empty(normal.sizes(), normal.options());
            dropped[branch] = gradients[1 + branch].data_ptr<float>();
        }
        const int64_t shares = (rows + ROWS_PER_SHARE - 1) / ROWS_PER_SHARE;
        std::vector<float> share(shares * 2 * width, 0.0f);
        const float *from = upstream.const_data_ptr<float>(), *row_of = normal.const_data_ptr<float>();
        const float *inverse = inverses.const_data_ptr<float>(), *scale = weight.const_data_ptr<float>();
        float *slope = slopes.data_ptr<float>();
        parallel_for(0, shares, 1, [&](int64_t begin, int64_t end) {
            for (int64_t row = begin * ROWS_PER_SHARE; row < std::min(end * ROWS_PER_SHARE, rows); ++row) {
                const int64_t place = row * width;
                float *own = share.data() + row / ROWS_PER_SHARE * 2 * width;
                unnormalize(from + place, row_of + place, inverse[row], scale, width, slope + place, own, own + width);
                for (int64_t branch = 0; branch < BRANCHES; ++branch)
                    if (dropped[branch] != nullptr)
                        drop(slope + place, width, masks.seeds[branch], place, masks.threshold, masks.kept,
                             dropped[branch] + place);
            }
        });
        at::Tensor sums = at::zeros({2, width}, normal.options());
        for (int64_t index = 0; index < shares; ++index)
            add(share.data() + index * 2 * width, 2 * width, sums.data_ptr<float>());
        gradients[3] = sums.select(0, 0);
        gradients[4] = sums.select(0, 1);
        return gradients;
    }

   private:
    static Masks masks_of(double probability, int64_t first, int64_t second) {
        return {{static_cast<uint64_t>(first), static_cast<uint64_t>(second)},
                drop_threshold(probability),
                static_cast<float>(1 / (1 - probability))};
    }
};

}  // namespace

ct_status ct_residual_layer_norm(ct_tensor input, const ct_tensor *branches, int32_t count, ct_tensor weight,
                                 ct_tensor bias, double epsilon, double probability, ct_generator generator,
                                 ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &base = unwrap(input), &scale = unwrap(weight), &shift = unwrap(bias);
        TORCH_CHECK(count >= 0 && count <= BRANCHES, "residualLayerNorm: expected at most two branches, got ", count);
        TORCH_CHECK(probability >= 0 && probability < 1 && (probability == 0 || generator != nullptr),
                    "residualLayerNorm: expected a probability in [0, 1) and a generator, got ", probability);
        TORCH_CHECK(base.dim() > 0 && scale.dim() == 1 && scale.sizes() == shift.sizes() &&
                        base.size(-1) == scale.size(0),
                    "residualLayerNorm: input ", base.sizes(), ", weight ", scale.sizes(), ", bias ", shift.sizes());
        bool fused = base.is_cpu() && base.scalar_type() == at::kFloat && scale.scalar_type() == at::kFloat &&
                     shift.scalar_type() == at::kFloat;
        for (int32_t index = 0; index < count; ++index) {
            const at::Tensor &branch = unwrap(branches[index]);
            TORCH_CHECK(branch.sizes() == base.sizes(), "residualLayerNorm: input ", base.sizes(), ", branch ",
                        branch.sizes());
            fused = fused && branch.is_cpu() && branch.scalar_type() == at::kFloat;
        }
        if (!fused) {
            at::Tensor sum = base;
            for (int32_t index = 0; index < count; ++index) {
                const at::Tensor &branch = unwrap(branches[index]);
                sum = sum + (probability == 0 ? branch : dropout(branch, probability, generator->value));
            }
            return give(out, at::layer_norm(sum, scale.sizes(), scale, shift, epsilon));
        }
        std::array<int64_t, BRANCHES> seeds = {};
        if (probability > 0)
            for (int32_t index = 0; index < count; ++index)
                seeds[index] = static_cast<int64_t>(draw_seed(generator->value));
        const auto branch = [&](int32_t index) {
            return index < count ? std::optional(unwrap(branches[index]).contiguous()) : std::nullopt;
        };
        give(out, ResidualNorm::apply(base.contiguous(), branch(0), branch(1), scale.contiguous(),
                                      shift.contiguous(), epsilon, probability, seeds[0], seeds[1]));
    });
}
