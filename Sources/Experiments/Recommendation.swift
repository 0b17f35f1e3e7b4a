internal import Foundation
public import Interactions
internal import Recommenders
internal import Torch
internal import TorchNN

/// One recommended item.
public struct RecommendedItem: Codable, Equatable, Sendable {
    /// The item's external id.
    public let item: String
    /// Its title, if the catalog has one.
    public let title: String?
    /// The model's score; it orders items and means nothing else.
    public let score: Double
}

/// The answer to a request for recommendations.
public struct Recommendation: Codable, Equatable, Sendable {
    /// The domain.
    public let domain: String
    /// The best items, best first.
    public let items: [RecommendedItem]
    /// The items that the domain has.
    public let catalogSize: Int
    /// Items of the history that the catalogs do not have.
    public let unknown: [String]
    /// Whether popular items were given because nothing usable was known of the person.
    public let isFallback: Bool
}

/// A request that cannot be answered.
public enum RecommendationError: Error, Equatable, CustomStringConvertible {
    /// A domain that the model does not have.
    case unknownDomain(String, nearest: String?, known: [String])
    /// The model does not rank items.
    case noRanking
    /// Scores are not numbers.
    case notFinite(domain: String)
    /// The model knows people by vectors that were trained with the events to be left out.
    case cannotForget(domain: String)
    /// A dataset whose people and items are not those that the model knows.
    case otherDataset(path: String)

    /// One line that names what is known.
    public var description: String {
        switch self {
        case .unknownDomain(let name, let nearest, let known):
            "unknown domain \(name); "
                + (nearest.map { "did you mean \($0)?" }
                    ?? "known domains: \(known.joined(separator: ", "))")
        case .noRanking: "this run's model predicts ratings and does not recommend"
        case .notFinite(let domain):
            "the model's scores in \(domain) are infinite or not numbers: its weights are damaged or its "
                + "training diverged; train the run again"
        case .cannotForget(let domain):
            "this run's model knows people by vectors of their own and cannot leave out what they did in "
                + "\(domain); hide it in training, by data.split {kind: cold-users}"
        case .otherDataset(let path):
            "\(path) is not the dataset that the run was trained on; give that one, or a history"
        }
    }
}

extension SavedModel {
    /// The best items of a domain for a history typed in, oldest first.
    ///
    /// Items that the catalogs do not have are named and skipped. Items of the history are not recommended unless asked for. A
    /// history without any known item, or a model that knows people only by name, gives popular items and says so.
    public func recommend(
        history: [HistoryItem], in domain: String, count: Int, includingSeen: Bool = false
    ) throws -> Recommendation {
        var items: [Int32] = []
        var unknown: [String] = []
        for event in history {
            let catalog = catalogs[try index(of: event.domain)]
            if let item = catalog.item(externalID: event.item) {
                items.append(item.rawValue)
            } else {
                unknown.append("\(event.domain):\(event.item)")
            }
        }
        return try recommend(
            user: nil, items: items, unknown: unknown, domain: index(of: domain), count: count,
            includesSeen: includingSeen)
    }

    /// Throws where a dataset is not the one that the model was trained on: its numbers of people and items mean others.
    public func require(_ dataset: Dataset) throws(RecommendationError) {
        guard dataset.checksum == datasetChecksum else {
            throw .otherDataset(path: dataset.directory?.path ?? "the dataset")
        }
    }

    /// The best items of a domain for a user of the dataset that the model was trained on.
    ///
    /// `hiding` leaves out the user's events of some domains, as if the person were new there.
    public func recommend(
        user: UserID, of dataset: Dataset, in domain: String, count: Int,
        hiding hidden: Set<DomainID> = [], includingSeen: Bool = false
    ) throws -> Recommendation {
        try require(dataset)
        let asked = DomainID(rawValue: try index(of: domain))
        if let ranker = model as? any Ranker,
            let kept = hidden.sorted(by: { $0.rawValue < $1.rawValue })
                .first(where: { !ranker.forgets($0, in: asked) })
        {
            throw RecommendationError.cannotForget(domain: catalogs[kept.rawValue].name)
        }
        let items = dataset.events(of: user).map { dataset.items[$0] }
            .filter { !hidden.contains(dataset.domain(of: ItemID(rawValue: $0))) }
        return try recommend(
            user: user, items: items, unknown: [], domain: asked.rawValue, count: count,
            includesSeen: includingSeen)
    }

    private func index(of domain: String) throws(RecommendationError) -> Int {
        if let index = catalogs.firstIndex(where: { $0.name == domain }) { return index }
        let names = catalogs.map(\.name)
        throw .unknownDomain(domain, nearest: nearestName(to: domain, in: names), known: names)
    }

    private func recommend(
        user: UserID?, items: [Int32], unknown: [String], domain: Int, count: Int,
        includesSeen: Bool
    ) throws -> Recommendation {
        guard let ranker = model as? any Ranker else { throw RecommendationError.noRanking }
        let catalog = catalogs[domain]
        let id = DomainID(rawValue: domain)
        let isUnknown = ranker.needsKnownUser && user == nil
        let (best, isFallback) = try withoutGradients {
            let scores =
                isUnknown
                ? scoring?.popular(rows: 1, in: id)
                : scoring?(history(of: user, items, readBy: ranker), in: id)
            guard let scores else { throw RecommendationError.noRanking }
            do throws(TorchError) {
                let best = try scores.topItems(
                    count: count, excluding: places(of: includesSeen ? [] : items, in: catalog))
                return (best, scores.byPopularity[0])
            } catch {
                throw RecommendationError.notFinite(domain: catalog.name)
            }
        }
        return Recommendation(
            domain: catalog.name,
            items: zip(best[0].items, best[0].scores).map { place, score in
                let item = ItemID(rawValue: catalog.firstItem.rawValue + place)
                return RecommendedItem(
                    item: catalog.externalID(of: item), title: catalog.title(of: item),
                    score: Double(score))
            }, catalogSize: catalog.count, unknown: unknown,
            isFallback: isFallback)
    }

    /// What the model reads of one person's events.
    private func history(
        of user: UserID?, _ items: [Int32], readBy model: any Ranker
    ) -> SequenceBatch {
        let recent = model.window
            .latest(of: items, domain: description.shape.domain(of:))
        return SequenceBatch(
            users: [user ?? UserID(rawValue: 0)], offsets: [0, Int32(recent.count)],
            items: recent, times: [Int64](repeating: 0, count: recent.count))
    }

    /// The items of a history that are of a domain, by their places in its catalog.
    private func places(of items: [Int32], in catalog: Catalog) -> ItemSelection {
        var places = ItemSelection()
        let range = catalog.itemRange
        places.append(
            items.lazy.filter { range.contains($0) }.map { $0 - range.lowerBound })
        return places
    }
}
