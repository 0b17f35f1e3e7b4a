internal import Torch

/// The mean over both sides of how much less likely than its partner all other rows are (NT-Xent).
///
/// Chen et al., ICML 2020. Row r of `left` and row r of `right` belong together; all other rows of either stand
/// against them. A scalar.
func contrastiveLoss(_ left: Tensor, _ right: Tensor, temperature: Double) -> Tensor {
    let rows = left.size(0)
    let units = Tensor.concatenate([left, right]).unitRows()
    let numbers = Tensor.range(0..<2 * rows, device: units.device)
    let isSelf = numbers.reshaped([2 * rows, 1]) .== numbers.reshaped([1, 2 * rows])
    let cosines = units.matmul(units.transposed()) / temperature
    let others = Tensor.choose(
        isSelf, .full([], value: -.infinity, device: units.device), cosines)
    let partners = (units[0..<rows] * units[rows..<2 * rows]).sum(dimension: 1) / temperature
    return others.logSumExp(dimension: 1).mean() - partners.mean()
}

/// The mean of what is missing until anchors are nearer to `positive` than to `negative` by a margin.
///
/// A scalar. Distances are Euclidean, with 10⁻⁶ added to each difference, as in PyTorch.
func tripletLoss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: Double
) -> Tensor {
    func distance(_ other: Tensor) -> Tensor {
        (anchor - other + 1e-6).squared().sum(dimension: 1).squareRoot()
    }
    return (distance(positive) - distance(negative) + margin).relu().mean()
}
