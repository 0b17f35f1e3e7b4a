// The gate of SwiGLU in one pass, forward and backward.
#include <ATen/Functions.h>
#include <ATen/TensorIterator.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include "ct_fused.h"
#include "guarded.h"
#include "multiversion.h"
#include "parallel.h"
#include "vector_math.h"

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

CT_MULTIVERSION void forward_range(const float *gate, const float *value, int64_t begin, int64_t end, float *out) {
#pragma omp simd
    for (int64_t place = begin; place < end; ++place)
        out[place] = value[place] * gate[place] * vector_sigmoid(gate[place]);
}

CT_MULTIVERSION void backward_range(const float *gate, const float *value, const float *upstream, int64_t begin,
                                    int64_t end, float *gate_gradient, float *value_gradient) {
#pragma omp simd
    for (int64_t place = begin; place < end; ++place) {
        const float open = vector_sigmoid(gate[place]);
        value_gradient[place] = upstream[place] * gate[place] * open;
        gate_gradient[place] = upstream[place] * value[place] * open * (1 + gate[place] * (1 - open));
    }
}

/// value · silu(gate) on the CPU; keeps both arguments and nothing else.
class GatedSilu : public torch::autograd::Function<GatedSilu> {
   public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &gate, const at::Tensor &value) {
        at::Tensor result = at::empty(gate.sizes(), gate.options());
        const float *left = gate.const_data_ptr<float>(), *right = value.const_data_ptr<float>();
        float *to = result.data_ptr<float>();
        parallel_for(0, gate.numel(), at::internal::GRAIN_SIZE,
                     [&](int64_t begin, int64_t end) { forward_range(left, right, begin, end, to); });
        context->save_for_backward({gate, value});
        return result;
    }

    static variable_list backward(AutogradContext *context, variable_list upstreams) {
        const auto saved = context->get_saved_variables();
        const at::Tensor upstream = upstreams[0].contiguous();
        at::Tensor gate = at::empty(upstream.sizes(), upstream.options());
        at::Tensor value = at::empty(upstream.sizes(), upstream.options());
        const float *left = saved[0].const_data_ptr<float>(), *right = saved[1].const_data_ptr<float>();
        const float *from = upstream.const_data_ptr<float>();
        float *to_gate = gate.data_ptr<float>(), *to_value = value.data_ptr<float>();
        parallel_for(0, upstream.numel(), at::internal::GRAIN_SIZE, [&](int64_t begin, int64_t end) {
            backward_range(left, right, from, begin, end, to_gate, to_value);
        });
        return {gate, value};
    }
};

}  // namespace

ct_status ct_gated_silu(ct_tensor gate, ct_tensor value, ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &left = unwrap(gate), &right = unwrap(value);
        TORCH_CHECK(left.sizes() == right.sizes(), "gatedSilu: gate ", left.sizes(), ", value ", right.sizes());
        const bool fused = left.is_cpu() && right.is_cpu() && left.scalar_type() == at::kFloat &&
                           right.scalar_type() == at::kFloat;
        give(out, fused ? GatedSilu::apply(left.contiguous(), right.contiguous()) : at::silu(left) * right);
    });
}
