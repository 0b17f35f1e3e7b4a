#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

#include "multiversion.h"
#include "parallel.h"
#include "product.h"
#include "transpose.h"

namespace ctorch {
namespace {

// Block sizes: a panel of the right operand stays in the first-level cache, a block of the left one in the second.
constexpr int64_t kDepthBlock = 384;
constexpr int64_t kRowBlock = 240;
constexpr int64_t kColumnBlock = 768;
/// Room for a panel's padding and for what packing writes beyond its end.
constexpr int64_t kPanelSlack = 32 * (kDepthBlock + 1);
constexpr int64_t kPanelMemory = (kRowBlock + kColumnBlock) * kDepthBlock + 2 * kPanelSlack;

/// What is left of a product from a row, a depth and a column on. From a depth on, what is there already is the base.
Product part(Product product, int64_t row, int64_t depth, int64_t column) {
    product.left.data += row * product.left.row_stride + depth * product.left.column_stride;
    product.right.data += depth * product.right.row_stride + column * product.right.column_stride;
    product.out += row * product.out_stride + column;
    if (depth > 0) {
        product.base = product.out;
        product.base_stride = product.out_stride;
    } else if (product.base != nullptr) {
        product.base += row * product.base_stride + column;
    }
    product.rows -= row;
    product.depth -= depth;
    product.columns -= column;
    return product;
}

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)
namespace lanes16 {
#define CT_LANES 16
#include "product_tiles.h"
#undef CT_LANES
}  // namespace lanes16
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
namespace lanes8 {
#define CT_LANES 8
#include "product_tiles.h"
#undef CT_LANES
}  // namespace lanes8
#pragma clang attribute pop
#endif

using Multiply = void (*)(const Product &, float *);

/// Null if there is none here.
Multiply widest() {
#if defined(__x86_64__)
    if (vector_lanes() == 16) return lanes16::multiply;
    if (vector_lanes() == 8) return lanes8::multiply;
#endif
    return nullptr;
}

Multiply chosen() {
    static const Multiply kernel = widest();
    return kernel;
}

std::atomic<int64_t> flops{0};

/// This thread's memory for panels, aligned to a cache line; fresh pages for every product would cost as much as a
/// small product itself.
float *panel_memory() {
    struct alignas(64) Line {
        float numbers[16];
    };
    thread_local std::vector<Line> lines(kPanelMemory / 16 + 1);
    return lines.data()->numbers;
}

}  // namespace

bool can_multiply() { return chosen() != nullptr; }

int64_t counted_flops() { return flops.load(std::memory_order_relaxed); }

void multiply(const Product &product) {
    flops.fetch_add(2 * product.rows * product.depth * product.columns, std::memory_order_relaxed);
    // Threads share out the longer side, in multiples of every tile's size.
    const bool by_rows = product.rows >= product.columns;
    const int64_t length = by_rows ? product.rows : product.columns, other = by_rows ? product.columns : product.rows;
    const int64_t unit = by_rows ? 12 : 32, least = worth_a_thread(unit * other * product.depth);
    parallel_for(0, (length + unit - 1) / unit, least, [&](int64_t begin, int64_t end) {
        const int64_t first = begin * unit, count = std::min(end * unit, length) - first;
        Product mine = by_rows ? part(product, first, 0, 0) : part(product, 0, 0, first);
        (by_rows ? mine.rows : mine.columns) = count;
        chosen()(mine, panel_memory());
    });
}

}  // namespace ctorch
