#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstring>
#include <vector>

#include "ct_account_filter.h"
#include "guarded.h"
#include "multiversion.h"
#include "product.h"
#include "time_major.h"
#include "vector_math.h"

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The K members' shifts [K, 2h].
struct Members {
    const float *shifts;
    int64_t count, width;

    const float *gate(int64_t member) const { return shifts + member * 2 * width; }
    const float *candidate(int64_t member) const { return gate(member) + width; }
};

/// One row's step: adds the recurrent part to the input in `sums` [2h].
CT_MULTIVERSION void forward_row(const float *recurrent, const float *previous, Members members, float *sums,
                                 float *state) {
    const int64_t width = members.width;
#pragma omp simd
    for (int64_t column = 0; column < 2 * width; ++column) sums[column] += recurrent[column];
    const float share = 1.0f / static_cast<float>(members.count);
    for (int64_t member = 0; member < members.count; ++member) {
        const float *gate = members.gate(member), *candidate = members.candidate(member);
#pragma omp simd
        for (int64_t column = 0; column < width; ++column) {
            const float kept = vector_sigmoid(sums[column] + gate[column]);
            const float fresh = vector_tanh(sums[width + column] + candidate[column]);
            const float own = share * (fresh + kept * (previous[column] - fresh));
            state[column] = member == 0 ? own : state[column] + own;
        }
    }
}

/// Takes what later steps want of the state and leaves what passes the gates; slopes [2h] are those of the sums, those of
/// the members [K, 2h] of theirs alone.
CT_MULTIVERSION void backward_row(const float *upstream, const float *sums, const float *previous, Members members,
                                  float *carried, float *slopes, float *member_slopes, float *passed) {
    const int64_t width = members.width;
    const float share = 1.0f / static_cast<float>(members.count);
#pragma omp simd
    for (int64_t column = 0; column < width; ++column) {
        carried[column] = share * (upstream[column] + carried[column]);
        slopes[column] = slopes[width + column] = passed[column] = 0;
    }
    for (int64_t member = 0; member < members.count; ++member) {
        const float *gate = members.gate(member), *candidate = members.candidate(member);
        float *own = member_slopes + member * 2 * width;
#pragma omp simd
        for (int64_t column = 0; column < width; ++column) {
            const float kept = vector_sigmoid(sums[column] + gate[column]);
            const float fresh = vector_tanh(sums[width + column] + candidate[column]);
            const float of_gate = carried[column] * (previous[column] - fresh) * kept * (1 - kept);
            const float of_candidate = carried[column] * (1 - kept) * (1 - fresh * fresh);
            own[column] = of_gate;
            own[width + column] = of_candidate;
            slopes[column] += of_gate;
            slopes[width + column] += of_candidate;
            passed[column] += kept;
        }
    }
#pragma omp simd
    for (int64_t column = 0; column < width; ++column) carried[column] *= passed[column];
}

/// The kernel: one product a step with the recurrent weights, over the rows that are active, and one pass for the gates.
class AccountFilter : public torch::autograd::Function<AccountFilter> {
   public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &input, const at::Tensor &weight,
                              const at::Tensor &shifts, const TimeMajor &plan) {
        const int64_t width = weight.size(0), tokens = input.size(0);
        const at::Tensor sums = input.index_select(0, plan.tokens);
        const at::Tensor previous = at::zeros({tokens, width}, input.options());
        const at::Tensor states = at::empty({tokens, width}, input.options());
        const Members members{shifts.const_data_ptr<float>(), shifts.size(0), width};
        const float *map = weight.const_data_ptr<float>();
        float *sum = sums.data_ptr<float>(), *before = previous.data_ptr<float>(), *to = states.data_ptr<float>();
        Share::for_each(plan.rows.numel(), [&](Share share) {
            std::vector<float> recurrent(share.count(plan.rows.numel()) * 2 * width);
            for (int64_t step = 0; step < plan.steps(); ++step) {
                const int64_t count = share.count(plan.active(step)), first = plan.start(step) + share.first;
                if (count == 0) break;
                multiply({count, width, 2 * width, {before + first * width, share.stride * width, 1},
                          {map, 2 * width, 1}, nullptr, 0, recurrent.data(), 2 * width});
                for (int64_t index = 0; index < count; ++index) {
                    const int64_t row = share.first + index * share.stride, place = plan.start(step) + row;
                    float *state = to + plan.token(place) * width;
                    forward_row(recurrent.data() + index * 2 * width, before + place * width, members,
                                sum + place * 2 * width, state);
                    if (row < plan.active(step + 1))
                        std::memcpy(before + (plan.start(step + 1) + row) * width, state, width * sizeof(float));
                }
            }
        });
        context->save_for_backward({weight, shifts, sums, previous, plan.rows, plan.starts, plan.tokens});
        return states;
    }

    static variable_list backward(AutogradContext *context, variable_list upstreams) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &weight = saved[0], &shifts = saved[1], &sums = saved[2], &previous = saved[3];
        const TimeMajor plan(saved[4], saved[5], saved[6]);
        const at::Tensor slopes = at::empty_like(sums);
        const at::Tensor of_members = at::empty({sums.size(0), shifts.numel()}, sums.options());
        run_back(plan, upstreams[0].contiguous(), sums, previous, weight, shifts, slopes, of_members);
        variable_list gradients(4);
        gradients[0] = at::empty_like(slopes).index_copy_(0, plan.tokens, slopes);
        if (context->needs_input_grad(1)) gradients[1] = product(previous.t(), slopes);
        if (context->needs_input_grad(2)) gradients[2] = column_sums(of_members).view(shifts.sizes());
        return gradients;
    }

   private:
    static void run_back(const TimeMajor &plan, const at::Tensor &upstream, const at::Tensor &sums,
                         const at::Tensor &previous, const at::Tensor &weight, const at::Tensor &shifts,
                         const at::Tensor &slopes, const at::Tensor &of_members) {
        const int64_t width = weight.size(0);
        const Members members{shifts.const_data_ptr<float>(), shifts.size(0), width};
        const at::Tensor carried = at::zeros({plan.rows.numel(), width}, sums.options());
        const float *from = upstream.const_data_ptr<float>(), *sum = sums.const_data_ptr<float>();
        const float *before = previous.const_data_ptr<float>(), *map = weight.const_data_ptr<float>();
        float *carry = carried.data_ptr<float>(), *slope = slopes.data_ptr<float>();
        float *own = of_members.data_ptr<float>();
        Share::for_each(plan.rows.numel(), [&](Share share) {
            std::vector<float> passed(width);
            for (int64_t step = plan.steps() - 1; step >= 0; --step) {
                const int64_t count = share.count(plan.active(step)), first = plan.start(step) + share.first;
                if (count == 0) continue;
                for (int64_t index = 0; index < count; ++index) {
                    const int64_t row = share.first + index * share.stride, place = plan.start(step) + row;
                    backward_row(from + plan.token(place) * width, sum + place * 2 * width, before + place * width,
                                 members, carry + row * width, slope + place * 2 * width,
                                 own + place * members.count * 2 * width, passed.data());
                }
                // The weight is read transposed: what the sums want of the state.
                float *to = carry + share.first * width;
                const int64_t stride = share.stride * width;
                multiply({count, 2 * width, width, {slope + first * 2 * width, 2 * stride, 1}, {map, 1, 2 * width}, to,
                          stride, to, stride});
            }
        });
    }
};

/// The definition by ordinary operators, step by step: what CUDA and float64 run and what the kernel is checked
/// against.
at::Tensor composed_filter(const at::Tensor &input, const at::Tensor &weight, const at::Tensor &shifts,
                           const TimeMajor &plan) {
    const int64_t width = weight.size(0);
    const at::Tensor tokens = plan.tokens.to(input.device());
    const at::Tensor ordered = input.index_select(0, tokens);
    if (plan.steps() == 0) return ordered.narrow(1, 0, width);
    at::Tensor state = at::zeros({plan.rows.numel(), width}, input.options());
    std::vector<at::Tensor> states;
    for (int64_t step = 0; step < plan.steps(); ++step) {
        const int64_t active = plan.active(step);
        const at::Tensor before = state.narrow(0, 0, active);
        const at::Tensor sums = ordered.narrow(0, plan.start(step), active) + before.matmul(weight);
        const auto parts = (sums.unsqueeze(1) + shifts).chunk(2, 2);  // [rows, K, h] each
        const at::Tensor kept = at::sigmoid(parts[0]), fresh = at::tanh(parts[1]);
        state = (kept * before.unsqueeze(1) + (1 - kept) * fresh).mean(1);
        states.push_back(state);
    }
    const at::Tensor joined = at::cat(states);
    return at::zeros_like(joined).index_copy(0, tokens, joined);
}

void check_filter(const at::Tensor &input, const at::Tensor &weight, const at::Tensor &shifts, const int32_t *offsets,
                  int64_t rows) {
    TORCH_CHECK(input.dim() == 2 && weight.dim() == 2 && weight.size(1) == 2 * weight.size(0) &&
                    input.size(1) == weight.size(1),
                "account filter: input ", input.sizes(), ", weight ", weight.sizes());
    TORCH_CHECK(shifts.dim() == 2 && shifts.size(0) > 0 && shifts.size(1) == weight.size(1),
                "account filter: expected shifts of width ", weight.size(1), ", got ", shifts.sizes());
    TORCH_CHECK(offsets[0] == 0 && offsets[rows] == input.size(0), "account filter: offsets end at ", offsets[rows],
                " but ", input.size(0), " tokens came");
    for (int64_t row = 0; row < rows; ++row)
        TORCH_CHECK(offsets[row] <= offsets[row + 1], "account filter: offsets decrease at row ", row);
}

}  // namespace

ct_status ct_account_filter(ct_tensor input, ct_tensor weight, ct_tensor shifts, const int32_t *offsets, int32_t rows,
                            ct_tensor *out) {
    return guarded([&] {
        const at::Tensor x = unwrap(input), map = unwrap(weight), members = unwrap(shifts);
        check_filter(x, map, members, offsets, rows);
        const auto fits = [](const at::Tensor &tensor) {
            return tensor.is_cpu() && tensor.scalar_type() == at::kFloat;
        };
        const TimeMajor plan(offsets, rows);
        if (can_multiply() && fits(x) && fits(map) && fits(members))
            give(out, AccountFilter::apply(x.contiguous(), map.contiguous(), members.contiguous(), plan));
        else
            give(out, composed_filter(x, map, members, plan));
    });
}
