// Softmax over each token's own candidates, for tables beyond the caches.
//
// A token's candidates lie anywhere in the table; read token by token, each row comes from memory. Here the pairs of
// token and candidate are grouped by table row, so that a pass reads the table in order, and the tokens are cut into
// blocks of columns, of which one, for all tokens, stays in a core's second-level cache.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "ct_loss.h"
#include "guarded.h"
#include "multiversion.h"
#include "parallel.h"
#include "row_groups.h"
#include "vector_math.h"

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t BLOCK = 32;

/// Sixteen numbers in one register of AVX-512, two of AVX or four of SSE; half a block.
typedef float Lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef float HalfLanes __attribute__((vector_size(32), aligned(4), may_alias));

inline const Lanes *lanes(const float *from) { return reinterpret_cast<const Lanes *>(from); }
inline Lanes *lanes(float *from) { return reinterpret_cast<Lanes *>(from); }

#define INTERLEAVED_LOW(a, b) \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define INTERLEAVED_HIGH(a, b) \
    __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define PAIRS_LOW(a, b) __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define PAIRS_HIGH(a, b) __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)

/// Adds to each of `count` logits one block of the inner product of a table row and an owner of its places.
CT_MULTIVERSION void add_products(const float *row, const float *block, const int32_t *owners, int64_t count,
                                  float *logits) {
    const Lanes first = lanes(row)[0], second = lanes(row)[1];
    for (int64_t place = 0; place < count; place += 8) {
        Lanes product[8];
        for (int64_t index = 0; index < 8; ++index) {
            const Lanes *owner = lanes(block + owners[std::min(place + index, count - 1)] * BLOCK);
            product[index] = first * owner[0] + second * owner[1];
        }
        // Three rounds of halving: 8 x 16 numbers to 8 sums of 4 x 4 interleaved, 2 x 4 x 4, 8.
        Lanes fours[4];
        for (int64_t index = 0; index < 4; ++index)
            fours[index] = INTERLEAVED_LOW(product[2 * index], product[2 * index + 1]) +
                           INTERLEAVED_HIGH(product[2 * index], product[2 * index + 1]);
        const Lanes low = PAIRS_LOW(fours[0], fours[1]) + PAIRS_HIGH(fours[0], fours[1]);
        const Lanes high = PAIRS_LOW(fours[2], fours[3]) + PAIRS_HIGH(fours[2], fours[3]);
        const Lanes both = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
                           __builtin_shufflevector(low, high, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30,
                                                   31);
        const HalfLanes sums = __builtin_shufflevector(both, both, 0, 1, 2, 3, 8, 9, 10, 11) +
                               __builtin_shufflevector(both, both, 4, 5, 6, 7, 12, 13, 14, 15);
        if (place + 8 <= count) {
            *reinterpret_cast<HalfLanes *>(logits + place) += sums;
        } else {
            for (int64_t index = 0; index < count - place; ++index) logits[place + index] += sums[index];
        }
    }
}

/// One block of a table row's gradient: the sum of its places' owners, weighted.
CT_MULTIVERSION void sum_owners(const float *block, const int32_t *owners, const float *factors, int64_t count,
                                float *out) {
    Lanes sums[4] = {};
    int64_t place = 0;
    for (; place + 2 <= count; place += 2) {
        const Lanes *even = lanes(block + owners[place] * BLOCK), *odd = lanes(block + owners[place + 1] * BLOCK);
        sums[0] += even[0] * factors[place];
        sums[1] += even[1] * factors[place];
        sums[2] += odd[0] * factors[place + 1];
        sums[3] += odd[1] * factors[place + 1];
    }
    if (place < count) {
        const Lanes *last = lanes(block + owners[place] * BLOCK);
        sums[0] += last[0] * factors[place];
        sums[1] += last[1] * factors[place];
    }
    lanes(out)[0] = sums[0] + sums[2];
    lanes(out)[1] = sums[1] + sums[3];
}

/// Adds a block of a table row, weighted, to the gradients of the owners of its places.
CT_MULTIVERSION void add_to_owners(const float *row, const int32_t *owners, const float *factors, int64_t count,
                                   float *block) {
    const Lanes first = lanes(row)[0], second = lanes(row)[1];
    for (int64_t place = 0; place < count; ++place) {
        Lanes *owner = lanes(block + owners[place] * BLOCK);
        owner[0] += first * factors[place];
        owner[1] += second * factors[place];
    }
}

/// From a token's logits, of which the first is the target's, to their slopes; returns the loss.
CT_MULTIVERSION float soften(float *logits, int64_t count, float scale) {
    float largest = logits[0];
    for (int64_t column = 1; column < count; ++column) largest = std::max(largest, logits[column]);
    const float target = logits[0];
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t column = 0; column < count; ++column) {
        logits[column] = vector_exp(logits[column] - largest);
        sum += logits[column];
    }
    const float share = scale / sum;
    for (int64_t column = 0; column < count; ++column) logits[column] *= share;
    logits[0] -= scale;
    return std::log(sum) + largest - target;
}

/// A matrix's rows cut into blocks of columns, each block of all rows together; the last one filled up with zeros.
struct Blocks {
    int64_t width;
    int64_t count;

    explicit Blocks(int64_t width) : width(width), count((width + BLOCK - 1) / BLOCK) {}

    int64_t length(int64_t block) const { return std::min(BLOCK, width - block * BLOCK); }

    at::Tensor packed(const at::Tensor &matrix) const {
        const int64_t rows = matrix.size(0);
        at::Tensor result = at::empty({count, rows, BLOCK}, matrix.options());
        const float *from = matrix.const_data_ptr<float>();
        float *to = result.data_ptr<float>();
        parallel_for(0, rows, 64, [&](int64_t begin, int64_t end) {
            for (int64_t block = 0; block < count; ++block)
                for (int64_t row = begin; row < end; ++row) {
                    float *place = to + (block * rows + row) * BLOCK;
                    std::memcpy(place, from + row * width + block * BLOCK, length(block) * sizeof(float));
                    std::fill(place + length(block), place + BLOCK, 0.0f);
                }
        });
        return result;
    }

    /// A block of one row: in place, or a copy filled up with zeros.
    const float *read(const float *matrix, int64_t row, int64_t block, float *copy) const {
        const float *from = matrix + row * width + block * BLOCK;
        if (length(block) == BLOCK) return from;
        std::fill(copy, copy + BLOCK, 0.0f);
        std::memcpy(copy, from, length(block) * sizeof(float));
        return copy;
    }
};

/// Calls body(row, first place, number of places) for the rows of a range that have places, and asks for the block of
/// a row to come.
template <class Body>
void visit_rows(const int64_t *starts, int64_t from, int64_t to, const float *table, int64_t width, int64_t block,
                const Body &body) {
    constexpr int64_t ahead = 6;
    for (int64_t row = from; row < to; ++row) {
        const float *coming = table + std::min(row + ahead, to - 1) * width + block * BLOCK;
        __builtin_prefetch(coming);
        __builtin_prefetch(coming + BLOCK / 2);
        if (starts[row] < starts[row + 1]) body(row, starts[row], starts[row + 1] - starts[row]);
    }
}

/// Sampled softmax on the CPU; keeps the slope of the loss in each inner product.
class SampledSoftmax : public torch::autograd::Function<SampledSoftmax> {
   public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &hidden, const at::Tensor &table,
                              const at::Tensor &targets, const at::Tensor &negatives, double temperature) {
        const int64_t tokens = hidden.size(0), count = 1 + negatives.size(1);
        const int32_t *target = targets.const_data_ptr<int32_t>(), *negative = negatives.const_data_ptr<int32_t>();
        const RowGroups groups(tokens, count, table.size(0), "sampledSoftmax", [&](int64_t token, int64_t column) {
            return column == 0 ? target[token] : negative[token * (count - 1) + column - 1];
        });
        const at::Tensor packed = Blocks(hidden.size(1)).packed(hidden);
        at::Tensor slopes = products(packed, table, groups);
        at::Tensor losses = at::empty({tokens}, hidden.options());
        const float scale = static_cast<float>(1 / temperature);
        const int32_t *places = groups.places.const_data_ptr<int32_t>();
        float *slope = slopes.data_ptr<float>(), *loss = losses.data_ptr<float>();
        parallel_for(0, tokens, 64, [&](int64_t begin, int64_t end) {
            std::vector<float> logits(count);
            for (int64_t token = begin; token < end; ++token) {
                const int32_t *place = places + token * count;
                for (int64_t column = 0; column < count; ++column) logits[column] = slope[place[column]] * scale;
                loss[token] = soften(logits.data(), count, scale);
                for (int64_t column = 0; column < count; ++column) slope[place[column]] = logits[column];
            }
        });
        context->save_for_backward({packed, table, slopes, groups.starts, groups.owners});
        context->saved_data["sparse"] = wants_sparse_gradient(table);
        return losses;
    }

    static variable_list backward(AutogradContext *context, variable_list upstream) {
        const auto saved = context->get_saved_variables();
        const at::Tensor packed = saved[0], table = saved[1], slopes = saved[2], starts = saved[3], owners = saved[4];
        const at::Tensor weights = upstream[0].contiguous();
        at::Tensor factors = at::empty_like(slopes);
        const float *slope = slopes.const_data_ptr<float>(), *weight = weights.const_data_ptr<float>();
        const int32_t *owner = owners.const_data_ptr<int32_t>();
        float *factor = factors.data_ptr<float>();
        parallel_for(0, slopes.numel(), 32768, [&](int64_t begin, int64_t end) {
            for (int64_t place = begin; place < end; ++place) factor[place] = slope[place] * weight[owner[place]];
        });
        variable_list gradients(5);
        if (context->needs_input_grad(0)) gradients[0] = hidden_gradient(packed.size(1), table, starts, owners, factors);
        if (context->needs_input_grad(1))
            gradients[1] = context->saved_data["sparse"].toBool()
                               ? sparse_table_gradient(packed, table, starts, owners, factors)
                               : table_gradient(packed, starts, owners, factors, table.size(1));
        return gradients;
    }

   private:
    /// The inner product of each place's row and owner.
    static at::Tensor products(const at::Tensor &packed, const at::Tensor &table, const RowGroups &groups) {
        const Blocks blocks(table.size(1));
        at::Tensor result = at::zeros({groups.owners.numel()}, packed.options());
        const int64_t *start = groups.starts.const_data_ptr<int64_t>();
        const int32_t *owner = groups.owners.const_data_ptr<int32_t>();
        const float *rows = table.const_data_ptr<float>(), *hidden = packed.const_data_ptr<float>();
        float *product = result.data_ptr<float>();
        parallel_for_rows(groups.starts, [&](int64_t from, int64_t to) {
            float copy[BLOCK];
            for (int64_t block = 0; block < blocks.count; ++block)
                visit_rows(start, from, to, rows, blocks.width, block, [&](int64_t row, int64_t place, int64_t count) {
                    add_products(blocks.read(rows, row, block, copy), hidden + block * packed.stride(0), owner + place,
                                 count, product + place);
                });
        });
        return result;
    }

    /// A thread has whole blocks of columns, because any row can belong to any token.
    static at::Tensor hidden_gradient(int64_t tokens, const at::Tensor &table, const at::Tensor &starts,
                                      const at::Tensor &owners, const at::Tensor &factors) {
        const Blocks blocks(table.size(1));
        at::Tensor result = at::empty({tokens, blocks.width}, table.options());
        const int64_t *start = starts.const_data_ptr<int64_t>();
        const int32_t *owner = owners.const_data_ptr<int32_t>();
        const float *rows = table.const_data_ptr<float>(), *factor = factors.const_data_ptr<float>();
        float *gradient = result.data_ptr<float>();
        parallel_for(0, blocks.count, 1, [&](int64_t begin, int64_t end) {
            std::vector<float> sums(tokens * BLOCK);
            float copy[BLOCK];
            for (int64_t block = begin; block < end; ++block) {
                std::fill(sums.begin(), sums.end(), 0.0f);
                visit_rows(start, 0, table.size(0), rows, blocks.width, block,
                           [&](int64_t row, int64_t place, int64_t count) {
                               add_to_owners(blocks.read(rows, row, block, copy), owner + place, factor + place, count,
                                             sums.data());
                           });
                for (int64_t token = 0; token < tokens; ++token)
                    std::memcpy(gradient + token * blocks.width + block * BLOCK, sums.data() + token * BLOCK,
                                blocks.length(block) * sizeof(float));
            }
        });
        return result;
    }

    /// A row for each group of places. [groups, width]
    static at::Tensor table_gradient(const at::Tensor &packed, const at::Tensor &starts, const at::Tensor &owners,
                                     const at::Tensor &factors, int64_t width) {
        const Blocks blocks(width);
        at::Tensor result = at::empty({starts.numel() - 1, width}, packed.options());
        const int64_t *start = starts.const_data_ptr<int64_t>();
        const int32_t *owner = owners.const_data_ptr<int32_t>();
        const float *hidden = packed.const_data_ptr<float>(), *factor = factors.const_data_ptr<float>();
        float *gradient = result.data_ptr<float>();
        parallel_for_rows(starts, [&](int64_t from, int64_t to) {
            float sums[BLOCK];
            for (int64_t block = 0; block < blocks.count; ++block)
                for (int64_t row = from; row < to; ++row) {
                    sum_owners(hidden + block * packed.stride(0), owner + start[row], factor + start[row],
                               start[row + 1] - start[row], sums);
                    std::memcpy(gradient + row * blocks.width + block * BLOCK, sums,
                                blocks.length(block) * sizeof(float));
                }
        });
        return result;
    }

    /// The rows that have places alone: their groups are those of the whole table without the empty ones.
    static at::Tensor sparse_table_gradient(const at::Tensor &packed, const at::Tensor &table, const at::Tensor &starts,
                                            const at::Tensor &owners, const at::Tensor &factors) {
        const at::Tensor used = starts.diff().nonzero().squeeze(1);
        const at::Tensor used_starts = at::cat({starts.index_select(0, used), starts.narrow(0, table.size(0), 1)});
        return at::sparse_coo_tensor(used.unsqueeze(0),
                                     table_gradient(packed, used_starts, owners, factors, table.size(1)), table.sizes());
    }
};

/// The same by ordinary operators: what CUDA runs and what the kernel is checked against.
at::Tensor composed_sampled_softmax(const at::Tensor &hidden, const at::Tensor &table, const at::Tensor &targets,
                                    const at::Tensor &negatives, double temperature) {
    const at::Tensor candidates = at::cat({targets.unsqueeze(1), negatives}, 1);
    check_rows(candidates, table.size(0), "sampledSoftmax");
    const int64_t tokens = hidden.size(0), count = candidates.size(1);
    const at::Tensor rows = table.index_select(0, candidates.reshape({-1})).view({tokens, count, hidden.size(1)});
    const at::Tensor logits = at::matmul(rows, hidden.unsqueeze(2)).squeeze(2).div(temperature);
    return at::log_softmax(logits, 1).select(1, 0).neg();
}

}  // namespace

ct_status ct_sampled_softmax(ct_tensor hidden, ct_tensor table, ct_tensor targets, ct_tensor negatives,
                             double temperature, ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &left = unwrap(hidden), &right = unwrap(table);
        const at::Tensor &target = unwrap(targets), &negative = unwrap(negatives);
        TORCH_CHECK(left.dim() == 2 && right.dim() == 2 && left.size(1) == right.size(1) && target.dim() == 1 &&
                        negative.dim() == 2 && target.size(0) == left.size(0) && negative.size(0) == left.size(0),
                    "sampledSoftmax: hidden ", left.sizes(), ", table ", right.sizes(), ", targets ", target.sizes(),
                    ", negatives ", negative.sizes());
        const bool fused = left.is_cpu() && left.scalar_type() == at::kFloat && right.scalar_type() == at::kFloat &&
                           target.scalar_type() == at::kInt && negative.scalar_type() == at::kInt;
        give(out, fused ? SampledSoftmax::apply(left.contiguous(), right.contiguous(), target.contiguous(),
                                                negative.contiguous(), temperature)
                        : composed_sampled_softmax(left, right, target, negative, temperature));
    });
}
