// Status, error text, threads and devices.
#ifndef CT_CORE_H
#define CT_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ct_status { CT_OK = 0, CT_ERROR = 1 } ct_status;

/// One libtorch tensor; several handles may share its memory.
typedef struct ct_tensor_s *ct_tensor;
/// One random number generator on one device.
typedef struct ct_generator_s *ct_generator;

typedef enum ct_dtype {
    CT_UINT8 = 0,
    CT_INT32 = 1,
    CT_INT64 = 2,
    CT_FLOAT16 = 3,
    CT_BFLOAT16 = 4,
    CT_FLOAT32 = 5,
    CT_FLOAT64 = 6,
    CT_BOOL = 7
} ct_dtype;

/// Where a tensor lives: index -1 is the CPU, 0 and up are CUDA devices.
typedef int32_t ct_device;
#define CT_CPU ((ct_device)-1)

/// The message of this thread's last failed call; valid until its next call.
const char *ct_last_error(void);
/// The version of the libtorch that is loaded, such as "2.13.0".
const char *ct_version(void);
/// The number of handles of every kind that are alive in the process.
int64_t ct_live_handles(void);

/// From now on keeps the memory of freed tensors on the CPU for the next ones, up to a half above the most in use.
///
/// To be called before the first tensor is made.
void ct_pool_memory(void);

ct_status ct_set_threads(int32_t count);
ct_status ct_get_threads(int32_t *out);
/// The number of CUDA devices; 0 when CUDA's library was not loaded.
ct_status ct_cuda_devices(int32_t *out);
/// Fails on purpose: with a std::exception that carries `message`, or, when it is null, by throwing an int.
ct_status ct_fail_for_test(const char *message);

#ifdef __cplusplus
}
#endif
#endif
