#include <mutex>
#include <utility>

#include "all_scores.h"
#include "parallel.h"

using namespace ctorch;

namespace {

/// The best items of one state so far: a heap with the worst in front.
class Best {
   public:
    using Entry = std::pair<float, int32_t>;

    static bool is_better(const Entry &left, const Entry &right) {
        return left.first > right.first || (left.first == right.first && left.second < right.second);
    }

    /// Takes an item that beats the threshold; returns the new threshold.
    float add(Entry entry, int64_t limit) {
        entries.push_back(entry);
        std::push_heap(entries.begin(), entries.end(), is_better);
        if (static_cast<int64_t>(entries.size()) > limit) {
            std::pop_heap(entries.begin(), entries.end(), is_better);
            entries.pop_back();
        }
        return static_cast<int64_t>(entries.size()) < limit ? -std::numeric_limits<float>::infinity()
                                                            : entries.front().first;
    }

    std::vector<Entry> entries;
};

/// The best items on the CPU.
class Retrieval {
   public:
    Retrieval(const Operands &operands, int64_t limit, const ct_exclusions &excluded)
        : operands_(operands), limit_(limit), excluded_(excluded), packed_(operands.packed()) {}

    void run(int64_t stride, float *scores, int32_t *rows, int64_t *found, ct_infinite_score *infinite) {
        for (int64_t group = 0; group < operands_.group_count(); group += kGroups) {
            const int64_t end = std::min(group + kGroups, operands_.group_count());
            best_.assign((end - group) * kLanes, Best());
            poisoned_ = -1;
            parallel_for(0, block_count(operands_), grain(end - group),
                             [&](int64_t first, int64_t last) { search(group, end, first, last); });
            if (poisoned_ >= 0) {
                *infinite = locate(operands_, poisoned_);
                return;
            }
            for (int64_t state = group * kLanes; state < std::min(end * kLanes, operands_.count); ++state) {
                auto &entries = best_[state - group * kLanes].entries;
                std::sort(entries.begin(), entries.end(), Best::is_better);
                found[state] = std::min<int64_t>(limit_, static_cast<int64_t>(entries.size()));
                for (int64_t place = 0; place < found[state]; ++place) {
                    scores[state * stride + place] = entries[place].first;
                    rows[state * stride + place] = entries[place].second;
                }
            }
        }
    }

   private:
    /// Blocks that are worth another thread.
    int64_t grain(int64_t groups) const {
        return worth_a_thread(std::min(operands_.count, groups * kLanes) * operands_.width * kBlock);
    }

    void search(int64_t first_group, int64_t end_group, int64_t first_block, int64_t end_block) {
        const int64_t groups = end_group - first_group;
        std::vector<Best> local(groups * kLanes);
        std::vector<Vector> thresholds(groups), poison(groups);
        std::vector<int32_t> places(kBlock * kLanes);
        for (int64_t index = 0; index < groups * kLanes; ++index) {
            const bool is_state = first_group * kLanes + index < operands_.count;
            thresholds[index / kLanes].values[index % kLanes] =
                (is_state ? -1 : 1) * std::numeric_limits<float>::infinity();
        }
        each_part(operands_, packed_, first_group, end_group, first_block, end_block,
                  [&](int64_t group, int64_t first, int64_t length, const Vector *scores) {
                      float *threshold = thresholds[group - first_group].values;
                      const int64_t hits = inner_products().above(scores->values, length, threshold,
                                                                  poison[group - first_group].values, places.data());
                      for (int64_t hit = 0; hit < hits; ++hit) {
                          const int64_t item = places[hit] / kLanes, lane = places[hit] % kLanes;
                          const float score = scores[item].values[lane];
                          const int64_t state = group * kLanes + lane;
                          const int32_t row = static_cast<int32_t>(first + item);
                          if (!(score > threshold[lane]) || is_excluded(state, row)) continue;
                          threshold[lane] = local[state - first_group * kLanes].add({score, row}, limit_);
                      }
                  });
        const std::lock_guard<std::mutex> lock(mutex_);
        const int64_t states = std::min(groups * kLanes, operands_.count - first_group * kLanes);
        for (int64_t index = 0; index < states; ++index) {
            if (std::isnan(poison[index / kLanes].values[index % kLanes]))
                poisoned_ = poisoned_ < 0 ? first_group * kLanes + index
                                          : std::min(poisoned_, first_group * kLanes + index);
            auto &all = best_[index].entries;
            all.insert(all.end(), local[index].entries.begin(), local[index].entries.end());
        }
    }

    bool is_excluded(int64_t state, int32_t row) const {
        return std::binary_search(excluded_.items + excluded_.offsets[state],
                                  excluded_.items + excluded_.offsets[state + 1], row);
    }

    const Operands &operands_;
    const int64_t limit_;
    const ct_exclusions &excluded_;
    const std::vector<Vector> packed_;
    std::vector<Best> best_;
    int64_t poisoned_ = -1;
    std::mutex mutex_;
};

}  // namespace

ct_status ct_top_products(ct_tensor states, ct_tensor items, int64_t count, ct_exclusions excluded, float *scores,
                          int32_t *rows, int64_t *found, ct_infinite_score *infinite) {
    return guarded([&] {
        const Operands operands("topProducts", states, items);
        TORCH_CHECK(count >= 0, "topProducts: expected a count of at least 0, got ", count);
        operands.check("topProducts", excluded);
        *infinite = {-1, -1};
        const int64_t limit = std::min(count, operands.rows);
        std::fill_n(found, operands.count, 0);
        if (limit == 0) return;
        if (operands.is_fused()) {
            Retrieval(operands, limit, excluded).run(count, scores, rows, found, infinite);
            return;
        }
        for (int64_t first = 0; first < operands.count; first += Composition::step(operands)) {
            const Composition part(operands, first);
            if (!part.is_finite(part.scores, {}, infinite)) return;
            const at::Tensor masked = part.scores.masked_fill(part.admitted(excluded).logical_not(),
                                                              -std::numeric_limits<double>::infinity());
            // A stable sort: of equal scores the lower row comes first.
            auto [best, where] = at::sort(masked, /*stable=*/true, -1, /*descending=*/true);
            const at::Tensor values = best.narrow(1, 0, limit).to(at::kCPU, at::kFloat).contiguous();
            const at::Tensor places = where.narrow(1, 0, limit).to(at::kCPU, at::kInt).contiguous();
            for (int64_t state = 0; state < part.length; ++state) {
                const int64_t row = first + state;
                found[row] = std::min(limit, operands.rows - (excluded.offsets[row + 1] - excluded.offsets[row]));
                std::copy_n(values.const_data_ptr<float>() + state * limit, found[row], scores + row * count);
                std::copy_n(places.const_data_ptr<int32_t>() + state * limit, found[row], rows + row * count);
            }
        }
    });
}
