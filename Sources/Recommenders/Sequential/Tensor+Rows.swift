internal import Torch

extension Tensor {
    /// Rows by index, zeros where the index is -1. [indices, width]
    func rowsOrZeros(_ indices: [Int32]) -> Tensor {
        guard indices.contains(-1) else { return rows(Tensor(indices, device: device)) }
        let absent = Int32(size(0))
        let zero = Tensor.zeros([1, size(1)], device: device)
        return Tensor.concatenate([self, zero]).rows(
            Tensor(indices.map { $0 < 0 ? absent : $0 }, device: device))
    }

    /// Each row divided by its Euclidean length; a row of zeros stays.
    func unitRows() -> Tensor {
        self / (squared().sum(dimension: 1, keepingDimension: true) + 1e-24).squareRoot()
    }

    /// The mean of some rows for each list of them; zeros for an empty list. [lists, width]
    func means(ofRows lists: [[Int32]]) -> Tensor {
        let segments = lists.enumerated().flatMap { [Int32](repeating: Int32($0), count: $1.count) }
        let shares = lists.map { 1 / Float(max($0.count, 1)) }
        return Tensor.zeros([lists.count, size(1)], device: device)
            .addingRows(
                rows(Tensor(lists.flatMap(\.self), device: device)),
                at: Tensor(segments, device: device))
            * Tensor(shares, shape: [lists.count, 1], device: device)
    }
}
