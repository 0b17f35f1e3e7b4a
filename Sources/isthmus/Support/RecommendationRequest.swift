import Experiments
import Foundation
import Interactions

/// A person that the dataset does not have, or a domain that cannot be hidden.
enum RequestError: Error, CustomStringConvertible {
    case unknownUser(String, dataset: String)

    var description: String {
        switch self {
        case .unknownUser(let user, let dataset):
            "\(dataset) has no user \(user); give one of its users, or a --history"
        }
    }
}

/// What is to be recommended, once the person is known.
struct RecommendationRequest {
    private static let shownEvents = 8

    let model: SavedModel
    let domain: String
    let count: Int
    let hidden: [String]
    let includesSeen: Bool

    /// The user of a dataset, which must be the run's.
    func user(_ id: String, of dataset: Dataset) throws -> UserID {
        let path = dataset.directory?.path ?? "the dataset"
        try model.require(dataset)
        guard let user = dataset.users.user(externalID: id) else {
            throw RequestError.unknownUser(id, dataset: path)
        }
        return user
    }

    func recommend(user: UserID, of dataset: Dataset) throws -> Recommendation {
        try model.recommend(
            user: user, of: dataset, in: domain, count: count, hiding: try hiddenDomains(),
            includingSeen: includesSeen)
    }

    func recommend(history: [HistoryItem]) throws -> Recommendation {
        let names = Set(try hiddenDomains().map { model.catalogs[$0.rawValue].name })
        return try model.recommend(
            history: history.filter { !names.contains($0.domain) }, in: domain, count: count,
            includingSeen: includesSeen)
    }

    /// The user's latest events of each domain by title, oldest first.
    func historyText(of user: UserID, in dataset: Dataset) -> String {
        var text = ""
        for domain in dataset.domains {
            let name = dataset.catalog(of: domain).name
            let items = dataset.events(of: user).map { ItemID(rawValue: dataset.items[$0]) }
                .filter { dataset.domain(of: $0) == domain }
            let isHidden = hidden.contains(name)
            text +=
                "\(name): \(counted(items.count, "event"))"
                + (isHidden ? ", hidden\n" : ", the latest\n")
            guard !isHidden else { continue }
            for item in items.suffix(Self.shownEvents) {
                text += "    " + (dataset.title(of: item) ?? dataset.externalID(of: item)) + "\n"
            }
        }
        return text + "\n"
    }

    private func hiddenDomains() throws(RecommendationError) -> Set<DomainID> {
        let names = model.catalogs.map(\.name)
        var domains: Set<DomainID> = []
        for name in hidden {
            guard let index = names.firstIndex(of: name) else {
                throw .unknownDomain(name, nearest: nearestName(to: name, in: names), known: names)
            }
            domains.insert(DomainID(rawValue: index))
        }
        return domains
    }
}
