#include "product.h"

#include <ATen/Functions.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "ct_flops.h"
#include "ct_ops.h"
#include "guarded.h"
#include "inner_products.h"
#include "parallel.h"

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool is_plain(const at::Tensor &tensor) {
    return tensor.is_cpu() && tensor.scalar_type() == at::kFloat && tensor.layout() == at::kStrided;
}

/// Whether packing pays: copied numbers must take part in enough multiplications, and tiles be filled.
bool pays(const at::Tensor &left, const at::Tensor &right) {
    constexpr int64_t kLeastSide = 8, kLeastResult = 512, kLeastWork = 1 << 16;
    const int64_t rows = left.size(0), depth = left.size(1), columns = right.size(1);
    return std::min({rows, depth, columns}) >= kLeastSide && rows * columns >= kLeastResult &&
           rows * depth * columns >= kLeastWork;
}

/// Whether few numbers are sums of many products each, as a narrow map's gradient over a batch is: the library shares the
/// sums out among its threads, so that the last digits depend on how many there are.
bool is_deep(const at::Tensor &left, const at::Tensor &right) {
    constexpr int64_t kLeastDepth = 256, kMostResult = 1 << 14;
    const int64_t results = left.size(0) * right.size(1);
    return left.size(1) >= kLeastDepth && results > 0 && results <= kMostResult;
}

bool is_product(const at::Tensor &left, const at::Tensor &right) {
    return left.dim() == 2 && right.dim() == 2 && left.size(1) == right.size(0);
}

bool suits(const at::Tensor &left, const at::Tensor &right) {
    return can_multiply() && is_plain(left) && is_plain(right) && is_product(left, right) &&
           (pays(left, right) || is_deep(left, right));
}

Operand operand(const at::Tensor &matrix) {
    return {matrix.const_data_ptr<float>(), matrix.stride(0), matrix.stride(1)};
}

void multiply_into(const at::Tensor &out, const at::Tensor &left, const at::Tensor &right, const float *base,
                   int64_t base_stride) {
    multiply({left.size(0), left.size(1), right.size(1), operand(left), operand(right), base, base_stride,
              out.data_ptr<float>(), out.stride(0)});
}

/// Whether a few rows meet a map whose columns lie in memory one after another, as a layer's do: each column is read once,
/// and packing it would take longer than to multiply.
bool is_for_few(const at::Tensor &left, const at::Tensor &right) {
    constexpr int64_t kFewRows = 4, kLeastNumbers = 1 << 12;
    return is_plain(left) && is_plain(right) && is_product(left, right) && left.size(0) > 0 &&
           left.size(0) <= kFewRows && left.stride(1) == 1 && right.stride(0) == 1 &&
           right.numel() >= kLeastNumbers;
}

/// Inner products of a few rows with the columns of a map, on all threads.
void multiply_few(const at::Tensor &out, const at::Tensor &left, const at::Tensor &right, const float *bias) {
    const int64_t depth = left.size(1), columns = right.size(1);
    parallel_for(0, (columns + kBlock - 1) / kBlock, worth_a_thread(depth * kBlock), [&](int64_t begin, int64_t end) {
        const float *lines[kBlock];
        for (int64_t block = begin; block < end; ++block) {
            const int64_t first = block * kBlock, length = std::min(kBlock, columns - first);
            for (int64_t index = 0; index < length; ++index)
                lines[index] = right.const_data_ptr<float>() + (first + index) * right.stride(1);
            for (int64_t row = 0; row < left.size(0); ++row) {
                float *to = out.data_ptr<float>() + row * columns + first;
                inner_products().dots(left.const_data_ptr<float>() + row * left.stride(0), lines, length, depth, to);
                if (bias == nullptr) continue;
                for (int64_t index = 0; index < length; ++index) to[index] += bias[first + index];
            }
        }
    });
}

/// x times the transpose of W, plus a bias: for x [tokens, in] and W [out, in].
class Linear : public torch::autograd::Function<Linear> {
   public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &input, const at::Tensor &weight,
                              const std::optional<at::Tensor> &bias) {
        context->save_for_backward({input, weight});
        context->saved_data["bias"] = bias.has_value();
        return product(input, weight.t(), bias);
    }

    static variable_list backward(AutogradContext *context, variable_list upstreams) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &input = saved[0], &weight = saved[1], &upstream = upstreams[0];
        variable_list gradients(3);
        if (context->needs_input_grad(0)) gradients[0] = product(upstream, weight);
        if (context->needs_input_grad(1)) gradients[1] = product(upstream.t(), input);
        if (context->saved_data["bias"].toBool() && context->needs_input_grad(2)) gradients[2] = upstream.sum(0);
        return gradients;
    }
};

}  // namespace

at::Tensor ctorch::product(const at::Tensor &left, const at::Tensor &right, const std::optional<at::Tensor> &bias) {
    const at::AutoDispatchBelowAutograd below;
    const bool is_few = is_for_few(left, right);
    if (!is_few && !suits(left, right)) return bias ? at::addmm(*bias, left, right) : at::mm(left, right);
    const std::optional<at::Tensor> row = bias ? bias->contiguous() : bias;
    const float *shift = row ? row->const_data_ptr<float>() : nullptr;
    at::Tensor out = at::empty({left.size(0), right.size(1)}, left.options());
    if (is_few)
        multiply_few(out, left, right, shift);
    else
        multiply_into(out, left, right, shift, 0);
    return out;
}

void ctorch::add_product(at::Tensor sum, const at::Tensor &left, const at::Tensor &right) {
    const at::AutoDispatchBelowAutograd below;
    if (suits(left, right) && is_plain(sum) && sum.stride(1) == 1)
        multiply_into(sum, left, right, sum.const_data_ptr<float>(), sum.stride(0));
    else
        sum.addmm_(left, right);
}

ct_status ct_product_flops(int64_t *count) {
    return guarded([&] { *count = counted_flops(); });
}

ct_status ct_matmul(ct_tensor left, ct_tensor right, ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &first = unwrap(left), &second = unwrap(right);
        give(out, suits(first, second) ? Linear::apply(first, second.t(), std::nullopt) : at::matmul(first, second));
    });
}

ct_status ct_linear(ct_tensor input, ct_tensor weight, ct_tensor bias, ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &from = unwrap(input), &map = unwrap(weight);
        const std::optional<at::Tensor> shift = bias == nullptr ? std::optional<at::Tensor>() : unwrap(bias);
        const bool fused = map.dim() == 2 && (suits(from, map.t()) || is_for_few(from, map.t())) &&
                           (!shift || (is_plain(*shift) && shift->sizes() == at::IntArrayRef{map.size(0)}));
        give(out, fused ? Linear::apply(from, map, shift) : at::linear(from, map, shift));
    });
}
