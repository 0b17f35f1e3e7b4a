#include "ct_attention.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>

#include "attention_kernel.h"
#include "counter_random.h"
#include "guarded.h"

using namespace ctorch;

namespace {

/// Where the tokens of a jagged sequence lie in a padded [rows, length] layout.
struct Padding {
    int64_t rows;
    int64_t length;
    at::Tensor positions;  // [tokens], row * length + column

    Padding(const int32_t *offsets, int64_t rows, int64_t tokens, const at::Device &device) : rows(rows), length(1) {
        for (int64_t row = 0; row < rows; ++row) length = std::max<int64_t>(length, offsets[row + 1] - offsets[row]);
        at::Tensor host = at::empty({tokens}, at::kLong);
        int64_t *position = host.data_ptr<int64_t>();
        for (int64_t row = 0; row < rows; ++row)
            for (int64_t token = offsets[row]; token < offsets[row + 1]; ++token)
                position[token] = row * length + token - offsets[row];
        positions = host.to(device);
    }

    /// [tokens, heads * width] to [rows, heads, length, width].
    at::Tensor spread(const at::Tensor &tokens, int64_t heads) const {
        at::Tensor padded = at::zeros({rows * length, tokens.size(1)}, tokens.options());
        return padded.index_copy(0, positions, tokens)
            .view({rows, length, heads, tokens.size(1) / heads})
            .transpose(1, 2);
    }

    /// [rows, heads, length, width] back to [tokens, heads * width].
    at::Tensor collect(const at::Tensor &padded) const {
        const int64_t width = padded.size(1) * padded.size(3);
        return padded.transpose(1, 2).reshape({rows * length, width}).index_select(0, positions);
    }

    at::Tensor spread_counts(const int32_t *counts) const {
        at::Tensor host = at::zeros({rows * length}, at::kFloat);
        const at::Tensor at_host = positions.to(at::kCPU);
        const int64_t *position = at_host.data_ptr<int64_t>();
        for (int64_t token = 0; token < positions.size(0); ++token)
            host.data_ptr<float>()[position[token]] = static_cast<float>(counts[token]);
        return host.to(positions.device()).view({rows, 1, length, 1});
    }
};

void check_offsets(const int32_t *offsets, int64_t rows, int64_t tokens) {
    TORCH_CHECK(offsets[0] == 0 && offsets[rows] == tokens, "attention: offsets end at ", offsets[rows], " but ",
                tokens, " tokens came");
    for (int64_t row = 0; row < rows; ++row)
        TORCH_CHECK(offsets[row] <= offsets[row + 1], "attention: offsets decrease at row ", row);
}

/// A limit beyond a row's keys would make its tokens see padding.
void check_counts(const int32_t *query_offsets, const int32_t *key_offsets, int64_t rows, const int32_t *limits,
                  const int32_t *phantoms) {
    for (int64_t row = 0; row < rows; ++row) {
        const int32_t keys = key_offsets[row + 1] - key_offsets[row];
        for (int64_t token = query_offsets[row]; token < query_offsets[row + 1]; ++token) {
            TORCH_CHECK(limits[token] >= 0 && limits[token] <= keys, "attention: token ", token, " may see ",
                        limits[token], " keys, its row has ", keys);
            TORCH_CHECK(phantoms == nullptr || phantoms[token] >= 0, "attention: token ", token, " sees ",
                        phantoms == nullptr ? 0 : phantoms[token], " phantom keys");
        }
    }
}

/// The definition by ordinary operators over a padded layout: what CUDA and float64 run and what the kernel is checked
/// against.
at::Tensor composed_attention(const AttentionInputs &inputs, const at::Generator *generator) {
    const at::Tensor &q = inputs.query;
    const int64_t heads = inputs.heads, width = q.size(1) / heads;
    const Padding queries(inputs.query_offsets, inputs.rows, q.size(0), q.device());
    const Padding keys(inputs.key_offsets, inputs.rows, inputs.key.size(0), q.device());
    const at::Tensor spread_query = queries.spread(q, heads) / std::sqrt(static_cast<double>(width));  // [R, H, Lq, w]
    at::Tensor scores = at::matmul(spread_query, keys.spread(inputs.key, heads).transpose(-2, -1));    // [R, H, Lq, Lk]
    const at::Tensor limits = queries.spread_counts(inputs.limits);                                   // [R, 1, Lq, 1]
    const at::Tensor columns = at::arange(keys.length, limits.options());
    // A finite floor: a row of minus infinities alone would turn into NaN.
    scores = scores.masked_fill(columns.ge(limits), -1e30);
    at::Tensor seen = limits;
    if (inputs.phantom_key) {
        const at::Tensor counts = queries.spread_counts(inputs.phantom_counts);
        const at::Tensor extra = inputs.phantom_key->view({1, heads, width, 1});
        const at::Tensor multiplicity = counts.to(at::kDouble).log().to(q.scalar_type());
        const at::Tensor weighted = at::matmul(spread_query, extra) + multiplicity;
        scores = at::cat({scores, weighted.masked_fill(counts.eq(0), -1e30)}, -1);
        seen = limits + counts;
    }
    at::Tensor weights = at::softmax(scores, -1) * seen.gt(0);
    if (inputs.dropout > 0) {
        const double kept = 1 - inputs.dropout;
        weights = weights * at::empty_like(weights).bernoulli_(kept, *generator).div_(kept);
    }
    at::Tensor mixed = at::matmul(weights.narrow(-1, 0, keys.length), keys.spread(inputs.value, heads));
    if (inputs.phantom_key) {
        const at::Tensor extra = inputs.phantom_value->view({1, heads, 1, width});
        mixed = mixed + weights.narrow(-1, keys.length, 1) * extra;
    }
    return queries.collect(mixed);
}

bool runs_on_the_kernel(const AttentionInputs &inputs) {
    const auto fits = [](const at::Tensor &tensor) {
        return tensor.is_cpu() && tensor.scalar_type() == at::kFloat;
    };
    return fits(inputs.query) && fits(inputs.key) && fits(inputs.value) &&
           (!inputs.phantom_key || (fits(*inputs.phantom_key) && fits(*inputs.phantom_value)));
}

}  // namespace

ct_status ct_jagged_attention(ct_tensor query, ct_tensor key, ct_tensor value, const int32_t *query_offsets,
                              const int32_t *key_offsets, int32_t rows, const int32_t *key_limits, int32_t heads,
                              ct_tensor phantom_key, ct_tensor phantom_value, const int32_t *phantom_counts,
                              double dropout, ct_generator generator, ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &q = unwrap(query);
        const at::Tensor &k = unwrap(key);
        const at::Tensor &v = unwrap(value);
        TORCH_CHECK(q.dim() == 2 && k.dim() == 2 && k.sizes() == v.sizes() && q.size(1) == k.size(1),
                    "attention: expected [tokens, width] of one width, got ", q.sizes(), ", ", k.sizes(), " and ",
                    v.sizes());
        TORCH_CHECK(heads > 0 && q.size(1) % heads == 0, "attention: width ", q.size(1), " does not split into ",
                    heads, " heads");
        check_offsets(query_offsets, rows, q.size(0));
        check_offsets(key_offsets, rows, k.size(0));
        check_counts(query_offsets, key_offsets, rows, key_limits, phantom_key == nullptr ? nullptr : phantom_counts);
        TORCH_CHECK(dropout >= 0 && dropout < 1, "attention: expected a dropout in [0, 1), got ", dropout);
        TORCH_CHECK(dropout == 0 || generator != nullptr, "attention: dropout ", dropout, " without a generator");
        AttentionInputs inputs{.query = q,
                               .key = k,
                               .value = v,
                               .query_offsets = query_offsets,
                               .key_offsets = key_offsets,
                               .limits = key_limits,
                               .phantom_counts = phantom_key == nullptr ? nullptr : phantom_counts,
                               .rows = rows,
                               .heads = heads,
                               .dropout = dropout};
        if (phantom_key != nullptr) {
            inputs.phantom_key = unwrap(phantom_key);
            inputs.phantom_value = unwrap(phantom_value);
            TORCH_CHECK(inputs.phantom_key->sizes() == at::IntArrayRef{q.size(1)} &&
                            inputs.phantom_value->sizes() == at::IntArrayRef{q.size(1)},
                        "attention: expected phantoms of width ", q.size(1), ", got ", inputs.phantom_key->sizes(),
                        " and ", inputs.phantom_value->sizes());
        }
        if (!runs_on_the_kernel(inputs))
            return give(out, composed_attention(inputs, generator == nullptr ? nullptr : &generator->value));
        if (dropout > 0) inputs.seed = draw_seed(generator->value);
        give(out, fused_attention(inputs));
    });
}
