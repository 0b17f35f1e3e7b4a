/// How one evaluation case of one user came out.
public struct UserResult: Sendable, Equatable {
    /// The user's external id.
    public let user: String

    /// The place of the case's event among the user's, from 0: what tells cases of one user apart.
    public let position: Int

    /// The target item's external id.
    public let item: String

    /// The name of the target's domain.
    public let domain: String

    /// The groups that the case belongs to; ``UserGroup/all`` goes without saying, and ``UserGroup/new`` where it is not
    /// ``UserGroup/repeated``.
    public let groups: Set<UserGroup>

    /// How the target scored against its candidates.
    public let outcome: RankedCase

    /// A checksum of the candidates: equal for equal ones, in whatever order.
    public let candidateSet: UInt64

    /// Creates a result.
    public init(
        user: String, position: Int, item: String, domain: String, groups: Set<UserGroup>,
        outcome: RankedCase, candidateSet: UInt64
    ) {
        precondition(position >= 0, "UserResult: expected a position from 0, got \(position)")
        self.user = user
        self.position = position
        self.item = item
        self.domain = domain
        self.groups = groups.subtracting([.all, .new])
        self.outcome = outcome
        self.candidateSet = candidateSet
    }
}

/// Checksums of a run's results: what was drawn, and what came out.
///
/// They do not depend on the order of cases. They are no defence against forgery, but against mixed-up and damaged
/// files, and against runs that were measured on other people or among other candidates.
public struct ResultChecksums: Sendable, Equatable, Codable {
    /// Of users, items, domains and positions.
    public private(set) var cases: String
    /// Of the candidates of each case.
    public private(set) var candidates: String
    /// Of the counts and groups of each case.
    public private(set) var outcomes: String

    /// The checksums of results.
    public init(_ rows: some Sequence<UserResult>) {
        var sums = Accumulator()
        for row in rows { sums.add(row) }
        self = sums.checksums
    }

    fileprivate init(_ sums: [UInt64]) {
        let texts = sums.map(hexadecimal)
        cases = texts[0]
        candidates = texts[1]
        outcomes = texts[2]
    }

    /// Adds up results one by one.
    public struct Accumulator: Sendable {
        private var sums: [UInt64] = [0, 0, 0]

        /// Nothing yet.
        public init() {}

        /// Adds a result.
        public mutating func add(_ result: UserResult) {
            var hash = Hash()
            for text in [result.user, result.item, result.domain] { hash.add(text) }
            hash.add(UInt64(result.position))
            sums[0] &+= hash.value
            var candidates = hash
            candidates.add(result.candidateSet)
            candidates.add(UInt64(result.outcome.candidates))
            sums[1] &+= candidates.value
            hash.add(UInt64(result.outcome.greater))
            hash.add(UInt64(result.outcome.equal))
            for group in UserGroup.allCases where result.groups.contains(group) {
                hash.add(group.rawValue)
            }
            sums[2] &+= hash.value
        }

        /// What has been added.
        public var checksums: ResultChecksums { ResultChecksums(sums) }
    }
}

/// The checksum of cases whose ratings are predicted: of people, positions, items and ratings, in whatever order.
public struct RatedCasesChecksum: Sendable {
    private var sum: UInt64 = 0

    /// Nothing yet.
    public init() {}

    /// Adds a case.
    public mutating func add(user: String, position: Int, item: String, rating: Float) {
        var hash = Hash()
        hash.add(user)
        hash.add(item)
        hash.add(UInt64(position))
        hash.add(UInt64(rating.bitPattern))
        sum &+= hash.value
    }

    /// What has been added, in hexadecimal digits.
    public var text: String { hexadecimal(sum) }
}

/// FNV-1a with a mixing at the end.
private struct Hash {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte: byte) }
        // What no UTF-8 has ends a text.
        add(byte: 0xFF)
    }

    mutating func add(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            add(byte: UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    private mutating func add(byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    var value: UInt64 {
        var mixer = SplitMix64(state: state)
        return mixer.next()
    }
}

/// Sixteen hexadecimal digits.
func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
