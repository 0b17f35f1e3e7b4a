#include <mutex>

#include "all_scores.h"

using namespace ctorch;

namespace {

/// Each state's score of its target. [groups] of kLanes
std::vector<Vector> target_scores(const Operands &operands, const int32_t *targets) {
    std::vector<Vector> result(operands.group_count());
    at::parallel_for(0, operands.count, 64, [&](int64_t begin, int64_t end) {
        for (int64_t state = begin; state < end; ++state) {
            const float *row = operands.item(targets[state]);
            inner_products().dots(operands.state(state), &row, 1, operands.width,
                                  &result[state / kLanes].values[state % kLanes]);
        }
    });
    return result;
}

/// Counts for all items on the CPU.
class Ranking {
   public:
    Ranking(const Operands &operands, const int32_t *targets, const ct_exclusions &excluded)
        : operands_(operands), excluded_(excluded), packed_(operands.packed()),
          targets_(target_scores(operands, targets)), counts_(operands.group_count()) {
        for (int64_t group = 0; group < operands.group_count(); group += kGroups) {
            const int64_t end = std::min(group + kGroups, operands.group_count());
            at::parallel_for(0, block_count(operands), 1,
                             [&](int64_t first, int64_t last) { count(group, end, first, last); });
        }
    }

    void give(const int32_t *targets, int64_t *greater, int64_t *equal, ct_infinite_score *infinite) const {
        for (int64_t state = 0; state < operands_.count; ++state) {
            const LaneCounts &counts = counts_[state / kLanes];
            const int64_t lane = state % kLanes;
            if (std::isnan(counts.poison[lane])) {
                *infinite = locate(operands_, state);
                return;
            }
            const int32_t *list = excluded_.items + excluded_.offsets[state];
            const int32_t *end = excluded_.items + excluded_.offsets[state + 1];
            greater[state] = counts.greater[lane];
            // The target itself, unless it was taken out with the excluded.
            equal[state] = counts.equal[lane] - (std::binary_search(list, end, targets[state]) ? 0 : 1);
        }
    }

   private:
    void count(int64_t first_group, int64_t end_group, int64_t first_block, int64_t end_block) {
        std::vector<LaneCounts> local(end_group - first_group);
        // Where each state's excluded items go on.
        std::vector<int64_t> next((end_group - first_group) * kLanes);
        const int64_t first_state = first_group * kLanes;
        const int64_t end_state = std::min(end_group * kLanes, operands_.count);
        for (int64_t state = first_state; state < end_state; ++state) {
            const int32_t *list = excluded_.items;
            next[state - first_state] = std::lower_bound(list + excluded_.offsets[state],
                                                         list + excluded_.offsets[state + 1], first_block * kBlock) -
                                        list;
        }
        each_part(operands_, packed_, first_group, end_group, first_block, end_block,
                  [&](int64_t group, int64_t first, int64_t length, const Vector *scores) {
                      LaneCounts &counts = local[group - first_group];
                      inner_products().compare(scores->values, length, targets_[group].values, &counts);
                      for (int64_t state = group * kLanes; state < std::min((group + 1) * kLanes, end_state); ++state)
                          take_out(state, &next[state - first_state], first, length, scores, &counts);
                  });
        const std::lock_guard<std::mutex> lock(mutex_);
        for (int64_t group = first_group; group < end_group; ++group) {
            LaneCounts &sum = counts_[group];
            const LaneCounts &part = local[group - first_group];
            for (int64_t lane = 0; lane < kLanes; ++lane) {
                sum.greater[lane] += part.greater[lane];
                sum.equal[lane] += part.equal[lane];
                sum.poison[lane] += part.poison[lane];
            }
        }
    }

    /// Takes the excluded items of a block out of a state's counts.
    void take_out(int64_t state, int64_t *next, int64_t first, int64_t length, const Vector *scores,
                  LaneCounts *counts) const {
        const int64_t end = excluded_.offsets[state + 1], lane = state % kLanes;
        const float target = targets_[state / kLanes].values[lane];
        for (; *next < end && excluded_.items[*next] < first + length; ++*next) {
            const float score = scores[excluded_.items[*next] - first].values[lane];
            counts->greater[lane] -= score > target ? 1 : 0;
            counts->equal[lane] -= score == target ? 1 : 0;
        }
    }

    const Operands &operands_;
    const ct_exclusions &excluded_;
    const std::vector<Vector> packed_;
    const std::vector<Vector> targets_;
    std::vector<LaneCounts> counts_;
    std::mutex mutex_;
};

void copy_counts(const at::Tensor &sums, int64_t *out) {
    const at::Tensor host = sums.to(at::kCPU, at::kLong).contiguous();
    std::copy_n(host.const_data_ptr<int64_t>(), host.numel(), out);
}

}  // namespace

ct_status ct_rank_among_all(ct_tensor states, ct_tensor items, const int32_t *targets, ct_exclusions excluded,
                            int64_t *greater, int64_t *equal, ct_infinite_score *infinite) {
    return guarded([&] {
        const Operands operands("rankAmongAll", states, items);
        operands.check("rankAmongAll", targets, operands.count);
        operands.check("rankAmongAll", excluded);
        *infinite = {-1, -1};
        if (operands.is_fused()) {
            Ranking(operands, targets, excluded).give(targets, greater, equal, infinite);
            return;
        }
        for (int64_t first = 0; first < operands.count; first += Composition::step(operands)) {
            const Composition part(operands, first);
            if (!part.is_finite(part.scores, {}, infinite)) return;
            const at::Tensor index = part.indices(targets, 1);
            const at::Tensor target = part.scores.gather(1, index);
            const at::Tensor admitted = part.admitted(excluded).scatter(1, index, 0);
            copy_counts((part.scores.gt(target) & admitted).sum(1), greater + first);
            copy_counts((part.scores.eq(target) & admitted).sum(1), equal + first);
        }
    });
}

ct_status ct_rank_among_candidates(ct_tensor states, ct_tensor items, const int32_t *targets, const int32_t *candidates,
                                   int64_t count, int64_t *greater, int64_t *equal, ct_infinite_score *infinite) {
    return guarded([&] {
        const Operands operands("rankAmongCandidates", states, items);
        operands.check("rankAmongCandidates", targets, operands.count);
        operands.check("rankAmongCandidates", candidates, operands.count * count);
        *infinite = {-1, -1};
        if (!operands.is_fused()) {
            for (int64_t first = 0; first < operands.count; first += Composition::step(operands)) {
                const Composition part(operands, first);
                const at::Tensor index = at::cat({part.indices(targets, 1), part.indices(candidates, count)}, 1);
                const at::Tensor scores = part.scores.gather(1, index);
                if (!part.is_finite(scores, index, infinite)) return;
                const at::Tensor target = scores.narrow(1, 0, 1), rivals = scores.narrow(1, 1, count);
                copy_counts(rivals.gt(target).sum(1), greater + first);
                copy_counts(rivals.eq(target).sum(1), equal + first);
            }
            return;
        }
        std::vector<ct_infinite_score> failures(operands.count, {-1, -1});
        at::parallel_for(0, operands.count, 8, [&](int64_t begin, int64_t end) {
            std::vector<const float *> rows(count + 1);
            std::vector<float> scores(count + 1);
            for (int64_t state = begin; state < end; ++state) {
                const int32_t *rivals = candidates + state * count;
                rows[count] = operands.item(targets[state]);
                for (int64_t index = 0; index < count; ++index) rows[index] = operands.item(rivals[index]);
                inner_products().dots(operands.state(state), rows.data(), count + 1, operands.width, scores.data());
                const float target = scores[count];
                greater[state] = equal[state] = 0;
                if (!std::isfinite(target)) failures[state] = {state, targets[state]};
                for (int64_t index = 0; index < count; ++index) {
                    greater[state] += scores[index] > target ? 1 : 0;
                    equal[state] += scores[index] == target ? 1 : 0;
                    if (!std::isfinite(scores[index])) failures[state] = {state, rivals[index]};
                }
            }
        });
        for (const ct_infinite_score &failure : failures) {
            if (failure.state < 0) continue;
            *infinite = failure;
            return;
        }
    });
}
