internal import CTorch

/// How a flat token axis divides into rows: row r owns tokens `offsets[r] ..< offsets[r + 1]`.
public struct JaggedLayout: Equatable, Sendable {
    /// Row starts, and the number of tokens at the end; rows + 1 numbers.
    public let offsets: [Int32]

    /// Takes the row starts, which begin at 0 and do not decrease.
    public init(offsets: [Int32]) {
        require(offsets.first == 0, "JaggedLayout: offsets must begin with 0")
        require(
            zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 },
            "JaggedLayout: offsets must not decrease")
        self.offsets = offsets
    }

    /// The layout of rows with the given lengths.
    public init(lengths: [Int]) {
        var offsets: [Int32] = [0]
        offsets.reserveCapacity(lengths.count + 1)
        var total: Int32 = 0
        for length in lengths {
            total += Int32(length)
            offsets.append(total)
        }
        self.init(offsets: offsets)
    }

    /// The number of rows.
    public var rowCount: Int { offsets.count - 1 }

    /// The number of tokens.
    public var tokenCount: Int { Int(offsets[offsets.count - 1]) }

    /// The tokens of one row.
    public func tokens(of row: Int) -> Range<Int> { Int(offsets[row])..<Int(offsets[row + 1]) }

    /// For each token its own position plus one: the key limits of causal self-attention.
    public var causalLimits: [Int32] {
        (0..<rowCount).flatMap { row in (1...).prefix(tokens(of: row).count).map(Int32.init) }
    }
}

/// Sequences of different lengths without padding: values [tokens, width] and where each row begins.
public struct JaggedTensor {
    /// The tokens of all rows, one after another: [tokens, width].
    public var values: Tensor
    /// Where each row begins.
    public let layout: JaggedLayout

    /// Joins values and a layout of as many tokens.
    public init(values: Tensor, layout: JaggedLayout) {
        require(
            values.size(0) == layout.tokenCount,
            "JaggedTensor: \(layout.tokenCount) tokens by the layout, values \(values.shape)")
        self.values = values
        self.layout = layout
    }

    /// The same rows with other values.
    public func with(_ values: Tensor) -> JaggedTensor {
        JaggedTensor(values: values, layout: layout)
    }
}

/// Further keys of an attention that are all alike, `counts[t]` of them seen by query token t.
public struct PhantomKeys {
    let key: Tensor
    let value: Tensor
    let counts: [Int32]

    /// Key and value [width], and how many times each query token sees them.
    public init(key: Tensor, value: Tensor, counts: [Int32]) {
        self.key = key
        self.value = value
        self.counts = counts
    }
}

/// Multi-head scaled dot-product attention between jagged sequences with the same rows.
///
/// Query token t sees the first `keyLimits[t]` keys of its row. A token that sees none gets zeros.
/// The values of `query` are [Tq, width], of `key` and `value` [Tk, width]; the result is [Tq, width].
/// Attention weights are dropped with probability `dropout`, drawn from `generator`.
public func jaggedAttention(
    query: JaggedTensor, key: JaggedTensor, value: Tensor, keyLimits: [Int32], heads: Int,
    phantoms: PhantomKeys? = nil, dropout: Double = 0, generator: Generator? = nil
) -> JaggedTensor {
    require(
        query.layout.rowCount == key.layout.rowCount,
        "jaggedAttention: \(query.layout.rowCount) query rows, \(key.layout.rowCount) key rows")
    require(
        keyLimits.count == query.layout.tokenCount
            && (phantoms?.counts.count ?? keyLimits.count) == keyLimits.count,
        "jaggedAttention: \(query.layout.tokenCount) query tokens, \(keyLimits.count) limits")
    let mixed = make("jaggedAttention of \(query.values.shape) and \(key.values.shape)") { out in
        ct_jagged_attention(
            query.values.pointer, key.values.pointer, value.pointer, query.layout.offsets,
            key.layout.offsets, Int32(query.layout.rowCount), keyLimits, Int32(heads),
            phantoms?.key.pointer, phantoms?.value.pointer, phantoms?.counts, dropout,
            generator?.pointer, out)
    }
    return query.with(mixed)
}
