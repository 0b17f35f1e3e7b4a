// Small matrix products over vectors of CT_LANES floats (4, 8 or 16). attention_kernel.cpp includes this once for each
// instruction set, in a namespace of its own; hence no guard and no includes.
//
// Products of the form A B^T are tiles of inner products (`dots`), products of the form A B are tiles of weighted sums
// of rows (`mix`). Both keep a tile's sums in registers.

typedef float Vector __attribute__((ext_vector_type(CT_LANES)));
typedef uint32_t Bits __attribute__((ext_vector_type(CT_LANES)));
typedef int32_t Integers __attribute__((ext_vector_type(CT_LANES)));

constexpr int kLanes = CT_LANES;
/// A tile of inner products is kDotRows x 4: as many sums as a vector has lanes.
constexpr int kDotRows = kLanes / 4;
/// How many vectors wide a tile of weighted sums is; 4 rows of them and their operands fit in the registers.
constexpr int kMixVectors = kLanes == 16 ? 4 : 2;

inline Vector load(const float *from) {
    Vector vector;
    std::memcpy(&vector, from, sizeof vector);
    return vector;
}

inline void store(float *to, Vector vector) { std::memcpy(to, &vector, sizeof vector); }

template <class To, class From>
inline To reinterpret(From from) {
    To to;
    static_assert(sizeof to == sizeof from);
    std::memcpy(&to, &from, sizeof to);
    return to;
}

/// Every second lane of both vectors, first's before second's: within each four lanes, or by whole fours.
constexpr int second_lane(int lane, int odd) {
    return (lane % 4 < 2 ? 0 : kLanes) + lane / 4 * 4 + lane % 2 * 2 + odd;
}

constexpr int second_four(int lane, int odd) {
    const int fours = kLanes / 4, half = fours > 1 ? fours / 2 : 1, four = lane / 4;
    return (four < half ? 0 : kLanes) + (four % half * 2 + odd) * 4 + lane % 4;
}

template <int... lane>
inline Vector fold_lanes(Vector first, Vector second, std::integer_sequence<int, lane...>) {
    return __builtin_shufflevector(first, second, second_lane(lane, 0)...) +
           __builtin_shufflevector(first, second, second_lane(lane, 1)...);
}

template <int... lane>
inline Vector fold_fours(Vector first, Vector second, std::integer_sequence<int, lane...>) {
    return __builtin_shufflevector(first, second, second_four(lane, 0)...) +
           __builtin_shufflevector(first, second, second_four(lane, 1)...);
}

inline Vector fold_lanes(Vector first, Vector second) {
    return fold_lanes(first, second, std::make_integer_sequence<int, kLanes>());
}

inline Vector fold_fours(Vector first, Vector second) {
    return fold_fours(first, second, std::make_integer_sequence<int, kLanes>());
}

/// The sum over the lanes of each of kLanes vectors.
inline Vector sums(const Vector *vectors) {
    Vector fours[kDotRows];
    for (int row = 0; row < kDotRows; ++row) {
        const Vector *part = vectors + 4 * row;
        fours[row] = fold_lanes(fold_lanes(part[0], part[1]), fold_lanes(part[2], part[3]));
    }
    if constexpr (kLanes == 16) return fold_fours(fold_fours(fours[0], fours[1]), fold_fours(fours[2], fours[3]));
    if constexpr (kLanes == 8) return fold_fours(fours[0], fours[1]);
    return fours[0];
}

inline float sum(Vector vector) {
    vector = fold_lanes(vector, vector);
    vector = fold_lanes(vector, vector);
    if constexpr (kLanes >= 8) vector = fold_fours(vector, vector);
    if constexpr (kLanes >= 16) vector = fold_fours(vector, vector);
    return vector[0];
}

/// e^x for x of at most about 0, to the last bit or two; 0 below e^-87.
inline Vector exponential(Vector x) {
    const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer, which the low bits then hold
    const Vector shifted = x * 1.44269504f + magic;
    const Vector whole = shifted - magic;
    // ln 2 in two parts, the first with few enough bits that its product with `whole` is exact.
    const Vector rest = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
    Vector series = rest * (1.0f / 5040) + 1.0f / 720;
    series = series * rest + 1.0f / 120;
    series = series * rest + 1.0f / 24;
    series = series * rest + 1.0f / 6;
    series = series * rest + 0.5f;
    series = series * rest + 1.0f;
    series = series * rest + 1.0f;
    const Bits power = (reinterpret<Bits>(shifted) + 127u) << 23;
    const Vector zero = 0.0f;
    return x < -87.0f ? zero : series * reinterpret<Vector>(power);
}

inline Vector lane_numbers(int64_t first) {
    Vector numbers;
    for (int lane = 0; lane < kLanes; ++lane) numbers[lane] = static_cast<float>(first + lane);
    return numbers;
}

inline float dot(const float *left, const float *right, int64_t width) {
    float total = 0;
#pragma omp simd reduction(+ : total)
    for (int64_t column = 0; column < width; ++column) total += left[column] * right[column];
    return total;
}

inline void add(float *to, float weight, const float *from, int64_t width) {
#pragma omp simd
    for (int64_t column = 0; column < width; ++column) to[column] += weight * from[column];
}

/// Some tokens of one head: `count` rows of floats, `stride` apart, whose width is a multiple of kLanes.
struct Panel {
    const float *data;
    int64_t stride;
    int64_t count;

    const float *row(int64_t index) const { return data + std::min(index, count - 1) * stride; }
};

inline int64_t rounded_up(int64_t number, int64_t multiple) { return (number + multiple - 1) / multiple * multiple; }

/// The rows where they are, or a copy with zeros behind each if the width needs it.
inline Panel panel(const float *data, int64_t stride, int64_t count, int64_t width, std::vector<float> &copy) {
    if (width % kLanes == 0) return {data, stride, count};
    const int64_t padded = rounded_up(width, kLanes);
    copy.assign(count * padded, 0.0f);
    for (int64_t row = 0; row < count; ++row)
        std::memcpy(copy.data() + row * padded, data + row * stride, width * sizeof(float));
    return {copy.data(), padded, count};
}

/// Numbers for each query and key of a block: rows and columns rounded up, so that a tile can be written whole.
struct Scores {
    std::vector<float> memory;
    int64_t stride = 0;

    void resize(int64_t queries, int64_t keys) {
        stride = rounded_up(keys, 16);
        const size_t size = rounded_up(queries, 4) * stride;
        if (memory.size() < size) memory.resize(size);
    }

    float *row(int64_t query) { return memory.data() + query * stride; }
};

/// out[i][j] = <left i, right j> for the first seen[i] of the right; a tile's other places get any number.
inline void dots(const Panel &left, const Panel &right, const int32_t *seen, int64_t width, Scores &out) {
    for (int64_t i = 0; i < left.count; i += kDotRows) {
        const int64_t most = *std::max_element(seen + i, seen + std::min<int64_t>(i + kDotRows, left.count));
        const float *rows[kDotRows];
        for (int row = 0; row < kDotRows; ++row) rows[row] = left.row(i + row);
        for (int64_t j = 0; j < most; j += 4) {
            const float *others[4] = {right.row(j), right.row(j + 1), right.row(j + 2), right.row(j + 3)};
            Vector products[4 * kDotRows];
            for (Vector &product : products) product = 0.0f;
            for (int64_t column = 0; column < width; column += kLanes) {
                Vector b[4];
                for (int other = 0; other < 4; ++other) b[other] = load(others[other] + column);
                for (int row = 0; row < kDotRows; ++row) {
                    const Vector a = load(rows[row] + column);
                    for (int other = 0; other < 4; ++other) products[4 * row + other] += a * b[other];
                }
            }
            float result[kLanes];
            store(result, sums(products));
            for (int row = 0; row < kDotRows; ++row)
                std::memcpy(out.row(i + row) + j, result + 4 * row, 4 * sizeof(float));
        }
    }
}

/// Weights of a `mix`: the one of output i and source n stands at data[i * output_step + n * source_step].
struct Weights {
    const float *data;
    int64_t output_step, source_step;
};

/// Rows that a `mix` writes; `kept` (or null) says with which factor what stands there stays.
struct Output {
    float *data;
    int64_t stride, count, width;
    const float *kept;
};

/// Up to 4 output rows from i, up to `vectors` vectors of columns from `column`, summed over sources begin ..< end.
template <int vectors>
inline void mix_tile(const Weights &weights, const Panel &sources, int64_t begin, int64_t end, const Output &out,
                     int64_t i, int64_t column) {
    const int64_t rows = std::min<int64_t>(4, out.count - i);
    const int64_t columns = std::min<int64_t>(vectors * kLanes, out.width - column);
    const float *weight[4];
    for (int row = 0; row < 4; ++row) weight[row] = weights.data + std::min(i + row, out.count - 1) * weights.output_step;
    Vector totals[4][vectors];
    float edge[vectors * kLanes];
    for (int row = 0; row < 4; ++row) {
        for (int vector = 0; vector < vectors; ++vector) totals[row][vector] = 0.0f;
        if (out.kept == nullptr || row >= rows) continue;
        const float *from = out.data + (i + row) * out.stride + column;
        if (columns < vectors * kLanes) {
            std::memset(edge, 0, sizeof edge);
            std::memcpy(edge, from, columns * sizeof(float));
            from = edge;
        }
        for (int vector = 0; vector < vectors; ++vector)
            totals[row][vector] = load(from + vector * kLanes) * out.kept[i + row];
    }
    for (int64_t source = begin; source < end; ++source) {
        const float *values = sources.data + source * sources.stride + column;
        Vector value[vectors];
        for (int vector = 0; vector < vectors; ++vector) value[vector] = load(values + vector * kLanes);
        for (int row = 0; row < 4; ++row) {
            const float factor = weight[row][source * weights.source_step];
            for (int vector = 0; vector < vectors; ++vector) totals[row][vector] += value[vector] * factor;
        }
    }
    // A constant bound keeps the totals in registers.
#pragma clang loop unroll(full)
    for (int row = 0; row < 4; ++row) {
        if (row >= rows) break;
        float *to = out.data + (i + row) * out.stride + column;
        float *whole = columns < vectors * kLanes ? edge : to;
        for (int vector = 0; vector < vectors; ++vector) store(whole + vector * kLanes, totals[row][vector]);
        if (whole == edge) std::memcpy(to, edge, columns * sizeof(float));
    }
}

/// Output rows i ..< i + 4 as sums of sources begin ..< end times their weights.
inline void mix(const Weights &weights, const Panel &sources, int64_t begin, int64_t end, const Output &out,
                int64_t i) {
    int64_t column = 0;
    for (; column + kMixVectors * kLanes <= out.width; column += kMixVectors * kLanes)
        mix_tile<kMixVectors>(weights, sources, begin, end, out, i, column);
    if (kMixVectors > 2 && column + 2 * kLanes <= out.width) {
        mix_tile<2>(weights, sources, begin, end, out, i, column);
        column += 2 * kLanes;
    }
    for (; column < out.width; column += kLanes) mix_tile<1>(weights, sources, begin, end, out, i, column);
}
