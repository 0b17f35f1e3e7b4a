// What ranking and retrieval share: checked arguments, the pass over all scores a block at a time, and ordinary operators
// for what the pass does not do.
#pragma once

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "ct_retrieval.h"
#include "guarded.h"
#include "inner_products.h"

namespace ctorch {

/// Groups of states that pass over the items together: with a block of items they stay in the second cache.
constexpr int64_t kGroups = 16;
/// Groups whose scores of a block exist at a time.
constexpr int64_t kScored = 2;

/// So few states of a group are faster one at a time.
constexpr int64_t kFew = 2;

struct alignas(64) Vector {
    float values[kLanes];
};

/// The arguments that all functions share, checked.
struct Operands {
    at::Tensor states, items;
    int64_t count, width, rows;

    Operands(const char *name, ct_tensor states_handle, ct_tensor items_handle)
        : states(unwrap(states_handle).detach()), items(unwrap(items_handle).detach()) {
        TORCH_CHECK(states.dim() == 2 && items.dim() == 2 && states.size(1) == items.size(1), name,
                    ": expected states and items of one width, got ", states.sizes(), " and ", items.sizes());
        TORCH_CHECK(states.device() == items.device() && states.scalar_type() == items.scalar_type(), name,
                    ": states and items are of different types or devices");
        TORCH_CHECK(items.size(0) <= std::numeric_limits<int32_t>::max() / kLanes, name, ": ", items.size(0),
                    " items are too many");
        states = states.contiguous();
        items = items.contiguous();
        count = states.size(0);
        width = states.size(1);
        rows = items.size(0);
    }

    bool is_fused() const { return states.is_cpu() && states.scalar_type() == at::kFloat; }
    const float *state(int64_t row) const { return states.const_data_ptr<float>() + row * width; }
    const float *item(int64_t row) const { return items.const_data_ptr<float>() + row * width; }
    int64_t group_count() const { return (count + kLanes - 1) / kLanes; }

    void check(const char *name, const int32_t *numbers, int64_t total) const {
        for (int64_t index = 0; index < total; ++index)
            TORCH_CHECK(numbers[index] >= 0 && numbers[index] < rows, name, ": item ", numbers[index], " of ", rows);
    }

    void check(const char *name, const ct_exclusions &excluded) const {
        for (int64_t state = 0; state < count; ++state)
            for (int64_t place = excluded.offsets[state]; place < excluded.offsets[state + 1]; ++place)
                TORCH_CHECK(excluded.items[place] >= 0 && excluded.items[place] < rows &&
                                (place == excluded.offsets[state] ||
                                 excluded.items[place - 1] < excluded.items[place]),
                            name, ": the excluded items of state ", state, " are not ascending rows below ", rows);
    }

    /// States as [groups, width, kLanes]; the last group is filled up with zeros.
    std::vector<Vector> packed() const {
        std::vector<Vector> result(group_count() * width);
        const float *source = states.const_data_ptr<float>();
        at::parallel_for(0, group_count(), 4, [&](int64_t begin, int64_t end) {
            for (int64_t state = begin * kLanes; state < std::min(end * kLanes, count); ++state) {
                Vector *group = result.data() + state / kLanes * width;
                for (int64_t column = 0; column < width; ++column)
                    group[column].values[state % kLanes] = source[state * width + column];
            }
        });
        return result;
    }
};

/// Finds the item that made a state's scores infinite.
inline ct_infinite_score locate(const Operands &operands, int64_t state) {
    for (int64_t item = 0; item < operands.rows; ++item) {
        const float *row = operands.item(item);
        float score = 0;
        inner_products().dots(operands.state(state), &row, 1, operands.width, &score);
        if (!std::isfinite(score)) return {state, item};
    }
    return {state, -1};
}

/// Scores of the few states of a group with a block of items, into their lanes of [length, kLanes].
inline void score_few(const Operands &operands, int64_t group, int64_t first, int64_t length, Vector *scores) {
    const float *rows[kBlock];
    float values[kBlock];
    for (int64_t item = 0; item < length; ++item) rows[item] = operands.item(first + item);
    for (int64_t state = group * kLanes; state < operands.count; ++state) {
        inner_products().dots(operands.state(state), rows, length, operands.width, values);
        for (int64_t item = 0; item < length; ++item) scores[item].values[state % kLanes] = values[item];
    }
}

/// Calls `body(group, first item, items, scores)` for each part of a range of blocks of items.
template <class Body>
void each_part(const Operands &operands, const std::vector<Vector> &packed, int64_t first_group, int64_t end_group,
               int64_t first_block, int64_t end_block, Body &&body) {
    std::vector<Vector> scores(kScored * kBlock);
    for (int64_t block = first_block; block < end_block; ++block) {
        const int64_t first = block * kBlock, length = std::min(kBlock, operands.rows - first);
        for (int64_t group = first_group; group < end_group; group += kScored) {
            const int64_t groups = std::min(kScored, end_group - group);
            if (operands.count - group * kLanes <= kFew)
                score_few(operands, group, first, length, scores.data());
            else
                inner_products().score(packed[group * operands.width].values, groups, operands.width,
                                       operands.item(first), length, scores[0].values);
            for (int64_t index = 0; index < groups; ++index)
                body(group + index, first, length, scores.data() + index * length);
        }
    }
}

inline int64_t block_count(const Operands &operands) { return (operands.rows + kBlock - 1) / kBlock; }

/// Ordinary operators for other devices and types, some states at a time.
struct Composition {
    const Operands &operands;
    at::Tensor scores;  // [length, rows]
    int64_t first, length;

    Composition(const Operands &operands, int64_t first) : operands(operands), first(first) {
        length = std::min(step(operands), operands.count - first);
        scores = at::matmul(operands.states.narrow(0, first, length), operands.items.t());
    }

    static int64_t step(const Operands &operands) {
        return std::max<int64_t>(1, (int64_t{1} << 24) / std::max<int64_t>(1, operands.rows));
    }

    /// Whether all values are finite; they belong to the items that `index` names, or to all in order.
    bool is_finite(const at::Tensor &values, const at::Tensor &index, ct_infinite_score *infinite) const {
        const at::Tensor places = at::isfinite(values).logical_not().nonzero().to(at::kCPU);
        if (places.size(0) == 0) return true;
        const int64_t state = places[0][0].item<int64_t>(), column = places[0][1].item<int64_t>();
        *infinite = {first + state, index.defined() ? index[state][column].item<int64_t>() : column};
        return false;
    }

    at::Tensor indices(const int32_t *numbers, int64_t columns) const {
        at::Tensor host = at::empty({length, columns}, at::kLong);
        std::copy_n(numbers + first * columns, length * columns, host.data_ptr<int64_t>());
        return host.to(scores.device());
    }

    /// Which items take part. [length, rows]
    at::Tensor admitted(const ct_exclusions &excluded) const {
        at::Tensor host = at::ones({length, operands.rows}, at::kBool);
        for (int64_t state = 0; state < length; ++state)
            for (int64_t place = excluded.offsets[first + state]; place < excluded.offsets[first + state + 1]; ++place)
                host.data_ptr<bool>()[state * operands.rows + excluded.items[place]] = false;
        return host.to(scores.device());
    }
};

}  // namespace ctorch
