// What tensors that hold data, read from a file, must keep before a model indexes by them.

/// What is wrong with offsets of rows, of which the last is the end of the rows' content; nil where nothing is.
func offsetsProblem(_ offsets: [Int32], rows: Int? = nil, end: Int) -> String? {
    if let rows, offsets.count != rows + 1 {
        return "expected \(rows + 1) offsets, got \(offsets.count)"
    }
    guard offsets.first == 0, offsets.last.map(Int.init) == end,
        zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
    else { return "the offsets do not ascend from 0 to \(end)" }
    return nil
}

/// What is wrong with ids that must lie in a range; nil where nothing is.
func idsProblem(_ ids: [Int32], in range: Range<Int32>) -> String? {
    ids.first { !range.contains($0) }
        .map { "expected numbers in \(range.lowerBound)…\(range.upperBound - 1), got \($0)" }
}
