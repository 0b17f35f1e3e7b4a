import Foundation

/// Writes the events that the filters have left, with users and items numbered anew.
struct DatasetWriter {
    private let table: EventTable
    private let keepsUnusedItems: Bool
    private var output: DatasetOutput
    private var matches: ItemMatches
    private var overview: EventOverview

    /// `keepsUnusedItems` gives items without events an id too, so that all ids stay as they were.
    init(_ table: EventTable, directory: URL, keepsUnusedItems: Bool) {
        self.table = table
        output = DatasetOutput(directory: directory)
        matches = ItemMatches(table.sink)
        overview = EventOverview(domainCount: table.domainCount)
        self.keepsUnusedItems = keepsUnusedItems
    }

    /// Writes everything, the manifest last.
    mutating func write(reader: String, filters: [DatasetManifest.FilterStep])
        throws(ImportError) -> DatasetManifest
    {
        let sink = table.sink
        let (keptUsers, keptItems) = (usersWithEvents(), itemsToWrite())
        let tables = [sink.users] + (sink.keepsItemOrder ? [] : sink.items)
        let kept = [keptUsers] + keptItems
        var sorted = concurrentMap(tables.count) { tables[$0].sortedOrder(of: kept[$0]) }
        let sortedUsers = sorted.removeFirst()
        let (itemIDs, itemCounts) = try writeCatalogs(sink.keepsItemOrder ? keptItems : sorted)
        matches.addNotes()
        let users = sink.keepsUserOrder ? keptUsers : sortedUsers
        try writeUsers(users, sorted: sortedUsers)
        let counts = try writeEvents(users: users, itemIDs: itemIDs)
        let domains = sink.domainNames.indices.map { domain in
            DatasetManifest.DomainCounts(
                name: sink.domainNames[domain], items: itemCounts[domain],
                users: counts.users[domain], events: counts.events[domain])
        }
        let manifest = DatasetManifest(
            formatVersion: DatasetManifest.currentFormatVersion, reader: reader, domains: domains,
            users: users.count, items: itemCounts.reduce(0, +),
            events: counts.events.reduce(0, +), hasTimes: sink.hasTimes,
            hasRatings: sink.hasRatings, hasBehaviours: sink.hasBehaviours,
            reorderedUsers: table.reorderedUsers, tieOrder: .linesThenHash,
            sources: sink.sources, filters: filters, files: output.files,
            checksum: DatasetManifest.totalChecksum(of: output.files),
            notes: ImportNotes(
                table, users: keptUsers, items: keptItems, unlisted: matches.unlisted,
                overview: overview
            ).all)
        try output.write(manifest)
        return manifest
    }

    /// The items of each domain that get an id.
    private func itemsToWrite() -> [[UInt32]] {
        let eventCounts = table.itemEventCounts()
        return (0..<table.domainCount).map { domain in
            (0..<UInt32(table.sink.items[domain].count)).filter {
                keepsUnusedItems || eventCounts[table.firstItems[domain] + Int($0)] > 0
            }
        }
    }

    /// The users that have an event.
    private func usersWithEvents() -> [UInt32] {
        let isKept = table.isKept
        return (0..<UInt32(table.userCount)).filter { user in
            (table.offsets[Int(user)]..<table.offsets[Int(user) + 1]).contains { isKept[$0] }
        }
    }

    /// Writes the catalogs; returns each item's new id (0 for one that is left out) and the counts.
    private mutating func writeCatalogs(_ items: [[UInt32]]) throws(ImportError)
        -> ([Int32], [Int])
    {
        var ids = [Int32](repeating: 0, count: table.itemCount)
        var next: Int32 = 1
        for domain in 0..<table.domainCount {
            let names = table.sink.items[domain]
            let first = table.firstItems[domain]
            let writer = try output.open(DatasetFiles.catalog(domain))
            for item in items[domain] {
                let name = names.bytes(Int(item))
                let features = matches.features(of: name, domain: domain)
                let line = CatalogFile.line(id: names.string(Int(item)), features)
                line.withUnsafeBytes { writer.write($0) }
                ids[first + Int(item)] = next
                next += 1
            }
            try output.close(writer)
        }
        return (ids, items.map(\.count))
    }

    /// Writes the users in their order and, as places in it, by their bytes.
    private mutating func writeUsers(_ users: [UInt32], sorted: [UInt32]) throws(ImportError) {
        let names = table.sink.users
        let bytes = try output.open(DatasetFiles.userBytes)
        let offsets = try output.open(DatasetFiles.userOffsets)
        var end: Int64 = 0
        offsets.write(end)
        var newNumbers = [Int32](repeating: 0, count: table.userCount)
        for (number, user) in users.enumerated() {
            newNumbers[Int(user)] = Int32(number)
            bytes.write(names.bytes(Int(user)))
            end += Int64(names.bytes(Int(user)).count)
            offsets.write(end)
        }
        try output.close(bytes)
        try output.close(offsets)
        let order = try output.open(DatasetFiles.userOrder)
        for user in sorted { order.write(newNumbers[Int(user)]) }
        try output.close(order)
    }

    private mutating func writeEvents(users: [UInt32], itemIDs: [Int32])
        throws(ImportError) -> (users: [Int], events: [Int])
    {
        let offsets = try output.open(DatasetFiles.offsets)
        let items = try output.open(DatasetFiles.items)
        let times = try output.open(DatasetFiles.times)
        let ratings = table.ratings == nil ? nil : try output.open(DatasetFiles.ratings)
        let behaviours = table.behaviours == nil ? nil : try output.open(DatasetFiles.behaviours)
        var position: Int64 = 0
        var counts = (
            users: [Int](repeating: 0, count: table.domainCount),
            events: [Int](repeating: 0, count: table.domainCount)
        )
        var lastUser = [Int](repeating: -1, count: table.domainCount)
        let (isKept, allItems, allTimes) = (table.isKept, table.items, table.times)
        var present: [Int] = []
        offsets.write(position)
        for (number, user) in users.enumerated() {
            present.removeAll(keepingCapacity: true)
            for event in table.offsets[Int(user)]..<table.offsets[Int(user) + 1]
            where isKept[event] {
                let item = allItems.elements[event]
                items.write(itemIDs[Int(item)])
                times.write(allTimes.elements[event])
                overview.add(time: allTimes.elements[event])
                if let ratings, let column = table.ratings { ratings.write(column.elements[event]) }
                if let behaviours, let column = table.behaviours {
                    behaviours.write(column.elements[event])
                }
                let domain = table.domain(of: item)
                counts.events[domain] += 1
                if lastUser[domain] != number {
                    lastUser[domain] = number
                    counts.users[domain] += 1
                    present.append(domain)
                }
                position += 1
            }
            overview.add(domains: present)
            offsets.write(position)
        }
        for writer in [offsets, items, times, ratings, behaviours].compactMap({ $0 }) {
            try output.close(writer)
        }
        return counts
    }
}
