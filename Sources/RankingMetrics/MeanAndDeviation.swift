/// The mean and the sample standard deviation (n − 1), as for results over seeds.
///
/// Nil without values; one value has no deviation.
public func meanAndDeviation(_ values: [Double]) -> (mean: Double, deviation: Double?)? {
    guard !values.isEmpty else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    guard values.count > 1 else { return (mean, nil) }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / Double(values.count - 1)).squareRoot())
}
