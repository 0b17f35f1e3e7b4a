import Foundation

/// All events by user and time, in memory-mapped columns, with a mark for those that are kept.
///
/// Events of one user and one time are ordered by ``DatasetManifest/TieOrder/linesThenHash``.
final class EventTable {
    let sink: ImportSink
    /// The position of each user's first event, and at the end the number of events.
    let offsets: [Int]
    /// Items numbered over all domains: the domain's first number plus the number within it.
    let firstItems: [Int]
    let items: ScratchColumn<UInt32>
    let times: ScratchColumn<Int64>
    let ratings: ScratchColumn<Float>?
    let behaviours: ScratchColumn<UInt8>?
    /// The number of each event's file; nil where there is one file.
    private let files: ScratchColumn<UInt16>?
    /// The users whose events did not stand in time order within a file.
    private(set) var reorderedUsers = 0
    /// Which events the filters have left.
    var isKept: [Bool]

    /// Sorts what the sink has spilled: a counting sort by user, then a stable one by time, then files of one time.
    init(_ sink: ImportSink, scratch: URL) throws(ImportError) {
        self.sink = sink
        let count = sink.spill.count
        guard count < Int(Int32.max) else { throw .tooLarge(what: "events", limit: Int(Int32.max)) }
        var firstItems = [0]
        for table in sink.items { firstItems.append((firstItems.last ?? 0) + table.count) }
        self.firstItems = firstItems
        guard firstItems[sink.items.count] < Int(Int32.max) else {
            throw .tooLarge(what: "items", limit: Int(Int32.max))
        }
        func path(_ name: String) -> String { scratch.appendingPathComponent(name).path }
        items = try ScratchColumn(path: path("scratch-items"), count: count)
        times = try ScratchColumn(path: path("scratch-times"), count: count)
        ratings =
            sink.hasRatings
            ? try ScratchColumn(path: path("scratch-ratings"), count: count) : nil
        behaviours =
            sink.hasBehaviours
            ? try ScratchColumn(path: path("scratch-behaviours"), count: count) : nil
        guard sink.eventFiles.count <= Int(UInt16.max) else {
            throw .tooLarge(what: "files of events", limit: Int(UInt16.max))
        }
        files =
            sink.eventFiles.count > 1
            ? try ScratchColumn(path: path("scratch-files"), count: count) : nil
        isKept = [Bool](repeating: true, count: count)
        var next = [Int](repeating: 0, count: sink.users.count + 1)
        try sink.spill.forEach { next[Int($0.user) + 1] += 1 }
        for user in 0..<sink.users.count { next[user + 1] += next[user] }
        offsets = next
        try scatter(&next)
        if sink.hasTimes || files != nil { sortByTime() }
    }

    /// The number of users that were read.
    var userCount: Int { offsets.count - 1 }

    /// The number of items that were read, over all domains.
    var itemCount: Int { firstItems[firstItems.count - 1] }

    /// The number of domains.
    var domainCount: Int { firstItems.count - 1 }

    /// The domain of an item.
    @inline(__always)
    func domain(of item: UInt32) -> Int {
        var domain = 0
        while Int(item) >= firstItems[domain + 1] { domain += 1 }
        return domain
    }

    private func scatter(_ next: inout [Int]) throws(ImportError) {
        let (items, times) = (items.elements, times.elements)
        let (ratings, behaviours) = (ratings?.elements, behaviours?.elements)
        let firstItems = firstItems
        let (files, starts) = (files?.elements, sink.eventFiles.map(\.firstEvent))
        var (file, index) = (0, 0)
        try next.withUnsafeMutableBufferPointer { next throws(ImportError) in
            try sink.spill.forEach { event in
                let position = next[Int(event.user)]
                next[Int(event.user)] = position + 1
                items[position] = UInt32(firstItems[Int(event.domain)]) + event.item
                times[position] = event.time
                if let ratings { ratings[position] = event.rating }
                if let behaviours { behaviours[position] = event.behaviour }
                if let files {
                    while file + 1 < starts.count, index >= starts[file + 1] { file += 1 }
                    files[position] = UInt16(truncatingIfNeeded: file)
                    index += 1
                }
            }
        }
    }

    private func sortByTime() {
        var order: [(time: Int64, position: Int)] = []
        var scratch: [UInt64] = []
        let (times, files) = (times.elements, files?.elements)
        let ties = TieBreaker(sink)
        for user in 0..<userCount {
            let range = offsets[user]..<offsets[user + 1]
            var isSorted = true
            var isReordered = false
            var position = range.lowerBound + 1
            while position < range.upperBound {
                let isSameFile = files.map { $0[position - 1] == $0[position] } ?? true
                if times[position - 1] > times[position] {
                    isSorted = false
                    isReordered = isReordered || isSameFile
                } else if times[position - 1] == times[position], !isSameFile {
                    isSorted = false
                }
                position += 1
            }
            reorderedUsers += isReordered ? 1 : 0
            if isSorted { continue }
            order.removeAll(keepingCapacity: true)
            for position in range { order.append((times[position], position)) }
            // The position decides between equal times, which makes the sort stable.
            order.sort { ($0.time, $0.position) < ($1.time, $1.position) }
            if let files { ties.orderFiles(&order, of: user) { Int(files[$0]) } }
            Self.permute(times, range, order, &scratch)
            Self.permute(items.elements, range, order, &scratch)
            if let ratings { Self.permute(ratings.elements, range, order, &scratch) }
            if let behaviours { Self.permute(behaviours.elements, range, order, &scratch) }
        }
    }

    private static func permute<Element: BitwiseCopyable>(
        _ column: UnsafeMutableBufferPointer<Element>, _ range: Range<Int>,
        _ order: [(time: Int64, position: Int)], _ scratch: inout [UInt64]
    ) {
        // Eight bytes hold any column's element, so that one scratch array serves all columns.
        if scratch.count < range.count {
            scratch = [UInt64](repeating: 0, count: range.count * 2)
        }
        scratch.withUnsafeMutableBytes { bytes in
            let copy = bytes.bindMemory(to: Element.self)
            for index in order.indices { copy[index] = column[order[index].position] }
            for index in order.indices { column[range.lowerBound + index] = copy[index] }
        }
    }
}
