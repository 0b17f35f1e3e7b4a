#include "ct_random.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Functions.h>

#include "guarded.h"

using namespace ctorch;

ct_status ct_generator_new(uint64_t seed, ct_device device, ct_generator *out) {
    return guarded([&] {
        at::Generator generator = device == CT_CPU
                                      ? at::detail::createCPUGenerator()
                                      : at::globalContext().getAcceleratorHooksInterface().getNewGenerator(
                                            device_of(device).index());
        generator.set_current_seed(seed);
        *out = new ct_generator_s{std::move(generator)};
        count_handle(1);
    });
}

void ct_generator_free(ct_generator generator) {
    if (generator == nullptr) return;
    delete generator;
    count_handle(-1);
}

ct_status ct_generator_seed(ct_generator generator, uint64_t seed) {
    return guarded([&] { generator->value.set_current_seed(seed); });
}

ct_status ct_random_normal(const int64_t *sizes, int32_t rank, double mean, double deviation, ct_generator generator,
                           ct_tensor *out) {
    return guarded([&] {
        at::Tensor result = at::empty(at::IntArrayRef(sizes, rank), at::device(generator->value.device()));
        give(out, result.normal_(mean, deviation, generator->value));
    });
}

ct_status ct_random_uniform(const int64_t *sizes, int32_t rank, double low, double high, ct_generator generator,
                            ct_tensor *out) {
    return guarded([&] {
        at::Tensor result = at::empty(at::IntArrayRef(sizes, rank), at::device(generator->value.device()));
        give(out, result.uniform_(low, high, generator->value));
    });
}
