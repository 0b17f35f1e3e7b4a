#include "ct_core.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <atomic>
#include <stdexcept>

#include "guarded.h"
#include "torch/version.h"

namespace {
thread_local std::string last_error;
std::atomic<int64_t> live_handles{0};
}  // namespace

namespace ctorch {

void set_last_error(std::string message) noexcept { last_error = std::move(message); }

void count_handle(int64_t change) noexcept { live_handles += change; }

at::Device device_of(ct_device device) {
    if (device == CT_CPU) return at::Device(at::kCPU);
    TORCH_CHECK(device >= 0, "unknown device ", device);
    TORCH_CHECK(at::hasCUDA(), "no CUDA: libtorch was built or loaded without it");
    return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device));
}

at::ScalarType scalar_type(ct_dtype dtype) {
    switch (dtype) {
        case CT_UINT8: return at::kByte;
        case CT_INT32: return at::kInt;
        case CT_INT64: return at::kLong;
        case CT_FLOAT16: return at::kHalf;
        case CT_BFLOAT16: return at::kBFloat16;
        case CT_FLOAT32: return at::kFloat;
        case CT_FLOAT64: return at::kDouble;
        case CT_BOOL: return at::kBool;
    }
    TORCH_CHECK(false, "unknown data type ", static_cast<int>(dtype));
}

}  // namespace ctorch

using namespace ctorch;

const char *ct_last_error(void) { return last_error.c_str(); }

const char *ct_version(void) { return TORCH_VERSION; }

int64_t ct_live_handles(void) { return live_handles.load(); }

ct_status ct_set_threads(int32_t count) {
    return guarded([&] {
        TORCH_CHECK(count > 0, "the number of threads must be positive, got ", count);
        at::set_num_threads(count);
    });
}

ct_status ct_get_threads(int32_t *out) {
    return guarded([&] { *out = at::get_num_threads(); });
}

ct_status ct_cuda_devices(int32_t *out) {
    return guarded([&] { *out = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0; });
}

ct_status ct_fail_for_test(const char *message) {
    return guarded([&] {
        if (message == nullptr) throw 7;
        throw std::runtime_error(message);
    });
}
