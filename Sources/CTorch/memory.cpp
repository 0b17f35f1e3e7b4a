// How much memory there is, and tensors that stand for others before there is memory for them.

#include "ct_memory.h"

#include <ATen/Functions.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

#include "guarded.h"

#ifdef __linux__
#include <sys/sysinfo.h>
#else
#include <unistd.h>
#endif

using namespace ctorch;

namespace {

int64_t of_machine() {
#ifdef __linux__
    struct sysinfo info;
    if (sysinfo(&info) != 0) return std::numeric_limits<int64_t>::max();
    return static_cast<int64_t>((info.totalram + info.totalswap) * info.mem_unit);
#else
    return static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
#endif
}

int64_t of_control_group() {
    int64_t least = std::numeric_limits<int64_t>::max();
    for (const char *path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        int64_t bytes = 0;
        // Without a limit the file says "max", which is no number.
        if (std::ifstream file(path); file >> bytes && bytes > 0) least = std::min(least, bytes);
    }
    return least;
}

int64_t of_process() {
    int64_t least = std::numeric_limits<int64_t>::max();
    for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
        struct rlimit limit;
        if (getrlimit(resource, &limit) == 0 && limit.rlim_cur < static_cast<rlim_t>(least)) {
            least = static_cast<int64_t>(limit.rlim_cur);
        }
    }
    return least;
}

}  // namespace

int64_t ct_memory_limit(void) { return std::min({of_machine(), of_control_group(), of_process()}); }

ct_status ct_stand_in(const int64_t *sizes, int32_t rank, ct_dtype dtype, ct_tensor *out) {
    return guarded([&] {
        // libtorch's device without memory: operators on it find the sizes of their results and nothing else.
        const auto options = at::TensorOptions().dtype(scalar_type(dtype)).device(at::kMeta);
        give(out, at::empty(at::IntArrayRef(sizes, rank), options));
    });
}
