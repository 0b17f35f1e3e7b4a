#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <cmath>

#include "ct_optimizer.h"
#include "guarded.h"
#include "multiversion.h"

using namespace ctorch;

namespace {

/// A row's state under Adam, and the numbers of the step that are the same for all rows.
struct AdamNumbers {
    float keep, beta1, beta2, l2, step_size, root_correction, epsilon;
};

/// The builtin, since `std::sqrt` may set errno and keeps the loop from being vectorised.
CT_MULTIVERSION void adam_row(const AdamNumbers &numbers, const float *gradient, int64_t width, float *weight,
                              float *first, float *second) {
#pragma omp simd
    for (int64_t column = 0; column < width; ++column) {
        const float slope = gradient[column] + numbers.l2 * weight[column];
        first[column] = numbers.beta1 * first[column] + (1 - numbers.beta1) * slope;
        second[column] = numbers.beta2 * second[column] + (1 - numbers.beta2) * slope * slope;
        const float denominator = __builtin_elementwise_sqrt(second[column]) / numbers.root_correction + numbers.epsilon;
        weight[column] = weight[column] * numbers.keep - numbers.step_size * first[column] / denominator;
    }
}

CT_MULTIVERSION void scale_row(float factor, int64_t width, float *row) {
#pragma omp simd
    for (int64_t column = 0; column < width; ++column) row[column] *= factor;
}

/// A table with its moments and, for each row, the step that it has been brought to.
struct RowState {
    at::Tensor weights, first, second, steps;
    int64_t width;

    RowState(ct_tensor weights, ct_tensor first, ct_tensor second, ct_tensor steps)
        : weights(unwrap(weights).detach()), first(unwrap(first).detach()), second(unwrap(second).detach()),
          steps(unwrap(steps).detach()) {
        const at::Tensor &table = this->weights;
        TORCH_CHECK(table.dim() == 2 && table.sizes() == this->first.sizes() && table.sizes() == this->second.sizes() &&
                        this->steps.sizes() == at::IntArrayRef{table.size(0)},
                    "rowAdamStep: table ", table.sizes(), ", moments ", this->first.sizes(), " and ",
                    this->second.sizes(), ", steps ", this->steps.sizes());
        TORCH_CHECK(table.is_cpu() && table.scalar_type() == at::kFloat && table.is_contiguous() &&
                        this->steps.scalar_type() == at::kInt,
                    "rowAdamStep: expected a contiguous float32 table on the CPU and int32 steps");
        width = table.size(1);
    }

    /// The decay of steps in which a row had no gradient, up to and with `step`.
    void catch_up(int64_t row, int64_t step, const ct_adam_options &options) {
        int32_t &reached = steps.data_ptr<int32_t>()[row];
        const double missed = static_cast<double>(step - reached);
        reached = static_cast<int32_t>(step);
        if (missed <= 0) return;
        const double keep = options.decoupled ? 1 - options.learning_rate * options.weight_decay : 1;
        if (keep != 1)
            scale_row(static_cast<float>(std::pow(keep, missed)), width, weights.data_ptr<float>() + row * width);
        scale_row(static_cast<float>(std::pow(options.beta1, missed)), width, first.data_ptr<float>() + row * width);
        scale_row(static_cast<float>(std::pow(options.beta2, missed)), width, second.data_ptr<float>() + row * width);
    }
};

}  // namespace

ct_status ct_row_adam_step(ct_tensor table, ct_tensor gradient, ct_tensor first_moment, ct_tensor second_moment,
                           ct_tensor row_steps, int64_t step, ct_adam_options options) {
    return guarded([&] {
        RowState state(table, first_moment, second_moment, row_steps);
        const at::Tensor slopes = unwrap(gradient).coalesce();
        TORCH_CHECK(slopes.sizes() == state.weights.sizes(), "rowAdamStep: table ", state.weights.sizes(),
                    ", gradient ", slopes.sizes());
        const at::Tensor indices = slopes.indices().contiguous(), values = slopes.values().contiguous();
        const int64_t *rows = indices.const_data_ptr<int64_t>();
        const float *slope = values.const_data_ptr<float>();
        const double now = static_cast<double>(step);
        AdamNumbers numbers;
        numbers.keep = options.decoupled ? static_cast<float>(1 - options.learning_rate * options.weight_decay) : 1;
        numbers.l2 = options.decoupled ? 0 : static_cast<float>(options.weight_decay);
        numbers.beta1 = static_cast<float>(options.beta1);
        numbers.beta2 = static_cast<float>(options.beta2);
        numbers.epsilon = static_cast<float>(options.epsilon);
        numbers.step_size = static_cast<float>(options.learning_rate / (1 - std::pow(options.beta1, now)));
        numbers.root_correction = static_cast<float>(std::sqrt(1 - std::pow(options.beta2, now)));
        at::parallel_for(0, values.size(0), 64, [&](int64_t begin, int64_t end) {
            for (int64_t index = begin; index < end; ++index) {
                const int64_t row = rows[index], start = row * state.width;
                state.catch_up(row, step - 1, options);
                adam_row(numbers, slope + index * state.width, state.width, state.weights.data_ptr<float>() + start,
                         state.first.data_ptr<float>() + start, state.second.data_ptr<float>() + start);
                state.steps.data_ptr<int32_t>()[row] = static_cast<int32_t>(step);
            }
        });
    });
}

ct_status ct_row_adam_settle(ct_tensor table, ct_tensor first_moment, ct_tensor second_moment, ct_tensor row_steps,
                             int64_t step, ct_adam_options options) {
    return guarded([&] {
        RowState state(table, first_moment, second_moment, row_steps);
        at::parallel_for(0, state.weights.size(0), 256, [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row) state.catch_up(row, step, options);
        });
    });
}
