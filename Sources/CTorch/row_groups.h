// References to the rows of a table grouped by row, so that each row's gradient has one writer.
#pragma once

#include <ATen/Functions.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "parallel.h"

namespace ctorch {

/// A stable counting sort of `owners` x `width` row numbers; the result does not depend on the number of threads.
///
/// Places are numbered by row, within a row by owner. `key(owner, column)` is a row number.
struct RowGroups {
    /// Where each row's places begin, and their number at the end; int64 [rows + 1].
    at::Tensor starts;
    /// The owner at each place; int32 [owners x width].
    at::Tensor owners;
    /// The place of each reference, in the order of the owners; int32 [owners x width].
    at::Tensor places;

    template <class Key>
    RowGroups(int64_t owner_count, int64_t width, int64_t rows, const char *operation, const Key &key)
        : starts(at::empty({rows + 1}, at::kLong)),
          owners(at::empty({owner_count * width}, at::kInt)),
          places(at::empty({owner_count * width}, at::kInt)) {
        const int64_t count = owner_count * width;
        // Each part has counters of its own for all rows; they must not outweigh the references.
        const int64_t parts = std::clamp<int64_t>(count / std::max<int64_t>(rows, 32768), 1, at::get_num_threads());
        std::vector<int32_t> counters(parts * rows, 0);
        std::vector<int64_t> lowest(parts, 0), highest(parts, -1);
        const auto visit = [&](int64_t part, const auto &body) {
            for (int64_t owner = owner_count * part / parts; owner < owner_count * (part + 1) / parts; ++owner)
                for (int64_t column = 0; column < width; ++column) body(owner, column, int64_t(key(owner, column)));
        };
        parallel_for(0, parts, 1, [&](int64_t from, int64_t to) {
            for (int64_t part = from; part < to; ++part) {
                int32_t *counter = counters.data() + part * rows;
                int64_t low = std::numeric_limits<int64_t>::max(), high = -1;
                visit(part, [&](int64_t, int64_t, int64_t row) {
                    low = std::min(low, row);
                    high = std::max(high, row);
                    if (row >= 0 && row < rows) ++counter[row];
                });
                lowest[part] = low;
                highest[part] = high;
            }
        });
        const int64_t low = *std::min_element(lowest.begin(), lowest.end());
        const int64_t high = *std::max_element(highest.begin(), highest.end());
        TORCH_CHECK(low >= 0 && high < rows, operation, ": rows ", low, " to ", high, " of a table with ", rows);
        int64_t *start = starts.data_ptr<int64_t>(), place = 0;
        for (int64_t row = 0; row < rows; ++row) {
            start[row] = place;
            for (int64_t part = 0; part < parts; ++part) {
                const int32_t members = counters[part * rows + row];
                counters[part * rows + row] = static_cast<int32_t>(place);
                place += members;
            }
        }
        start[rows] = place;
        int32_t *owner_at = owners.data_ptr<int32_t>(), *place_of = places.data_ptr<int32_t>();
        parallel_for(0, parts, 1, [&](int64_t from, int64_t to) {
            for (int64_t part = from; part < to; ++part) {
                int32_t *next = counters.data() + part * rows;
                visit(part, [&](int64_t owner, int64_t column, int64_t row) {
                    const int32_t mine = next[row]++;
                    owner_at[mine] = static_cast<int32_t>(owner);
                    place_of[owner * width + column] = mine;
                });
            }
        });
    }
};

/// Runs body(from, to) on ranges of rows that hold about equally many places each.
template <class Body>
void parallel_for_rows(const at::Tensor &starts, const Body &body) {
    const int64_t rows = starts.numel() - 1;
    const int64_t *start = starts.const_data_ptr<int64_t>();
    // A row without places costs a little too.
    const auto cost = [&](int64_t row) { return start[row] + row; };
    const auto first_at = [&](int64_t amount) {
        int64_t low = 0, high = rows;
        while (low < high) {
            const int64_t middle = (low + high) / 2;
            if (cost(middle) < amount) low = middle + 1;
            else high = middle;
        }
        return low;
    };
    parallel_for(0, cost(rows), 4096, [&](int64_t from, int64_t to) {
        body(first_at(from), first_at(to));
    });
}

}  // namespace ctorch
