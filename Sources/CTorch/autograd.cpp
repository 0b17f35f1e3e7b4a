#include "ct_autograd.h"

#include <ATen/Functions.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "guarded.h"

using namespace ctorch;

namespace {
thread_local bool sparse_tables = false;
}

ct_status ct_set_requires_grad(ct_tensor tensor, bool value) {
    return guarded([&] { unwrap(tensor).set_requires_grad(value); });
}

ct_status ct_requires_grad(ct_tensor tensor, bool *out) {
    return guarded([&] { *out = unwrap(tensor).requires_grad(); });
}

ct_status ct_backward(ct_tensor scalar) {
    return guarded([&] { unwrap(scalar).backward(); });
}

ct_status ct_gradient(ct_tensor leaf, ct_tensor *out) {
    return guarded([&] {
        const at::Tensor &gradient = unwrap(leaf).grad();
        *out = nullptr;
        if (gradient.defined()) give(out, gradient);
    });
}

ct_status ct_clear_gradient(ct_tensor leaf) {
    return guarded([&] { unwrap(leaf).mutable_grad() = at::Tensor(); });
}

ct_status ct_detach(ct_tensor tensor, ct_tensor *out) {
    return guarded([&] { give(out, unwrap(tensor).detach()); });
}

ct_status ct_is_sparse(ct_tensor tensor, bool *out) {
    return guarded([&] { *out = unwrap(tensor).is_sparse(); });
}

ct_status ct_set_sparse_tables(bool value, bool *previous) {
    return guarded([&] {
        *previous = sparse_tables;
        sparse_tables = value;
    });
}

bool ctorch::wants_sparse_gradient(const at::Tensor &table) {
    return sparse_tables && table.dim() == 2 && table.requires_grad() && table.is_leaf();
}

ct_status ct_set_recording(bool value, bool *previous) {
    return guarded([&] {
        *previous = c10::GradMode::is_enabled();
        c10::GradMode::set_enabled(value);
    });
}

ct_status ct_clip_gradients(const ct_tensor *leaves, int32_t count, double maximum, double *norm) {
    return guarded([&] {
        double squares = 0;
        for (int32_t index = 0; index < count; ++index) {
            const at::Tensor &gradient = unwrap(leaves[index]).grad();
            if (gradient.defined()) squares += std::pow(gradient.norm().item<double>(), 2);
        }
        *norm = std::sqrt(squares);
        // PyTorch's clip_grad_norm_ adds the same 1e-6.
        const double scale = maximum / (*norm + 1e-6);
        if (!(scale < 1)) return;
        for (int32_t index = 0; index < count; ++index) {
            const at::Tensor &gradient = unwrap(leaves[index]).grad();
            if (gradient.defined()) gradient.mul_(scale);
        }
    });
}
