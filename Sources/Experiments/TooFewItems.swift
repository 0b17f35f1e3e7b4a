internal import Interactions

/// Fewer items are there than a protocol or a loss draws.
public struct TooFewItems: Error, Equatable, CustomStringConvertible {
    /// What was to be drawn.
    public let drawn: String
    /// The domain's name.
    public let domain: String
    /// For whom, in the dataset's words; nil where it is for everybody.
    public let user: String?
    /// The items that there are.
    public let available: Int

    /// One line.
    public var description: String {
        "\(drawn): \(domain) has only \(available) items to draw"
            + (user.map { " for user \($0), besides those to be left out" } ?? "") + "; " + advice
    }

    private var advice: String {
        drawn.hasPrefix("sampled:")
            ? "draw fewer, or take full"
            : "where the model has parameters.negatives, draw fewer; else leave out, by a filter of the import, "
                + "people who had nearly everything and domains of few items"
    }

    /// Does what draws items, and says in the dataset's words what it lacked; `drawn` names a number of them.
    static func named<Result>(
        _ drawn: (Int) -> String, in dataset: Dataset,
        _ draw: () throws(NegativeSamplerError) -> Result
    ) throws(TooFewItems) -> Result {
        do {
            return try draw()
        } catch {
            switch error {
            case .tooFewItems(let domain, let user, let available, let requested):
                throw TooFewItems(
                    drawn: drawn(requested), domain: dataset.catalog(of: domain).name,
                    user: user.map(dataset.users.externalID), available: available)
            }
        }
    }
}
