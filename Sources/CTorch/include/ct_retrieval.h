// Inner products of states with all items that are never held as states x items: ranks and best items.
//
// On the CPU in float32 a score depends on the two vectors alone, not on where they stand, on the number of threads or
// on what else is asked for: items with equal vectors tie to the bit. Everything else runs on ordinary operators.
#ifndef CT_RETRIEVAL_H
#define CT_RETRIEVAL_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Items that do not take part: for state u the rows `items[offsets[u]] ..< items[offsets[u + 1]]`, strictly ascending.
typedef struct ct_exclusions {
    const int64_t *offsets;
    const int32_t *items;
} ct_exclusions;

/// The first score found that is infinite or not a number; -1 twice when there is none.
typedef struct ct_infinite_score {
    int64_t state;
    int64_t item;
} ct_infinite_score;

/// How many items other than the target score above and exactly like it, for each of the states [U, d] its target among
/// the items [n, d]. Counts are only written when all scores are finite.
ct_status ct_rank_among_all(ct_tensor states, ct_tensor items, const int32_t *targets, ct_exclusions excluded,
                            int64_t *greater, int64_t *equal, ct_infinite_score *infinite);
/// The same among `count` candidates a state only: rows of the items [U, count], counted as often as they stand there.
ct_status ct_rank_among_candidates(ct_tensor states, ct_tensor items, const int32_t *targets, const int32_t *candidates,
                                   int64_t count, int64_t *greater, int64_t *equal, ct_infinite_score *infinite);
/// The `count` items of the largest scores for each state, best first, of equal scores the lower row first.
///
/// Scores and rows are [U, count]; `found` [U] says how many of each state's are filled.
ct_status ct_top_products(ct_tensor states, ct_tensor items, int64_t count, ct_exclusions excluded, float *scores,
                          int32_t *rows, int64_t *found, ct_infinite_score *infinite);

#ifdef __cplusplus
}
#endif
#endif
