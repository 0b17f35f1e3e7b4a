#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "ct_interest.h"
#include "guarded.h"
#include "interest_net.h"
#include "parallel.h"
#include "product.h"

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// One query's weights and sum, from its pairs in a chunk.
void pool(const Net &net, const Spans &spans, int64_t query, const Chunk &chunk, int64_t pair, float *weights,
          float *sums) {
    float *own = weights + spans.pairs[query];
    const int64_t begin = spans.begins[query], length = spans.ends[query] - begin;
    for (int64_t place = 0; place < length; ++place) own[place] = chunk.score(net, pair + place);
    normalize(own, length);
    for (int64_t place = 0; place < length; ++place)
        add(net.facts + (begin + place) * net.width, own[place], net.width, sums + query * net.width);
}

/// The kernel: of what the net makes of the pairs only one weight a pair is held.
class InterestPool : public torch::autograd::Function<InterestPool> {
   public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &facts, const at::Tensor &fact_terms,
                              const at::Tensor &queries, const at::Tensor &query_terms, const at::Tensor &outer,
                              const at::Tensor &inner, const at::Tensor &bias, const at::Tensor &last,
                              const at::Tensor &slopes, const at::Tensor &begins, const at::Tensor &ends) {
        const variable_list inputs = {facts, fact_terms, queries, query_terms, outer, inner, bias, last, slopes};
        const Net net(inputs);
        const Spans spans(begins.const_data_ptr<int32_t>(), ends.const_data_ptr<int32_t>(), begins.size(0));
        at::Tensor sums = at::zeros(queries.sizes(), queries.options());
        at::Tensor weights = at::empty({spans.pair_count()}, queries.options());
        float *to = sums.data_ptr<float>(), *weight = weights.data_ptr<float>();
        parallel_for(0, spans.block_count(), 1, [&](int64_t first, int64_t behind) {
            Chunk chunk;
            for (int64_t block = first; block < behind; ++block) {
                const int64_t stop = spans.blocks[block + 1];
                for (int64_t from = spans.blocks[block], end; from < stop; from = end) {
                    end = spans.chunk_end(from, stop);
                    chunk.run(net, spans, from, end);
                    for (int64_t query = from; query < end; ++query)
                        pool(net, spans, query, chunk, spans.pairs[query] - spans.pairs[from], weight, to);
                }
            }
        });
        variable_list saved = inputs;
        saved.insert(saved.end(), {begins, ends, weights});
        context->save_for_backward(saved);
        return sums;
    }

    static variable_list backward(AutogradContext *context, variable_list upstreams) {
        const auto saved = context->get_saved_variables();
        const at::Tensor upstream = upstreams[0].contiguous();
        const Net net(saved);
        const Spans spans(saved[9].const_data_ptr<int32_t>(), saved[10].const_data_ptr<int32_t>(), saved[9].size(0));
        variable_list results;
        for (int64_t index = 0; index < 9; ++index) results.push_back(at::zeros_like(saved[index]));
        const RowSlopes rows = {results[0].data_ptr<float>(), results[1].data_ptr<float>(),
                                results[2].data_ptr<float>(), results[3].data_ptr<float>()};
        at::Tensor partial = at::zeros({spans.block_count(), net.weight_count()}, upstream.options());
        parallel_for(0, spans.block_count(), 1, [&](int64_t first, int64_t behind) {
            ChunkBack back;
            for (int64_t block = first; block < behind; ++block) {
                const WeightSlopes own(net, partial.data_ptr<float>() + block * net.weight_count());
                const int64_t stop = spans.blocks[block + 1];
                for (int64_t from = spans.blocks[block], end; from < stop; from = end) {
                    end = spans.chunk_end(from, stop);
                    back.run(net, spans, from, end, saved[11].const_data_ptr<float>(),
                             upstream.const_data_ptr<float>(), rows, own);
                }
            }
        });
        // Block after block, whichever thread made it.
        at::Tensor total = at::zeros({net.weight_count()}, upstream.options());
        for (int64_t block = 0; block < spans.block_count(); ++block)
            add(partial.const_data_ptr<float>() + block * net.weight_count(), 1, net.weight_count(),
                total.data_ptr<float>());
        int64_t place = 0;
        for (int64_t index = 4; index < 9; ++index) {
            results[index] = total.narrow(0, place, saved[index].numel()).view(saved[index].sizes());
            place += saved[index].numel();
        }
        results.insert(results.end(), {at::Tensor(), at::Tensor()});
        return results;
    }
};

/// The definition by ordinary operators: what CUDA and float64 run and what the kernel is checked against.
at::Tensor composed_pool(const variable_list &inputs, const Spans &spans) {
    const int64_t count = inputs[2].size(0);
    std::vector<int64_t> owner_list, member_list;
    for (int64_t query = 0; query < count; ++query)
        for (int64_t fact = spans.begins[query]; fact < spans.ends[query]; ++fact) {
            owner_list.push_back(query);
            member_list.push_back(fact);
        }
    const auto held = [&](const std::vector<int64_t> &numbers) {
        at::Tensor result = at::empty({static_cast<int64_t>(numbers.size())}, at::kLong);
        std::copy(numbers.begin(), numbers.end(), result.data_ptr<int64_t>());
        return result.to(inputs[0].device());
    };
    const at::Tensor owners = held(owner_list), members = held(member_list);
    const at::Tensor facts = inputs[0].index_select(0, members);
    const at::Tensor outer =
        inputs[1].index_select(0, members) + inputs[3].index_select(0, owners) +
        at::matmul(facts * inputs[2].index_select(0, owners), inputs[4].t());
    const auto prelu = [&](const at::Tensor &raw, int64_t index) {
        return at::where(raw > 0, raw, raw * inputs[8].narrow(0, index, 1));
    };
    const at::Tensor inner = at::matmul(prelu(outer, 0), inputs[5].t()) + inputs[6];
    const at::Tensor scores = at::matmul(prelu(inner, 1), inputs[7]);
    const at::Tensor most = at::full({count}, -std::numeric_limits<double>::infinity(), scores.options())
                                .scatter_reduce(0, owners, scores.detach(), "amax");
    const at::Tensor powers = (scores - most.index_select(0, owners)).exp();
    const at::Tensor sums = at::zeros({count}, scores.options()).index_add(0, owners, powers);
    const at::Tensor weights = powers / sums.index_select(0, owners);
    return at::zeros(inputs[2].sizes(), inputs[2].options()).index_add(0, owners, weights.unsqueeze(1) * facts);
}

at::Tensor held(const std::vector<int32_t> &numbers) {
    at::Tensor result = at::empty({static_cast<int64_t>(numbers.size())}, at::kInt);
    std::copy(numbers.begin(), numbers.end(), result.data_ptr<int32_t>());
    return result;
}

void check(const variable_list &inputs, const int32_t *begins, const int32_t *ends, int32_t count) {
    const int64_t width = inputs[0].size(1), h = inputs[4].size(0), k = inputs[5].size(0), facts = inputs[0].size(0);
    const auto is = [&](int64_t index, at::IntArrayRef sizes) { return inputs[index].sizes() == sizes; };
    TORCH_CHECK(is(1, {facts, h}) && is(2, {count, width}) && is(3, {count, h}) && is(4, {h, width}) && is(5, {k, h}) &&
                    is(6, {k}) && is(7, {k}) && is(8, {2}),
                "interestPool: ", count, " queries ", inputs[2].sizes(), " with terms ", inputs[3].sizes(), ", facts ",
                inputs[0].sizes(), " with terms ", inputs[1].sizes(), ", net of ", inputs[4].sizes(), ", ",
                inputs[5].sizes(), ", ", inputs[6].sizes(), ", ", inputs[7].sizes(), ", slopes ", inputs[8].sizes());
    for (int64_t query = 0; query < count; ++query)
        TORCH_CHECK(begins[query] >= 0 && begins[query] <= ends[query] && ends[query] <= facts, "interestPool: facts ",
                    begins[query], " to ", ends[query], " of ", facts);
}

}  // namespace

ct_status ct_interest_pool(ct_tensor facts, ct_tensor fact_terms, ct_tensor queries, ct_tensor query_terms,
                           ct_tensor outer, ct_tensor inner, ct_tensor bias, ct_tensor last, ct_tensor slopes,
                           const int32_t *begins, const int32_t *ends, int32_t count, ct_tensor *out) {
    return guarded([&] {
        variable_list inputs = {unwrap(facts), unwrap(fact_terms), unwrap(queries), unwrap(query_terms), unwrap(outer),
                                unwrap(inner), unwrap(bias),       unwrap(last),    unwrap(slopes)};
        for (int64_t index = 0; index < 6; ++index)
            TORCH_CHECK(inputs[index].dim() == 2, "interestPool: expected a matrix, got ", inputs[index].sizes());
        check(inputs, begins, ends, count);
        bool fits = can_multiply();
        for (at::Tensor &input : inputs) {
            fits = fits && input.is_cpu() && input.scalar_type() == at::kFloat;
            input = input.contiguous();
        }
        const Spans spans(begins, ends, count);
        if (fits)
            give(out, InterestPool::apply(inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5], inputs[6],
                                          inputs[7], inputs[8], held(spans.begins), held(spans.ends)));
        else
            give(out, composed_pool(inputs, spans));
    });
}
