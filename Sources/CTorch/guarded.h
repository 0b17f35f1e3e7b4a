// What every file behind the C headers shares: the handles and the exception guard.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/Generator.h>
#include <c10/util/Exception.h>

#include <exception>
#include <string>

#include "ct_core.h"

struct ct_tensor_s {
    at::Tensor value;
};

struct ct_generator_s {
    at::Generator value;
};

namespace ctorch {

void set_last_error(std::string message) noexcept;
void count_handle(int64_t change) noexcept;

/// Runs one function's body and turns any exception into a status and a message.
template <class Body>
ct_status guarded(Body &&body) noexcept {
    try {
        body();
        return CT_OK;
    } catch (const c10::Error &error) {
        set_last_error(error.what_without_backtrace());
    } catch (const std::exception &error) {
        set_last_error(error.what());
    } catch (...) {
        set_last_error("unknown C++ exception");
    }
    return CT_ERROR;
}

inline const at::Tensor &unwrap(ct_tensor handle) {
    TORCH_CHECK(handle != nullptr, "null tensor handle");
    return handle->value;
}

inline void give(ct_tensor *out, at::Tensor value) {
    *out = new ct_tensor_s{std::move(value)};
    count_handle(1);
}

/// Requires row numbers to lie in a table of so many rows.
void check_rows(const at::Tensor &indices, int64_t rows, const char *operation);

/// Whether a table's gradient is to be recorded as the rows that are used.
bool wants_sparse_gradient(const at::Tensor &table);

at::Device device_of(ct_device device);
at::ScalarType scalar_type(ct_dtype dtype);

}  // namespace ctorch
