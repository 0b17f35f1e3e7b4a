// A chunk of logits that becomes its normalizers, and then its slopes: a row at a time, which stays in the cache.
#pragma once

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "multiversion.h"
#include "parallel.h"
#include "vector_math.h"

namespace ctorch {
namespace {

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

/// The logarithms of the sums of exponentials of a chunk's logits over the temperature.
at::Tensor chunk_normalizers(const at::Tensor &logits, double temperature) {
    if (!in_one_pass(logits)) return logits.div(temperature).logsumexp(at::IntArrayRef{1});
    const int64_t count = logits.size(1);
    const float scale = static_cast<float>(1 / temperature), *from = logits.const_data_ptr<float>();
    at::Tensor result = at::empty({logits.size(0)}, logits.options());
    float *to = result.data_ptr<float>();
    parallel_for(0, logits.size(0), 8, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            const float *own = from + row * count;
            const float most = largest(own, count);
            // A row without a competitor has no finite logit; one of NaN alone has none that is larger either.
            to[row] = most == -INFINITY ? std::accumulate(own, own + count, most)
                                        : scale * most + std::log(exponential_sum(own, count, scale, most));
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

}  // namespace
}  // namespace ctorch
