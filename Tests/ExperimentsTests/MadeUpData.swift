import Interactions

/// Data of two domains whose making says what can be known of them; items have neither titles nor vectors.
///
/// Every item of a domain is equally likely, so that chance is one over their number.
struct MadeUpData: Sendable {
    /// The items of each domain.
    let itemsPerDomain: Int
    /// Each user's items in order, as the domain's number and the item's place in it.
    let histories: [[(domain: Int, place: Int)]]

    /// The share of cases that a guess hits.
    var chance: Double { 1 / Double(itemsPerDomain) }

    /// The events as a dataset in memory, a second apart.
    func dataset() throws -> Dataset {
        let catalogs = ["left", "right"].enumerated().map { index, name in
            Catalog(
                name: name, firstItem: ItemID(rawValue: Int32(index * itemsPerDomain + 1)),
                externalIDs: (0..<itemsPerDomain).map { "\(name)-\(100 + $0)" })
        }
        let events = histories.enumerated().flatMap { user, items in
            items.enumerated().map { step, item in
                Event(
                    user: UserID(rawValue: Int32(user)),
                    item: ItemID(rawValue: Int32(item.domain * itemsPerDomain + item.place + 1)),
                    time: Int64(1_600_000_000 + step))
            }
        }
        return try Dataset(
            catalogs: catalogs, users: histories.indices.map { "user-\($0)" }, events: events)
    }

    /// An item follows from the newest one of the other domain, or from nothing.
    ///
    /// A user's events are runs of two in a domain. What begins a run is what a permutation makes of the item before, which
    /// is of the other domain; what goes on with it is drawn. So nothing can be known of one domain alone, and whatever is
    /// trained on after an event of the other domain follows from that event. The last event begins a run; the one before
    /// it, which validates, is drawn, so that the answer is nowhere in what was trained on.
    static func functionOfTheOther(
        users: Int = 960, items: Int = 8, runs: Int = 5
    ) -> MadeUpData {
        var stream = RandomStream(seed: 11, name: "made-up.function")
        let answers = (0..<2).map { _ in stream.permutation(items) }
        let histories = (0..<users).map { _ in
            var domain = stream.uniform(below: 2)
            var place = stream.uniform(below: items)
            return (0...2 * runs).map { step -> (domain: Int, place: Int) in
                if step > 0, step.isMultiple(of: 2) {
                    place = answers[domain][place]
                    domain = 1 - domain
                } else if step > 0 {
                    place = stream.uniform(below: items)
                }
                return (domain, place)
            }
        }
        return MadeUpData(itemsPerDomain: items, histories: histories)
    }

    /// Nothing follows from anything.
    static func noSignal(users: Int = 200, items: Int = 40, length: Int = 6) -> MadeUpData {
        var stream = RandomStream(seed: 12, name: "made-up.noise")
        let histories = (0..<users).map { _ in
            (0..<length).map { _ in
                (domain: stream.uniform(below: 2), place: stream.uniform(below: items))
            }
        }
        return MadeUpData(itemsPerDomain: items, histories: histories)
    }

    /// An item follows from the newest one of its own domain in seven of ten events, and else from nothing.
    ///
    /// Which domain comes next is drawn.
    static func independentDomains(
        users: Int = 240, items: Int = 16, length: Int = 14
    ) -> MadeUpData {
        var stream = RandomStream(seed: 13, name: "made-up.independent")
        let successors = (0..<2).map { _ in stream.permutation(items) }
        let histories = (0..<users).map { _ in
            var places = (0..<2).map { _ in stream.uniform(below: items) }
            return (0..<length).map { _ -> (domain: Int, place: Int) in
                let domain = stream.uniform(below: 2)
                let follows = stream.uniform(below: 10) < 7
                places[domain] =
                    follows ? successors[domain][places[domain]] : stream.uniform(below: items)
                return (domain, places[domain])
            }
        }
        return MadeUpData(itemsPerDomain: items, histories: histories)
    }

    /// The share of cases of ``independentDomains(users:items:length:)`` that can be known.
    var knowable: Double { 0.7 + 0.3 * chance }
}
