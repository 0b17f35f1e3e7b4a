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

    @Test func hashesStandWhereNoVectorsAreNamed() throws {
        let texts = try itemTexts(named: "", hashSize: 16, of: data())
        let hashed = HashedText(width: 16)
        #expect(texts.shape == [4, 16])
        #expect(
            texts.elements() as [Float]
                == hashed.vector(of: "Tea") + hashed.vector(of: "2")
                + [Float](repeating: 0, count: 16) + hashed.vector(of: "4"))
    }

    @Test func vectorsStandAtTheirItems() throws {
        let own = ItemVectors(
            name: "text", domain: DomainID(rawValue: 1), of: catalogs[1], [nil, [1, 2]])
        let texts = try itemTexts(named: "text", hashSize: 16, of: data([own]))
        #expect(texts.shape == [4, 2])
        #expect(texts.elements() as [Float] == [0, 0, 0, 0, 0, 0, 1, 2])
    }

    @Test func refusesMissingVectorsAndTwoWidths() {
        let missing = #expect(throws: ConfigurationError.self) {
            try itemTexts(named: "text", hashSize: 16, of: data())
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
            try itemTexts(named: "text", hashSize: 16, of: data(sets))
        }
        #expect(widths?.description == "text: expected vectors of one width, 2, got 3")
    }
}
