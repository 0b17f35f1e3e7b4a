// Threads for the kernels. `at::parallel_for` is a template over OpenMP, which this package does not compile with: here
// it would run everything on the calling thread, without a word. libtorch's own, compiled code does use the threads.
#pragma once

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>

#include <algorithm>
#include <cstdint>

namespace ctorch {

/// How many things of so many multiplications are worth a thread: to wake one takes as long as a few million of them.
inline int64_t worth_a_thread(int64_t multiplications) {
    constexpr int64_t kLeast = int64_t{1} << 21;
    return 1 + (kLeast - 1) / std::max<int64_t>(1, multiplications);
}

/// Splits begin ..< end into at most one part per thread, each at least `grain` long, and runs body(from, to) on each.
template <class Body>
void parallel_for(int64_t begin, int64_t end, int64_t grain, const Body &body) {
    if (begin >= end) return;
    const int64_t most = (end - begin + std::max<int64_t>(grain, 1) - 1) / std::max<int64_t>(grain, 1);
    const int64_t parts = std::min<int64_t>(at::in_parallel_region() ? 1 : at::get_num_threads(), most);
    if (parts <= 1) return body(begin, end);
    const int64_t length = (end - begin + parts - 1) / parts;
    at::Tensor numbers = at::arange(parts, at::kLong);
    at::TensorIterator iterator = at::TensorIteratorConfig()
                                      .set_check_mem_overlap(false)
                                      .resize_outputs(false)
                                      .check_all_same_dtype(false)
                                      .add_output(numbers)
                                      .add_const_input(numbers)
                                      .build();
    const auto run = [&](char **data, const int64_t *strides, int64_t count) {
        for (int64_t index = 0; index < count; ++index) {
            const int64_t part = *reinterpret_cast<const int64_t *>(data[1] + index * strides[1]);
            const int64_t from = begin + part * length;
            if (from < end) body(from, std::min(from + length, end));
        }
    };
    iterator.for_each(run, 1);
}

}  // namespace ctorch
