// One binary for every x86-64: loops marked so are compiled for several instruction sets and chosen at load time.
#pragma once

#if defined(__x86_64__)
#define CT_MULTIVERSION __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define CT_MULTIVERSION
#endif
