// The one door to libtorch: plain C11, opaque handles, a status from every call.
//
// A function that can fail returns `ct_status` and writes its results through its last parameters.
// A returned handle is owned by the caller (+1) and freed once with its `_free` function.
#ifndef CTORCH_H
#define CTORCH_H

#include "ct_account_filter.h"
#include "ct_attention.h"
#include "ct_autograd.h"
#include "ct_core.h"
#include "ct_flops.h"
#include "ct_fused.h"
#include "ct_interest.h"
#include "ct_linear_algebra.h"
#include "ct_loss.h"
#include "ct_memory.h"
#include "ct_ops.h"
#include "ct_optimizer.h"
#include "ct_pooling.h"
#include "ct_random.h"
#include "ct_recurrent.h"
#include "ct_retrieval.h"
#include "ct_session.h"
#include "ct_tensor.h"

#endif
