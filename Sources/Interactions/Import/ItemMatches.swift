internal import Files

/// What item files know of the items that a dataset holds, and how much of each file that is.
struct ItemMatches {
    private let sink: ImportSink
    /// For each item file the items that it has something of.
    private var matched: [Int]
    /// For each item file the places of its items whose id several domains have.
    private var ambiguous: [Set<Int>]
    /// For each domain the items that are in no item file.
    private(set) var unlisted: [Int]

    init(_ sink: ImportSink) {
        self.sink = sink
        matched = [Int](repeating: 0, count: sink.itemInfos.count)
        ambiguous = [Set<Int>](repeating: [], count: sink.itemInfos.count)
        unlisted = [Int](repeating: 0, count: sink.domainNames.count)
    }

    /// What the item files say of an item, each item asked for once; the first file that has it counts.
    mutating func features(of item: UnsafeRawBufferPointer, domain: Int) -> ItemFeatures {
        var found: ItemFeatures?
        var isListed = false
        for (index, info) in sink.itemInfos.enumerated() {
            let name = sink.domainNames[domain]
            guard let place = info.place(of: item, domain: domain, name: name) else { continue }
            isListed = true
            if case .any = info.scope, sink.items.count(where: { $0.find(item) != nil }) > 1 {
                ambiguous[index].insert(place)
            } else {
                matched[index] += 1
                found = found ?? info.features[place]
            }
        }
        unlisted[domain] += isListed ? 0 : 1
        return found ?? ItemFeatures()
    }

    /// Says of each item file how many of its items are the dataset's.
    func addNotes() {
        let infos = sink.itemInfos
        for source in sink.sources.indices {
            let own = infos.indices.filter { infos[$0].source == source }
            guard let first = own.first else { continue }
            let items = own.reduce(0) { $0 + infos[$1].features.count }
            let matched = own.reduce(0) { $0 + self.matched[$1] }
            let ambiguous = own.reduce(0) { $0 + self.ambiguous[$1].count }
            let repeated = own.reduce(0) { $0 + infos[$1].repeatedLines }
            if matched + ambiguous == 0 {
                sink.note(
                    "items-unmatched",
                    "none of its \(counted(items, "item")), such as \(infos[first].firstID.quoted), is an item "
                        + "of the events; are the ids those of another column or shop?",
                    ofSource: source)
            } else {
                sink.note(
                    "items-matched",
                    "\(matched) of its \(counted(items, "item")) are in the dataset, "
                        + "\(items - matched - ambiguous) are not", ofSource: source)
            }
            if repeated > 0 {
                sink.note(
                    "items-repeated",
                    "\(counted(repeated, "line")) about an item that has a line before; the first counts",
                    ofSource: source)
            }
            if ambiguous > 0 {
                sink.note(
                    "items-ambiguous",
                    "\(ambiguous) of its \(counted(items, "item")) with an id that several domains have, and the "
                        + "file does not say which is meant; nothing is taken of them, add a column "
                        + "with the domain", ofSource: source)
            }
        }
    }
}
