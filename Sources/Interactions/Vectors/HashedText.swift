/// Vectors of texts from the hashes of their character n-grams: no training, no vocabulary, the same everywhere.
///
/// Words are read in lower case between a mark for their beginning and one for their end. Each of their n-grams, and each
/// whole word that is longer, adds 1 or −1 at a place that its hash determines; the sum is brought to unit length.
/// Weinberger et al., ICML 2009; Bojanowski et al., TACL 2017.
public struct HashedText: Sendable, Equatable {
    /// The numbers in a vector.
    public let width: Int
    /// The lengths of the n-grams, in Unicode scalars.
    public let lengths: ClosedRange<Int>

    /// Describes vectors of `width` numbers.
    public init(width: Int, lengths: ClosedRange<Int> = 3...5) {
        precondition(
            width > 0 && lengths.lowerBound > 0,
            "HashedText: expected a width and lengths above 0, got \(width) and \(lengths)")
        self.width = width
        self.lengths = lengths
    }

    /// The vector of a text at unit length; zeros for a text without letters and digits.
    public func vector(of text: String) -> [Float] {
        var vector = [Float](repeating: 0, count: width)
        for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            add(word, to: &vector)
        }
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return norm > 0 ? vector.map { $0 / norm } : vector
    }

    /// A vector at unit length that a name has for itself: any two are as good as orthogonal where `width` is large.
    ///
    /// Each number is 1 or −1 over the root of `width`, by SplitMix64 from the name's hash; Steele et al., OOPSLA 2014.
    public func ownVector(of name: String) -> [Float] {
        var state = Self.hash(Array(name.utf8)[...])
        var bits: UInt64 = 0
        let size = 1 / Float(width).squareRoot()
        return (0..<width).map { place in
            if place % 64 == 0 {
                state &+= 0x9E37_79B9_7F4A_7C15
                bits = RandomStream.mix(state)
            }
            return bits >> UInt64(place % 64) & 1 == 0 ? size : -size
        }
    }

    private func add(_ word: Substring, to vector: inout [Float]) {
        let bytes = [UInt8(ascii: "<")] + Array(word.utf8) + [UInt8(ascii: ">")]
        // Where scalars begin: bytes that do not continue one.
        let starts = bytes.indices.filter { bytes[$0] & 0xC0 != 0x80 } + [bytes.count]
        let count = starts.count - 1
        for length in lengths where length <= count {
            for first in 0...count - length {
                add(bytes[starts[first]..<starts[first + length]], to: &vector)
            }
        }
        if count > lengths.upperBound { add(bytes[...], to: &vector) }
    }

    private func add(_ bytes: ArraySlice<UInt8>, to vector: inout [Float]) {
        let hash = Self.hash(bytes)
        vector[Int(hash % UInt64(width))] += hash >> 63 == 0 ? 1 : -1
    }

    /// FNV-1a with 64 bits, and a last step of MurmurHash3 that carries each bit into the highest.
    static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return hash ^ (hash >> 33)
    }
}

extension Catalog {
    /// What is known of an item in words: title, brand, categories and description, at most `limit` characters of each.
    ///
    /// Empty where nothing is known.
    public func words(of item: ItemID, limit: Int = 128) -> String {
        let parts =
            [title(of: item), brand(of: item)] + categories(of: item) + [text(of: item)]
        let known = parts.compactMap { $0?.prefix(limit) }.filter { !$0.isEmpty }
        return known.joined(separator: " ")
    }
}
