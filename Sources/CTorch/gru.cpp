#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstring>
#include <optional>
#include <vector>

#include "ct_recurrent.h"
#include "guarded.h"
#include "multiversion.h"
#include "product.h"
#include "time_major.h"
#include "vector_math.h"

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Optional = std::optional<at::Tensor>;

/// One row's step: keeps reset, update, candidate and the candidate's recurrent part in `gates`.
CT_MULTIVERSION void forward_row(const float *input, const float *recurrent, const float *previous, int64_t width,
                                 float *gates, float *state) {
#pragma omp simd
    for (int64_t column = 0; column < width; ++column) {
        const float reset = vector_sigmoid(input[column] + recurrent[column]);
        const float update = vector_sigmoid(input[width + column] + recurrent[width + column]);
        const float inner = recurrent[2 * width + column];
        const float candidate = vector_tanh(input[2 * width + column] + reset * inner);
        gates[column] = reset;
        gates[width + column] = update;
        gates[2 * width + column] = candidate;
        gates[3 * width + column] = inner;
        state[column] = candidate + update * (previous[column] - candidate);
    }
}

/// Takes what later steps want of the state and leaves what passes the update gate; slopes are those of candidate,
/// reset, update and the candidate's recurrent part.
CT_MULTIVERSION void backward_row(const float *upstream, const float *gates, const float *previous, int64_t width,
                                  float *carried, float *slopes) {
#pragma omp simd
    for (int64_t column = 0; column < width; ++column) {
        const float slope = upstream[column] + carried[column];
        const float reset = gates[column], update = gates[width + column], candidate = gates[2 * width + column];
        const float inner = gates[3 * width + column];
        const float of_candidate = slope * (1 - update) * (1 - candidate * candidate);
        slopes[column] = of_candidate;
        slopes[width + column] = of_candidate * inner * reset * (1 - reset);
        slopes[2 * width + column] = slope * (previous[column] - candidate) * update * (1 - update);
        slopes[3 * width + column] = of_candidate * reset;
        carried[column] = slope * update;
    }
}

/// Gradients come in the order candidate, reset, update; parameters hold the candidate last.
at::Tensor candidate_last(const at::Tensor &blocks) {
    const int64_t width = blocks.size(0) / 3;
    return at::cat({blocks.narrow(0, width, 2 * width), blocks.narrow(0, 0, width)});
}

at::Tensor candidate_first(const at::Tensor &blocks) {
    const int64_t width = blocks.size(0) / 3;
    return at::cat({blocks.narrow(0, 2 * width, width), blocks.narrow(0, 0, 2 * width)});
}

/// The kernel: input projections and weight gradients are one product each over all tokens; between them one product a
/// step with the recurrent weights, over the rows that are active, and one pass for the gates.
class JaggedGRU : public torch::autograd::Function<JaggedGRU> {
   public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &input, const at::Tensor &weight_ih,
                              const at::Tensor &weight_hh, const Optional &bias_ih, const Optional &bias_hh,
                              const Optional &initial, const TimeMajor &plan) {
        const int64_t width = weight_hh.size(1), tokens = input.size(0);
        const at::Tensor ordered = input.index_select(0, plan.tokens);
        const at::Tensor projected = product(ordered, weight_ih.t(), bias_ih);  // [T, 3h]
        const at::Tensor weights = weight_hh.t().contiguous();                  // [h, 3h]
        at::Tensor previous = at::zeros({tokens, width}, input.options());
        at::Tensor gates = at::empty({tokens, 4 * width}, input.options());
        at::Tensor states = at::empty({tokens, width}, input.options());
        if (initial && plan.steps() > 0)
            previous.narrow(0, 0, plan.active(0)).copy_(initial->index_select(0, plan.rows));
        const float *from = projected.const_data_ptr<float>(), *map = weights.const_data_ptr<float>();
        const float *shift = bias_hh ? bias_hh->const_data_ptr<float>() : nullptr;
        float *before = previous.data_ptr<float>(), *gate = gates.data_ptr<float>(), *to = states.data_ptr<float>();
        Share::for_each(plan.rows.numel(), [&](Share share) {
            std::vector<float> recurrent(share.count(plan.rows.numel()) * 3 * width);
            for (int64_t step = 0; step < plan.steps(); ++step) {
                const int64_t count = share.count(plan.active(step)), first = plan.start(step) + share.first;
                if (count == 0) break;
                multiply({count, width, 3 * width, {before + first * width, share.stride * width, 1},
                          {map, 3 * width, 1}, shift, 0, recurrent.data(), 3 * width});
                for (int64_t index = 0; index < count; ++index) {
                    const int64_t row = share.first + index * share.stride, place = plan.start(step) + row;
                    float *state = to + plan.token(place) * width;
                    forward_row(from + place * 3 * width, recurrent.data() + index * 3 * width, before + place * width,
                                width, gate + place * 4 * width, state);
                    if (row < plan.active(step + 1))
                        std::memcpy(before + (plan.start(step + 1) + row) * width, state, width * sizeof(float));
                }
            }
        });
        context->save_for_backward(
            {ordered, weight_ih, weight_hh, previous, gates, plan.rows, plan.starts, plan.tokens});
        context->saved_data["biases"] = std::vector<bool>{bias_ih.has_value(), bias_hh.has_value()};
        context->saved_data["initial"] = initial ? initial->size(0) : int64_t(-1);
        return states;
    }

    static variable_list backward(AutogradContext *context, variable_list upstreams) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &ordered = saved[0], &weight_ih = saved[1], &weight_hh = saved[2], &previous = saved[3];
        const TimeMajor plan(saved[5], saved[6], saved[7]);
        const int64_t width = weight_hh.size(1), tokens = ordered.size(0);
        at::Tensor carried = at::zeros({plan.rows.numel(), width}, ordered.options());
        at::Tensor slopes = at::empty({tokens, 4 * width}, ordered.options());
        run_back(plan, upstreams[0].contiguous(), saved[4], previous, weight_hh, carried, slopes);

        variable_list gradients(7);
        const at::Tensor own = slopes.narrow(1, 0, 3 * width), recurrent = slopes.narrow(1, width, 3 * width);
        if (context->needs_input_grad(0)) {
            const at::Tensor by_place = product(own, candidate_first(weight_ih));
            gradients[0] = at::empty_like(by_place).index_copy_(0, plan.tokens, by_place);
        }
        if (context->needs_input_grad(1)) gradients[1] = candidate_last(product(own.t(), ordered));
        if (context->needs_input_grad(2)) gradients[2] = product(recurrent.t(), previous);
        const auto biases = context->saved_data["biases"].toBoolList();
        const at::Tensor sums = biases[0] || biases[1] ? column_sums(slopes) : at::Tensor();
        if (biases[0]) gradients[3] = candidate_last(sums.narrow(0, 0, 3 * width));
        if (biases[1]) gradients[4] = sums.narrow(0, width, 3 * width);
        const int64_t rows = context->saved_data["initial"].toInt();
        if (rows >= 0)
            gradients[5] = at::zeros({rows, width}, ordered.options()).index_copy_(0, plan.rows, carried);
        return gradients;
    }

   private:
    static void run_back(const TimeMajor &plan, const at::Tensor &upstream, const at::Tensor &gates,
                         const at::Tensor &previous, const at::Tensor &weights, const at::Tensor &carried,
                         const at::Tensor &slopes) {
        const int64_t width = weights.size(1);
        const float *from = upstream.const_data_ptr<float>(), *gate = gates.const_data_ptr<float>();
        const float *before = previous.const_data_ptr<float>(), *map = weights.const_data_ptr<float>();
        float *carry = carried.data_ptr<float>(), *slope = slopes.data_ptr<float>();
        Share::for_each(plan.rows.numel(), [&](Share share) {
            for (int64_t step = plan.steps() - 1; step >= 0; --step) {
                const int64_t count = share.count(plan.active(step)), first = plan.start(step) + share.first;
                if (count == 0) continue;
                for (int64_t index = 0; index < count; ++index) {
                    const int64_t row = share.first + index * share.stride, place = plan.start(step) + row;
                    backward_row(from + plan.token(place) * width, gate + place * 4 * width, before + place * width,
                                 width, carry + row * width, slope + place * 4 * width);
                }
                float *to = carry + share.first * width;
                const int64_t stride = share.stride * width;
                multiply({count, 3 * width, width, {slope + (first * 4 + 1) * width, 4 * stride, 1}, {map, width, 1},
                          to, stride, to, stride});
            }
        });
    }
};

/// The definition by ordinary operators, step by step: what CUDA and float64 run and what the kernel is checked
/// against.
at::Tensor composed_gru(const at::Tensor &input, const at::Tensor &weight_ih, const at::Tensor &weight_hh,
                        const Optional &bias_ih, const Optional &bias_hh, const Optional &initial,
                        const TimeMajor &plan) {
    const int64_t width = weight_hh.size(1);
    const at::Tensor tokens = plan.tokens.to(input.device());
    const at::Tensor projected = at::linear(input.index_select(0, tokens), weight_ih, bias_ih);
    if (plan.steps() == 0) return projected.narrow(1, 0, width);
    at::Tensor state = initial ? initial->index_select(0, plan.rows.to(input.device()))
                               : at::zeros({plan.rows.numel(), width}, input.options());
    std::vector<at::Tensor> states;
    for (int64_t step = 0; step < plan.steps(); ++step) {
        const int64_t active = plan.active(step);
        const at::Tensor before = state.narrow(0, 0, active);
        const auto own = projected.narrow(0, plan.start(step), active).chunk(3, 1);
        const auto recurrent = at::linear(before, weight_hh, bias_hh).chunk(3, 1);
        const at::Tensor reset = at::sigmoid(own[0] + recurrent[0]), update = at::sigmoid(own[1] + recurrent[1]);
        const at::Tensor candidate = at::tanh(own[2] + reset * recurrent[2]);
        state = candidate + update * (before - candidate);
        states.push_back(state);
    }
    const at::Tensor joined = at::cat(states);
    return at::zeros_like(joined).index_copy(0, tokens, joined);
}

void check_gru(const at::Tensor &input, const at::Tensor &weight_ih, const at::Tensor &weight_hh,
               const std::vector<Optional> &biases, const Optional &initial, const int32_t *offsets, int64_t rows) {
    TORCH_CHECK(input.dim() == 2 && weight_ih.dim() == 2 && weight_hh.dim() == 2 &&
                    weight_hh.size(0) == 3 * weight_hh.size(1) && weight_ih.size(0) == weight_hh.size(0) &&
                    weight_ih.size(1) == input.size(1),
                "gru: input ", input.sizes(), ", weights ", weight_ih.sizes(), " and ", weight_hh.sizes());
    for (const Optional &bias : biases)
        TORCH_CHECK(!bias || bias->sizes() == at::IntArrayRef{weight_hh.size(0)}, "gru: expected a bias of ",
                    weight_hh.size(0), " numbers, got ", bias->sizes());
    TORCH_CHECK(!initial || initial->sizes() == at::IntArrayRef({rows, weight_hh.size(1)}), "gru: expected ", rows,
                " initial states of width ", weight_hh.size(1), ", got ", initial->sizes());
    TORCH_CHECK(offsets[0] == 0 && offsets[rows] == input.size(0), "gru: offsets end at ", offsets[rows], " but ",
                input.size(0), " tokens came");
    for (int64_t row = 0; row < rows; ++row)
        TORCH_CHECK(offsets[row] <= offsets[row + 1], "gru: offsets decrease at row ", row);
}

}  // namespace

ct_status ct_jagged_gru(ct_tensor input, ct_tensor weight_ih, ct_tensor weight_hh, ct_tensor bias_ih, ct_tensor bias_hh,
                        ct_tensor initial, const int32_t *offsets, int32_t rows, ct_tensor *out) {
    return guarded([&] {
        const auto optional = [](ct_tensor handle) {
            return handle == nullptr ? Optional() : Optional(unwrap(handle));
        };
        const auto fits = [](const Optional &tensor) {
            return !tensor || (tensor->is_cpu() && tensor->scalar_type() == at::kFloat);
        };
        const auto contiguous = [](const Optional &tensor) { return tensor ? Optional(tensor->contiguous()) : tensor; };
        const at::Tensor x = unwrap(input), from = unwrap(weight_ih), over = unwrap(weight_hh);
        const Optional first = optional(initial);
        const std::vector<Optional> biases = {optional(bias_ih), optional(bias_hh)};
        check_gru(x, from, over, biases, first, offsets, rows);
        const TimeMajor plan(offsets, rows);
        if (can_multiply() && fits(x) && fits(from) && fits(over) && fits(biases[0]) && fits(biases[1]) && fits(first))
            give(out, JaggedGRU::apply(x.contiguous(), from.contiguous(), over.contiguous(), contiguous(biases[0]),
                                       contiguous(biases[1]), contiguous(first), plan));
        else
            give(out, composed_gru(x, from, over, biases[0], biases[1], first, plan));
    });
}
