import Interactions
import Recommenders
import Testing
import Torch
import TorchNN

extension SequenceBatch {
    /// A training batch: each row's items but the last are inputs, all but the first are targets.
    static func training(_ rows: [[Int32]]) -> SequenceBatch {
        var batch = histories(rows.map { Array($0.dropLast()) })
        batch.targets = rows.flatMap { $0.dropFirst() }
        return batch
    }

    /// Histories without targets.
    static func histories(_ rows: [[Int32]]) -> SequenceBatch {
        let items = rows.flatMap(\.self)
        return SequenceBatch(
            users: rows.indices.map { UserID(rawValue: Int32($0)) },
            offsets: rows.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int32($1.count)) },
            items: items, times: items.indices.map(Int64.init))
    }
}

extension DataShape {
    /// Domains a, b, … with the given numbers of items.
    static func domains(_ itemCounts: Int..., users: Int = 8) -> DataShape {
        domains(itemCounts, users: users)
    }

    /// The same for a list; names go on with d26 after z.
    static func domains(_ itemCounts: [Int], users: Int = 8) -> DataShape {
        var first: Int32 = 1
        var domains: [Domain] = []
        for (index, count) in itemCounts.enumerated() {
            let letter = UnicodeScalar(UInt8(ascii: "a") + UInt8(index % 26))
            let name = index < 26 ? String(letter) : "d\(index)"
            domains.append(Domain(name: name, firstItem: first, itemCount: count))
            first += Int32(count)
        }
        return DataShape(domains: domains, userCount: users)
    }

    /// Another item of the same domain: the next one in its circle.
    func other(_ item: Int32) -> Int32 { after(item, in: domains[domain(of: item)], 1)[0] }

    /// So many items that follow one in a domain's circle, which another domain's meets at some place.
    func after(_ item: Int32, in domain: Domain, _ count: Int) -> [Int32] {
        let items = Int32(domain.itemCount)
        let place = (item - domain.firstItem + 1) % items + items
        return (0..<Int32(count)).map { domain.firstItem + (place + $0) % items }
    }
}

extension RandomSources {
    /// Both streams from one seed.
    static func seeded(_ seed: UInt64) -> RandomSources {
        RandomSources(initializationSeed: seed, dropoutSeed: seed + 1)
    }
}

extension Module {
    /// Overwrites every parameter with normal numbers, so that nothing is zero or one by chance.
    func randomize(seed: UInt64, deviation: Double = 0.3) {
        let generator = Generator(seed: seed)
        for (_, parameter) in parameters() where !parameter.isData {
            parameter.value.copy(
                from: generator.normal(parameter.value.shape, deviation: deviation))
        }
    }

    /// Forgets all gradients.
    func clearGradients() {
        for (_, parameter) in parameters() { parameter.value.clearGradient() }
    }
}

/// As many numbers, at least one, each within a distance of its partner.
func expectClose(
    _ found: [Float], _ expected: [Float], within distance: Float,
    location: SourceLocation = #_sourceLocation
) {
    #expect(found.count == expected.count && !found.isEmpty, sourceLocation: location)
    for (left, right) in zip(found, expected) {
        #expect(abs(left - right) < distance, sourceLocation: location)
    }
}

/// The largest deviation of two vectors' numbers; infinite where one has more of them.
func largestDistance(_ left: [Float], _ right: [Float]) -> Float {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).map { abs($0 - $1) }.max() ?? 0
}

/// Whether two tensors hold the same numbers, bit for bit.
func identical(_ left: Tensor, _ right: Tensor) -> Bool {
    left.shape == right.shape
        && left.elements(as: Float.self).map(\.bitPattern)
            == right.elements(as: Float.self).map(\.bitPattern)
}
