import Interactions
import Testing
import Torch

@testable import Recommenders

@Suite struct ItemTextsTests {
    private let catalogs = [
        Catalog(
            name: "a", firstItem: ItemID(rawValue: 1), externalIDs: ["1", "2"],
            titles: ["Tea", nil]),
        Catalog(name: "b", firstItem: ItemID(rawValue: 3), externalIDs: ["--", "4"]),
    ]

    private func data(_ vectors: [ItemVectors] = []) -> TrainingData {
        TrainingData(catalogs: catalogs, sequences: .histories([]), vectors: vectors)
    }

    /// Around (3, 0) the points lie at ±2 on the first axis and at ±1 on the second; zeros stay out of it.
    @Test func componentsOfACross() {
        let rows = Tensor([0, 0, 1, 0, 5, 0, 3, 1, 3, -1] as [Float], shape: [5, 2])
        #expect(
            rows.principalComponents(2).elements() as [Float]
                == [0, 0, -2, 0, 2, 0, 0, 1, 0, -1])
        #expect(rows.principalComponents(1).elements() as [Float] == [0, -2, 2, 0, 0])
    }

    /// Components of any rows are uncorrelated, in descending order of variance, and keep all distances.
    ///
    /// More rows than one part has, too.
    @Test(arguments: [40, 5000]) func componentsAreUncorrelated(_ count: Int) {
        let mixing = Generator(seed: 2).normal([5, 5])
        let rows = Generator(seed: 1).normal([count, 5]).matmul(mixing) + 3
        let components = rows.principalComponents(5)
        let products: [Float] = components.transposed().matmul(components).elements()
        let variances = (0..<5).map { products[$0 * 6] }
        #expect(variances == variances.sorted(by: >))
        for (place, product) in products.enumerated() where place % 6 != 0 {
            #expect(abs(product) < 1e-4 * variances[0])
        }
        #expect(abs(components.mean(dimension: 0).magnitude().maximum().item()) < 2.5e-5)
        func distance(_ table: Tensor) -> Double { (table[0] - table[1]).squared().sum().item() }
        #expect(abs(distance(components) / distance(rows) - 1) < 1e-5)
    }

    /// Few rows have as many axes as they have independent directions; the components beyond are zeros.
    @Test(arguments: [40, 1536]) func fewRowsKeepTheirDistances(width: Int) {
        let rows = Generator(seed: 3).normal([6, width]) + 2
        let components = rows.principalComponents(8)
        #expect(components.shape == [6, 8])
        let beyond: [Float] = components.narrowed(1, 5..<8).elements()
        #expect(beyond.allSatisfy { $0 == 0 })
        for (one, other) in [(0, 1), (2, 5), (4, 3)] {
            func distance(_ table: Tensor) -> Double {
                (table[one] - table[other]).squared().sum().item()
            }
            #expect(abs(distance(components) / distance(rows) - 1) < 1e-5)
        }
        let products: [Float] = components.transposed().matmul(components).elements()
        let variances = (0..<5).map { products[$0 * 9] }
        #expect(variances == variances.sorted(by: >))
        // All alike have no axis.
        #expect(
            Tensor.ones([3, width]).principalComponents(2).elements() as [Float] == [
                0, 0, 0, 0, 0, 0,
            ])
    }

    @Test func hashesStandWhereNoVectorsAreNamed() throws {
        let texts = try ItemTexts(named: "", hashSize: 16, of: data())
        let hashed = HashedText(width: 16)
        #expect(texts.vectors.shape == [4, 16])
        #expect(
            texts.vectors.elements() as [Float]
                == hashed.vector(of: "Tea") + hashed.ownVector(of: "a\n2")
                + hashed.ownVector(of: "b\n--") + hashed.ownVector(of: "b\n4"))
        #expect(
            texts.note
                == "texts: hashed titles and other words, 16 numbers wide; 3 of 4 items have none, "
                + "but a random vector")
    }

    /// Nothing is known of items but their ids, which are as like one another as ids are.
    @Test func itemsWithoutWordsAreAllButOrthogonal() throws {
        let catalogs = [
            Catalog(
                name: "a", firstItem: ItemID(rawValue: 1),
                externalIDs: (0..<30).map { "item-\(100 + $0)" }),
            // The same ids in another domain are other items.
            Catalog(
                name: "b", firstItem: ItemID(rawValue: 31),
                externalIDs: (0..<30).map { "item-\(100 + $0)" }),
        ]
        let texts = try ItemTexts(
            named: "", hashSize: 1024,
            of: TrainingData(catalogs: catalogs, sequences: .histories([])))
        #expect(
            texts.note
                == "texts: no item has a title or other words; each has a random vector of its own, "
                + "1024 numbers wide, which tells it apart and says no more")
        let cosines: [Float] = texts.vectors.linear(texts.vectors).elements()
        for (place, cosine) in cosines.enumerated() {
            let isSelf = place % 61 == 0
            #expect(isSelf ? abs(cosine - 1) < 1e-4 : abs(cosine) < 0.2)
        }
    }

    /// Of one title: alike with a cosine of 1 / (1 + ½²) but for what random vectors have in common, and not the same.
    @Test func itemsOfOneTitleAreToldApart() throws {
        let catalog = Catalog(
            name: "a", firstItem: ItemID(rawValue: 1), externalIDs: ["1", "2", "3", "4"],
            titles: ["Green tea", "Screwdriver", "Green tea", nil])
        let texts = try ItemTexts(
            named: "", hashSize: 1536,
            of: TrainingData(catalogs: [catalog], sequences: .histories([])))
        let cosines: [Float] = texts.vectors.linear(texts.vectors).elements()
        for place in 0..<4 { #expect(abs(cosines[place * 5] - 1) < 1e-4) }
        #expect(abs(cosines[2] - 0.8) < 0.07)
        for place in [1, 3, 6, 7, 11] { #expect(abs(cosines[place]) < 0.2) }
        #expect(
            texts.note
                == "texts: hashed titles and other words, 1536 numbers wide; 1 of 4 items have none, "
                + "but a random vector; 2 read like another item and are told apart at random")
    }

    @Test func vectorsStandAtTheirItems() throws {
        let own = ItemVectors(
            name: "text", domain: DomainID(rawValue: 1), of: catalogs[1], [nil, [1, 2]])
        let texts = try ItemTexts(named: "text", hashSize: 16, of: data([own]))
        #expect(texts.vectors.shape == [4, 2])
        #expect(texts.vectors.elements() as [Float] == [0, 0, 0, 0, 0, 0, 1, 2])
        #expect(
            texts.note
                == "texts: the dataset's vectors \"text\", 2 numbers wide; 3 of 4 items have none "
                + "and cannot be told apart")
    }

    @Test func refusesMissingVectorsAndTwoWidths() {
        let missing = #expect(throws: ConfigurationError.self) {
            try ItemTexts(named: "text", hashSize: 16, of: data())
        }
        #expect(
            missing?.description
                == "text: expected the name of vectors that the dataset has, or none, got text")
        let sets = [[1, 2], [1, 2, 3]].enumerated().map { index, vector in
            ItemVectors(
                name: "text", domain: DomainID(rawValue: index), of: catalogs[index],
                [vector.map(Float.init), nil])
        }
        let widths = #expect(throws: ConfigurationError.self) {
            try ItemTexts(named: "text", hashSize: 16, of: data(sets))
        }
        #expect(widths?.description == "text: expected vectors of one width, 2, got 3")
    }
}
