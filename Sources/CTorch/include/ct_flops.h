// How much arithmetic was done.
#ifndef CT_FLOPS_H
#define CT_FLOPS_H

#include <stdint.h>

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Floating-point operations (2 for each multiplication and sum) of the float32 matrix products on the CPU since the
/// process began, those of layers, recurrent layers and softmax losses among them; small products are not counted.
ct_status ct_product_flops(int64_t *count);

#ifdef __cplusplus
}
#endif
#endif
