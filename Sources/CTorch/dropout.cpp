#include "dropout.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include "counter_random.h"
#include "ct_random.h"
#include "guarded.h"
#include "multiversion.h"
#include "parallel.h"

using namespace ctorch;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

CT_MULTIVERSION void drop(const float *input, int64_t begin, int64_t end, uint64_t seed, uint32_t threshold, float kept,
                          float *out) {
    for (int64_t position = begin; position < end; ++position)
        out[position] = input[position] * dropout_factor(seed, static_cast<uint64_t>(position), threshold, kept);
}

at::Tensor dropped(const at::Tensor &input, uint64_t seed, double probability) {
    const at::Tensor source = input.contiguous();
    at::Tensor result = at::empty(source.sizes(), source.options());
    const float *from = source.const_data_ptr<float>();
    float *to = result.data_ptr<float>();
    const uint32_t threshold = drop_threshold(probability);
    const float kept = static_cast<float>(1 / (1 - probability));
    parallel_for(0, source.numel(), at::internal::GRAIN_SIZE, [&](int64_t begin, int64_t end) {
        drop(from, begin, end, seed, threshold, kept, to);
    });
    return result;
}

/// Dropout on the CPU; the backward pass draws the mask again.
class Dropout : public torch::autograd::Function<Dropout> {
   public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &input, double probability, int64_t seed) {
        context->saved_data["probability"] = probability;
        context->saved_data["seed"] = seed;
        return dropped(input, static_cast<uint64_t>(seed), probability);
    }

    static variable_list backward(AutogradContext *context, variable_list upstream) {
        return {dropped(upstream[0], static_cast<uint64_t>(context->saved_data["seed"].toInt()),
                        context->saved_data["probability"].toDouble()),
                at::Tensor(), at::Tensor()};
    }
};

}  // namespace

at::Tensor ctorch::dropout(const at::Tensor &input, double probability, const at::Generator &generator) {
    TORCH_CHECK(probability >= 0 && probability < 1, "dropout: expected a probability in [0, 1), got ", probability);
    if (input.is_cpu() && input.scalar_type() == at::kFloat)
        return Dropout::apply(input, probability, static_cast<int64_t>(draw_seed(generator)));
    at::Tensor mask = at::empty_like(input).bernoulli_(1 - probability, generator);
    return input * mask.mul_(1 / (1 - probability));
}

ct_status ct_dropout(ct_tensor tensor, double probability, ct_generator generator, ct_tensor *out) {
    return guarded([&] { give(out, dropout(unwrap(tensor), probability, generator->value)); });
}
