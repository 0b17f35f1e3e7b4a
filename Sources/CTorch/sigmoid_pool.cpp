#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "ct_session.h"
#include "guarded.h"
#include "multiversion.h"
#include "parallel.h"
#include "vector_math.h"
#include "vector_rows.h"

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

CT_MULTIVERSION float weigh(const float *query, const float *key, const float *weight, int64_t width) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t column = 0; column < width; ++column)
        sum += weight[column] * vector_sigmoid(query[column] + key[column]);
    return sum;
}

/// Adds one pair's part to the gradients of its query, its key and the weight; returns the pair's own weight again.
CT_MULTIVERSION float weigh_back(const float *query, const float *key, const float *weight, float slope, int64_t width,
                                 float *query_slope, float *key_slope, float *weight_slope) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t column = 0; column < width; ++column) {
        const float open = vector_sigmoid(query[column] + key[column]);
        const float inner = slope * weight[column] * open * (1 - open);
        sum += weight[column] * open;
        query_slope[column] += inner;
        key_slope[column] += inner;
        weight_slope[column] += slope * open;
    }
    return sum;
}

/// Starts of runs of sums that have no member in common with other runs: each run's gradients have one writer.
std::vector<int64_t> separate_runs(const int32_t *offsets, const int32_t *indices, int64_t rows) {
    std::vector<int32_t> least(rows + 1, std::numeric_limits<int32_t>::max());
    for (int64_t row = rows - 1; row >= 0; --row) {
        least[row] = least[row + 1];
        for (int64_t pair = offsets[row]; pair < offsets[row + 1]; ++pair)
            least[row] = std::min(least[row], indices[pair]);
    }
    std::vector<int64_t> starts = {0};
    int32_t most = -1;
    for (int64_t row = 0; row < rows; ++row) {
        if (row > 0 && most < least[row]) starts.push_back(row);
        for (int64_t pair = offsets[row]; pair < offsets[row + 1]; ++pair) most = std::max(most, indices[pair]);
    }
    starts.push_back(rows);
    return starts;
}

/// The kernel: numbers of pairs × width exist in neither pass.
class SigmoidPool : public torch::autograd::Function<SigmoidPool> {
   public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &queries, const at::Tensor &keys,
                              const at::Tensor &values, const at::Tensor &weight, const at::Tensor &offsets,
                              const at::Tensor &indices) {
        const int64_t width = queries.size(1);
        at::Tensor sums = at::zeros(queries.sizes(), queries.options());
        const float *query = queries.const_data_ptr<float>(), *key = keys.const_data_ptr<float>();
        const float *value = values.const_data_ptr<float>(), *scale = weight.const_data_ptr<float>();
        const int32_t *start = offsets.const_data_ptr<int32_t>(), *index = indices.const_data_ptr<int32_t>();
        float *to = sums.data_ptr<float>();
        parallel_for(0, queries.size(0), 64, [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row)
                for (int64_t pair = start[row]; pair < start[row + 1]; ++pair) {
                    const int64_t place = index[pair] * width;
                    add(value + place, weigh(query + row * width, key + place, scale, width), width, to + row * width);
                }
        });
        context->save_for_backward({queries, keys, values, weight, offsets, indices});
        return sums;
    }

    static variable_list backward(AutogradContext *context, variable_list upstreams) {
        const auto saved = context->get_saved_variables();
        const at::Tensor upstream = upstreams[0].contiguous();
        const int64_t width = saved[0].size(1), rows = saved[0].size(0);
        const float *query = saved[0].const_data_ptr<float>(), *key = saved[1].const_data_ptr<float>();
        const float *value = saved[2].const_data_ptr<float>(), *scale = saved[3].const_data_ptr<float>();
        const int32_t *start = saved[4].const_data_ptr<int32_t>(), *index = saved[5].const_data_ptr<int32_t>();
        const float *from = upstream.const_data_ptr<float>();
        at::Tensor query_slopes = at::zeros_like(saved[0]), key_slopes = at::zeros_like(saved[1]);
        at::Tensor value_slopes = at::zeros_like(saved[2]), weight_slopes = at::zeros_like(saved[0]);
        float *to_query = query_slopes.data_ptr<float>(), *to_key = key_slopes.data_ptr<float>();
        float *to_value = value_slopes.data_ptr<float>(), *to_weight = weight_slopes.data_ptr<float>();
        const std::vector<int64_t> runs = separate_runs(start, index, rows);
        parallel_for(0, static_cast<int64_t>(runs.size()) - 1, 4, [&](int64_t begin, int64_t end) {
            for (int64_t row = runs[begin]; row < runs[end]; ++row)
                for (int64_t pair = start[row]; pair < start[row + 1]; ++pair) {
                    const int64_t place = index[pair] * width, own = row * width;
                    const float slope = dot(from + own, value + place, width);
                    const float weighed = weigh_back(query + own, key + place, scale, slope, width, to_query + own,
                                                     to_key + place, to_weight + own);
                    add(from + own, weighed, width, to_value + place);
                }
        });
        at::Tensor weight_slope = at::zeros_like(saved[3]);
        for (int64_t row = 0; row < rows; ++row)
            add(to_weight + row * width, 1, width, weight_slope.data_ptr<float>());
        return {query_slopes, key_slopes, value_slopes, weight_slope, at::Tensor(), at::Tensor()};
    }
};

/// The definition by ordinary operators: what CUDA and float64 run and what the kernel is checked against.
at::Tensor composed_pool(const at::Tensor &queries, const at::Tensor &keys, const at::Tensor &values,
                         const at::Tensor &weight, const at::Tensor &offsets, const at::Tensor &indices) {
    const int64_t rows = queries.size(0);
    const at::Tensor lengths = offsets.narrow(0, 1, rows) - offsets.narrow(0, 0, rows);
    const at::Tensor owners = at::arange(rows, at::kLong).repeat_interleave(lengths.to(at::kLong)).to(queries.device());
    const at::Tensor members = indices.to(queries.device());
    const at::Tensor open = at::sigmoid(queries.index_select(0, owners) + keys.index_select(0, members));
    const at::Tensor weighed = (open * weight).sum(1, true) * values.index_select(0, members);
    return at::zeros_like(queries).index_add(0, owners, weighed);
}

at::Tensor held(const int32_t *numbers, int64_t count) {
    at::Tensor result = at::empty({count}, at::kInt);
    std::copy(numbers, numbers + count, result.data_ptr<int32_t>());
    return result;
}

}  // namespace

ct_status ct_sigmoid_pool(ct_tensor queries, ct_tensor keys, ct_tensor values, ct_tensor weight, const int32_t *offsets,
                          const int32_t *indices, int32_t rows, ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &q = unwrap(queries), &k = unwrap(keys), &v = unwrap(values), &w = unwrap(weight);
        TORCH_CHECK(q.dim() == 2 && q.size(0) == rows && k.dim() == 2 && k.sizes() == v.sizes() &&
                        k.size(1) == q.size(1) && w.sizes() == at::IntArrayRef{q.size(1)},
                    "sigmoidPool: ", rows, " sums of queries ", q.sizes(), ", keys ", k.sizes(), ", values ", v.sizes(),
                    ", weight ", w.sizes());
        TORCH_CHECK(offsets[0] == 0, "sigmoidPool: offsets begin with ", offsets[0]);
        for (int64_t row = 0; row < rows; ++row)
            TORCH_CHECK(offsets[row] <= offsets[row + 1], "sigmoidPool: offsets decrease at sum ", row);
        for (int64_t pair = 0; pair < offsets[rows]; ++pair)
            TORCH_CHECK(indices[pair] >= 0 && indices[pair] < k.size(0), "sigmoidPool: member ", indices[pair], " of ",
                        k.size(0));
        const auto fits = [](const at::Tensor &tensor) {
            return tensor.is_cpu() && tensor.scalar_type() == at::kFloat;
        };
        const at::Tensor starts = held(offsets, rows + 1), members = held(indices, offsets[rows]);
        if (fits(q) && fits(k) && fits(v) && fits(w))
            give(out, SigmoidPool::apply(q.contiguous(), k.contiguous(), v.contiguous(), w.contiguous(), starts,
                                         members));
        else
            give(out, composed_pool(q, k, v, w, starts, members));
    });
}
