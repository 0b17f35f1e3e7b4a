// Domain threads on the time axis of the mixed sequence: the task-guided alignment of ABXI.
//
// Q. Bian, M. de Carvalho, T. Li, J. Xu, H. Fang, Y. Ke: "ABXI: Invariant Interest Adaptation for Task-Guided
// Cross-Domain Sequential Recommendation", WWW 2025, section 4.2.

internal import Interactions

/// One domain's items of a batch of mixed sequences, each at the step where it predicts.
///
/// An item predicts at the step before the next item of its domain: there it is the newest of its domain. In
/// training a row's last item of a domain predicts nothing and is left out; in inference it stands at the end.
struct DomainSteps {
    /// Items, row by row.
    var items: [Int32] = []
    /// Where each row begins.
    var offsets: [Int32] = [0]
    /// Each item's place on the mixed sequence's axis.
    var places: [Int32] = []
    /// The step on that axis at which each item predicts.
    var axis: [Int32] = []
    /// Each item's distance from the end of its row: 1 is the newest.
    var distances: [Int32] = []
    /// For each step that predicts the domain, its token in the batch; -1 in a row without tokens.
    var predictingTokens: [Int32] = []
    /// For each of those, the item that predicts there as an index into `items`; -1 without one.
    var predictors: [Int32] = []
    /// For each of those, its row.
    var predictingRows: [Int32] = []
}

extension SequenceBatch {
    /// The steps of one domain of a training batch: its items at the steps whose targets are of the domain.
    func trainingSteps(of domain: Range<Int32>) -> DomainSteps {
        var steps = DomainSteps()
        for row in 0..<rows {
            var newest: Int?
            for token in tokens(ofRow: row) {
                if domain.contains(items[token]) { newest = token }
                guard domain.contains(targets[token]) else { continue }
                steps.predictingTokens.append(Int32(token))
                steps.predictingRows.append(Int32(row))
                steps.predictors.append(newest == nil ? -1 : Int32(steps.items.count))
                if let newest {
                    steps.items.append(items[newest])
                    steps.places.append(Int32(newest) - offsets[row])
                    steps.axis.append(Int32(token) - offsets[row])
                }
            }
            steps.closeRow()
        }
        return steps
    }

    /// The steps of one domain of histories: all its items, the newest at the end of the row.
    func inferenceSteps(of domain: Range<Int32>) -> DomainSteps {
        var steps = DomainSteps()
        for row in 0..<rows {
            let tokens = tokens(ofRow: row)
            let first = steps.items.count
            for token in tokens where domain.contains(items[token]) {
                steps.items.append(items[token])
                steps.places.append(Int32(token) - offsets[row])
            }
            steps.predictingTokens.append(tokens.isEmpty ? -1 : Int32(tokens.upperBound) - 1)
            steps.predictingRows.append(Int32(row))
            steps.predictors.append(
                steps.items.count > first ? Int32(steps.items.count) - 1 : -1)
            steps.closeRow()
        }
        steps.axis = DomainThread.steps(of: steps.places, offsets: steps.offsets, in: self)
        return steps
    }
}

extension DomainSteps {
    fileprivate mutating func closeRow() {
        let count = items.count - Int(offsets[offsets.count - 1])
        distances += (0..<count).map { Int32(count - $0) }
        offsets.append(Int32(items.count))
    }

    /// For each item, how many vacant places a left-padded row of `length` places has up to its step.
    func vacancies(rowLengths: [Int], length: Int) -> [Int32] {
        (0..<offsets.count - 1).flatMap { row in
            (Int(offsets[row])..<Int(offsets[row + 1])).enumerated().map { order, index in
                Int32(length - rowLengths[row]) + axis[index] + 1 - Int32(order + 1)
            }
        }
    }
}
