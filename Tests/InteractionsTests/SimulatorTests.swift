import Foundation
import Interactions
import Testing

@Suite struct SimulatorTests {
    private let domains = (DomainID(rawValue: 0), DomainID(rawValue: 1))

    /// Few people and items, so that a dataset takes a moment.
    private func small(_ change: (inout SimulationOptions) -> Void = { _ in }) -> SimulationOptions
    {
        var options = SimulationOptions(
            domains: [.init(name: "a", items: 150), .init(name: "b", items: 120)])
        options.users = 300
        options.eventsPerUser = 10
        options.candidates = 24
        options.tasteSize = 8
        options.clusters = 10
        options.overlap = 1
        options.textWidth = 0
        options.imageWidth = 0
        change(&options)
        return options
    }

    private func make(
        _ options: SimulationOptions, in folder: TemporaryFolder, threads: Int = 2
    ) throws -> (dataset: Dataset, truth: SimulationTruth) {
        try Simulator.run(options, to: folder.dataset, replace: true, threads: threads)
        return (try Dataset.open(folder.dataset), try SimulationTruth.open(folder.dataset))
    }

    private func correlation(_ left: [Float], _ right: [Float]) -> Double {
        let count = Double(left.count)
        let (meanLeft, meanRight) = (
            left.reduce(0) { $0 + Double($1) } / count, right.reduce(0) { $0 + Double($1) } / count
        )
        var (both, first, second) = (0.0, 0.0, 0.0)
        for (left, right) in zip(left, right) {
            let (left, right) = (Double(left) - meanLeft, Double(right) - meanRight)
            both += left * right
            first += left * left
            second += right * right
        }
        return both / (first * second).squareRoot()
    }

    private func users(_ dataset: Dataset) -> [UserID] {
        (0..<Int32(dataset.userCount)).map(UserID.init(rawValue:))
    }

    /// The mean inner product of the items that people have in one domain with a taste of theirs.
    private func liking(
        _ data: (dataset: Dataset, truth: SimulationTruth), itemsOf: DomainID, tasteOf: DomainID,
        where isCounted: (Event) -> Bool = { _ in true }
    ) -> Float {
        var (sum, count): (Float, Float) = (0, 0)
        for position in 0..<data.dataset.eventCount {
            let event = data.dataset.event(at: position)
            guard data.dataset.domain(of: event.item) == itemsOf, isCounted(event) else { continue }
            sum += data.truth.affinity(of: event.user, to: event.item, in: tasteOf)
            count += 1
        }
        return sum / count
    }

    // 300 people × 8 numbers: the correlation's deviation is 0.02 at most.
    @Test(arguments: [0.0, 0.5, 1.0])
    func tastesCorrelateAsStated(share: Double) throws {
        let folder = try TemporaryFolder()
        let data = try make(small { $0.sharedTaste = share }, in: folder)
        let users = users(data.dataset)
        let first = users.flatMap { data.truth.taste(of: $0, in: domains.0) }
        let second = users.flatMap { data.truth.taste(of: $0, in: domains.1) }
        #expect(abs(correlation(first, second) - share) < 0.08)
        // What people have follows the taste of that domain; the other's says as much of it as is shared.
        let own = liking(data, itemsOf: domains.1, tasteOf: domains.1)
        let other = liking(data, itemsOf: domains.1, tasteOf: domains.0)
        #expect(own > 0.7)
        #expect(abs(Double(other / own) - share) < 0.12)
    }

    @Test func strengthZeroIgnoresTaste() throws {
        let folder = try TemporaryFolder()
        let data = try make(small { $0.tasteStrength = 0 }, in: folder)
        #expect(abs(liking(data, itemsOf: domains.0, tasteOf: domains.0)) < 0.12)
    }

    /// How often items are had, the most frequent first.
    private func frequencies(_ dataset: Dataset) -> [Double] {
        var counts = [Double](repeating: 0, count: dataset.itemCount)
        for item in dataset.items { counts[Int(item) - 1] += 1 }
        return counts.sorted(by: >)
    }

    // Zipf's law is a line of slope -s in logarithms; items that nobody has twice flatten its top a bit.
    @Test func popularityFollowsZipf() throws {
        let folder = try TemporaryFolder()
        func options(_ skew: Double, strength: Double = 2) -> SimulationOptions {
            small {
                $0.tasteStrength = strength
                $0.domains = [.init(name: "a", items: 400)]
                $0.popularitySkew = skew
                $0.users = 1200
                $0.eventsPerUser = 6
                $0.candidates = 8
            }
        }
        let counts = frequencies(try make(options(0.8), in: folder).dataset)
        let points = (4..<60).map { (log(Double($0 + 1)), log(counts[$0])) }
        let meanX = points.reduce(0) { $0 + $1.0 } / Double(points.count)
        let meanY = points.reduce(0) { $0 + $1.1 } / Double(points.count)
        let slope =
            points.reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
            / points.reduce(0) { $0 + ($1.0 - meanX) * ($1.0 - meanX) }
        #expect(abs(slope + 0.8) < 0.12, "\(slope)")
        // Without skew 7,200 events over 400 items are 18 each, with a deviation of about 4.
        let even = frequencies(try make(options(0, strength: 0), in: folder).dataset)
        #expect(even[0] < 45 && even[399] > 3)
        #expect(counts[0] > 200)
    }

    // The first and the last taste of a drift d have the correlation √(1 − d).
    @Test func tastesDriftAsStated() throws {
        let folder = try TemporaryFolder()
        let half = try make(small { $0.drift = 0.5 }, in: folder)
        let users = users(half.dataset)
        func tastes(_ truth: SimulationTruth, at share: Double) -> [Float] {
            users.flatMap { truth.taste(of: $0, in: domains.0, at: share) }
        }
        let start = tastes(half.truth, at: 0)
        #expect(abs(correlation(start, tastes(half.truth, at: 1)) - 0.7071) < 0.05)
        #expect(abs(correlation(start, tastes(half.truth, at: 0.5)) - 0.8660) < 0.04)
        let squares = tastes(half.truth, at: 1).reduce(0) { $0 + $1 * $1 } / Float(start.count)
        #expect(abs(squares - 1) < 0.12)

        let whole = try make(small { $0.drift = 1 }, in: folder)
        let times = whole.dataset.times
        let middle = ((times.min() ?? 0) + (times.max() ?? 0)) / 2
        let early = liking(whole, itemsOf: domains.0, tasteOf: domains.0) { $0.time < middle }
        let late = liking(whole, itemsOf: domains.0, tasteOf: domains.0) { $0.time >= middle }
        #expect(early > late * 1.25)
        let none = try make(small(), in: folder)
        #expect(
            none.truth.taste(of: users[0], in: domains.0)
                == none.truth.taste(of: users[0], in: domains.0, at: 1))
        let steady = liking(none, itemsOf: domains.0, tasteOf: domains.0) { $0.time >= middle }
        #expect(steady > late * 1.15)
    }

    @Test func peopleAndTimesAreAsStated() throws {
        let folder = try TemporaryFolder()
        let options = small {
            $0.domains.append(.init(name: "c", items: 100))
            $0.overlap = 0.3
            $0.users = 600
            $0.eventsPerUser = 14
            $0.minimumEvents = 7
            $0.candidates = 4
            $0.days = 100
        }
        let dataset = try make(options, in: folder).dataset
        try dataset.verify()
        var (everywhere, somewhere) = (0, 0)
        for user in users(dataset) {
            let events = dataset.events(of: user)
            let times = events.map { dataset.times[$0] }
            #expect(times == times.sorted() && events.count >= 7)
            let items = events.map { dataset.items[$0] }
            let domains = Set(items.map { dataset.domainIndex(ofItem: $0) })
            if domains.count == 3 { everywhere += 1 }
            if domains.count == 2 { somewhere += 1 }
            #expect(Set(items).count == items.count)
        }
        // 600 people with the chance 0.3: 180 with a deviation of 11.
        #expect(abs(everywhere - 180) < 56 && somewhere == 0)
        let mean = Double(dataset.eventCount) / 600
        #expect(abs(mean - 14) < 1.5)
        // 2020-01-01 and 100 days later.
        let second = Dataset.ticksPerSecond
        #expect((dataset.times.min() ?? 0) >= 1_577_836_800 * second)
        #expect((dataset.times.max() ?? 0) < (1_577_836_800 + 100 * 86_400) * second)
        let report = DatasetReport(dataset)
        #expect(report.domains.map(\.events).reduce(0, +) == dataset.eventCount)
        #expect(dataset.manifest.domains.map(\.users) == report.domains.map(\.users))
        #expect(dataset.manifest.domains.map(\.events) == report.domains.map(\.events))
        #expect(report.findings.isEmpty)
        #expect(dataset.users.user(externalID: "u007") == UserID(rawValue: 7))
        #expect(dataset.externalID(of: ItemID(rawValue: 271)) == "c-00")
    }

    @Test func ratingsFollowTaste() throws {
        let folder = try TemporaryFolder()
        let data = try make(small { $0.ratings = true }, in: folder)
        let ratings = Array(try #require(data.dataset.ratings))
        #expect(ratings.allSatisfy { (1...5).contains($0) && $0 == $0.rounded() })
        let affinities = (0..<data.dataset.eventCount).map { position in
            let event = data.dataset.event(at: position)
            return data.truth.affinity(
                of: event.user, to: event.item, in: data.dataset.domain(of: event.item))
        }
        #expect(correlation(ratings, affinities) > 0.6)
        #expect(Set(ratings).count == 5)
    }

    /// All files of a generated dataset with their bytes.
    private func bytes(_ folder: TemporaryFolder) throws -> [String: Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.dataset.path)
        var files: [String: Data] = [:]
        for name in names where name != "truth" {
            files[name] = try Data(contentsOf: folder.dataset.appendingPathComponent(name))
        }
        return files
    }

    @Test func sameSeedSameBytes() throws {
        let folder = try TemporaryFolder()
        // More than two blocks of users, so that threads have something to do.
        func options(_ seed: UInt64) -> SimulationOptions {
            small {
                $0.users = 1200
                $0.eventsPerUser = 7
                $0.candidates = 8
                $0.drift = 0.2
                $0.textWidth = 4
                $0.imageWidth = 3
                $0.ratings = true
                $0.seed = seed
            }
        }
        _ = try make(options(5), in: folder, threads: 1)
        let first = try bytes(folder)
        #expect(first.count == 23)
        _ = try make(options(5), in: folder, threads: 3)
        #expect(try bytes(folder) == first)
        _ = try make(options(6), in: folder, threads: 1)
        let other = try bytes(folder)
        for name in [
            "items.bin", "times.bin", "ratings.bin", "offsets.bin", "catalog-0.jsonl",
            "truth/user-tastes.f32", "truth/item-vectors.f32",
        ] {
            #expect(other[name] != nil && other[name] != first[name], "\(name)")
        }
    }

    @Test func failuresLeaveNothing() throws {
        let folder = try TemporaryFolder()
        let alone = small {
            $0.users = 1
            $0.overlap = 0
        }
        let error = try #require(throws: ImportError.self) {
            try Simulator.run(alone, to: folder.dataset)
        }
        #expect(error.description.contains("no event of 1 users is in it"))
        #expect(
            throws: ImportError.invalidOptions(reason: "drift: expected 0.0 to 1.0, got 2.0")
        ) { try Simulator.run(small { $0.drift = 2 }, to: folder.dataset) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
        try Simulator.run(small { $0.users = 5 }, to: folder.dataset)
        #expect(throws: ImportError.destinationExists(path: folder.dataset.path)) {
            try Simulator.run(small(), to: folder.dataset)
        }
        try FileManager.default.removeItem(at: folder.dataset.appendingPathComponent("truth"))
        #expect(try Dataset.open(folder.dataset).userCount == 5)
        #expect(throws: DatasetError.self) { try SimulationTruth.open(folder.dataset) }
    }
}
