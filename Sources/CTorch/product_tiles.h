// Matrix products from packed panels over vectors of CT_LANES floats (8 or 16). product_kernel.cpp includes this once
// for each instruction set, in a namespace of its own; hence no guard and no includes.
//
// A block of each operand is copied into panels, in which a tile of the result finds its numbers one after the other and
// which stay in the cache. Every sum runs over the depth in the same order, whatever its place in a tile or block.

typedef float Vector __attribute__((ext_vector_type(CT_LANES)));

constexpr int kLanes = CT_LANES;
/// A tile is kRows x kColumns; its sums and their operands fit in the registers.
constexpr int kRows = kLanes == 16 ? 12 : 6;
constexpr int kVectors = 2;
constexpr int kColumns = kVectors * kLanes;

inline Vector load(const float *from) {
    Vector vector;
    std::memcpy(&vector, from, sizeof vector);
    return vector;
}

inline void store(float *to, Vector vector) { std::memcpy(to, &vector, sizeof vector); }

/// Copies `count` <= width lines of `depth` numbers into a panel [depth, width], with zeros for lines that are missing.
///
/// May write up to kLanes numbers beyond the panel.
template <int width>
inline void pack_panel(const float *from, int64_t line_stride, int64_t depth_stride, int64_t count, int64_t depth,
                       float *to) {
    if (line_stride == 1 && count == width) {
        for (int64_t place = 0; place < depth; ++place)
            std::memcpy(to + place * width, from + place * depth_stride, width * sizeof(float));
        return;
    }
    int64_t place = 0;
    for (; depth_stride == 1 && place + kLanes <= depth; place += kLanes) {
        // Groups in order: what one writes beyond its lines the next one overwrites, as does the next place.
        Vector square[(width + kLanes - 1) / kLanes][kLanes];
#pragma clang loop unroll(full)
        for (int first = 0; first < width; first += kLanes) {
            Vector *rows = square[first / kLanes];
            for (int row = 0; row < kLanes; ++row) {
                rows[row] = 0.0f;
                if (first + row < std::min<int64_t>(count, width))
                    rows[row] = load(from + (first + row) * line_stride + place);
            }
            transpose<kLanes>(rows);
        }
        for (int row = 0; row < kLanes; ++row)
            for (int first = 0; first < width; first += kLanes)
                store(to + (place + row) * width + first, square[first / kLanes][row]);
    }
    for (; place < depth; ++place)
        for (int64_t line = 0; line < width; ++line)
            to[place * width + line] = line < count ? from[line * line_stride + place * depth_stride] : 0.0f;
}

/// Copies lines into one panel after another.
template <int width>
inline void pack(const float *from, int64_t line_stride, int64_t depth_stride, int64_t count, int64_t depth,
                 float *to) {
    for (int64_t first = 0; first < count; first += width)
        pack_panel<width>(from + first * line_stride, line_stride, depth_stride,
                          std::min<int64_t>(width, count - first), depth, to + first * depth);
}

/// out = base + left x right for a tile of kRows rows and so many vectors of columns.
template <int vectors>
inline void tile(const float *left, const float *right, int64_t depth, const float *base, int64_t base_stride,
                 float *out, int64_t out_stride) {
    Vector sums[kRows][vectors] = {};
    for (int64_t place = 0; place < depth; ++place) {
        Vector values[vectors];
#pragma clang loop unroll(full)
        for (int vector = 0; vector < vectors; ++vector)
            values[vector] = load(right + place * kColumns + vector * kLanes);
#pragma clang loop unroll(full)
        for (int row = 0; row < kRows; ++row) {
            const float factor = left[place * kRows + row];
#pragma clang loop unroll(full)
            for (int vector = 0; vector < vectors; ++vector) sums[row][vector] += values[vector] * factor;
        }
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < kRows; ++row)
#pragma clang loop unroll(full)
        for (int vector = 0; vector < vectors; ++vector) {
            Vector sum = sums[row][vector];
            if (base != nullptr) sum += load(base + row * base_stride + vector * kLanes);
            store(out + row * out_stride + vector * kLanes, sum);
        }
}

/// The same at the lower and right edges, by way of a whole tile.
template <int vectors>
inline void edge_tile(const float *left, const float *right, int64_t depth, const float *base, int64_t base_stride,
                      float *out, int64_t out_stride, int64_t rows, int64_t columns) {
    float whole[kRows * kColumns] = {};
    for (int64_t row = 0; base != nullptr && row < rows; ++row)
        std::memcpy(whole + row * kColumns, base + row * base_stride, columns * sizeof(float));
    tile<vectors>(left, right, depth, whole, kColumns, whole, kColumns);
    for (int64_t row = 0; row < rows; ++row)
        std::memcpy(out + row * out_stride, whole + row * kColumns, columns * sizeof(float));
}

/// Multiplies packed blocks; the product's operands are not read.
inline void multiply_packed(const Product &block, const float *left, const float *right) {
    for (int64_t column = 0; column < block.columns; column += kColumns) {
        const int64_t columns = std::min<int64_t>(kColumns, block.columns - column);
        for (int64_t row = 0; row < block.rows; row += kRows) {
            const int64_t rows = std::min<int64_t>(kRows, block.rows - row);
            const float *base = block.base == nullptr ? nullptr : block.base + row * block.base_stride + column;
            float *out = block.out + row * block.out_stride + column;
            const float *lines = left + row * block.depth, *others = right + column * block.depth;
            if (rows == kRows && columns == kColumns)
                tile<kVectors>(lines, others, block.depth, base, block.base_stride, out, block.out_stride);
            else if (columns > kLanes)
                edge_tile<kVectors>(lines, others, block.depth, base, block.base_stride, out, block.out_stride, rows,
                                    columns);
            else
                edge_tile<1>(lines, others, block.depth, base, block.base_stride, out, block.out_stride, rows,
                             columns);
        }
    }
}

/// Multiplies on this thread, with kPanelMemory floats to pack into.
inline void multiply(const Product &whole, float *memory) {
    float *left = memory, *right = memory + kRowBlock * kDepthBlock + kPanelSlack;
    // Without any depth there is still the base to be copied.
    for (int64_t depth = 0; depth == 0 || depth < whole.depth; depth += kDepthBlock)
        for (int64_t column = 0; column < whole.columns; column += kColumnBlock) {
            Product block = part(whole, 0, depth, column);
            block.depth = std::min(kDepthBlock, block.depth);
            block.columns = std::min(kColumnBlock, block.columns);
            pack<kColumns>(block.right.data, block.right.column_stride, block.right.row_stride, block.columns,
                           block.depth, right);
            for (int64_t row = 0; row < whole.rows; row += kRowBlock) {
                Product rows = part(block, row, 0, 0);
                rows.rows = std::min(kRowBlock, rows.rows);
                pack<kRows>(rows.left.data, rows.left.row_stride, rows.left.column_stride, rows.rows, rows.depth,
                            left);
                multiply_packed(rows, left, right);
            }
        }
}
