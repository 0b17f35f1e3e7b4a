#include "ct_ops.h"

#include <ATen/Functions.h>

#include <vector>

#include "guarded.h"

using namespace ctorch;

namespace {

at::Tensor unary(ct_unary kind, const at::Tensor &input) {
    switch (kind) {
        case CT_NEGATE: return input.neg();
        case CT_EXP: return input.exp();
        case CT_LOG: return input.log();
        case CT_SQRT: return input.sqrt();
        case CT_ABS: return input.abs();
        case CT_SQUARE: return input.square();
        case CT_RECIPROCAL: return input.reciprocal();
        case CT_SIGMOID: return input.sigmoid();
        case CT_LOG_SIGMOID: return at::log_sigmoid(input);
        case CT_TANH: return input.tanh();
        case CT_RELU: return input.relu();
        case CT_SILU: return at::silu(input);
        case CT_GELU: return at::gelu(input);
        case CT_IS_FINITE: return at::isfinite(input);
    }
    TORCH_CHECK(false, "unknown unary operator ", static_cast<int>(kind));
}

template <class Right>
at::Tensor binary(ct_binary kind, const at::Tensor &left, const Right &right) {
    switch (kind) {
        case CT_ADD: return left.add(right);
        case CT_SUBTRACT: return left.sub(right);
        case CT_MULTIPLY: return left.mul(right);
        case CT_DIVIDE: return left.div(right);
        case CT_GREATER: return left.gt(right);
        case CT_GREATER_EQUAL: return left.ge(right);
        case CT_EQUAL: return left.eq(right);
        case CT_MAXIMUM:
            if constexpr (std::is_same_v<Right, at::Tensor>) return at::maximum(left, right);
            else return left.clamp_min(right);
        case CT_MINIMUM:
            if constexpr (std::is_same_v<Right, at::Tensor>) return at::minimum(left, right);
            else return left.clamp_max(right);
    }
    TORCH_CHECK(false, "unknown binary operator ", static_cast<int>(kind));
}

}  // namespace

ct_status ct_apply_unary(ct_unary kind, ct_tensor tensor, ct_tensor *out) {
    return guarded([&] { give(out, unary(kind, unwrap(tensor))); });
}

ct_status ct_apply_binary(ct_binary kind, ct_tensor left, ct_tensor right, ct_tensor *out) {
    return guarded([&] { give(out, binary(kind, unwrap(left), unwrap(right))); });
}

ct_status ct_apply_scalar(ct_binary kind, ct_tensor left, double right, ct_tensor *out) {
    return guarded([&] { give(out, binary(kind, unwrap(left), at::Scalar(right))); });
}

ct_status ct_reduce(ct_reduction kind, ct_tensor tensor, int32_t dimension, bool keep, ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &input = unwrap(tensor);
        switch (kind) {
            case CT_SUM: return give(out, input.sum(at::IntArrayRef{dimension}, keep));
            case CT_MEAN: return give(out, input.mean(at::IntArrayRef{dimension}, keep));
            case CT_MAX: return give(out, input.amax(at::IntArrayRef{dimension}, keep));
            case CT_LOG_SUM_EXP: return give(out, input.logsumexp(at::IntArrayRef{dimension}, keep));
        }
        TORCH_CHECK(false, "unknown reduction ", static_cast<int>(kind));
    });
}

ct_status ct_reduce_all(ct_reduction kind, ct_tensor tensor, ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &input = unwrap(tensor);
        switch (kind) {
            case CT_SUM: return give(out, input.sum());
            case CT_MEAN: return give(out, input.mean());
            case CT_MAX: return give(out, input.max());
            default: TORCH_CHECK(false, "no reduction of everything of kind ", static_cast<int>(kind));
        }
    });
}

ct_status ct_softmax(ct_tensor tensor, int32_t dimension, bool logarithm, ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &input = unwrap(tensor);
        give(out, logarithm ? at::log_softmax(input, dimension) : at::softmax(input, dimension));
    });
}

ct_status ct_reshape(ct_tensor tensor, const int64_t *sizes, int32_t rank, ct_tensor *out) {
    return guarded([&] { give(out, unwrap(tensor).reshape(at::IntArrayRef(sizes, rank))); });
}

ct_status ct_transpose(ct_tensor tensor, int32_t first, int32_t second, ct_tensor *out) {
    return guarded([&] { give(out, unwrap(tensor).transpose(first, second)); });
}

ct_status ct_narrow(ct_tensor tensor, int32_t dimension, int64_t start, int64_t length, ct_tensor *out) {
    return guarded([&] { give(out, unwrap(tensor).narrow(dimension, start, length)); });
}

ct_status ct_concatenate(const ct_tensor *tensors, int32_t count, int32_t dimension, ct_tensor *out) {
    return guarded([&] {
        std::vector<at::Tensor> parts;
        for (int32_t index = 0; index < count; ++index) parts.push_back(unwrap(tensors[index]));
        give(out, at::cat(parts, dimension));
    });
}

ct_status ct_index_select(ct_tensor tensor, int32_t dimension, ct_tensor indices, ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &input = unwrap(tensor);
        const bool sparse = dimension == 0 && wants_sparse_gradient(input);
        give(out, sparse ? at::embedding(input, unwrap(indices), -1, false, true)
                         : at::index_select(input, dimension, unwrap(indices)));
    });
}

ct_status ct_index_add(ct_tensor tensor, ct_tensor indices, ct_tensor source, ct_tensor *out) {
    return guarded([&] { give(out, at::index_add(unwrap(tensor), 0, unwrap(indices), unwrap(source))); });
}

ct_status ct_gather(ct_tensor tensor, int32_t dimension, ct_tensor indices, ct_tensor *out) {
    return guarded([&] { give(out, at::gather(unwrap(tensor), dimension, unwrap(indices))); });
}

ct_status ct_where(ct_tensor condition, ct_tensor yes, ct_tensor no, ct_tensor *out) {
    return guarded([&] { give(out, at::where(unwrap(condition), unwrap(yes), unwrap(no))); });
}

ct_status ct_top_k(ct_tensor tensor, int64_t count, ct_tensor *values, ct_tensor *indices) {
    return guarded([&] {
        auto [best, where] = at::topk(unwrap(tensor), count, -1, true, true);
        give(values, best);
        give(indices, where);
    });
}
