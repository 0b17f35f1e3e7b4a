// Memory of tensors on the CPU, kept for the next tensor of about the same size.
//
// A training step frees what the next one needs again, in sizes that differ a little from batch to batch. malloc either
// gives such memory back to the system, and every step waits for fresh pages, or keeps it in one heap, which grows for
// as long as the process runs because the sizes never fit quite. Here memory that is in use and memory that is kept never
// come to more than half above the most that was in use at once.

#include <c10/core/Allocator.h>
#include <c10/util/Exception.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "ct_core.h"
#include "ct_memory.h"

namespace {

/// What stands in the cache line before a tensor's numbers: where its memory begins; size 0 if malloc gave it.
struct Header {
    void *block;
    size_t size;
};

/// From here on memory is pooled; what is smaller malloc handles well.
constexpr size_t kLeast = 1 << 16;
constexpr size_t kLine = 64;

size_t rounded_up(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

/// Eight sizes from each power of two to the next, so that a batch finds the memory of one that was a bit larger.
size_t size_class(size_t size) {
    size_t power = kLeast;
    while (power * 2 <= size) power *= 2;
    return rounded_up(size, power / 8);
}

class Pool final : public c10::Allocator {
   public:
    c10::DataPtr allocate(size_t count) override {
        void *data = count == 0 ? nullptr : count < kLeast ? small(count) : large(count);
        return {data, data, &Pool::release, c10::Device(c10::kCPU)};
    }

    c10::DeleterFnPtr raw_deleter() const override { return &Pool::release; }

    void copy_data(void *to, const void *from, size_t count) const override { default_copy_data(to, from, count); }

    static Pool &shared() {
        // Never destroyed: tensors of static life are freed after it would be.
        static Pool &pool = *new Pool;
        return pool;
    }

   private:
    struct Kept {
        void *block;
        uint64_t time;
    };
    using Blocks = std::multimap<size_t, Kept>;

    std::mutex mutex_;
    Blocks kept_;
    size_t used_ = 0, most_used_ = 0, kept_size_ = 0;
    /// The system gives more than it has, and ends the process later.
    const size_t limit_ = static_cast<size_t>(ct_memory_limit());
    uint64_t time_ = 0;
    std::atomic<size_t> next_colour_{0};

    static void *place(void *block, size_t shift, size_t size) {
        char *data = static_cast<char *>(block) + shift;
        const Header header{block, size};
        std::memcpy(data - sizeof header, &header, sizeof header);
        return data;
    }

    static void *small(size_t count) {
        void *block = nullptr;
        TORCH_CHECK(posix_memalign(&block, kLine, kLine + count) == 0, "not enough memory for ", count, " bytes");
        return place(block, kLine, 0);
    }

    void *large(size_t count) {
        // Numbers begin at another line of the cache in each block: equal addresses within a page would evict each other.
        constexpr size_t kColours = 16;
        size_t size = size_class(count + kColours * kLine);
        void *block = take(size);
        return place(block, kLine * (1 + next_colour_++ % kColours), size);
    }

    /// The newest kept block of the smallest size that will do and wastes no more than a quarter; else a fresh one.
    void *take(size_t &size) {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            auto found = kept_.lower_bound(size);
            if (found != kept_.end() && found->first <= size + size / 4) {
                found = std::prev(kept_.upper_bound(found->first));
                size = found->first;
                void *block = found->second.block;
                forget(found);
                use(size);
                return block;
            }
            TORCH_CHECK(size < limit_ && used_ < limit_ - size, "not enough memory for ", size, " bytes");
            use(size);
            while (!kept_.empty() && used_ + kept_size_ > most_used_ + most_used_ / 2) drop_oldest();
        }
        void *block = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED) {
            const std::lock_guard<std::mutex> lock(mutex_);
            used_ -= size;
            TORCH_CHECK(false, "not enough memory for ", size, " bytes");
        }
        return block;
    }

    void use(size_t size) {
        used_ += size;
        most_used_ = std::max(most_used_, used_);
    }

    void forget(Blocks::iterator block) {
        kept_size_ -= block->first;
        kept_.erase(block);
    }

    void drop_oldest() {
        const auto oldest = std::min_element(kept_.begin(), kept_.end(), [](const auto &left, const auto &right) {
            return left.second.time < right.second.time;
        });
        munmap(oldest->second.block, oldest->first);
        forget(oldest);
    }

    static void release(void *data) {
        if (data == nullptr) return;
        Header header;
        std::memcpy(&header, static_cast<char *>(data) - sizeof header, sizeof header);
        if (header.size == 0) return std::free(header.block);
        Pool &pool = shared();
        const std::lock_guard<std::mutex> lock(pool.mutex_);
        pool.used_ -= header.size;
        pool.kept_size_ += header.size;
        pool.kept_.emplace(header.size, Kept{header.block, pool.time_++});
    }
};

}  // namespace

void ct_pool_memory(void) { c10::SetAllocator(c10::kCPU, &Pool::shared(), 1); }
