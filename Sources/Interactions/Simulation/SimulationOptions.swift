internal import Foundation

/// What a made-up dataset is like; see ``Simulator`` for the model behind it.
public struct SimulationOptions: Codable, Sendable, Equatable {
    /// A domain and its size.
    public struct Domain: Codable, Sendable, Equatable {
        /// The domain's name: letters, digits, dashes and underscores.
        public var name: String
        /// The number of items.
        public var items: Int

        /// Names a domain.
        public init(name: String, items: Int) {
            self.name = name
            self.items = items
        }
    }

    /// The domains in the order of their item ids.
    public var domains: [Domain]
    /// The number of users.
    public var users = 5000
    /// The mean number of a user's events, over all domains.
    public var eventsPerUser = 30.0
    /// The deviation of the logarithm of a user's events above the minimum; 0 gives all users as many.
    public var eventsSpread = 0.8
    /// The fewest events of a user.
    public var minimumEvents = 6
    /// The share of users who are active in all domains; the others are active in one.
    public var overlap = 0.5
    /// The share of a user's taste that is the same in all domains.
    public var sharedTaste = 0.8
    /// How much the taste decides against the popularity; 0 makes all users alike.
    public var tasteStrength = 2.0
    /// The exponent of Zipf's law for the items' popularity; 0 makes all items alike.
    public var popularitySkew = 1.0
    /// The share of a user's taste that is another one at the end of the time range.
    public var drift = 0.0
    /// The numbers in a latent vector.
    public var tasteSize = 16
    /// The groups of similar items; they are the same in all domains.
    public var clusters = 20
    /// The length of the time range from 2020-01-01 on.
    public var days = 730
    /// The items, drawn by popularity, among which the taste chooses.
    public var candidates = 64
    /// The width of the vectors named `text`; 0 writes none.
    public var textWidth = 64
    /// The share of the item's latent vector in titles, texts, categories, brands and text vectors.
    public var textSignal = 0.8
    /// The width of the vectors named `image`; 0 writes none.
    public var imageWidth = 64
    /// The share of the item's latent vector in image vectors.
    public var imageSignal = 0.8
    /// The share of items without an image vector.
    public var missingImages = 0.1
    /// Whether events have ratings from 1 to 5, which follow the taste.
    public var ratings = false
    /// The seed of everything that is drawn.
    public var seed: UInt64 = 1

    /// Describes a dataset of these domains; everything else has a default.
    public init(domains: [Domain]) { self.domains = domains }

    /// The number of items over all domains.
    public var itemCount: Int { domains.reduce(0) { $0 + $1.items } }

    /// Throws when a value is out of its range or contradicts another.
    public func check() throws(SimulationOptionError) {
        try checkDomains()
        try within("users", users, 1...Int(Int32.max) - 1)
        let fewest = overlap > 0 ? domains.count : 1
        try within("minimumEvents", minimumEvents, fewest...1_000_000)
        try within("eventsPerUser", eventsPerUser, Double(minimumEvents)...1_000_000)
        guard Double(users) * eventsPerUser < Double(Int32.max) else {
            throw SimulationOptionError(
                option: "eventsPerUser", expected: "less than \(Int32.max) events of all users",
                got: "\(Double(users) * eventsPerUser)")
        }
        try within("eventsSpread", eventsSpread, 0...3)
        try within("overlap", overlap, 0...1)
        try within("sharedTaste", sharedTaste, 0...1)
        try within("tasteStrength", tasteStrength, 0...20)
        try within("popularitySkew", popularitySkew, 0...3)
        try within("drift", drift, 0...1)
        try within("tasteSize", tasteSize, 1...256)
        try within("clusters", clusters, 1...50_000)
        try within("days", days, 1...20_000)
        try within("candidates", candidates, 1...4096)
        try within("textWidth", textWidth, 0...4096)
        try within("textSignal", textSignal, 0...1)
        try within("imageWidth", imageWidth, 0...4096)
        try within("imageSignal", imageSignal, 0...1)
        try within("missingImages", missingImages, 0...1)
    }

    /// Throws where the items, or the events of as many people as are made at once, are more than this machine holds.
    ///
    /// That concerns who makes the data; what was made elsewhere is mapped, not held.
    public func checkMemory() throws(SimulationOptionError) {
        let item = 4 * Double(VectorMath.padded(tasteSize)) + 200
        let peopleAtOnce = Double(min(users, Simulator.blockSize * 64))
        let needed = [
            ("items", Double(itemCount) * item, "\(itemCount)"),
            (
                "eventsPerUser", peopleAtOnce * eventsPerUser * 32 * exp(eventsSpread),
                "\(eventsPerUser)"
            ),
        ]
        let memory = Double(ProcessInfo.processInfo.physicalMemory)
        for (option, bytes, got) in needed where bytes > memory {
            let fewer = "less, as it needs \(Int(bytes / 1e9)) GB of memory, of which there are "
            throw SimulationOptionError(
                option: option, expected: fewer + "\(Int(memory / 1e9)) GB", got: got)
        }
    }

    private func checkDomains() throws(SimulationOptionError) {
        let names = domains.map(\.name)
        let isName = { (name: String) in
            !name.isEmpty && name.utf8.count <= 100
                && name.unicodeScalars.allSatisfy {
                    $0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-"
                        || $0 == "_"
                }
        }
        guard !names.isEmpty, names.count <= 1000, names.allSatisfy(isName) else {
            throw SimulationOptionError(
                option: "domains", expected: "names of letters, digits, dashes and underscores",
                got: names.joined(separator: ","))
        }
        guard Set(names).count == names.count else {
            throw SimulationOptionError(
                option: "domains", expected: "each name once", got: names.joined(separator: ","))
        }
        for domain in domains { try within("items", domain.items, 2...Int(Int32.max) - 1) }
        try within("items", itemCount, 2...Int(Int32.max) - 1)
    }

    private func within<Value: Comparable>(
        _ option: String, _ value: Value, _ range: ClosedRange<Value>
    ) throws(SimulationOptionError) {
        // A number that is none is in no range, since every comparison with it is false.
        guard range.contains(value) else {
            throw SimulationOptionError(
                option: option, expected: "\(range.lowerBound) to \(range.upperBound)",
                got: "\(value)")
        }
    }
}

/// A value of ``SimulationOptions`` that is not possible.
public struct SimulationOptionError: Error, Equatable, CustomStringConvertible {
    /// The property's name.
    public var option: String
    /// What is possible.
    public var expected: String
    /// The value.
    public var got: String

    /// One line that says what is wrong.
    public var description: String { "\(option): expected \(expected), got \(got)" }
}
