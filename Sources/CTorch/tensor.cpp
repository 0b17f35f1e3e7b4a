#include "ct_tensor.h"

#include <ATen/Functions.h>

#include <cstring>

#include "guarded.h"

using namespace ctorch;

void ct_tensor_free(ct_tensor tensor) {
    if (tensor == nullptr) return;
    delete tensor;
    count_handle(-1);
}

ct_status ct_full(const int64_t *sizes, int32_t rank, double value, ct_dtype dtype, ct_device device, ct_tensor *out) {
    return guarded([&] {
        auto options = at::TensorOptions().dtype(scalar_type(dtype)).device(device_of(device));
        give(out, at::full(at::IntArrayRef(sizes, rank), value, options));
    });
}

ct_status ct_arange(int64_t start, int64_t end, ct_dtype dtype, ct_device device, ct_tensor *out) {
    return guarded([&] {
        auto options = at::TensorOptions().dtype(scalar_type(dtype)).device(device_of(device));
        give(out, at::arange(start, end, options));
    });
}

ct_status ct_from_bytes(const void *bytes, size_t byte_count, const int64_t *sizes, int32_t rank, ct_dtype dtype,
                        ct_device device, ct_tensor *out) {
    return guarded([&] {
        at::Tensor host = at::empty(at::IntArrayRef(sizes, rank), at::TensorOptions().dtype(scalar_type(dtype)));
        TORCH_CHECK(host.nbytes() == byte_count, "tensor of ", host.sizes(), " needs ", host.nbytes(), " bytes, got ",
                    byte_count);
        if (byte_count > 0) std::memcpy(host.data_ptr(), bytes, byte_count);
        give(out, device == CT_CPU ? host : host.to(device_of(device)));
    });
}

ct_status ct_rank(ct_tensor tensor, int32_t *out) {
    return guarded([&] { *out = static_cast<int32_t>(unwrap(tensor).dim()); });
}

ct_status ct_size(ct_tensor tensor, int32_t dimension, int64_t *out) {
    return guarded([&] { *out = unwrap(tensor).size(dimension); });
}

ct_status ct_dtype_of(ct_tensor tensor, ct_dtype *out) {
    return guarded([&] {
        switch (unwrap(tensor).scalar_type()) {
            case at::kByte: *out = CT_UINT8; return;
            case at::kInt: *out = CT_INT32; return;
            case at::kLong: *out = CT_INT64; return;
            case at::kHalf: *out = CT_FLOAT16; return;
            case at::kBFloat16: *out = CT_BFLOAT16; return;
            case at::kFloat: *out = CT_FLOAT32; return;
            case at::kDouble: *out = CT_FLOAT64; return;
            case at::kBool: *out = CT_BOOL; return;
            default: TORCH_CHECK(false, "no name for data type ", unwrap(tensor).scalar_type());
        }
    });
}

ct_status ct_device_of(ct_tensor tensor, ct_device *out) {
    return guarded([&] {
        const at::Device device = unwrap(tensor).device();
        *out = device.is_cpu() ? CT_CPU : static_cast<ct_device>(device.index());
    });
}

ct_status ct_copy_to_host(ct_tensor tensor, void *bytes, size_t byte_count) {
    return guarded([&] {
        const at::Tensor host = unwrap(tensor).detach().to(at::kCPU).contiguous();
        TORCH_CHECK(host.nbytes() == byte_count, "tensor of ", host.sizes(), " holds ", host.nbytes(),
                    " bytes, asked for ", byte_count);
        if (byte_count > 0) std::memcpy(bytes, host.data_ptr(), byte_count);
    });
}

ct_status ct_to_device(ct_tensor tensor, ct_device device, ct_tensor *out) {
    return guarded([&] { give(out, unwrap(tensor).to(device_of(device))); });
}

ct_status ct_to_dtype(ct_tensor tensor, ct_dtype dtype, ct_tensor *out) {
    return guarded([&] { give(out, unwrap(tensor).to(scalar_type(dtype))); });
}

ct_status ct_copied(ct_tensor tensor, ct_tensor *out) {
    return guarded([&] { give(out, unwrap(tensor).detach().clone(at::MemoryFormat::Contiguous)); });
}

ct_status ct_copy_into(ct_tensor destination, ct_tensor source) {
    return guarded([&] {
        TORCH_CHECK(unwrap(destination).sizes() == unwrap(source).sizes(), "copy: expected ",
                    unwrap(destination).sizes(), ", got ", unwrap(source).sizes());
        unwrap(destination).detach().copy_(unwrap(source).detach());
    });
}
