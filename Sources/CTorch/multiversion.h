// One binary for every x86-64: loops marked so are compiled for several instruction sets and chosen at load time.
#pragma once

#include <cstdlib>

#if defined(__x86_64__)
#define CT_MULTIVERSION __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define CT_MULTIVERSION
#endif

namespace ctorch {

/// Floats in the widest vectors that kernels are compiled for and this machine has: 16, 8, or 4 if nothing is known.
///
/// The environment's ISTHMUS_VECTOR_LANES allows no more than that, so that tests reach the narrower kernels too.
inline int vector_lanes() {
#if defined(__x86_64__)
    static const char *asked = std::getenv("ISTHMUS_VECTOR_LANES");
    static const int most = asked == nullptr ? 16 : std::atoi(asked);
    static const bool has16 = most >= 16 && __builtin_cpu_supports("avx512f") &&
                              __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                              __builtin_cpu_supports("avx512dq");
    static const bool has8 = most >= 8 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return has16 ? 16 : has8 ? 8 : 4;
#else
    return 4;
#endif
}

}  // namespace ctorch
