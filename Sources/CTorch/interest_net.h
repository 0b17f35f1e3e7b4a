// The net of interest_pool.cpp, which alone includes this, over a chunk of pairs at a time, forwards and back.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "multiversion.h"
#include "product.h"
#include "vector_math.h"
#include "vector_rows.h"

namespace ctorch {
namespace {

/// Pairs whose hidden numbers exist at a time: few enough for the second-level cache.
constexpr int64_t kChunkPairs = 256;
/// Pairs of a block at least, which sums gradients of the net's weights of its own.
constexpr int64_t kBlockPairs = 4096;

/// Which facts each query sees.
struct Spans {
    std::vector<int32_t> begins, ends;
    /// Where each query's pairs begin on the axis of all pairs.
    std::vector<int64_t> pairs;
    /// Where blocks of queries begin, which have no fact in common: each fact's gradient has one writer.
    std::vector<int64_t> blocks;

    Spans(const int32_t *first, const int32_t *last, int64_t count)
        : begins(first, first + count), ends(last, last + count), pairs(count + 1, 0), blocks{0} {
        std::vector<int32_t> least(count + 1, std::numeric_limits<int32_t>::max());
        for (int64_t query = count - 1; query >= 0; --query)
            least[query] = begins[query] < ends[query] ? std::min(begins[query], least[query + 1]) : least[query + 1];
        int32_t most = 0;
        for (int64_t query = 0; query < count; ++query) {
            if (pairs[query] - pairs[blocks.back()] >= kBlockPairs && most <= least[query]) blocks.push_back(query);
            if (begins[query] < ends[query]) most = std::max(most, ends[query]);
            pairs[query + 1] = pairs[query] + ends[query] - begins[query];
        }
        blocks.push_back(count);
    }

    int64_t block_count() const { return static_cast<int64_t>(blocks.size()) - 1; }
    int64_t pair_count() const { return pairs.back(); }

    /// The end of the chunk that begins with a query: as many queries as fit, and one at least.
    int64_t chunk_end(int64_t from, int64_t end) const {
        int64_t to = from + 1;
        while (to < end && pairs[to + 1] - pairs[from] <= kChunkPairs) ++to;
        return to;
    }
};

/// What the net reads.
struct Net {
    int64_t width, outer_width, inner_width;
    const float *facts, *fact_terms, *queries, *query_terms, *outer, *inner, *bias, *last, *slopes;

    explicit Net(const std::vector<at::Tensor> &tensors)
        : width(tensors[0].size(1)),
          outer_width(tensors[1].size(1)),
          inner_width(tensors[7].size(0)),
          facts(tensors[0].const_data_ptr<float>()),
          fact_terms(tensors[1].const_data_ptr<float>()),
          queries(tensors[2].const_data_ptr<float>()),
          query_terms(tensors[3].const_data_ptr<float>()),
          outer(tensors[4].const_data_ptr<float>()),
          inner(tensors[5].const_data_ptr<float>()),
          bias(tensors[6].const_data_ptr<float>()),
          last(tensors[7].const_data_ptr<float>()),
          slopes(tensors[8].const_data_ptr<float>()) {}

    int64_t weight_count() const { return outer_width * width + inner_width * (outer_width + 2) + 2; }
};

CT_MULTIVERSION void times(const float *left, const float *right, int64_t width, float *out) {
#pragma omp simd
    for (int64_t column = 0; column < width; ++column) out[column] = left[column] * right[column];
}

CT_MULTIVERSION void plus(const float *left, const float *right, int64_t width, float *out) {
#pragma omp simd
    for (int64_t column = 0; column < width; ++column) out[column] = left[column] + right[column];
}

CT_MULTIVERSION void add_product_of(const float *left, const float *right, int64_t width, float *out) {
#pragma omp simd
    for (int64_t column = 0; column < width; ++column) out[column] += left[column] * right[column];
}

CT_MULTIVERSION void activate(const float *raw, float slope, int64_t count, float *out) {
#pragma omp simd
    for (int64_t place = 0; place < count; ++place) out[place] = raw[place] > 0 ? raw[place] : slope * raw[place];
}

/// Turns the gradients of activated numbers into those of the raw ones; returns the slope's.
CT_MULTIVERSION float activate_back(const float *raw, float slope, int64_t count, float *gradients) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t place = 0; place < count; ++place) {
        sum += raw[place] > 0 ? 0 : raw[place] * gradients[place];
        gradients[place] *= raw[place] > 0 ? 1 : slope;
    }
    return sum;
}

CT_MULTIVERSION void scale(const float *row, float factor, int64_t width, float *out) {
#pragma omp simd
    for (int64_t column = 0; column < width; ++column) out[column] = factor * row[column];
}

/// The hidden numbers of a chunk's pairs, row by row.
struct Chunk {
    std::vector<float> products, outer_raw, outer, inner_raw, inner;
    int64_t count = 0;

    /// Runs the net over the pairs of some queries.
    void run(const Net &net, const Spans &spans, int64_t from, int64_t to) {
        const int64_t width = net.width, h = net.outer_width, k = net.inner_width;
        count = spans.pairs[to] - spans.pairs[from];
        const auto hold = [&](std::vector<float> &numbers, int64_t columns) {
            if (static_cast<int64_t>(numbers.size()) < count * columns) numbers.resize(count * columns);
        };
        hold(products, width);
        hold(outer_raw, h);
        hold(outer, h);
        hold(inner_raw, k);
        hold(inner, k);
        int64_t pair = 0;
        for (int64_t query = from; query < to; ++query)
            for (int64_t fact = spans.begins[query]; fact < spans.ends[query]; ++fact, ++pair) {
                times(net.facts + fact * width, net.queries + query * width, width, products.data() + pair * width);
                plus(net.fact_terms + fact * h, net.query_terms + query * h, h, outer_raw.data() + pair * h);
            }
        multiply({count, width, h, {products.data(), width, 1}, {net.outer, 1, width}, outer_raw.data(), h,
                  outer_raw.data(), h});
        activate(outer_raw.data(), net.slopes[0], count * h, outer.data());
        multiply({count, h, k, {outer.data(), h, 1}, {net.inner, 1, h}, net.bias, 0, inner_raw.data(), k});
        activate(inner_raw.data(), net.slopes[1], count * k, inner.data());
    }

    float score(const Net &net, int64_t pair) const {
        return dot(inner.data() + pair * net.inner_width, net.last, net.inner_width);
    }
};

/// Scores become weights that sum to one.
CT_MULTIVERSION void normalize(float *scores, int64_t count) {
    float most = -std::numeric_limits<float>::infinity(), sum = 0;
    for (int64_t place = 0; place < count; ++place) most = scores[place] > most ? scores[place] : most;
#pragma omp simd reduction(+ : sum)
    for (int64_t place = 0; place < count; ++place) {
        scores[place] = vector_exp(scores[place] - most);
        sum += scores[place];
    }
#pragma omp simd
    for (int64_t place = 0; place < count; ++place) scores[place] /= sum;
}

/// The gradients of the net's own weights, one after another in memory.
struct WeightSlopes {
    float *outer, *inner, *bias, *last, *slopes;

    WeightSlopes(const Net &net, float *memory)
        : outer(memory),
          inner(outer + net.outer_width * net.width),
          bias(inner + net.inner_width * net.outer_width),
          last(bias + net.inner_width),
          slopes(last + net.inner_width) {}
};

/// Where the gradients of facts and queries go.
struct RowSlopes {
    float *facts, *fact_terms, *queries, *query_terms;
};

/// The way back through one chunk.
struct ChunkBack {
    Chunk chunk;
    std::vector<float> scores, inner, outer, products;

    void run(const Net &net, const Spans &spans, int64_t from, int64_t to, const float *weights, const float *upstream,
             const RowSlopes &rows, const WeightSlopes &own) {
        chunk.run(net, spans, from, to);
        const int64_t width = net.width, h = net.outer_width, k = net.inner_width, count = chunk.count;
        scores.resize(std::max<int64_t>(scores.size(), count));
        inner.resize(std::max<int64_t>(inner.size(), count * k));
        outer.resize(std::max<int64_t>(outer.size(), count * h));
        products.resize(std::max<int64_t>(products.size(), count * width));
        softmax_back(net, spans, from, to, weights, upstream, rows);
        for (int64_t pair = 0; pair < count; ++pair) {
            add(chunk.inner.data() + pair * k, scores[pair], k, own.last);
            scale(net.last, scores[pair], k, inner.data() + pair * k);
        }
        own.slopes[1] += activate_back(chunk.inner_raw.data(), net.slopes[1], count * k, inner.data());
        for (int64_t pair = 0; pair < count; ++pair) add(inner.data() + pair * k, 1, k, own.bias);
        multiply({k, count, h, {inner.data(), 1, k}, {chunk.outer.data(), h, 1}, own.inner, h, own.inner, h});
        multiply({count, k, h, {inner.data(), k, 1}, {net.inner, h, 1}, nullptr, 0, outer.data(), h});
        own.slopes[0] += activate_back(chunk.outer_raw.data(), net.slopes[0], count * h, outer.data());
        multiply({h, count, width, {outer.data(), 1, h}, {chunk.products.data(), width, 1}, own.outer, width, own.outer,
                  width});
        multiply({count, h, width, {outer.data(), h, 1}, {net.outer, width, 1}, nullptr, 0, products.data(), width});
        int64_t pair = 0;
        for (int64_t query = from; query < to; ++query)
            for (int64_t fact = spans.begins[query]; fact < spans.ends[query]; ++fact, ++pair) {
                const float *product = products.data() + pair * width, *term = outer.data() + pair * h;
                add_product_of(product, net.queries + query * width, width, rows.facts + fact * width);
                add_product_of(product, net.facts + fact * width, width, rows.queries + query * width);
                add(term, 1, h, rows.fact_terms + fact * h);
                add(term, 1, h, rows.query_terms + query * h);
            }
    }

   private:
    /// From the sums back to the facts in them and to the scores.
    void softmax_back(const Net &net, const Spans &spans, int64_t from, int64_t to, const float *weights,
                      const float *upstream, const RowSlopes &rows) {
        int64_t pair = 0;
        for (int64_t query = from; query < to; ++query) {
            const int64_t begin = spans.begins[query], length = spans.ends[query] - begin;
            const float *shares = weights + spans.pairs[query], *above = upstream + query * net.width;
            for (int64_t place = 0; place < length; ++place) {
                scores[pair + place] = dot(above, net.facts + (begin + place) * net.width, net.width);
                add(above, shares[place], net.width, rows.facts + (begin + place) * net.width);
            }
            const float mean = dot(scores.data() + pair, shares, length);
            for (int64_t place = 0; place < length; ++place)
                scores[pair + place] = shares[place] * (scores[pair + place] - mean);
            pair += length;
        }
    }
};

}  // namespace
}  // namespace ctorch
