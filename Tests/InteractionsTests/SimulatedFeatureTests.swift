import Foundation
import Interactions
import Testing

/// What titles and vectors of made-up items say of the items' latent vectors.
@Suite struct SimulatedFeatureTests {
    private func make(
        _ change: (inout SimulationOptions) -> Void, in folder: TemporaryFolder
    ) throws -> (dataset: Dataset, truth: SimulationTruth) {
        var options = SimulationOptions(
            domains: [.init(name: "a", items: 300), .init(name: "b", items: 200)])
        options.users = 20
        options.eventsPerUser = 6
        options.candidates = 4
        options.tasteSize = 4
        options.clusters = 8
        options.textWidth = 8
        options.imageWidth = 48
        change(&options)
        try Simulator.run(options, to: folder.dataset, replace: true)
        return (try Dataset.open(folder.dataset), try SimulationTruth.open(folder.dataset))
    }

    private func product(_ left: [Float], _ right: [Float]) -> Double {
        zip(left, right).reduce(0) { $0 + Double($1.0 * $1.1) }
    }

    /// How well inner products of image vectors tell those of latent vectors: their correlation over
    /// pairs of items of both domains.
    private func told(_ data: (dataset: Dataset, truth: SimulationTruth)) throws -> Double {
        let sets = try data.dataset.domains.map { domain in
            try #require(data.dataset.vectors(named: "image", of: domain))
        }
        var pairs: [(Double, Double)] = []
        for left in (1...60).map(ItemID.init(rawValue:)) where sets[0].hasVector(left) {
            for right in (301...330).map(ItemID.init(rawValue:)) where sets[1].hasVector(right) {
                pairs.append(
                    (
                        product(sets[0].vector(of: left), sets[1].vector(of: right)),
                        product(data.truth.vector(of: left), data.truth.vector(of: right))
                    ))
            }
        }
        let count = Double(pairs.count)
        let means = (
            pairs.reduce(0) { $0 + $1.0 } / count, pairs.reduce(0) { $0 + $1.1 } / count
        )
        let both = pairs.reduce(0) { $0 + ($1.0 - means.0) * ($1.1 - means.1) }
        let first = pairs.reduce(0) { $0 + ($1.0 - means.0) * ($1.0 - means.0) }
        let second = pairs.reduce(0) { $0 + ($1.1 - means.1) * ($1.1 - means.1) }
        return both / (first * second).squareRoot()
    }

    @Test func imagesSayWhatIsStated() throws {
        let folder = try TemporaryFolder()
        let none = try told(try make({ $0.imageSignal = 0 }, in: folder))
        let half = try told(try make({ $0.imageSignal = 0.5 }, in: folder))
        let all = try told(try make({ $0.imageSignal = 1 }, in: folder))
        #expect(abs(none) < 0.12)
        #expect(half > 0.5 && half < all)
        #expect(all > 0.9)
    }

    // Signal and noise are drawn alike whatever the signal: √.25 of the one and √.75 of the other.
    @Test func vectorsAreMixedByTheRootsOfTheirShares() throws {
        let folder = try TemporaryFolder()
        func vectors(_ signal: Double) throws -> [Float] {
            let data = try make({ $0.imageSignal = signal }, in: folder).dataset
            let set = try #require(data.vectors(named: "image", of: DomainID(rawValue: 1)))
            return (301...500).flatMap { set.vector(of: ItemID(rawValue: $0)) }
        }
        let (none, quarter, all) = (try vectors(0), try vectors(0.25), try vectors(1))
        #expect(quarter.count == 200 * 48 && none.count == quarter.count)
        for (index, number) in quarter.enumerated() {
            #expect(abs(number - (0.5 * all[index] + 0.866_025_4 * none[index])) < 1e-5)
        }
    }

    // 500 items with the chance 0.25: 125 with a deviation of 10.
    @Test func imagesAreMissingAsStated() throws {
        let folder = try TemporaryFolder()
        let data = try make({ $0.missingImages = 0.25 }, in: folder)
        let images = data.dataset.vectors.filter { $0.name == "image" }
        let missing = images.reduce(0) { $0 + $1.itemCount - $1.vectorCount }
        #expect(abs(missing - 125) < 50)
        let absent = try #require(
            (1...300).map(ItemID.init(rawValue:)).first { !images[0].hasVector($0) })
        #expect(images[0].vector(of: absent).allSatisfy { $0 == 0 })
        #expect(data.dataset.vectors.filter { $0.name == "text" }.map(\.vectorCount) == [300, 200])
        let bare = try make(
            {
                $0.textWidth = 0
                $0.imageWidth = 0
            }, in: folder)
        #expect(bare.dataset.vectors.isEmpty && bare.dataset.manifest.vectors == nil)
    }

    // Items of one group have the same words in both domains; without a signal words know no group.
    @Test func wordsSayWhatIsStated() throws {
        let folder = try TemporaryFolder()
        func words(_ data: (dataset: Dataset, truth: SimulationTruth)) -> [Int: Set<String>] {
            var words: [Int: Set<String>] = [:]
            for raw in 1...Int32(data.dataset.itemCount) {
                let item = ItemID(rawValue: raw)
                let title = data.dataset.title(of: item) ?? ""
                #expect((3...5).contains(title.split(separator: " ").count))
                words[data.truth.cluster(of: item), default: []].formUnion(
                    title.lowercased().split(separator: " ").map(String.init))
            }
            return words
        }
        let told = words(try make({ $0.textSignal = 1 }, in: folder))
        #expect(told.count == 8)
        #expect(told.values.reduce(0) { $0 + $1.count } == Set(told.values.joined()).count)
        let data = try make({ $0.textSignal = 0 }, in: folder)
        let untold = words(data)
        #expect(Set(untold.values.joined()).count <= 60)
        let catalog = data.dataset.catalogs[1]
        #expect(catalog.texts.allSatisfy { $0?.hasSuffix(".") == true })
        #expect(catalog.prices.allSatisfy { ($0 ?? 0) > 0 } && Set(catalog.brands).count > 8)
        #expect(Set(catalog.categories).count == 8)
    }
}
