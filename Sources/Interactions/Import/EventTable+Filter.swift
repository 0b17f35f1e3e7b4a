import Foundation

extension EventTable {
    /// Applies a filter to the events that are still kept.
    func apply(_ filter: Filter) throws(ImportError) {
        switch filter {
        case .dropSharedItems: dropSharedItems()
        case .overlappingUsers:
            keepUsers { counts in counts.count { $0 > 0 } >= 2 }
        case .kCore(let count):
            while dropItems(below: count) + keepUsers({ $0.reduce(0, +) >= count }) > 0 {}
        case .minItemEvents(let count): dropItems(below: count)
        case .minUserEvents(let count): keepUsers { $0.reduce(0, +) >= count }
        case .minUserEventsPerDomain(let count):
            keepUsers { counts in counts.allSatisfy { $0 >= count } }
        case .lastEvents(let count): keepLast(count)
        case .uniqueItems(let occurrence): keepUnique(occurrence)
        case .minRating(let minimum):
            guard let ratings else { throw .filterNeeds(filter: filter, what: "ratings") }
            // Ratings are single precision; the threshold must be rounded as they were, or 3.3 is below 3.3.
            let minimum = Float(minimum)
            for event in isKept.indices where !(ratings.elements[event] >= minimum) {
                isKept[event] = false
            }
        case .topItems(let count): keepTop(count)
        }
    }

    /// The number of kept events of each item.
    func itemEventCounts() -> [Int] {
        var counts = [Int](repeating: 0, count: itemCount)
        for event in isKept.indices where isKept[event] { counts[Int(items.elements[event])] += 1 }
        return counts
    }

    /// What is left: events, users and items with an event, and events of each domain.
    func summary() -> (events: Int, users: Int, items: Int, domainEvents: [Int]) {
        let counts = itemEventCounts()
        var users = 0
        for user in 0..<userCount {
            users += (offsets[user]..<offsets[user + 1]).contains { isKept[$0] } ? 1 : 0
        }
        let perDomain = (0..<domainCount).map { domain in
            counts[firstItems[domain]..<firstItems[domain + 1]].reduce(0, +)
        }
        return (perDomain.reduce(0, +), users, counts.count { $0 > 0 }, perDomain)
    }

    private func dropSharedItems() {
        let counts = itemEventCounts()
        var isShared = [Bool](repeating: false, count: itemCount)
        for domain in 0..<domainCount {
            for number in 0..<sink.items[domain].count {
                let item = firstItems[domain] + number
                guard counts[item] > 0 else { continue }
                let id = sink.items[domain].bytes(number)
                for other in (domain + 1)..<max(domainCount, domain + 1) {
                    guard let found = sink.items[other].find(id) else { continue }
                    let otherItem = firstItems[other] + found
                    if counts[otherItem] > 0 {
                        isShared[item] = true
                        isShared[otherItem] = true
                    }
                }
            }
        }
        keepItems { !isShared[$0] }
    }

    @discardableResult
    private func dropItems(below minimum: Int) -> Int {
        let counts = itemEventCounts()
        return keepItems { counts[$0] >= minimum }
    }

    /// Keeps the events of some items; returns how many events were dropped.
    @discardableResult
    private func keepItems(_ isWanted: (Int) -> Bool) -> Int {
        var dropped = 0
        for event in isKept.indices where isKept[event] && !isWanted(Int(items.elements[event])) {
            isKept[event] = false
            dropped += 1
        }
        return dropped
    }

    /// Keeps users by their numbers of kept events in each domain; returns how many were dropped.
    @discardableResult
    private func keepUsers(_ isWanted: ([Int]) -> Bool) -> Int {
        var dropped = 0
        var counts = [Int](repeating: 0, count: domainCount)
        for user in 0..<userCount {
            for domain in counts.indices { counts[domain] = 0 }
            var total = 0
            for event in offsets[user]..<offsets[user + 1] where isKept[event] {
                counts[domain(of: items.elements[event])] += 1
                total += 1
            }
            guard total > 0, !isWanted(counts) else { continue }
            for event in offsets[user]..<offsets[user + 1] { isKept[event] = false }
            dropped += 1
        }
        return dropped
    }

    private func keepLast(_ count: Int) {
        for user in 0..<userCount {
            var left = count
            for event in (offsets[user]..<offsets[user + 1]).reversed() where isKept[event] {
                if left == 0 { isKept[event] = false } else { left -= 1 }
            }
        }
    }

    private func keepUnique(_ occurrence: Filter.Occurrence) {
        // The user that was last seen with the item, plus one, so that no set is made for a user.
        var lastUser = [UInt32](repeating: 0, count: itemCount)
        for user in 0..<userCount {
            let mark = UInt32(user + 1)
            func visit(_ event: Int) {
                guard isKept[event] else { return }
                let item = Int(items.elements[event])
                if lastUser[item] == mark { isKept[event] = false }
                lastUser[item] = mark
            }
            let range = offsets[user]..<offsets[user + 1]
            if occurrence == .first {
                for event in range { visit(event) }
            } else {
                for event in range.reversed() { visit(event) }
            }
        }
    }

    private func keepTop(_ count: Int) {
        let counts = itemEventCounts()
        var isTop = [Bool](repeating: false, count: itemCount)
        for domain in 0..<domainCount {
            let table = sink.items[domain]
            let first = firstItems[domain]
            // Sorted by id first; the stable choice among equal counts is then the smaller id.
            let byID = table.sortedOrder(of: (0..<UInt32(table.count)).map { $0 })
            let ranked = byID.indices.sorted {
                let (left, right) = (counts[first + Int(byID[$0])], counts[first + Int(byID[$1])])
                return left != right ? left > right : $0 < $1
            }
            for position in ranked.prefix(count) { isTop[first + Int(byID[position])] = true }
        }
        keepItems { isTop[$0] }
    }
}
