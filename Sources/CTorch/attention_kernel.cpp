#include "attention_kernel.h"

#include <ATen/Functions.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "counter_random.h"
#include "multiversion.h"
#include "parallel.h"

namespace ctorch {
namespace {

// The tiles' sizes depend on the registers, so the loops are compiled from their source for each instruction set
// instead of with CT_MULTIVERSION.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)
namespace lanes16 {
#define CT_LANES 16
#include "attention_tiles.h"
#include "attention_rows.h"
#undef CT_LANES
}  // namespace lanes16
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
namespace lanes8 {
#define CT_LANES 8
#include "attention_tiles.h"
#include "attention_rows.h"
#undef CT_LANES
}  // namespace lanes8
#pragma clang attribute pop
#endif
namespace lanes4 {
#define CT_LANES 4
#include "attention_tiles.h"
#include "attention_rows.h"
#undef CT_LANES
}  // namespace lanes4

enum class Pass { forward, backward };

/// Runs a pass over all rows and heads. A thread takes the next of them when it is done with one: rows differ in
/// length, and since no two write to the same place, it does not matter who takes which.
template <class Workspace, class Body>
void for_each_head(const AttentionProblem &problem, int64_t rows, const Body &body) {
    const int64_t tasks = rows * problem.heads;
    std::atomic<int64_t> next{0};
    // Below this a thread costs more than it saves.
    const int64_t tokens = problem.query_offsets[rows];
    const int64_t threads = tokens * problem.heads * problem.width < 1 << 14 ? 1 : at::get_num_threads();
    parallel_for(0, std::min(tasks, threads), 1, [&](int64_t, int64_t) {
        Workspace work;
        for (int64_t task = next++; task < tasks; task = next++)
            body(problem, task / problem.heads, task % problem.heads, work);
    });
}

void run(const AttentionProblem &problem, int64_t rows, Pass pass) {
#if defined(__x86_64__)
    if (vector_lanes() == 16)
        return for_each_head<lanes16::Workspace>(
            problem, rows, pass == Pass::forward ? lanes16::forward : lanes16::backward);
    if (vector_lanes() == 8)
        return for_each_head<lanes8::Workspace>(
            problem, rows, pass == Pass::forward ? lanes8::forward : lanes8::backward);
#endif
    for_each_head<lanes4::Workspace>(problem, rows, pass == Pass::forward ? lanes4::forward : lanes4::backward);
}

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The matrix itself if its rows are dense, whatever lies between them: a slice of columns is not copied.
at::Tensor with_dense_rows(const at::Tensor &matrix) {
    return matrix.stride(1) == 1 || matrix.size(1) == 1 ? matrix : matrix.contiguous();
}

at::Tensor copied(const int32_t *numbers, int64_t count) {
    at::Tensor copy = at::empty({numbers == nullptr ? 0 : count}, at::kInt);
    if (copy.numel() > 0) std::memcpy(copy.data_ptr<int32_t>(), numbers, copy.numel() * sizeof(int32_t));
    return copy;
}

/// What both passes read, from tensors: query, key, value, phantom key and value, the layouts.
AttentionProblem problem_of(const variable_list &tensors, int64_t heads, uint64_t seed, double dropout) {
    AttentionProblem problem{};
    problem.heads = heads;
    problem.width = tensors[0].size(1) / heads;
    problem.query = tensors[0].const_data_ptr<float>();
    problem.key = tensors[1].const_data_ptr<float>();
    problem.value = tensors[2].const_data_ptr<float>();
    problem.query_stride = tensors[0].stride(0);
    problem.key_stride = tensors[1].stride(0);
    problem.value_stride = tensors[2].stride(0);
    if (tensors[3].defined()) {
        problem.phantom_key = tensors[3].const_data_ptr<float>();
        problem.phantom_value = tensors[4].const_data_ptr<float>();
        problem.phantom_counts = tensors[8].const_data_ptr<int32_t>();
    }
    problem.query_offsets = tensors[5].const_data_ptr<int32_t>();
    problem.key_offsets = tensors[6].const_data_ptr<int32_t>();
    problem.limits = tensors[7].const_data_ptr<int32_t>();
    problem.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(problem.width)));
    problem.seed = seed;
    problem.drop_threshold = drop_threshold(dropout);
    problem.kept = static_cast<float>(1 / (1 - dropout));
    return problem;
}

/// Keeps its inputs, its result and one number per token and head; backward computes the weights again.
class JaggedAttention : public torch::autograd::Function<JaggedAttention> {
   public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &query, const at::Tensor &key,
                              const at::Tensor &value, const std::optional<at::Tensor> &phantom_key,
                              const std::optional<at::Tensor> &phantom_value, const AttentionInputs &inputs) {
        variable_list tensors = {with_dense_rows(query),
                                 with_dense_rows(key),
                                 with_dense_rows(value),
                                 phantom_key ? phantom_key->contiguous() : at::Tensor(),
                                 phantom_value ? phantom_value->contiguous() : at::Tensor(),
                                 copied(inputs.query_offsets, inputs.rows + 1),
                                 copied(inputs.key_offsets, inputs.rows + 1),
                                 copied(inputs.limits, query.size(0)),
                                 copied(inputs.phantom_counts, query.size(0))};
        AttentionProblem problem = problem_of(tensors, inputs.heads, inputs.seed, inputs.dropout);
        const at::Tensor result = at::empty(query.sizes(), query.options());
        const at::Tensor normalizers = at::empty({query.size(0), inputs.heads}, query.options());
        problem.result = result.data_ptr<float>();
        problem.normalizers = normalizers.data_ptr<float>();
        run(problem, inputs.rows, Pass::forward);
        tensors.push_back(result);
        tensors.push_back(normalizers);
        context->save_for_backward(tensors);
        context->saved_data["heads"] = inputs.heads;
        context->saved_data["seed"] = static_cast<int64_t>(inputs.seed);
        context->saved_data["dropout"] = inputs.dropout;
        return result;
    }

    static variable_list backward(AutogradContext *context, variable_list upstream) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor query = saved[0], key = saved[1], phantom_key = saved[3], result = saved[9];
        const int64_t heads = context->saved_data["heads"].toInt(), rows = saved[5].size(0) - 1;
        AttentionProblem problem =
            problem_of(saved, heads, static_cast<uint64_t>(context->saved_data["seed"].toInt()),
                       context->saved_data["dropout"].toDouble());
        const at::Tensor slopes = with_dense_rows(upstream[0]);
        const at::Tensor query_gradient = at::empty(query.sizes(), query.options());
        const at::Tensor key_gradient = at::empty(key.sizes(), key.options());
        const at::Tensor value_gradient = at::empty(key.sizes(), key.options());
        problem.result = result.data_ptr<float>();
        problem.normalizers = saved[10].data_ptr<float>();
        problem.upstream = slopes.const_data_ptr<float>();
        problem.upstream_stride = slopes.stride(0);
        problem.query_gradient = query_gradient.data_ptr<float>();
        problem.key_gradient = key_gradient.data_ptr<float>();
        problem.value_gradient = value_gradient.data_ptr<float>();
        at::Tensor shares;
        if (phantom_key.defined()) {
            shares = at::empty({rows, 2, query.size(1)}, query.options());
            problem.phantom_gradients = shares.data_ptr<float>();
        }
        run(problem, rows, Pass::backward);
        if (!phantom_key.defined())
            return {query_gradient, key_gradient, value_gradient, at::Tensor(), at::Tensor(), at::Tensor()};
        const at::Tensor phantoms = shares.sum(0);
        return {query_gradient, key_gradient, value_gradient, phantoms.select(0, 0), phantoms.select(0, 1),
                at::Tensor()};
    }
};

}  // namespace

at::Tensor fused_attention(const AttentionInputs &inputs) {
    return JaggedAttention::apply(inputs.query, inputs.key, inputs.value, inputs.phantom_key, inputs.phantom_value,
                                  inputs);
}

}  // namespace ctorch
