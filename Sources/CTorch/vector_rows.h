// Inner products and weighted sums of rows, for kernels that go over pairs of rows.
#pragma once

#include <cstdint>

#include "multiversion.h"

namespace ctorch {
namespace {

CT_MULTIVERSION float dot(const float *left, const float *right, int64_t width) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t column = 0; column < width; ++column) sum += left[column] * right[column];
    return sum;
}

/// Adds a row times a factor to another.
CT_MULTIVERSION void add(const float *row, float factor, int64_t width, float *out) {
#pragma omp simd
    for (int64_t column = 0; column < width; ++column) out[column] += factor * row[column];
}

}  // namespace
}  // namespace ctorch
