// What the kernels of recurrent nets share: an order of tokens in which the rows of a step stand together.
#pragma once

#include <ATen/Functions.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "parallel.h"

namespace ctorch {

/// Tokens by step, within a step by their rows' length: the rows that are active at a step are the first of those at
/// the step before.
struct TimeMajor {
    at::Tensor rows;    // the rows that have tokens, the longest first; int64
    at::Tensor starts;  // each step's first place, and their number at the end; int64
    at::Tensor tokens;  // the token at each place; int64

    TimeMajor(const int32_t *offsets, int64_t row_count)
        : tokens(at::empty({offsets[row_count]}, at::kLong)) {
        std::vector<int64_t> order;
        for (int64_t row = 0; row < row_count; ++row)
            if (offsets[row] < offsets[row + 1]) order.push_back(row);
        const auto length = [&](int64_t row) { return offsets[row + 1] - offsets[row]; };
        std::stable_sort(order.begin(), order.end(),
                         [&](int64_t left, int64_t right) { return length(left) > length(right); });
        std::vector<int64_t> begins = {0};
        int64_t *token = tokens.data_ptr<int64_t>(), place = 0;
        size_t active = order.size();
        for (int64_t step = 0; active > 0; ++step) {
            while (active > 0 && length(order[active - 1]) <= step) --active;
            for (size_t row = 0; row < active; ++row) token[place++] = offsets[order[row]] + step;
            if (active > 0) begins.push_back(place);
        }
        rows = held(order);
        starts = held(begins);
    }

    TimeMajor(at::Tensor rows, at::Tensor starts, at::Tensor tokens)
        : rows(std::move(rows)), starts(std::move(starts)), tokens(std::move(tokens)) {}

    int64_t steps() const { return starts.numel() - 1; }
    int64_t start(int64_t step) const { return starts.const_data_ptr<int64_t>()[step]; }
    int64_t active(int64_t step) const { return step < steps() ? start(step + 1) - start(step) : 0; }
    int64_t token(int64_t place) const { return tokens.const_data_ptr<int64_t>()[place]; }

   private:
    static at::Tensor held(const std::vector<int64_t> &numbers) {
        at::Tensor result = at::empty({static_cast<int64_t>(numbers.size())}, at::kLong);
        std::copy(numbers.begin(), numbers.end(), result.data_ptr<int64_t>());
        return result;
    }
};

/// Every n-th row, for one of n threads that need not wait for each other. No number depends on how rows are shared.
struct Share {
    int64_t first, stride;

    int64_t count(int64_t active) const { return active > first ? (active - first + stride - 1) / stride : 0; }

    template <class Body>
    static void for_each(int64_t rows, const Body &body) {
        // A product of fewer rows would cost less than packing its weights.
        constexpr int64_t kLeastRows = 24;
        const int64_t shares = std::clamp<int64_t>(rows / kLeastRows, 1, at::get_num_threads());
        parallel_for(0, shares, 1, [&](int64_t begin, int64_t end) {
            for (int64_t share = begin; share < end; ++share) body(Share{share, shares});
        });
    }
};

/// The sum of each column, in the order of the rows.
inline at::Tensor column_sums(const at::Tensor &matrix) {
    const int64_t rows = matrix.size(0), columns = matrix.size(1);
    at::Tensor sums = at::zeros({columns}, matrix.options());
    const float *from = matrix.const_data_ptr<float>();
    float *to = sums.data_ptr<float>();
    parallel_for(0, columns, 64, [&](int64_t begin, int64_t end) {
        for (int64_t row = 0; row < rows; ++row)
            for (int64_t column = begin; column < end; ++column) to[column] += from[row * columns + column];
    });
    return sums;
}

}  // namespace ctorch
