// Dropout for operators that contain it.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

namespace ctorch {

/// Zeroes elements with a probability in [0, 1) and scales the others; differentiable, on any device.
at::Tensor dropout(const at::Tensor &input, double probability, const at::Generator &generator);

}  // namespace ctorch
