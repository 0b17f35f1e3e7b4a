// Jagged attention of one row and one head, forward and backward. attention_kernel.cpp includes this once for each
// instruction set, after attention_tiles.h; hence no guard and no includes.
//
// A row is cut into blocks of queries and blocks of keys: the scores of one pair of blocks are all that exists of
// length x length. The forward pass corrects what it has of a query's result whenever a further block of keys raises
// the query's sum of exponentials.

constexpr int64_t kQueryBlock = 64;
constexpr int64_t kKeyBlock = 256;

/// One thread's memory, which grows to what its rows need.
struct Workspace {
    std::vector<float> query, key, value, upstream;
    std::vector<float> agreements;  // backward: <upstream, result> of each query of the row
    Scores scores, slopes;
};

/// One row and head of a problem.
struct Row {
    const AttentionProblem &problem;
    int64_t row, head;
    int64_t width = problem.width;
    int64_t padded_width = rounded_up(width, kLanes);
    int64_t column = head * width;
    int64_t total_width = problem.heads * width;
    int64_t first_query = problem.query_offsets[row], first_key = problem.key_offsets[row];
    int64_t queries = problem.query_offsets[row + 1] - first_query;
    int64_t keys = problem.key_offsets[row + 1] - first_key;
    /// Even a row without keys has a block of them: it writes the zeros.
    int64_t key_blocks = std::max<int64_t>(1, (keys + kKeyBlock - 1) / kKeyBlock);

    /// This head's part of a token; null in a matrix without tokens.
    template <class Number>
    Number *part(Number *matrix, int64_t stride, int64_t token) const {
        return matrix == nullptr ? nullptr : matrix + token * stride + column;
    }
    const float *query(int64_t index) const { return part(problem.query, problem.query_stride, first_query + index); }
    const float *key(int64_t index) const { return part(problem.key, problem.key_stride, first_key + index); }
    const float *value(int64_t index) const { return part(problem.value, problem.value_stride, first_key + index); }
    const float *upstream(int64_t index) const {
        return part(problem.upstream, problem.upstream_stride, first_query + index);
    }
    float *of_query(float *matrix, int64_t index) const { return part(matrix, total_width, first_query + index); }
    float *of_key(float *matrix, int64_t index) const { return part(matrix, total_width, first_key + index); }
    float &normalizer(int64_t index) const {
        return problem.normalizers[(first_query + index) * problem.heads + head];
    }

    /// Dropout's factor for a weight: a function of token, head and key column alone.
    uint64_t place(int64_t index) const {
        return static_cast<uint64_t>((first_query + index) * problem.heads + head) << 32;
    }
    float factor(uint64_t place) const {
        if (problem.drop_threshold == 0) return 1;
        return dropout_factor(problem.seed, place, problem.drop_threshold, problem.kept);
    }
    float phantom_factor(int64_t index) const { return factor(place(index) + 0xFFFFFFFF); }

    /// The score of a query's phantom keys taken together.
    float phantom_score(int64_t index) const {
        const int32_t count = problem.phantom_counts[first_query + index];
        if (count == 0) return -std::numeric_limits<float>::infinity();
        return dot(query(index), problem.phantom_key + column, width) * problem.scale +
               std::log(static_cast<float>(count));
    }
};

/// A block of queries against a block of keys, and how many of these keys each of the queries sees.
struct Block {
    int64_t first_query, queries, first_key, keys;
    int32_t seen[kQueryBlock];
    int32_t most = 0;

    Block(const Row &row, int64_t first_query, int64_t first_key)
        : first_query(first_query), queries(std::min(kQueryBlock, row.queries - first_query)), first_key(first_key),
          keys(std::min(kKeyBlock, row.keys - first_key)) {
        const int32_t *limits = row.problem.limits + row.first_query + first_query;
        for (int64_t index = 0; index < queries; ++index) {
            seen[index] = static_cast<int32_t>(std::clamp<int64_t>(limits[index] - first_key, 0, keys));
            most = std::max(most, seen[index]);
        }
    }

    /// The most keys that one of four queries sees.
    int32_t most_of_four(int64_t index) const {
        return *std::max_element(seen + index, seen + std::min<int64_t>(index + 4, queries));
    }

    /// The first query that sees a key; `queries` if none does.
    int64_t first_that_sees(int64_t key) const {
        int64_t index = 0;
        while (index < queries && seen[index] <= key) ++index;
        return index;
    }
};

/// What the softmax of each query of a block amounts to over the keys so far.
struct Running {
    float largest[kQueryBlock];
    float total[kQueryBlock];  // sum of exp(score - largest)
    float kept[kQueryBlock];   // what the newest block of keys leaves of the earlier share of the result
};

/// Turns a query's inner products into weights of the values, each with its share of the whole and dropout's factor.
inline void weigh(const Row &row, const Block &block, int64_t index, float *scores, int64_t stride, Running &running) {
    const int64_t seen = block.seen[index];
    running.kept[index] = 1;
    const int64_t end = rounded_up(seen, kLanes);
    std::fill(scores + end, scores + stride, 0.0f);
    if (seen == 0) return;
    const Vector nothing = -std::numeric_limits<float>::infinity();
    Vector tops = nothing;
    for (int64_t column = 0; column < end; column += kLanes) {
        const Vector products = load(scores + column) * row.problem.scale;
        const Vector score = lane_numbers(column) < static_cast<float>(seen) ? products : nothing;
        store(scores + column, score);
        tops = __builtin_elementwise_max(tops, score);
    }
    float largest = running.largest[index];
    for (int lane = 0; lane < kLanes; ++lane) largest = std::max(largest, tops[lane]);
    Vector totals = 0.0f;
    for (int64_t column = 0; column < end; column += kLanes) {
        const Vector weights = exponential(load(scores + column) - largest);
        store(scores + column, weights);
        totals += weights;
    }
    const float before = running.total[index] * std::exp(running.largest[index] - largest);
    running.largest[index] = largest;
    running.total[index] = before + sum(totals);
    running.kept[index] = before / running.total[index];
    const float share = 1 / running.total[index];
    for (int64_t column = 0; column < end; column += kLanes) store(scores + column, load(scores + column) * share);
    if (row.problem.drop_threshold == 0) return;
    const uint64_t place = row.place(block.first_query + index) + block.first_key;
    for (int64_t column = 0; column < seen; ++column) scores[column] *= row.factor(place + column);
}

/// The state of a block's queries before their first key: their phantom keys, or nothing.
inline void start(const Row &row, int64_t first_query, int64_t queries, Running &running) {
    for (int64_t index = 0; index < queries; ++index) {
        running.largest[index] = -std::numeric_limits<float>::infinity();
        running.total[index] = 0;
        if (row.problem.phantom_key == nullptr) continue;
        float *result = row.of_query(row.problem.result, first_query + index);
        std::fill(result, result + row.width, 0.0f);
        const float score = row.phantom_score(first_query + index);
        if (row.problem.phantom_counts[row.first_query + first_query + index] == 0) continue;
        running.largest[index] = score;
        running.total[index] = 1;
        add(result, row.phantom_factor(first_query + index), row.problem.phantom_value + row.column, row.width);
    }
}

inline void forward(const AttentionProblem &problem, int64_t row_number, int64_t head, Workspace &work) {
    const Row row{problem, row_number, head};
    Running running;
    for (int64_t first_query = 0; first_query < row.queries; first_query += kQueryBlock) {
        const int64_t queries = std::min(kQueryBlock, row.queries - first_query);
        const Panel query = panel(row.query(first_query), problem.query_stride, queries, row.width, work.query);
        start(row, first_query, queries, running);
        for (int64_t key_block = 0; key_block < row.key_blocks; ++key_block) {
            const Block block(row, first_query, key_block * kKeyBlock);
            if (key_block > 0 && block.most == 0) break;
            const Panel key = panel(row.key(block.first_key), problem.key_stride, block.keys, row.width, work.key);
            const Panel value =
                panel(row.value(block.first_key), problem.value_stride, block.keys, row.width, work.value);
            work.scores.resize(queries, block.keys);
            dots(query, key, block.seen, row.padded_width, work.scores);
            for (int64_t index = 0; index < queries; ++index)
                weigh(row, block, index, work.scores.row(index), work.scores.stride, running);
            const bool isFirst = key_block == 0 && problem.phantom_key == nullptr;
            for (int64_t index = 0; index < queries; index += 4)
                mix({work.scores.row(0), work.scores.stride, 1}, value, 0, block.most_of_four(index),
                    {row.of_query(problem.result, first_query), row.total_width, queries, row.width,
                     isFirst ? nullptr : running.kept},
                    index);
        }
        for (int64_t index = 0; index < queries; ++index)
            row.normalizer(first_query + index) =
                running.total[index] > 0 ? running.largest[index] + std::log(running.total[index]) : 0;
    }
}

/// From inner products <query, key> in `scores` and <upstream, value> in `slopes` to the weights of the values and the
/// slope of the loss in each inner product of query and key.
inline void differentiate(const Row &row, const Block &block, int64_t index, float agreement, Workspace &work) {
    float *scores = work.scores.row(index), *slopes = work.slopes.row(index);
    const int64_t seen = block.seen[index], end = rounded_up(seen, kLanes), stride = work.scores.stride;
    std::fill(scores + end, scores + stride, 0.0f);
    std::fill(slopes + end, slopes + stride, 0.0f);
    const float scale = row.problem.scale, normalizer = row.normalizer(block.first_query + index);
    const Vector zero = 0.0f;
    for (int64_t column = 0; column < end; column += kLanes) {
        const Integers isSeen = lane_numbers(column) < static_cast<float>(seen);
        const Vector weights = exponential(load(scores + column) * scale - normalizer);
        store(scores + column, isSeen ? weights : zero);
        store(slopes + column, isSeen ? load(slopes + column) : zero);
    }
    if (row.problem.drop_threshold == 0) {
        for (int64_t column = 0; column < end; column += kLanes)
            store(slopes + column, load(scores + column) * (load(slopes + column) - agreement) * scale);
        return;
    }
    const uint64_t place = row.place(block.first_query + index) + block.first_key;
    for (int64_t column = 0; column < seen; ++column) {
        const float factor = row.factor(place + column);
        slopes[column] = scores[column] * (factor * slopes[column] - agreement) * scale;
        scores[column] *= factor;
    }
    std::fill(slopes + seen, slopes + end, 0.0f);
}

/// What the phantom keys add to the gradients, where they start: of the row's queries, and of the phantoms themselves.
inline void differentiate_phantoms(const Row &row, const std::vector<float> &agreements) {
    const AttentionProblem &problem = row.problem;
    const float *key = problem.phantom_key + row.column, *value = problem.phantom_value + row.column;
    float *key_gradient = problem.phantom_gradients + row.row * 2 * row.total_width + row.column;
    float *value_gradient = key_gradient + row.total_width;
    std::fill(key_gradient, key_gradient + row.width, 0.0f);
    std::fill(value_gradient, value_gradient + row.width, 0.0f);
    for (int64_t index = 0; index < row.queries; ++index) {
        float *query_gradient = row.of_query(problem.query_gradient, index);
        std::fill(query_gradient, query_gradient + row.width, 0.0f);
        if (problem.phantom_counts[row.first_query + index] == 0) continue;
        const float weight = std::exp(row.phantom_score(index) - row.normalizer(index));
        const float factor = row.phantom_factor(index);
        const float slope =
            weight * (factor * dot(row.upstream(index), value, row.width) - agreements[index]) * problem.scale;
        add(query_gradient, slope, key, row.width);
        add(key_gradient, slope, row.query(index), row.width);
        add(value_gradient, weight * factor, row.upstream(index), row.width);
    }
}

/// The gradients of one pair of blocks; `isFirst` says that no earlier block has written those of the keys.
inline void backward_block(const Row &row, const Block &block, const Panel &key, const Panel &value, bool isFirst,
                           Workspace &work) {
    static const std::vector<float> all(kKeyBlock, 1.0f);
    const AttentionProblem &problem = row.problem;
    const Panel query =
        panel(row.query(block.first_query), problem.query_stride, block.queries, row.width, work.query);
    const Panel upstream =
        panel(row.upstream(block.first_query), problem.upstream_stride, block.queries, row.width, work.upstream);
    work.scores.resize(block.queries, block.keys);
    work.slopes.resize(block.queries, block.keys);
    dots(query, key, block.seen, row.padded_width, work.scores);
    dots(upstream, value, block.seen, row.padded_width, work.slopes);
    for (int64_t index = 0; index < block.queries; ++index)
        differentiate(row, block, index, work.agreements[block.first_query + index], work);
    const int64_t stride = work.scores.stride;
    const bool startsQueries = block.first_key == 0 && problem.phantom_key == nullptr;
    const Output query_gradient = {row.of_query(problem.query_gradient, block.first_query), row.total_width,
                                   block.queries, row.width, startsQueries ? nullptr : all.data()};
    for (int64_t index = 0; index < block.queries; index += 4)
        mix({work.slopes.row(0), stride, 1}, key, 0, block.most_of_four(index), query_gradient, index);
    const float *kept = isFirst ? nullptr : all.data();
    const Output key_gradient = {row.of_key(problem.key_gradient, block.first_key), row.total_width, block.keys,
                                 row.width, kept};
    const Output value_gradient = {row.of_key(problem.value_gradient, block.first_key), row.total_width, block.keys,
                                   row.width, kept};
    for (int64_t index = 0; index < block.keys; index += 4) {
        const int64_t from = block.first_that_sees(index);
        mix({work.slopes.row(0), 1, stride}, query, from, block.queries, key_gradient, index);
        mix({work.scores.row(0), 1, stride}, upstream, from, block.queries, value_gradient, index);
    }
}

inline void backward(const AttentionProblem &problem, int64_t row_number, int64_t head, Workspace &work) {
    const Row row{problem, row_number, head};
    work.agreements.resize(row.queries);
    for (int64_t index = 0; index < row.queries; ++index)
        work.agreements[index] = dot(row.upstream(index), row.of_query(problem.result, index), row.width);
    if (problem.phantom_key != nullptr) differentiate_phantoms(row, work.agreements);
    for (int64_t key_block = 0; key_block < row.key_blocks; ++key_block) {
        const int64_t first_key = key_block * kKeyBlock, keys = std::min(kKeyBlock, row.keys - first_key);
        const Panel key = panel(row.key(first_key), problem.key_stride, keys, row.width, work.key);
        const Panel value = panel(row.value(first_key), problem.value_stride, keys, row.width, work.value);
        bool isFirst = true;
        for (int64_t first_query = 0; first_query < row.queries; first_query += kQueryBlock) {
            const Block block(row, first_query, first_key);
            if (key_block > 0 && block.most == 0) continue;
            backward_block(row, block, key, value, isFirst, work);
            isFirst = false;
        }
        if (!isFirst) continue;
        for (int64_t index = 0; index < keys; ++index)
            for (float *gradient : {row.of_key(problem.key_gradient, first_key + index),
                                    row.of_key(problem.value_gradient, first_key + index)})
                std::fill(gradient, gradient + row.width, 0.0f);
    }
}
