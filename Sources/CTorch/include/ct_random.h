// Random tensors, each drawn from an explicit generator.
#ifndef CT_RANDOM_H
#define CT_RANDOM_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

ct_status ct_generator_new(uint64_t seed, ct_device device, ct_generator *out);
void ct_generator_free(ct_generator generator);
ct_status ct_generator_seed(ct_generator generator, uint64_t seed);

ct_status ct_random_normal(const int64_t *sizes, int32_t rank, double mean, double deviation, ct_generator generator,
                           ct_tensor *out);
ct_status ct_random_uniform(const int64_t *sizes, int32_t rank, double low, double high, ct_generator generator,
                            ct_tensor *out);
/// Zeroes each element with the given probability and scales the others by 1 / (1 - probability).
ct_status ct_dropout(ct_tensor tensor, double probability, ct_generator generator, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
