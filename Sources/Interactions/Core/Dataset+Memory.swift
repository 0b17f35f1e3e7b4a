extension Dataset {
    /// Makes a dataset in memory, for tests and for callers with events of their own.
    ///
    /// The catalogs' items must follow one another from item 1. Events are grouped by user and sorted
    /// by time; events with equal times keep their order in `events`.
    public convenience init(
        catalogs: [Catalog], users: [String], events: [Event], vectors: [ItemVectors] = []
    ) throws(DatasetError) {
        try Self.checkCatalogs(catalogs, path: "memory")
        for set in vectors {
            guard catalogs.indices.contains(set.domain.rawValue),
                set.itemCount == catalogs[set.domain.rawValue].count
            else {
                throw .invalid(
                    path: "memory", reason: "vectors \(set.name): not one row an item of a domain")
            }
        }
        let itemCount = catalogs.last?.itemRange.upperBound ?? 0
        var perUser = [[Event]](repeating: [], count: users.count)
        for event in events {
            guard event.item.rawValue > 0, event.item.rawValue <= itemCount,
                perUser.indices.contains(Int(event.user.rawValue))
            else {
                throw .invalid(
                    path: "memory",
                    reason: "expected users below \(users.count) and items in 1…\(itemCount), got "
                        + "user \(event.user.rawValue), item \(event.item.rawValue)")
            }
            perUser[Int(event.user.rawValue)].append(event)
        }
        var offsets: [Int64] = [0]
        var ordered: [Event] = []
        var reordered = 0
        for list in perUser {
            reordered += zip(list, list.dropFirst()).contains { $0.time > $1.time } ? 1 : 0
            let order = list.indices.sorted { (list[$0].time, $0) < (list[$1].time, $1) }
            ordered.append(contentsOf: order.map { list[$0] })
            offsets.append(Int64(ordered.count))
        }
        let columns = MemoryColumns(ordered, offsets: offsets)
        self.init(
            directory: nil,
            manifest: columns.manifest(
                catalogs: catalogs, users: users, reorderedUsers: reordered, vectors: vectors),
            catalogs: catalogs, users: UserTable(users), offsets: Column(offsets),
            items: Column(columns.items), times: Column(columns.times),
            ratings: columns.ratings.map { Column($0) },
            behaviours: columns.behaviours.map { Column($0) }, vectors: vectors)
    }

    /// Throws unless the catalogs' items follow one another from item 1.
    static func checkCatalogs(_ catalogs: [Catalog], path: String) throws(DatasetError) {
        var next: Int32 = 1
        for catalog in catalogs {
            guard catalog.firstItem.rawValue == next else {
                throw .invalid(
                    path: path,
                    reason: "domain \(catalog.name): expected the first item to be \(next), got "
                        + "\(catalog.firstItem.rawValue)")
            }
            next += Int32(catalog.count)
        }
        guard !catalogs.isEmpty else { throw .invalid(path: path, reason: "no domains") }
    }
}

/// Events turned into columns.
private struct MemoryColumns {
    let offsets: [Int64]
    let items: [Int32]
    let times: [Int64]
    let ratings: [Float]?
    let behaviours: [UInt8]?

    init(_ events: [Event], offsets: [Int64]) {
        self.offsets = offsets
        items = events.map(\.item.rawValue)
        times = events.map(\.time)
        ratings =
            events.contains { $0.rating != nil } ? events.map { $0.rating ?? .nan } : nil
        behaviours =
            events.contains { $0.behaviour != nil }
            ? events.map { $0.behaviour?.rawValue ?? .max } : nil
    }

    func manifest(
        catalogs: [Catalog], users: [String], reorderedUsers: Int, vectors: [ItemVectors]
    ) -> DatasetManifest {
        let domains = catalogs.map { catalog in
            var eventCount = 0
            var userCount = 0
            for user in users.indices {
                let range = Int(offsets[user])..<Int(offsets[user + 1])
                let count = items[range].count { catalog.itemRange.contains($0) }
                eventCount += count
                userCount += count > 0 ? 1 : 0
            }
            return DatasetManifest.DomainCounts(
                name: catalog.name, items: catalog.count, users: userCount, events: eventCount)
        }
        var sum = Checksum()
        for catalog in catalogs {
            sum.update("\(catalog.name)\n" + catalog.externalIDs.joined(separator: "\n") + "\n")
        }
        sum.update(users.joined(separator: "\n"))
        offsets.withUnsafeBytes { sum.update($0) }
        items.withUnsafeBytes { sum.update($0) }
        times.withUnsafeBytes { sum.update($0) }
        ratings?.withUnsafeBytes { sum.update($0) }
        behaviours?.withUnsafeBytes { sum.update($0) }
        for set in vectors {
            sum.update("\(set.name) \(set.domain.rawValue)\n")
            set.rows.withUnsafeBufferPointer { sum.update(UnsafeRawBufferPointer($0)) }
        }
        let sets = vectors.map { set in
            DatasetManifest.VectorSet(
                name: set.name, domain: catalogs[set.domain.rawValue].name, width: set.width,
                vectors: set.vectorCount)
        }
        return DatasetManifest(
            formatVersion: DatasetManifest.currentFormatVersion, reader: "memory",
            domains: domains, users: users.count,
            items: catalogs.reduce(0) { $0 + $1.count }, events: items.count,
            hasTimes: times.contains { $0 != 0 }, hasRatings: ratings != nil,
            hasBehaviours: behaviours != nil, reorderedUsers: reorderedUsers, tieOrder: .given,
            sources: [],
            filters: [], files: [],
            checksum: sum.text, vectors: sets.isEmpty ? nil : sets)
    }
}
