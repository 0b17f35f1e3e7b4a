#include "ct_optimizer.h"

#include <ATen/Functions.h>

#include <vector>

#include "guarded.h"

using namespace ctorch;

namespace {
std::vector<at::Tensor> list(const ct_tensor *handles, int32_t count) {
    std::vector<at::Tensor> tensors;
    tensors.reserve(count);
    for (int32_t index = 0; index < count; ++index) tensors.push_back(unwrap(handles[index]).detach());
    return tensors;
}
}  // namespace

ct_status ct_adam_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *first_moments,
                       const ct_tensor *second_moments, const ct_tensor *steps, int32_t count,
                       ct_adam_options options) {
    return guarded([&] {
        const auto weights = list(parameters, count);
        const auto slopes = list(gradients, count);
        const auto first = list(first_moments, count);
        const auto second = list(second_moments, count);
        const auto counters = list(steps, count);
        at::_foreach_add_(counters, 1);
        const auto step = options.decoupled
                              ? static_cast<void (*)(at::TensorList, at::TensorList, at::TensorList, at::TensorList,
                                                     at::TensorList, at::TensorList, double, double, double, double,
                                                     double, bool, bool, const std::optional<at::Tensor> &,
                                                     const std::optional<at::Tensor> &)>(at::_fused_adamw_)
                              : static_cast<void (*)(at::TensorList, at::TensorList, at::TensorList, at::TensorList,
                                                     at::TensorList, at::TensorList, double, double, double, double,
                                                     double, bool, bool, const std::optional<at::Tensor> &,
                                                     const std::optional<at::Tensor> &)>(at::_fused_adam_);
        step(weights, slopes, first, second, {}, counters, options.learning_rate, options.beta1, options.beta2,
             options.weight_decay, options.epsilon, false, false, {}, {});
    });
}

ct_status ct_sgd_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *momenta, int32_t count,
                      double learning_rate, double momentum, double weight_decay, bool first_step) {
    return guarded([&] {
        const auto buffers = momenta == nullptr ? std::vector<at::Tensor>() : list(momenta, count);
        at::_fused_sgd_(list(parameters, count), list(gradients, count), buffers, weight_decay, momentum,
                        learning_rate, 0, false, false, first_step, {}, {});
    });
}
