import Testing

@testable import Interactions

/// Vectors of texts by hashes.
///
/// The hashes were computed by another implementation, in Python.
@Suite struct HashedTextTests {
    @Test func hashIsTheSameEverywhere() {
        #expect(HashedText.hash(Array("".utf8)[...]) == 0xecba_3df2_c338_3c52)
        #expect(HashedText.hash(Array("a".utf8)[...]) == 0xed81_70de_1919_a24d)
        #expect(HashedText.hash(Array("<é>".utf8)[...]) == 0x174e_0ab9_1832_a059)
    }

    /// Of `<ab>` the 3-grams <ab (1 at 5) and ab> (−1 at 4) and the 4-gram (−1 at 4).
    @Test func gramsOfAWordAreCounted() {
        let vector = HashedText(width: 8).vector(of: "AB")
        let norm = Float(5).squareRoot()
        #expect(vector == [0, 0, 0, 0, -2, 1, 0, 0].map { $0 / norm })
    }

    /// Scalars count, not bytes: `<café>` has three 3-grams with the é at one place each, and is itself longer than 5.
    @Test func scalarsAreWhole() {
        let vector = HashedText(width: 8).vector(of: "Café")
        let norm = Float(12).squareRoot()
        #expect(vector == [0, 0, 0, 3, -1, 0, 1, 1].map { $0 / norm })
    }

    @Test func wordsAddUpWhateverStandsBetween() {
        let hashed = HashedText(width: 8)
        let norm = Float(16).squareRoot()
        let expected = [0, 1, 0, 1, -3, 2, 0, -1].map { Float($0) / norm }
        #expect(hashed.vector(of: "ab ab tea") == expected)
        #expect(hashed.vector(of: "Tea, (ab) & ab!") == expected)
        #expect(hashed.vector(of: " -- ") == [Float](repeating: 0, count: 8))
        #expect(hashed.vector(of: "") == [Float](repeating: 0, count: 8))
    }

    /// Words that share a stem are nearer than words that do not.
    @Test func likeWordsAreNear() {
        let hashed = HashedText(width: 512)
        func cosine(_ left: String, _ right: String) -> Float {
            zip(hashed.vector(of: left), hashed.vector(of: right)).reduce(0) { $0 + $1.0 * $1.1 }
        }
        #expect(abs(cosine("chocolate", "chocolate") - 1) < 1e-6)
        #expect(cosine("chocolate bar", "chocolates") > 0.4)
        #expect(abs(cosine("chocolate", "screwdriver")) < 0.2)
    }

    /// Of two names the vectors are at unit length and all but orthogonal.
    @Test func ownVectorsTellNamesApart() {
        let hashed = HashedText(width: 1536)
        let vectors = (0..<40).map { hashed.ownVector(of: "item-\($0)") }
        func product(_ left: [Float], _ right: [Float]) -> Float {
            zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
        }
        for (place, vector) in vectors.enumerated() {
            #expect(abs(product(vector, vector) - 1) < 1e-4)
            // A product of random signs has a deviation of 1 / √1536 = .0255.
            for other in vectors[..<place] { #expect(abs(product(vector, other)) < 0.13) }
        }
        #expect(vectors[3] == hashed.ownVector(of: "item-3"))
        // Past the first 64 numbers the signs are drawn anew.
        #expect(vectors[0][0..<64] != vectors[0][64..<128])
    }

    @Test func wordsOfAnItemAreWhatIsKnown() {
        let catalog = Catalog(
            name: "a", firstItem: ItemID(rawValue: 1), externalIDs: ["X1", "X2", "X3"],
            titles: ["Green Tea", nil, ""], categories: ["Food|Drinks", "Tools", ""],
            brands: [nil, "Acme", nil], texts: ["Leaves of China", nil, nil])
        func words(_ item: Int32, limit: Int = 128) -> String {
            catalog.words(of: ItemID(rawValue: item), limit: limit)
        }
        #expect(words(1) == "Green Tea Food Drinks Leaves of China")
        #expect(words(1, limit: 5) == "Green Food Drink Leave")
        #expect(words(2) == "Acme Tools")
        #expect(words(3) == "")
    }
}
